"""Applications over the counter at an even rate, each with a key of its own; the job runner issues them."""

import asyncio
import time

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from benchmarks.shift.asking import Weather
from benchmarks.shift.ledger import Ledger
from ca_core import roles
from ca_core.certificate import StorageKind
from ca_core.identifiers import Iin
from ca_core.issuance import submit
from runtime.service import Service

OFFICER = roles.Actor("shift", roles.Role.RA_OFFICER, roles.Door.COMMAND_LINE)


async def keep_coming(
    service: Service, people: list[Iin], per_second: float, ledger: Ledger, weather: Weather
) -> None:
    """By the clock: what comes late does not make the next one later."""
    began = time.monotonic()
    while not weather.is_over.is_set():
        number = len(ledger.submitted)
        submitted = await asyncio.to_thread(_submit, service, people[number % len(people)])
        ledger.submitted.append(submitted)
        await weather.sleep(max(0.0, began + (number + 1) / per_second - time.monotonic()))


def _submit(service: Service, iin: Iin) -> int:
    key = ec.generate_private_key(ec.SECP256R1())
    request = x509.CertificateSigningRequestBuilder(x509.Name([])).sign(key, hashes.SHA256())
    with service.work() as work:
        return submit.with_request(
            work,
            actor=OFFICER,
            iin=iin,
            raw_request=request.public_bytes(serialization.Encoding.PEM),
            storage=StorageKind.FILE,
            now=service.now(),
        ).number.number
