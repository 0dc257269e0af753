"""Certificates a second through the whole path: PKCS#10 check, application, serial, lint, signature, store.

    python -m benchmarks.issuance [--certificates 400] [--linted 60] [--json]

Every step is committed durably (SQLite, synchronous FULL), in batches of 100 as the job runner has them. The peer
is `openssl x509 -req`, one process a certificate, which neither checks the key's strength nor keeps a record.
"""

import subprocess
import tempfile
import time
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import insert

from benchmarks import report
from ca_core import roles
from ca_core.certificate import StorageKind
from ca_core.identifiers import Iin, Sex, iin_check_digit
from ca_core.issuance import submit
from ca_core.subscriber import DocumentKind, Person
from ca_core.x509 import lint
from data import migrate
from data.people import person_row
from data.schema import person
from runtime import authority, settings, start, wiring
from runtime.issuing import BATCH, Issuing
from runtime.service import Service

OFFICER = roles.Actor("benchmark", roles.Role.RA_OFFICER, roles.Door.COMMAND_LINE, 1)


def main() -> None:
    chosen = report.arguments(__doc__, certificates=400, linted=60)
    with tempfile.TemporaryDirectory() as folder:
        service = _service(Path(folder))
        people = _people(service, 2 * chosen.certificates + chosen.linted)
        report.show(_rows(service, people, chosen.certificates, chosen.linted), as_json=chosen.json)


def _rows(service: Service, people: list[Iin], plain: int, linted: int) -> Iterator[report.Row]:
    issuer = authority.issuer(service.settings)
    requests = [_request() for _ in people]
    theirs = _openssl(requests[:20])
    linter = lint.Linter()
    linter.findings(issuer.certificate.public_bytes(serialization.Encoding.DER))
    for figure, count, used in (("no lint", plain, None), ("full lint", linted, linter)):
        issuing = Issuing(service, issuer, linter=used)
        chosen = [(people.pop(), requests.pop()) for _ in range(count)]
        ours = _whole_path(service, issuing, chosen)
        yield report.Row(
            f"whole path, {figure}", "certificates/s", ours, "openssl x509 -req", theirs, "higher", count
        )


def _whole_path(service: Service, issuing: Issuing, wanted: list[tuple[Iin, bytes]]) -> float:
    began = time.perf_counter()
    for first in range(0, len(wanted), BATCH):
        with service.work() as work:
            numbers = [
                submit.with_request(
                    work,
                    actor=OFFICER,
                    iin=iin,
                    raw_request=request,
                    storage=StorageKind.FILE,
                    now=service.now(),
                ).number
                for iin, request in wanted[first : first + BATCH]
            ]
        outcomes = issuing.batch(numbers)
        refused = [outcome.refusal for outcome in outcomes if outcome.certificate is None]
        if refused:
            raise SystemExit(f"not issued: {refused[0]}")
    return len(wanted) / (time.perf_counter() - began)


def _service(folder: Path) -> Service:
    configured = settings.load({"var_dir": str(folder)})
    migrate.upgrade(wiring.open_database(configured))
    start.make_authority(configured, authority.Names(), "ec")
    return wiring.make_service(configured)


def _people(service: Service, count: int) -> list[Iin]:
    found: list[Iin] = []
    number = 0
    while len(found) < count:
        born = date(1960, 1, 1) + timedelta(days=number // 1000)
        body = f"{born:%y%m%d}3{number % 10000:04d}"
        digit = iin_check_digit(body)
        number += 1
        if digit is not None:
            found.append(Iin.parse(f"{body}{digit}"))
    with service.work() as work:
        work.connection.execute(insert(person), [person_row(_person(iin)) for iin in found])
    return found


def _person(iin: Iin) -> Person:
    return Person(
        iin=iin,
        surname="ҮЛГІЕВ",
        given_name="ДӘУРЕН",
        patronymic="",
        surname_latin="ULGIYEV",
        given_name_latin="DAUREN",
        born_on=iin.birth_date,
        sex=Sex.MALE,
        region=1,
        language="kk",
        document_kind=DocumentKind.ID_CARD,
        document_number="N00000000",
        document_expires_on=date(2099, 1, 1),
    )


def _request() -> bytes:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "SPECIMEN")])
    built = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return built.public_bytes(serialization.Encoding.PEM)


def _openssl(requests: list[bytes]) -> float:
    with tempfile.TemporaryDirectory() as folder:
        key, ca = f"{folder}/ca.key", f"{folder}/ca.pem"
        make = ["openssl", "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes"]
        subprocess.run(
            [*make, "-keyout", key, "-out", ca, "-subj", "/CN=peer"], check=True, capture_output=True
        )
        sign = ["openssl", "x509", "-req", "-CA", ca, "-CAkey", key, "-set_serial", "1"]
        began = time.perf_counter()
        for request in requests:
            subprocess.run(sign, input=request, check=True, capture_output=True)
        return len(requests) / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
