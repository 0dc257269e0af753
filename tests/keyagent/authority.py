"""A small certificate authority for the agent's tests: the agent knows nothing of ours, so neither do they."""

import base64
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.x509.oid import NameOID

SIGNING = ("1.3.6.1.5.5.7.3.4", "1.2.398.3.3.4.1.1")
AUTHENTICATION = ("1.3.6.1.5.5.7.3.2", "1.2.398.3.3.4.1.1")
IIN = "870312300454"


def _name(text: str, number: str = "") -> x509.Name:
    parts = [x509.NameAttribute(NameOID.COMMON_NAME, text)]
    if number:
        parts.append(x509.NameAttribute(NameOID.SERIAL_NUMBER, f"IIN{number}"))
    return x509.Name(parts)


@dataclass(frozen=True)
class Authority:
    """Issues for any key, as told."""

    key: ec.EllipticCurvePrivateKey
    certificate: x509.Certificate
    above: tuple[x509.Certificate, ...] = ()

    @classmethod
    def make(cls, name: str = "TEST CA", *, under: "Authority | None" = None) -> "Authority":
        key = ec.generate_private_key(ec.SECP256R1())
        now = datetime.now(UTC)
        certificate = (
            x509.CertificateBuilder()
            .subject_name(_name(name))
            .issuer_name(under.certificate.subject if under else _name(name))
            .public_key(key.public_key())
            .serial_number(x509.random_serial_number())
            .not_valid_before(now - timedelta(days=2))
            .not_valid_after(now + timedelta(days=900))
            .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(under.key if under else key, hashes.SHA256())
        )
        return cls(key, certificate, (under.certificate, *under.above) if under else ())

    def issue(
        self,
        key: ec.EllipticCurvePublicKey | rsa.RSAPublicKey,
        *,
        purposes: tuple[str, ...] = SIGNING,
        since: timedelta = timedelta(hours=-1),
        lives: timedelta = timedelta(days=365),
    ) -> x509.Certificate:
        begins = datetime.now(UTC) + since
        return (
            x509.CertificateBuilder()
            .subject_name(_name("ҮЛГІЕВ ДӘУЛЕТ", IIN))
            .issuer_name(self.certificate.subject)
            .public_key(key)
            .serial_number(x509.random_serial_number())
            .not_valid_before(begins)
            .not_valid_after(begins + lives)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(
                x509.ExtendedKeyUsage([x509.ObjectIdentifier(one) for one in purposes]), critical=False
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(self.key.public_key()), critical=False
            )
            .sign(self.key, hashes.SHA256())
        )

    def certify(self, request: str, **how: object) -> list[str]:
        """A PKCS#10 in base64 becomes a chain of DER in base64, the leaf first."""
        asked = x509.load_der_x509_csr(base64.b64decode(request))
        assert asked.is_signature_valid
        return self.chain(self.issue(asked.public_key(), **how))  # type: ignore[arg-type]

    def chain(self, leaf: x509.Certificate) -> list[str]:
        return [base64.b64encode(der(one)).decode() for one in (leaf, self.certificate, *self.above)]


def der(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.DER)


def pem(certificate: x509.Certificate) -> bytes:
    return certificate.public_bytes(serialization.Encoding.PEM)
