"""PostgreSQL goes away under load and comes back: what was acknowledged is there, once, and all go on by themselves."""

import threading
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from ca_core.audit import Entry
from ca_core.ports import Command, CommandKind
from data import engine as engines
from data import migrate
from data.schema import audit as entries
from data.schema import certificate
from runtime import authority, settings, start, wiring
from runtime.issuing import Issuing
from runtime.jobs import JobRunner
from runtime.sending import Sending
from runtime.service import Service
from tests.runtime.conftest import iin, register
from tests.runtime.test_issuing import OFFICER, submitted
from tests.servers import postgres

pytestmark = [pytest.mark.postgres, pytest.mark.slow]
_WRITERS = 4
_PEOPLE = 6


@pytest.fixture
def server() -> Iterator[postgres.Server]:
    with postgres.server() as running:
        yield running


@pytest.fixture
def service(server: postgres.Server, tmp_path: Path) -> Iterator[Service]:
    admin = sa.create_engine(f"{server.address}/postgres", isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        connection.exec_driver_sql("CREATE DATABASE house")
    admin.dispose()
    url = f"{server.address}/house"
    engine = engines.open_engine(url)
    migrate.upgrade(engine)
    engine.dispose()
    configured = settings.load({"var_dir": str(tmp_path / "var"), "database_url": url})
    start.make_authority(configured, authority.Names(), "ec")
    made = wiring.make_service(configured)
    yield made
    made.close()


class Quiet:
    """A way out that takes everything."""

    def send(self, *, recipient: str, text: str, reference: str) -> None:
        """Delivered."""


class Writer(threading.Thread):
    """Writes one named entry after another; what was not acknowledged is written again, as a door's caller would."""

    def __init__(self, service: Service, number: int, stop: threading.Event) -> None:
        super().__init__()
        self._service, self._number, self._over = service, number, stop
        self.acknowledged: list[str] = []
        self.failures = 0

    def run(self) -> None:
        n = 0
        while not self._over.is_set():
            name = f"w{self._number}-{n}"
            try:
                with self._service.work() as work:
                    work.audit.add(Entry(self._service.now(), OFFICER, "certificate:hold:done", name))
            except sa.exc.DBAPIError:
                self.failures += 1
                time.sleep(0.05)
            else:
                self.acknowledged.append(name)
            n += 1


@pytest.mark.parametrize("how", ["immediate", "fast"])
def test_a_restart_under_load_loses_nothing_that_was_acknowledged(
    service: Service, server: postgres.Server, how: str
) -> None:
    issuer = authority.issuer(service.settings)
    jobs = JobRunner(
        service,
        issuer=issuer,
        issuing_batch=Issuing(service, issuer, linter=None),
        sending=Sending(service, {"sms": Quiet(), "email": Quiet()}),
    )
    ordered = []
    for number in range(1, _PEOPLE * 10, 10):
        register(service, iin(number), phone=None)
        _, application = submitted(service, iin(number))
        ordered.append(application.number.digits)
    running = threading.Thread(target=jobs.run)
    stop = threading.Event()
    writers = [Writer(service, number, stop) for number in range(_WRITERS)]
    for writer in writers:
        writer.start()
    _wait(lambda: all(len(writer.acknowledged) > 5 for writer in writers))
    with service.work() as work:
        for digits in ordered:
            work.commands.add(Command(CommandKind.ISSUE, digits, f"issue {digits}"), now=service.now())
    running.start()
    server.stop(how)
    _wait(lambda: all(writer.failures for writer in writers))
    server.start()
    before = [len(writer.acknowledged) for writer in writers]
    _wait(lambda: all(len(w.acknowledged) > n + 5 for w, n in zip(writers, before, strict=True)))
    _wait(lambda: _issued(service) == _PEOPLE)
    stop.set()
    for writer in writers:
        writer.join()
    _wait(lambda: jobs.problem() == "")
    jobs.stop()
    running.join(20)
    assert not running.is_alive()
    with service.look() as work:
        found = list(
            work.connection.scalars(sa.select(entries.c.subject).where(entries.c.subject.like("w%")))
        )
        ids = list(work.connection.scalars(sa.select(certificate.c.application_number)))
    assert len(found) == len(set(found))
    assert {name for writer in writers for name in writer.acknowledged} <= set(found)
    assert len(ids) == len(set(ids)) == _PEOPLE


def _issued(service: Service) -> int:
    with service.look() as work:
        return int(
            work.connection.scalar(sa.select(sa.func.count()).where(certificate.c.issued_at.is_not(None)))
            or 0
        )


def _wait(until: Callable[[], bool]) -> None:
    deadline = time.monotonic() + 60
    while not until():
        assert time.monotonic() < deadline
        time.sleep(0.05)
