"""Status requests seen, and links of messages, on both databases."""

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

import pytest
import sqlalchemy as sa

from ca_core.certificate import AgeBand, Certificate, Channel, Facets, Kind, Method, Purpose, StorageKind
from ca_core.identifiers import Serial
from ca_core.lifecycle import CertificateState
from ca_core.ports import StoredLink
from data import applications, people
from data.certificates import Certificates
from data.links import NotMeLinks
from data.schema import application, subscriber
from data.uses import Uses
from tests import builders

NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
TODAY = date(2026, 11, 22)
OWNER = builders.register(builders.house())
SERIALS = [Serial.of(n) for n in range(1, 1201)]


@pytest.fixture
def connection(engine: sa.Engine) -> Iterator[sa.Connection]:
    with engine.connect() as opened, opened.begin():
        yield opened


def fill(connection: sa.Connection, serials: list[Serial]) -> None:
    row = people.subscriber_row(builders.person(), phone=None, email="")
    connection.execute(sa.insert(subscriber).values(subscriber_id=1, **row))
    dossier = applications.to_row(builders.application(OWNER, builders.new_key(), NOW))
    # A key is submitted once: each dossier has its own.
    own = [{**dossier, "number": serial.number, "key_id": serial.octets} for serial in serials]
    connection.execute(sa.insert(application), own)
    for serial in serials:
        Certificates(connection).reserve(record(serial))


def record(serial: Serial) -> Certificate:
    return Certificate(
        certificate_id=0,
        serial=serial,
        subscriber_id=1,
        application_id=serial.number,
        purpose=Purpose.SIGNING,
        facets=Facets(Kind.NEW, Channel.EGOV, StorageKind.FILE, 19, Method.VIDEO_CALL, AgeBand.FROM_35),
        mobile_only=False,
        state=CertificateState.ISSUED,
        not_before=NOW,
        not_after=NOW + timedelta(days=365),
        policy_version="t",
        key_id=b"",
        fingerprint=b"",
    )


def test_the_latest_day_is_kept_and_strangers_are_passed_over(connection: sa.Connection) -> None:
    """R12; more serials at once than one statement takes."""
    fill(connection, SERIALS[:600])
    uses = Uses(connection)
    uses.note(SERIALS, TODAY)
    uses.note(SERIALS[:2], TODAY - timedelta(days=3))
    uses.note(SERIALS[:1], TODAY + timedelta(days=1))
    assert uses.last_seen(SERIALS[0]) == TODAY + timedelta(days=1)
    assert uses.last_seen(SERIALS[1]) == uses.last_seen(SERIALS[599]) == TODAY
    assert uses.last_seen(SERIALS[600]) is None


def test_a_link_is_found_by_its_digest_and_spent_once(connection: sa.Connection) -> None:
    links = NotMeLinks(connection)
    link = StoredLink(b"d" * 32, SERIALS[0], NOW + timedelta(days=7))
    links.add(link)
    assert links.by_digest(b"d" * 32) == link
    assert links.by_digest(b"e" * 32) is None
    assert [links.spend(b"d" * 32, now=NOW) for _ in range(2)] == [True, False]
    kept = links.by_digest(b"d" * 32)
    assert kept is not None
    assert kept.used_at == NOW
