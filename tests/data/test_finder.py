"""The search on both databases: keys, filters, keyset pages, and a status that equals the computed one."""

from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from ca_core import certificate as certificates
from ca_core import statistics
from ca_core.certificate import (
    AgeBand,
    Certificate,
    Channel,
    Facets,
    Kind,
    Method,
    Purpose,
    Status,
    StorageKind,
)
from ca_core.identifiers import ApplicationId, Iin, Phone, Serial, Sex, fold_name, iin_check_digit
from ca_core.lifecycle import CertificateState
from ca_core.ports import Criteria, Position
from data import certificates as rows
from data.finder import Finder
from data.schema import application, certificate, subscriber

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
STATES = (
    CertificateState.RESERVED,
    CertificateState.ISSUED,
    CertificateState.ACCEPTED,
    CertificateState.ON_HOLD,
    CertificateState.REVOKED,
    CertificateState.ABANDONED,
)


def person(number: int, surname: str) -> dict[str, object]:
    body = next(b for n in range(9) if iin_check_digit(b := f"8703123{number:03d}{n}") is not None)
    digits = f"{body}{iin_check_digit(body)}"
    return {
        "subscriber_id": number,
        "iin": Iin.parse(digits).number,
        "surname": surname,
        "given_name": "ӘЙГЕРІМ",
        "patronymic": "",
        "name_fold": fold_name(surname, "ӘЙГЕРІМ"),
        "phone": 77010000000 + number,
        "email": f"specimen{number}@example.kz",
        "born_on": date(1987, 3, 12),
        "sex": Sex.FEMALE.value,
        "region": 19,
        "language": "kk",
    }


def record(number: int, *, state: CertificateState, not_before: datetime, days: int = 365) -> Certificate:
    """Twelve certificates a person; the serial begins with the number, so that prefixes can be asked for."""
    return Certificate(
        certificate_id=number,
        serial=Serial(number.to_bytes(2, "big") + bytes(18)),
        subscriber_id=1 + number % 3,
        application_id=ApplicationId.form(1_000_000_000 + number).number,
        purpose=Purpose.SIGNING,
        facets=Facets(
            Kind.NEW,
            Channel(1 + number % 5),
            StorageKind.FILE,
            1 + number % 20,
            Method.COUNTER,
            AgeBand.FROM_35,
        ),
        mobile_only=False,
        state=state,
        not_before=not_before,
        not_after=not_before + timedelta(days=days),
        policy_version="test",
        key_id=number.to_bytes(20, "big"),
        fingerprint=number.to_bytes(32, "big"),
        issued_at=not_before,
    )


@pytest.fixture
def stock(engine: sa.Engine) -> list[Certificate]:
    """Certificates of every state, running, run out and not begun, several in the same second."""
    stock = [
        record(n, state=STATES[n % len(STATES)], not_before=NOW - timedelta(days=20 * (n // 3) - 10))
        for n in range(1, 120)
    ]
    with engine.begin() as connection:
        connection.execute(
            sa.insert(subscriber), [person(1, "ҮЛГІЕВА"), person(2, "УЛГИЕВА"), person(3, "СЫНАҚОВА")]
        )
        template = {
            "kind": 1, "purpose": 1, "channel": 1, "storage": 1, "method": 1, "region": 1, "state": 6,
            "opened_at": NOW, "changed_at": NOW, "policy_version": "", "opened_by": "", "label": "",
            "mobile_only": 0, "public_key": b"", "key_id": b"", "reason": "",
        }  # fmt: skip
        connection.execute(
            sa.insert(application),
            [template | {"number": c.application_id, "subscriber_id": c.subscriber_id} for c in stock],
        )
        connection.execute(
            sa.insert(certificate),
            [rows.to_row(c) | {"certificate_id": c.certificate_id} for c in stock],
        )
    return stock


def found(engine: sa.Engine, criteria: Criteria, size: int = 500) -> list[int]:
    with engine.connect() as connection:
        page = Finder(connection).page(criteria, now=NOW, after=None, size=size)
    return [row.certificate.certificate_id for row in page]


@pytest.mark.parametrize("status", [s for s in Status if s is not Status.NOT_ISSUED])
def test_status_filter_equals_the_computed_status(
    engine: sa.Engine, stock: list[Certificate], status: Status
) -> None:
    expected = {c.certificate_id for c in stock if certificates.status(c, NOW) is status}
    assert set(found(engine, Criteria(statuses=(status.value,)))) == expected
    assert expected


def test_reserved_and_abandoned_serials_are_never_found(engine: sa.Engine, stock: list[Certificate]) -> None:
    out = {c.certificate_id for c in stock if certificates.status(c, NOW) is Status.NOT_ISSUED}
    assert out
    assert not out & set(found(engine, Criteria()))


def test_pages_by_key_are_complete_ordered_and_without_doubles(
    engine: sa.Engine, stock: list[Certificate]
) -> None:
    whole = found(engine, Criteria())
    paged: list[int] = []
    after = None
    with engine.connect() as connection:
        while page := Finder(connection).page(Criteria(), now=NOW, after=after, size=7):
            paged += [row.certificate.certificate_id for row in page]
            last = page[-1].certificate
            after = Position(last.not_before, last.certificate_id)
    assert paged == whole
    assert len(set(paged)) == len(paged)


@pytest.mark.parametrize("typed", ["үлгі", "УЛГИ", "Ұлги"])
def test_names_are_found_by_their_folded_beginning(
    engine: sa.Engine, stock: list[Certificate], typed: str
) -> None:
    """Kazakh and Russian spellings of one name are one name."""
    folded = Criteria(name_prefix=fold_name(typed))
    expected = {c.certificate_id for c in stock if c.subscriber_id in (1, 2)}
    out = {c.certificate_id for c in stock if certificates.status(c, NOW) is Status.NOT_ISSUED}
    assert set(found(engine, folded)) == expected - out


@pytest.mark.parametrize("prefix", ["000", "0001", "00010000", "0001" + "0" * 36])
def test_serial_prefix_of_any_length(engine: sa.Engine, stock: list[Certificate], prefix: str) -> None:
    expected = {
        c.certificate_id
        for c in stock
        if c.serial.hex.startswith(prefix) and certificates.status(c, NOW) is not Status.NOT_ISSUED
    }
    assert set(found(engine, Criteria(serial_prefix=prefix))) == expected


def test_exact_keys_lead_to_the_one_person(engine: sa.Engine, stock: list[Certificate]) -> None:
    who = person(3, "СЫНАҚОВА")
    by_iin = found(engine, Criteria(iin=Iin.of(int(str(who["iin"])))))
    by_phone = found(engine, Criteria(phone=Phone.of(77010000003)))
    by_email = found(engine, Criteria(email="specimen3@example.kz"))
    assert by_iin == by_phone == by_email
    assert by_iin


def test_count_is_bounded(engine: sa.Engine, stock: list[Certificate]) -> None:
    with engine.connect() as connection:
        assert Finder(connection).count_up_to(Criteria(), now=NOW, limit=10) == 10


def test_issue_dates_are_kazakh_days(engine: sa.Engine, stock: list[Certificate]) -> None:
    """R12: a day is Asia/Almaty's."""
    day = date(2026, 11, 12)
    expected = {
        c.certificate_id
        for c in stock
        if statistics.local_day(c.not_before) == day and certificates.status(c, NOW) is not Status.NOT_ISSUED
    }
    assert expected
    assert set(found(engine, Criteria(issued_from=day, issued_to=day))) == expected
