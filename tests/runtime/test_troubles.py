"""Real faults of disk and clock: what is said, what stops, that nothing is half, and that it goes on by itself."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from cryptography import x509

from ca_core import notices
from ca_core.audit import Entry
from ca_core.identifiers import Phone
from ca_core.notices import NoticeKind
from ca_core.ports import Command, CommandKind
from data.schema import audit as entries
from runtime import authority, files, publication, settings, start, troubles, upgrading, wiring
from runtime.gateways.sms_http import SmsCentre
from runtime.issuing import Issuing
from runtime.jobs import JobRunner
from runtime.sending import Sending
from runtime.service import Service
from runtime.troubles import Kind
from tests.runtime.conftest import iin, register
from tests.runtime.test_issuing import OFFICER, submitted
from tests.servers import disks, sms
from tests.servers.sms import Centre


def runner(service: Service) -> JobRunner:
    issuer = authority.issuer(service.settings)
    return JobRunner(
        service,
        issuer=issuer,
        issuing_batch=Issuing(service, issuer, linter=None),
        sending=Sending(service, {}),
    )


def ordered(service: Service, number: str) -> str:
    with service.look() as work:
        found = work.commands.latest(number)
    assert found is not None
    return found.state


def kinds(service: Service) -> list[Kind]:
    return [trouble.kind for trouble in troubles.of(service)]


class Ahead(Service):
    """A service on a computer whose clock is wrong."""

    wrong_by = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.wrong_by


@pytest.fixture
def wrong(service: Service) -> Iterator[Ahead]:
    made = Ahead(
        settings=service.settings,
        store=service.store,
        policy=service.policy,
        passwords=service.passwords,
        watcher=service.watcher,
    )
    yield made
    made._standings.close()


def test_an_installation_in_order_has_no_trouble(service: Service) -> None:
    assert kinds(service) == []


def move_server_clock(service: Service, seconds: int) -> None:
    """What the server answers to who asks it for the time."""
    engine = service.store.engine
    with engine.begin() as connection:
        name = connection.exec_driver_sql("SELECT current_database()").scalar_one()
        connection.exec_driver_sql(
            "CREATE FUNCTION public.clock_timestamp() RETURNS timestamptz LANGUAGE sql AS"
            f" $$ SELECT pg_catalog.clock_timestamp() + make_interval(secs => {seconds}) $$"
        )
        connection.exec_driver_sql(f"ALTER DATABASE {name} SET search_path = public, pg_catalog")
    engine.dispose()


@pytest.mark.postgres
@pytest.mark.parametrize("database_url", ["postgres"], indirect=True)
@pytest.mark.parametrize("seconds", [-4, 4, 86_400])
def test_a_clock_that_is_off_the_databases_stops_issuing_until_it_is_right(
    service: Service, seconds: int
) -> None:
    register(service, iin(1), phone=None)
    _, application = submitted(service, iin(1))
    digits = application.number.digits
    with service.work() as work:
        work.commands.add(Command(CommandKind.ISSUE, digits, "k"), now=service.now())
    jobs = runner(service)
    move_server_clock(service, seconds)
    jobs.once()
    assert kinds(service) == [Kind.CLOCK_DATABASE]
    assert "nothing is issued" in jobs.problem()
    assert ordered(service, digits) == "waiting"
    assert not (authority.public_dir(service.settings) / "issuing.crl").exists()
    with service.store.engine.begin() as connection:
        connection.exec_driver_sql("DROP FUNCTION public.clock_timestamp()")
    jobs.once()
    assert kinds(service) == []
    assert jobs.problem() == ""
    assert ordered(service, digits) == "done"
    assert (authority.public_dir(service.settings) / "issuing.crl").exists()


@pytest.mark.parametrize("behind", [1, 10])
def test_a_clock_behind_what_was_signed_stops_the_next_list(
    service: Service, wrong: Ahead, behind: int
) -> None:
    """SQLite has no other clock: a list from the future says that ours went back."""
    publication.publish(service, authority.issuer(service.settings), now=service.now())
    jobs = runner(wrong)
    wrong.wrong_by = -timedelta(minutes=behind)
    jobs.once()
    assert kinds(wrong) == [Kind.CLOCK_PAST]
    wrong.wrong_by = timedelta(0)
    jobs.once()
    assert jobs.problem() == ""


@pytest.fixture
def on_small_disk(tmp_path: Path) -> Iterator[Service]:
    """Everything that the system writes lies on a disk of its own, of eight megabytes."""
    with disks.small(tmp_path / "disk", size="8m") as folder:
        configured = settings.load({"var_dir": str(folder / "var"), "least_free_mb": "1"})
        upgrading.bring_up(configured)
        start.make_authority(configured, authority.Names(), "ec")
        service = wiring.make_service(configured)
        yield service
        service.close()


def write_until_full(service: Service) -> int:
    """How many transactions were acknowledged."""
    for acknowledged in range(10_000):
        try:
            with service.work() as work:
                for half in ("a", "b"):
                    work.audit.add(Entry(service.now(), OFFICER, "certificate:hold:done", half * 200))
        except sa.exc.OperationalError:
            return acknowledged
    raise AssertionError("a full disk took everything")


def test_a_full_disk_fails_clean_is_said_and_is_over_when_there_is_room(on_small_disk: Service) -> None:
    service = on_small_disk
    folder = service.settings.var_dir.parent
    jobs = runner(service)
    publication.publish(service, authority.issuer(service.settings), now=service.now())
    list_path = authority.public_dir(service.settings) / "issuing.crl"
    before = list_path.read_bytes()
    ballast = disks.fill(folder)
    acknowledged = write_until_full(service)
    assert kinds(service) == [Kind.NO_SPACE]
    assert "MB free" in jobs.problem()
    with pytest.raises(OSError, match="No space"):
        files.write_atomically(list_path, before * 5000)
    assert list_path.read_bytes() == before
    assert [path.name for path in list_path.parent.iterdir() if path.name.startswith(".")] == []
    # Reading goes on.
    with service.look() as work:
        counted = work.connection.scalar(sa.select(sa.func.count()).where(entries.c.subject.like("aaa%")))
        halves = work.connection.scalar(sa.select(sa.func.count()).where(entries.c.subject.like("bbb%")))
    assert counted == halves == acknowledged
    ballast.unlink()
    assert kinds(service) == []
    with service.work() as work:
        work.audit.add(Entry(service.now(), OFFICER, "certificate:hold:done", "after"))
    published = publication.publish(service, authority.issuer(service.settings), now=service.now())
    assert x509.load_der_x509_crl(list_path.read_bytes()).next_update_utc == published.next_update
    assert jobs.problem() == ""


def test_no_message_goes_out_twice_while_its_fate_cannot_be_kept(on_small_disk: Service) -> None:
    """A full disk would have the SMS centre asked again each second, for as long as it is full."""
    service = on_small_disk
    with sms.serve(Centre()) as centre:
        sender = Sending(service, {"sms": SmsCentre(url=centre.url, token="fictitious", sender="1414")})
        with service.work() as work:
            work.outbox.add(
                notices.to_phone(
                    Phone.of(77010000001 + number), kind=NoticeKind.CODE, language="kk",
                    words={"code": "271828", "purpose": "revoke"}, now=service.now(),
                )
                for number in range(3)
            )  # fmt: skip
        ballast = disks.fill(service.settings.var_dir.parent)
        write_until_full(service)
        for _ in range(4):
            with pytest.raises(sa.exc.OperationalError):
                sender.batch()
        assert len(centre.taken) == 1
        ballast.unlink()
        sender.batch()
        sender.batch()
        assert [message["to"][-1] for message in centre.taken] == ["1", "2", "3"]
        with service.look() as work:
            assert work.outbox.due(service.now() + timedelta(days=1), 9) == []


def test_a_list_that_found_no_room_is_published_once_there_is(on_small_disk: Service) -> None:
    """Its number is spent, the old list stays whole, and the next one has a higher number."""
    service = on_small_disk
    issuer = authority.issuer(service.settings)
    first = publication.publish(service, issuer, now=service.now())
    path = authority.public_dir(service.settings) / "issuing.crl"
    with disks.small(path.parent, size="4k"):
        (path.parent / "ballast").write_bytes(bytes(4096))
        with pytest.raises(OSError, match="No space"):
            publication.publish(service, issuer, now=service.now())
        assert [one.name for one in path.parent.iterdir()] == ["ballast"]
    again = publication.publish(service, issuer, now=service.now())
    assert again.number > first.number
    assert x509.load_der_x509_crl(path.read_bytes()).next_update_utc == again.next_update


def test_a_folder_that_takes_no_files_is_said(service: Service, tmp_path: Path) -> None:
    with disks.small(tmp_path / "evidence", size="64k", read_only=True) as folder:
        moved = replace(service.settings, evidence_dir=folder)
        assert [trouble.kind for trouble in troubles.disks(moved)] == [Kind.READ_ONLY]


@pytest.mark.parametrize("name", ["issuing.key", "ocsp.key", "root.key"])
@pytest.mark.parametrize("kept", [0, 100])
def test_half_a_key_is_refused_by_name(service: Service, name: str, kept: int) -> None:
    """An empty or cut file is no key, and nothing signs with it."""
    path = service.settings.keys_dir / name
    path.write_bytes(path.read_bytes()[:kept])
    opened = {
        "issuing.key": authority.issuer,
        "ocsp.key": authority.responder,
        "root.key": authority.root_issuer,
    }
    with pytest.raises(authority.keys.KeyNotOpened):
        opened[name](service.settings)


def test_half_a_list_is_not_served(service: Service) -> None:
    from portal.published import PublicFiles

    publication.publish(service, authority.issuer(service.settings), now=service.now())
    path = authority.public_dir(service.settings) / "issuing.crl"
    path.write_bytes(path.read_bytes()[:100])
    served = PublicFiles(path.parent)
    assert served.get("issuing.crl") is None
    assert served.problem(service.now()) == "issuing.crl is not published"
