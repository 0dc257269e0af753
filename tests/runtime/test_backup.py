"""A backup made while others write, and a house restored from it that goes on with its work, on both databases."""

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path

import pyotp
import pytest
import sqlalchemy as sa
from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.serialization import Encoding
from cryptography.x509 import ocsp as oracle
from starlette.testclient import TestClient

from ca_core import owner_session, records, roles, staff, staff_enrolment
from ca_core.audit import Entry
from ca_core.cabinet import sessions
from ca_core.call import EvidenceKind
from ca_core.certificate import Certificate
from ca_core.consent import OwnerConsent
from ca_core.registration import dossier, sms_code, ticket
from ca_core.registration.sms_code import CodePurpose
from ca_core.roles import Role
from data import migrate
from data.dossier_schema import dossier as dossiers
from data.schema import audit as entries
from portal.app import make_app
from runtime import (
    audit_key,
    auditing,
    authority,
    backup,
    backup_parts,
    publication,
    restore,
    settings,
    wiring,
)
from runtime.backup_parts import BackupRefused
from runtime.issuing import Issuing
from runtime.service import Service
from runtime.settings import SettingRefused, Settings
from tests import builders
from tests.fakes import PlainHasher
from tests.portal.test_ocsp import REQUEST
from tests.runtime.audit.conftest import verified
from tests.runtime.conftest import iin, register
from tests.runtime.test_calling import Shelf, film
from tests.runtime.test_issuing import OFFICER, issued
from tests.runtime.test_sign_in import PASSWORD, SECRET, add

PASSPHRASE = b"twelve grey horses by the river"


@dataclass(frozen=True)
class House:
    """What was there when the backup was made."""

    service: Service
    certificate: Certificate
    recording: int
    shelf: Shelf


@pytest.fixture
def house(service: Service) -> House:
    audit_key.make(service.settings)
    add(service, "officer", Role.RA_OFFICER)
    register(service, iin(1), phone=77010000001)
    issuing = Issuing(service, authority.issuer(service.settings), linter=None)
    _, made = issued(service, issuing, iin(1))
    publication.publish(service, authority.issuer(service.settings), now=service.now())
    shelf = Shelf(service)
    recording = shelf.keep(shelf.calls[0], EvidenceKind.RECORDING, film(50))
    auditing.sealing(service).round()
    return House(service, made, recording, shelf)


@pytest.fixture
def backed_up(house: House, tmp_path: Path) -> Path:
    into = tmp_path / "backups" / "monday"
    backup.make(house.service.settings, into, PASSPHRASE)
    return into


@pytest.fixture
def elsewhere(
    house: House, tmp_path: Path, request: pytest.FixtureRequest
) -> Iterator[Callable[[str], Settings]]:
    """Settings of an empty place with a database of the same kind."""
    made = []

    def make(name: str) -> Settings:
        var = tmp_path / name
        url = f"sqlite:///{var}/restored.sqlite"
        if house.service.store.engine.dialect.name == "postgresql":
            server = request.getfixturevalue("postgres_server")
            made.append((server, f"restored_{name}"))
            _administer(server, f"CREATE DATABASE restored_{name}")
            url = f"{server}/restored_{name}"
        return settings.load({"var_dir": str(var), "database_url": url})

    yield make
    for server, name in made:
        _administer(server, f"DROP DATABASE {name} WITH (FORCE)")


def _administer(server: str, statement: str) -> None:
    admin = sa.create_engine(f"{server}/postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql(statement)
    admin.dispose()


def test_the_restored_house_signs_in_issues_revokes_answers_and_opens_evidence(
    house: House, backed_up: Path, elsewhere: Callable[[str], Settings]
) -> None:
    configured = elsewhere("new")
    restore.restore(configured, backed_up, PASSPHRASE)
    # The old house is gone: nothing of the new one may lean on it.
    shutil.rmtree(house.service.settings.var_dir)
    restored = wiring.make_service(configured)
    issuer = authority.issuer(configured)
    with restored.work() as work:
        staff.sign_in(
            work, login="officer", password=PASSWORD, code=pyotp.TOTP(SECRET).now(), hasher=PlainHasher(),
            now=restored.now(),
        )  # fmt: skip
    register(restored, iin(50), phone=77010000002)
    _, made = issued(restored, Issuing(restored, issuer, linter=None), iin(50))
    assert made.serial != house.certificate.serial
    published = publication.publish(restored, issuer, now=restored.now())
    # Numbers of lists that may have come after the backup are not given again (RFC 5280, 5.2.3).
    assert published.number > 2
    assert publication.publish(restored, issuer, now=restored.now()).number == published.number + 1
    listed = x509.load_der_x509_crl((authority.public_dir(configured) / "issuing.crl").read_bytes())
    assert listed.is_signature_valid(issuer.certificate.public_key())
    assert _ocsp(restored, house.certificate) is oracle.OCSPCertStatus.GOOD
    house.shelf.service = restored
    assert house.shelf.play(house.recording)
    auditing.sealing(restored).round()
    assert verified(restored).findings == ()
    restored.close()


def _ocsp(service: Service, of: Certificate) -> oracle.OCSPCertStatus:
    with service.look() as work:
        der = work.certificates.der(of.certificate_id)
    assert der is not None
    made = authority.certificates(service.settings)
    asked = oracle.OCSPRequestBuilder().add_certificate(
        x509.load_der_x509_certificate(der), made.issuing, hashes.SHA1()
    )
    app = make_app(
        service, authority.responder(service.settings), public_dir=authority.public_dir(service.settings)
    )
    answer = TestClient(app, base_url=service.settings.portal_url).post(
        "/ocsp", content=asked.build().public_bytes(Encoding.DER), headers=REQUEST
    )
    return oracle.load_der_ocsp_response(answer.content).certificate_status


def test_no_key_secret_or_person_lies_in_a_backup_as_it_is(house: House, backed_up: Path) -> None:
    everything = b"".join(path.read_bytes() for path in backed_up.iterdir())
    for path in backup.secret_files(house.service.settings).values():
        if path.exists():
            assert path.read_bytes().strip() not in everything
    assert b"PRIVATE KEY" not in everything
    assert b"SQLite format 3" not in everything
    assert "ҮЛГІЕВ".encode() not in everything
    assert all(path.stat().st_mode & 0o077 == 0 for path in (backed_up, *backed_up.iterdir()))


def test_a_backup_made_while_others_write_is_one_moment_of_it(
    house: House, tmp_path: Path, elsewhere: Callable[[str], Settings]
) -> None:
    """What was acknowledged before it began is there, and no transaction is there by half."""
    stop = threading.Event()
    written = 0

    def write() -> None:
        nonlocal written
        while not stop.is_set():
            with house.service.work() as work:
                for half in ("a", "b"):
                    work.audit.add(Entry(house.service.now(), OFFICER, "certificate:hold:done", half))
            written += 1

    writer = threading.Thread(target=write)
    writer.start()
    while written < 20:
        pass
    before = written
    backup.make(house.service.settings, tmp_path / "busy", PASSPHRASE)
    after = written
    stop.set()
    writer.join()
    assert after > before
    configured = elsewhere("busy2")
    restore.restore(configured, tmp_path / "busy", PASSPHRASE)
    restored = wiring.make_service(configured)
    with restored.look() as work:
        counts = dict(
            work.connection.execute(
                sa.select(entries.c.subject, sa.func.count())
                .where(entries.c.subject.in_(["a", "b"]))
                .group_by(entries.c.subject)
            ).all()
        )
    assert counts["a"] == counts["b"] >= before
    assert verified(restored).findings == ()
    restored.close()


def test_nobodys_cookie_link_or_code_of_then_opens_the_restored_house(
    house: House, tmp_path: Path, elsewhere: Callable[[str], Settings]
) -> None:
    """Whoever signed out since the backup, or lost a cookie, is not signed in again by it (R4, R14)."""
    service = house.service
    now, owner, page = service.now(), iin(1), b"p" * 32
    add(service, "newcomer", Role.CALL_AGENT)
    halves = staff_enrolment.new_half(), staff_enrolment.new_half()
    with service.work() as work:
        newcomer = work.accounts.by_login("newcomer")
        assert newcomer is not None
        first = staff_enrolment.half_digest(halves[0])
        staff_enrolment.begin(work, staff_id=newcomer.staff_id, first_digest=first, second=halves[1], now=now)
        signed_in = staff.sign_in(
            work,
            login="officer",
            password=PASSWORD,
            code=pyotp.TOTP(SECRET).now(),
            hasher=PlainHasher(),
            now=now,
        )
        subject = owner_session.subject(owner, work.code_seal.seal)
        consent = OwnerConsent(owner_session.PURPOSE, subject, now, owner_session.By.CODE)
        cabinet = sessions.open_(work, iin=owner, owner=consent, now=now)
        begun = dossier.begin(work, token_digest=b"d" * 32, language="kk", now=now)
        work.own_dossiers.save(replace(begun, iin=owner, signed_in_at=now), expected=begun)
        work.calls.add(builders.call(now, page_digest=page, iin=owner))
        pass_ = ticket.for_citizen(work, page_digest=page, now=now)
        subscriber = work.subscribers.by_iin(owner)
        assert subscriber is not None
        sms_code.send(
            work,
            actor=roles.OWNER,
            owner=subscriber,
            purpose=CodePurpose.SIGN_IN,
            subject="s",
            page="p",
            now=now,
        )
    backup.make(service.settings, tmp_path / "open", PASSPHRASE)
    configured = elsewhere("open2")
    restore.restore(configured, tmp_path / "open", PASSPHRASE)
    restored = wiring.make_service(configured)
    day = timedelta(days=1)
    with restored.work() as work:
        with pytest.raises(staff.SessionEnded):
            staff.resume(work, token=signed_in.token, idle=day, absolute=day, now=now)
        with pytest.raises(staff_enrolment.EnrolmentRefused):
            staff_enrolment.open_(work, code="".join(halves), now=now)
        with pytest.raises(sessions.SignedOut):
            sessions.resume(work, token=cabinet, now=now)
        with pytest.raises(dossier.DossierUnknown):
            dossier.find(work, token_digest=b"d" * 32, now=now)
        with pytest.raises(records.CallUnknown):
            ticket.for_citizen(work, page_digest=page, now=now)
        with pytest.raises(ticket.TicketRefused):
            ticket.spend(work, secret=pass_, now=now)
        with pytest.raises(sms_code.CodeUsedUp):
            sms_code.take_try(
                work, actor=roles.OWNER, purpose=CodePurpose.SIGN_IN, subject="s", page="p", now=now
            )
        # What the applicant entered is there still, for who shows the IIN and a new code.
        (kept,) = work.connection.execute(sa.select(dossiers.c.iin, dossiers.c.signed_in_at)).all()
        assert tuple(kept) == (owner.number, None)
    restored.close()


def test_another_passphrase_opens_nothing(backed_up: Path, elsewhere: Callable[[str], Settings]) -> None:
    configured = elsewhere("wrong")
    with pytest.raises(BackupRefused, match="passphrase"):
        restore.restore(configured, backed_up, PASSPHRASE + b"!")
    assert not configured.keys_dir.exists()


@pytest.mark.parametrize("name", [backup_parts.DATABASE, backup_parts.FILES, backup_parts.MANIFEST])
@pytest.mark.parametrize("how", ["edited", "cut", "gone"])
def test_an_edited_or_half_backup_is_refused_before_anything_is_written(
    backed_up: Path, elsewhere: Callable[[str], Settings], name: str, how: str
) -> None:
    configured = elsewhere(f"half_{name.replace('.', '_')}_{how}")
    path = backed_up / name
    content = bytearray(path.read_bytes())
    if how == "edited":
        content[len(content) // 2] ^= 1
    path.write_bytes(content if how == "edited" else content[:-1])
    if how == "gone":
        path.unlink()
    with pytest.raises(BackupRefused):
        restore.restore(configured, backed_up, PASSPHRASE)
    assert not configured.keys_dir.exists()
    assert not wiring.restore_mark(configured).exists()


def test_parts_of_two_backups_do_not_make_one(
    house: House, backed_up: Path, tmp_path: Path, elsewhere: Callable[[str], Settings]
) -> None:
    other = tmp_path / "tuesday"
    backup.make(house.service.settings, other, PASSPHRASE)
    shutil.copy(other / backup_parts.DATABASE, backed_up / backup_parts.DATABASE)
    with pytest.raises(BackupRefused, match="changed"):
        restore.restore(elsewhere("mixed"), backed_up, PASSPHRASE)


def test_a_restore_never_replaces_anything(house: House, backed_up: Path) -> None:
    configured = house.service.settings
    before = (configured.keys_dir / "issuing.key").read_bytes()
    with pytest.raises(BackupRefused, match="not empty"):
        restore.restore(configured, backed_up, PASSPHRASE)
    assert (configured.keys_dir / "issuing.key").read_bytes() == before


def test_a_database_with_tables_is_not_restored_into(
    house: House, backed_up: Path, elsewhere: Callable[[str], Settings]
) -> None:
    configured = replace(elsewhere("full"), database_url=house.service.settings.database_url)
    with pytest.raises(BackupRefused, match="database is not empty"):
        restore.restore(configured, backed_up, PASSPHRASE)
    assert not configured.keys_dir.exists()


def test_a_backup_of_a_newer_version_is_refused(
    backed_up: Path, elsewhere: Callable[[str], Settings]
) -> None:
    """Whoever has the passphrase wrote it with a newer program."""
    manifest, keys = backup_parts.read_manifest(backed_up, PASSPHRASE)
    backup_parts.write_manifest(backed_up, replace(manifest, schema="9999"), keys.proving)
    with pytest.raises(BackupRefused, match="newer version"):
        restore.restore(elsewhere("newer"), backed_up, PASSPHRASE)


def test_a_folder_that_is_no_backup_is_refused(tmp_path: Path, elsewhere: Callable[[str], Settings]) -> None:
    foreign = tmp_path / "foreign"
    foreign.mkdir()
    (foreign / "manifest.json").write_text(json.dumps({"format": 1, "parts": []}))
    (foreign / "manifest.mac").write_text("00" * 32)
    with pytest.raises(BackupRefused, match="no backup of ours"):
        restore.restore(elsewhere("foreign"), foreign, PASSPHRASE)


def test_nothing_starts_on_half_a_restore(backed_up: Path, elsewhere: Callable[[str], Settings]) -> None:
    configured = elsewhere("killed")
    configured.var_dir.mkdir()
    wiring.restore_mark(configured).touch()
    with pytest.raises(SettingRefused, match="did not come to its end"):
        wiring.make_service(configured)
    with pytest.raises(BackupRefused, match="begin anew"):
        restore.restore(configured, backed_up, PASSPHRASE)


def test_a_backup_that_finds_no_room_leaves_nothing(house: House, tmp_path: Path) -> None:
    huge = house.service.settings.evidence_dir / "huge"
    with huge.open("wb") as file:
        # A file of holes: large in name, and nothing on the disk.
        file.truncate(1 << 43)
    with pytest.raises(BackupRefused, match="MB free"):
        backup.make(house.service.settings, tmp_path / "none" / "backup", PASSPHRASE)
    assert list((tmp_path / "none").iterdir()) == []


def test_a_short_passphrase_is_refused(house: House, tmp_path: Path) -> None:
    with pytest.raises(BackupRefused, match="16 characters"):
        backup.make(house.service.settings, tmp_path / "weak", b"horse")


def test_the_database_of_a_newer_version_is_not_opened(house: House) -> None:
    """It says what to do."""
    engine = wiring.open_database(house.service.settings)
    with engine.begin() as connection:
        connection.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
    engine.dispose()
    with pytest.raises(migrate.DatabaseFromNewerVersion, match="start the newer program"):
        wiring.make_service(house.service.settings)
