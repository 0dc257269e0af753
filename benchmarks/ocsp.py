"""OCSP answers a second, signed from the live record: the portal's process against `openssl ocsp`, same machine.

Both are asked by the same client over loopback, by turns. `openssl ocsp` closes its connection after each
answer and keeps its certificates in a text file in memory; ours reads a database each time. The last row is
CPU time of one answer without HTTP, against the raw signature in it.
"""

import asyncio
import contextlib
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509 import ocsp as oracle
from sqlalchemy import insert

from benchmarks import report
from ca_core import roles
from ca_core.certificate import StorageKind
from ca_core.identifiers import Iin, Sex
from ca_core.issuance import submit
from ca_core.subscriber import DocumentKind, Person
from ca_core.x509 import signatures
from data import migrate
from data.people import person_row
from data.schema import person as person_table
from portal import app as portal
from portal import status_protocol
from runtime import authority, publication, settings, start, wiring
from runtime.issuing import Issuing
from runtime.service import Service

_CERTIFICATES = 64
_AT_ONCE = 8
_OFFICER = roles.Actor("benchmark", roles.Role.RA_OFFICER, roles.Door.CONSOLE)


@dataclass(frozen=True, slots=True)
class Asked:
    """A server, and how it is asked."""

    port: int
    path: str
    keep_alive: bool


def main() -> None:
    chosen = report.arguments(__doc__, seconds=2, runs=3)
    with tempfile.TemporaryDirectory(prefix="qoltanba-ocsp-") as folder:
        report.show(_rows(Path(folder), min(chosen.seconds, 5), chosen.runs), as_json=chosen.json)


def _rows(folder: Path, seconds: float, runs: int) -> Iterator[report.Row]:
    port, their_port = _free_port(), _free_port()
    service = _prepare(folder, port)
    leaves = _issue(service)
    questions = [_question(service, leaf) for leaf in leaves]
    with _ours(service, port), _theirs(service, folder, leaves, their_port):
        _until_answering(Asked(port, "/ocsp", False), questions[0])
        _until_answering(Asked(their_port, "/", False), questions[0])
        our_rates: dict[bool, list[float]] = {True: [], False: []}
        their_rates = []
        for _ in range(runs):
            for keep_alive, rates in our_rates.items():
                rates.append(asyncio.run(_rate(Asked(port, "/ocsp", keep_alive), questions, seconds)))
            their_rates.append(asyncio.run(_rate(Asked(their_port, "/", False), questions, seconds)))
    theirs = statistics.median(their_rates)
    for name, keep_alive in (("kept connections", True), ("a connection each", False)):
        ours = statistics.median(our_rates[keep_alive])
        yield report.Row(
            f"OCSP by POST, {name}", "answers/s", ours, "openssl ocsp, a connection each", theirs,
            "higher", runs,
        )  # fmt: skip
    yield _cpu_row(service, questions, runs)


def _cpu_row(service: Service, questions: list[bytes], runs: int) -> report.Row:
    responder = authority.responder(service.settings)
    app = portal.make_app(service, responder, public_dir=authority.public_dir(service.settings))
    handed = app.state.parts
    ours = _microseconds(lambda: status_protocol._answer(handed, questions[0], False), runs)
    raw = _microseconds(lambda: signatures.sign(responder.key, bytes(300)), runs)
    return report.Row(
        "OCSP answer without HTTP", "us CPU", ours, "the raw signature", raw, "lower", runs,
    )  # fmt: skip


def _microseconds(work: object, runs: int) -> float:
    assert callable(work)
    work()
    found = []
    for _ in range(runs):
        began, count = time.process_time(), 0
        while (spent := time.process_time() - began) < 0.3:
            work()
            count += 1
        found.append(spent / count * 1e6)
    return statistics.median(found)


async def _rate(asked: Asked, questions: list[bytes], seconds: float) -> float:
    """Answers a second of several clients that ask one after the other."""
    until = time.monotonic() + seconds
    began = time.monotonic()
    counts = await asyncio.gather(*(_ask(asked, questions[n::_AT_ONCE], until) for n in range(_AT_ONCE)))
    return sum(counts) / (time.monotonic() - began)


async def _ask(asked: Asked, questions: list[bytes], until: float) -> int:
    count = 0
    reader: asyncio.StreamReader | None = None
    writer: asyncio.StreamWriter | None = None
    while time.monotonic() < until:
        if reader is None or writer is None:
            reader, writer = await asyncio.open_connection("127.0.0.1", asked.port)
        raw = questions[count % len(questions)]
        writer.write(_http(asked, raw) + raw)
        body = await _body(reader)
        # OCSPResponseStatus successful: SEQUENCE, its length, ENUMERATED 0.
        assert b"\x0a\x01\x00" in body[:8], body[:16]
        count += 1
        if not asked.keep_alive:
            writer.close()
            reader = writer = None
    if writer is not None:
        writer.close()
    return count


def _http(asked: Asked, raw: bytes) -> bytes:
    connection = "keep-alive" if asked.keep_alive else "close"
    return (
        f"POST {asked.path} HTTP/1.1\r\nHost: 127.0.0.1:{asked.port}\r\nConnection: {connection}\r\n"
        f"Content-Type: application/ocsp-request\r\nContent-Length: {len(raw)}\r\n\r\n"
    ).encode()


async def _body(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = next(
        int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
    )
    return await reader.readexactly(length)


def _prepare(folder: Path, port: int) -> Service:
    configured = settings.load({"var_dir": str(folder / "var"), "portal_port": str(port)})
    migrate.upgrade(wiring.open_database(configured))
    start.make_authority(configured, authority.Names(), "ec")
    service = wiring.make_service(configured)
    publication.publish(service, authority.issuer(configured), now=service.now())
    return service


def _issue(service: Service) -> list[x509.Certificate]:
    iin = Iin.parse("870312300016")
    entry = Person(
        iin, "ҮЛГІЕВ", "ДӘУРЕН", "", "ULGIYEV", "DAUREN", date(1987, 3, 12), Sex.MALE, 19, "kk",
        DocumentKind.ID_CARD, "N00000001", date(2099, 1, 1),
    )  # fmt: skip
    with service.work() as work:
        work.connection.execute(insert(person_table).values(person_row(entry)))
        numbers = [
            submit.with_request(
                work, actor=_OFFICER, iin=iin, raw_request=_request(), storage=StorageKind.FILE,
                now=service.now(),
            ).number
            for _ in range(_CERTIFICATES)
        ]  # fmt: skip
    outcomes = Issuing(service, authority.issuer(service.settings), linter=None).batch(numbers)
    with service.look() as work:
        found = [work.certificates.der(o.certificate.certificate_id) for o in outcomes if o.certificate]
    return [x509.load_der_x509_certificate(der) for der in found if der is not None]


def _request() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    built = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    return built.public_bytes(serialization.Encoding.PEM)


def _question(service: Service, leaf: x509.Certificate) -> bytes:
    issuer = authority.certificates(service.settings).issuing
    builder = oracle.OCSPRequestBuilder().add_certificate(leaf, issuer, hashes.SHA1())
    return builder.build().public_bytes(serialization.Encoding.DER)


@contextlib.contextmanager
def _ours(service: Service, port: int) -> Iterator[None]:
    command = [sys.executable, "-m", "uvicorn", "portal.app:create", "--factory", "--no-access-log"]
    environment = {**os.environ, **settings.as_environment(service.settings), "QOLTANBA_LOG_LEVEL": "warning"}
    with _running([*command, "--port", str(port)], environment):
        yield


@contextlib.contextmanager
def _theirs(service: Service, folder: Path, leaves: list[x509.Certificate], port: int) -> Iterator[None]:
    made, pem = authority.certificates(service.settings), serialization.Encoding.PEM
    responder = authority.responder(service.settings)
    (folder / "issuing.pem").write_bytes(made.issuing.public_bytes(pem))
    (folder / "ocsp.pem").write_bytes(made.responder.public_bytes(pem))
    (folder / "ocsp.key").write_bytes(
        responder.key.private_bytes(pem, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    )
    lines = [
        f"V\t{leaf.not_valid_after_utc:%y%m%d%H%M%SZ}\t\t{_even(leaf.serial_number)}\tunknown\t/CN=x\n"
        for leaf in leaves
    ]
    (folder / "index.txt").write_text("".join(lines))
    (folder / "index.txt.attr").write_text("unique_subject = no\n")
    command = ["openssl", "ocsp", "-index", "index.txt", "-port", str(port), "-CA", "issuing.pem"]
    with _running([*command, "-rsigner", "ocsp.pem", "-rkey", "ocsp.key", "-ndays", "1"], None, folder):
        yield


def _even(number: int) -> str:
    digits = f"{number:X}"
    return digits if len(digits) % 2 == 0 else f"0{digits}"


@contextlib.contextmanager
def _running(
    command: list[str], environment: dict[str, str] | None, folder: Path | None = None
) -> Iterator[None]:
    quiet = subprocess.DEVNULL
    with subprocess.Popen(command, env=environment, cwd=folder, stdout=quiet, stderr=quiet) as process:
        try:
            yield
        finally:
            process.terminate()


def _until_answering(asked: Asked, question: bytes) -> None:
    """A connection without a question would stop `openssl ocsp` for good, so one is asked at once."""
    deadline = time.monotonic() + 30
    while time.monotonic() < deadline:
        with contextlib.suppress(ConnectionRefusedError):
            asyncio.run(asyncio.wait_for(_ask(asked, [question], time.monotonic() + 0.1), 10))
            return
        time.sleep(0.05)
    raise SystemExit("a server did not start")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


if __name__ == "__main__":
    main()
