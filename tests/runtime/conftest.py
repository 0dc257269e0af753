"""A service on a real database with a real authority, without any process."""

from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from sqlalchemy import insert

from ca_core.identifiers import Iin, Phone, Sex, iin_check_digit
from ca_core.subscriber import DocumentKind, Person
from data.people import person_row
from data.schema import bmg, person
from runtime import authority, settings, start, wiring
from runtime.service import Service


def iin(serial: int) -> Iin:
    """A valid, fictitious IIN of a man born on 12 March 1987."""
    for number in range(serial, serial + 20):
        body = f"8703123{number:04d}"
        check = iin_check_digit(body)
        if check is not None:
            return Iin.parse(f"{body}{check}")
    raise AssertionError("every twentieth body has a check digit")


def new_request() -> tuple[ec.EllipticCurvePrivateKey, bytes]:
    """A key on the citizen's medium and the PKCS#10 that proves its possession."""
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, "SPECIMEN")])
    built = x509.CertificateSigningRequestBuilder().subject_name(name).sign(key, hashes.SHA256())
    return key, built.public_bytes(serialization.Encoding.PEM)


def register(service: Service, who: Iin, *, phone: int | None) -> None:
    """An entry of the state register and, with a phone, of the BMG."""
    entry = Person(
        iin=who,
        surname="ҮЛГІЕВ",
        given_name="ДӘУРЕН",
        patronymic="СЕРІКҰЛЫ",
        surname_latin="ULGIYEV",
        given_name_latin="DAUREN",
        born_on=who.birth_date,
        sex=Sex.MALE,
        region=19,
        language="kk",
        document_kind=DocumentKind.ID_CARD,
        document_number="N00000001",
        document_expires_on=date(2099, 1, 1),
    )
    with service.work() as work:
        work.connection.execute(insert(person).values(person_row(entry)))
        if phone is not None:
            work.connection.execute(
                insert(bmg).values(
                    iin=who.number,
                    phone=Phone.of(phone).number,
                    since=service.now() - timedelta(days=400),
                    registered_by="test",
                )
            )


@pytest.fixture
def service(database_url: str, tmp_path: Path) -> Iterator[Service]:
    configured = settings.load({"var_dir": str(tmp_path / "var"), "database_url": database_url})
    start.make_authority(configured, authority.Names(), "ec")
    made = wiring.make_service(configured)
    yield made
    made.close()
