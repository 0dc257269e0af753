"""A portal on loopback in front of a real database and a real authority, and certificates to ask about."""

import socket
import threading
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import httpx
import pytest
import uvicorn
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from starlette.applications import Starlette

from ca_core import roles
from ca_core.application import Application
from ca_core.certificate import Certificate, StorageKind
from ca_core.consent import OwnerConsent
from ca_core.issuance import renew, submit
from ca_core.revocation import hold, revoke
from ca_core.revocation.reasons import Reason
from data import migrate
from portal.app import make_app
from portal.limits import Buckets, Limits
from runtime import authority, publication, settings, start, wiring
from runtime.issuing import Issuing
from runtime.service import Service
from runtime.settings import Settings
from tests.runtime.conftest import iin, new_request, register

OFFICER = roles.Actor("Officer", roles.Role.RA_OFFICER, roles.Door.CONSOLE, 1)
PHONE = 77011234567


@dataclass(frozen=True)
class Owned:
    """A certificate, its record, and the key that its owner keeps."""

    record: Certificate
    certificate: x509.Certificate
    key: ec.EllipticCurvePrivateKey

    @property
    def pem(self) -> bytes:
        return self.certificate.public_bytes(Encoding.PEM)


@dataclass(frozen=True)
class House:
    """The parts a test reaches for."""

    service: Service
    app: Starlette
    url: str
    issuing: Issuing

    @property
    def browser(self) -> httpx.Client:
        return httpx.Client(base_url=self.url, trust_env=False, timeout=20)

    def fresh_service(self, configured: Settings | None = None) -> Service:
        """Another service on the same database: a server that ends also ends its watcher."""
        return wiring.make_service(configured or self.service.settings)

    def issue(self) -> Owned:
        """A certificate of the house's one person."""
        key, request = new_request()
        with self.service.work() as work:
            wanted = submit.with_request(
                work,
                actor=OFFICER,
                iin=iin(1),
                raw_request=request,
                storage=StorageKind.FILE,
                now=self.service.now(),
            )
        return self._carried_out(wanted, key)

    def _carried_out(self, wanted: Application, key: ec.EllipticCurvePrivateKey) -> Owned:
        (outcome,) = self.issuing.batch([wanted.number])
        assert outcome.certificate is not None, outcome.refusal
        return self.owned_of(outcome.certificate, key)

    def owned_of(self, record: Certificate, key: ec.EllipticCurvePrivateKey | None = None) -> Owned:
        with self.service.look() as work:
            der = work.certificates.der(record.certificate_id)
        assert der is not None
        return Owned(record, x509.load_der_x509_certificate(der), key or new_request()[0])

    def revoke(self, owned: Owned, reason: Reason = Reason.KEY_COMPROMISE) -> None:
        now = self.service.now()
        serial = owned.record.serial
        consent = OwnerConsent("revoke", serial.hex, now, "test")
        with self.service.work() as work:
            revoke.by_owner(
                work, actor=OFFICER, serial=serial, owner=consent, reason=reason, lost=False, now=now
            )

    def hold(self, owned: Owned) -> None:
        with self.service.work() as work:
            hold.place(work, actor=OFFICER, found=owned.record, why="test", now=self.service.now())

    def open_renewal(self, owned: Owned) -> Application:
        with self.service.work() as work:
            return renew.open_for_owner(
                work, actor=OFFICER, serial=owned.record.serial, now=self.service.now()
            )


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def make_service(folder: Path, **different: str) -> Service:
    """A migrated database and a new authority with its lists."""
    configured = settings.load({"var_dir": str(folder / "var"), **different})
    migrate.upgrade(wiring.open_database(configured))
    start.make_authority(configured, authority.Names(), "ec")
    service = wiring.make_service(configured)
    publication.publish(service, authority.issuer(configured), now=service.now())
    register(service, iin(1), phone=PHONE)
    return service


def application(service: Service, limited: Limits | None = None) -> Starlette:
    """Unlimited unless a test is about limits."""
    generous = Buckets(burst=100_000, per_second=1000.0)
    return make_app(
        service,
        authority.responder(service.settings),
        public_dir=authority.public_dir(service.settings),
        limited=limited or Limits(look_ups=generous, attempts=generous, people=generous),
    )


class Served(threading.Thread):
    """uvicorn on a free port, in a thread."""

    def __init__(self, app: Starlette) -> None:
        super().__init__(daemon=True)
        self.port = free_port()
        self._server = uvicorn.Server(
            uvicorn.Config(app, host="127.0.0.1", port=self.port, log_config=None, access_log=False)
        )

    def run(self) -> None:
        self._server.run()

    def __enter__(self) -> str:
        self.start()
        deadline = time.monotonic() + 20
        while not self._server.started:
            assert time.monotonic() < deadline
            time.sleep(0.02)
        return f"http://127.0.0.1:{self.port}"

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self.join(timeout=20)
        assert not self.is_alive()


@pytest.fixture(scope="session")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    service = make_service(tmp_path_factory.mktemp("portal"))
    app = application(service)
    with Served(app) as url:
        issuing = Issuing(service, authority.issuer(service.settings), linter=None)
        yield House(service, app, url, issuing)
    service.store.engine.dispose()


@pytest.fixture
def browser(house: House) -> Iterator[httpx.Client]:
    with house.browser as client:
        yield client


@pytest.fixture
def owned(house: House) -> Owned:
    return house.issue()
