"""Signs what was told: real keys, real certificates, under the issuing key of this installation."""

from dataclasses import dataclass, replace

from cryptography.hazmat.primitives import hashes, serialization

from ca_core.application import Application
from ca_core.certificate import Certificate
from ca_core.x509 import build, keys, profiles
from ca_core.x509.subject import Subject
from runtime.demo import keys as demo_keys
from runtime.demo.records import Recorded


@dataclass(frozen=True, slots=True)
class Signed:
    """The completed records and the certificate itself."""

    certificate: Certificate
    application: Application
    der: bytes


def sign(record: Recorded, *, seed: int, issuer: build.Issuer) -> Signed:
    """Raises OutlivesIssuer."""
    key = demo_keys.derive(seed, record.issuance.number)
    key_id, public_der = demo_keys.key_id(key), keys.public_der(key.public_key())
    subscriber, one = record.subscriber, record.issuance
    made = build.sign(
        build.LeafPlan(
            profile=profiles.SIGNING,
            serial=record.certificate.serial.number,
            subject=Subject(
                surname=subscriber.surname,
                given_name=subscriber.given_name,
                patronymic=subscriber.patronymic,
                iin=subscriber.iin.digits,
            ),
            public_key_der=public_der,
            not_before=one.issued_at,
            not_after=one.not_after,
            method=profiles.IdentificationMethod[one.method.name],
            mobile_only=one.mobile_only,
        ),
        issuer=issuer,
    )
    return Signed(
        certificate=replace(record.certificate, key_id=key_id, fingerprint=made.fingerprint(hashes.SHA256())),
        application=replace(record.application, public_key=public_der, key_id=key_id),
        der=made.public_bytes(serialization.Encoding.DER),
    )
