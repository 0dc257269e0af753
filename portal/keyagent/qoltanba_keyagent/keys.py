"""Keys and the files that hold them: made here, never sent anywhere (R6).

PKCS#12 with AES-256 and 600,000 rounds of PBKDF2 (RFC 7292, RFC 8018).
"""

from dataclasses import dataclass

from cryptography import x509
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec, padding, rsa
from cryptography.hazmat.primitives.serialization import pkcs12
from cryptography.x509.oid import NameOID

from qoltanba_keyagent import macs
from qoltanba_keyagent.refusals import AlgorithmMissing, NoKeyInFile, SeveralKeys, WrongPassword

PrivateKey = ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey
ALGORITHMS = ("P-256", "RSA-2048")
DEFAULT_ALGORITHM = "P-256"
ROUNDS = 600_000
_NAME_LIMIT = 40
FILE_LIMIT_BYTES = 1024 * 1024
# RFC 7292, 4.2: keyBag and pkcs8ShroudedKeyBag, as they stand in DER.
_KEY_BAGS = (bytes.fromhex("060b2a864886f70d010c0a0101"), bytes.fromhex("060b2a864886f70d010c0a0102"))


@dataclass(frozen=True, slots=True)
class KeyWithCertificate:
    """What a key's file holds. The chain begins with the certificate's issuer."""

    key: PrivateKey
    certificate: x509.Certificate
    chain: tuple[x509.Certificate, ...] = ()

    def __repr__(self) -> str:
        return "KeyWithCertificate(...)"


def require_known(algorithm: str) -> None:
    """Raises AlgorithmMissing."""
    if algorithm not in ALGORITHMS:
        raise AlgorithmMissing(algorithm=algorithm[:_NAME_LIMIT])


def make(algorithm: str) -> PrivateKey:
    """Raises AlgorithmMissing for another algorithm."""
    require_known(algorithm)
    if algorithm == "RSA-2048":
        return rsa.generate_private_key(public_exponent=65537, key_size=2048)
    return ec.generate_private_key(ec.SECP256R1())


def request_of(key: PrivateKey) -> bytes:
    """PKCS#10 in DER. It names nobody: the authority takes the key alone, names come from the register."""
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "key agent")])
    builder = x509.CertificateSigningRequestBuilder().subject_name(subject)
    return builder.sign(key, hashes.SHA256()).public_bytes(serialization.Encoding.DER)


def sign(key: PrivateKey, statement: bytes) -> bytes:
    """ECDSA or RSA PKCS#1 v1.5, both with SHA-256."""
    if isinstance(key, ec.EllipticCurvePrivateKey):
        return key.sign(statement, ec.ECDSA(hashes.SHA256()))
    return key.sign(statement, padding.PKCS1v15(), hashes.SHA256())


def public_der(key: PrivateKey | x509.Certificate) -> bytes:
    return key.public_key().public_bytes(
        serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
    )


def seal(held: KeyWithCertificate, *, password: str, name: bytes | None = None) -> bytes:
    """A PKCS#12 file that opens with the password only.

    Its alias is `name`, else the serial number: attributes of the key's bag are not encrypted, and a person's name
    would be read by all; one that stands there already is kept.
    """
    encryption = (
        serialization.PrivateFormat.PKCS12.encryption_builder()
        .kdf_rounds(ROUNDS)
        .key_cert_algorithm(pkcs12.PBES.PBESv2SHA256AndAES256CBC)
        .hmac_hash(hashes.SHA256())
        .build(password.encode())
    )
    sealed = pkcs12.serialize_key_and_certificates(
        name or _serial_name(held.certificate),
        held.key,
        held.certificate,
        list(held.chain) or None,
        encryption,
    )
    return macs.slow_down(sealed, password=password, rounds=ROUNDS)


def _serial_name(certificate: x509.Certificate) -> bytes:
    return f"{certificate.serial_number:x}".encode()


def unseal(content: bytes, *, password: str) -> KeyWithCertificate:
    """Raises WrongPassword, NoKeyInFile, AlgorithmMissing."""
    try:
        found = pkcs12.load_pkcs12(content, password.encode())
    except ValueError as error:
        raise WrongPassword from error
    except UnsupportedAlgorithm as error:
        raise AlgorithmMissing from error
    if found.cert is None or not isinstance(found.key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
        raise NoKeyInFile
    return KeyWithCertificate(
        found.key, found.cert.certificate, tuple(one.certificate for one in found.additional_certs)
    )


def own_name(content: bytes, *, password: str) -> bytes | None:
    """The name that its owner or another program gave the certificate in a file that `unseal` opened; the serial
    number is none.
    """
    found = pkcs12.load_pkcs12(content, password.encode()).cert
    if found is None or found.friendly_name == _serial_name(found.certificate):
        return None
    return found.friendly_name


def require_single(content: bytes) -> None:
    """Other programs keep several keys in one file; we read the first. Raises SeveralKeys."""
    if sum(content.count(bag) for bag in _KEY_BAGS) > 1:
        raise SeveralKeys


def suggested_name(certificate: x509.Certificate) -> str:
    """The file's name: for what, since when, and which: several certificates may lie in one folder (R5)."""
    purpose = "auth" if "1.3.6.1.5.5.7.3.2" in purposes(certificate) else "sign"
    since = certificate.not_valid_before_utc.date().isoformat()
    return f"qoltanba-{purpose}-{since}-{certificate.serial_number & 0xFFFFFF:06x}.p12"


def purposes(certificate: x509.Certificate) -> frozenset[str]:
    """The extended key usages, dotted."""
    try:
        usage = certificate.extensions.get_extension_for_class(x509.ExtendedKeyUsage).value
    except x509.ExtensionNotFound:
        return frozenset()
    return frozenset(one.dotted_string for one in usage)
