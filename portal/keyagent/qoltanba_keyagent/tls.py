"""The wss certificate: of a small CA of this computer's own, which can certify nothing but loopback names.

Its name constraints are 127.0.0.1, ::1 and localhost (RFC 5280, 4.2.1.10): who steals its key can pretend to be this
agent on this computer, and nobody else anywhere.
"""

import ipaddress
import ssl
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from qoltanba_keyagent import files

CA_NAME = "Qoltanba key agent of this computer"
_CA_LIVES = timedelta(days=3650)
# Browsers refuse server certificates of more than 398 days.
_SERVER_LIVES = timedelta(days=397)
_RENEWED_BEFORE = timedelta(days=30)
_ADDRESSES = ("127.0.0.1", "::1")
_CLOCKS_DIFFER = timedelta(hours=1)


def ca_file(folder: Path) -> Path:
    return folder / "tls" / "ca.pem"


def context(folder: Path, *, now: datetime) -> ssl.SSLContext:
    """The server's side of TLS; makes CA and certificate where they are missing or run out."""
    own = files.private_folder(folder / "tls")
    if not _is_fresh(ca_file(folder), now, left=_SERVER_LIVES) or not (own / "ca-key.pem").is_file():
        _make_ca(own, now)
    server = own / "server.pem"
    if not _is_fresh(server, now, left=_RENEWED_BEFORE) or not _is_issued(server, ca_file(folder)):
        _make_server(own, now)
    made = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    made.minimum_version = ssl.TLSVersion.TLSv1_2
    made.load_cert_chain(server)
    return made


def _is_fresh(file: Path, now: datetime, *, left: timedelta) -> bool:
    try:
        certificate = x509.load_pem_x509_certificate(file.read_bytes())
    except (FileNotFoundError, ValueError):
        return False
    # One that was made while the clock stood in the future is no use before it gets there.
    return certificate.not_valid_before_utc <= now < certificate.not_valid_after_utc - left


def _is_issued(server: Path, ca: Path) -> bool:
    issued = x509.load_pem_x509_certificate(server.read_bytes())
    authority = x509.load_pem_x509_certificate(ca.read_bytes())
    key_id = issued.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value.key_identifier
    return key_id == x509.SubjectKeyIdentifier.from_public_key(authority.public_key()).digest


def _make_ca(own: Path, now: datetime) -> None:
    key = ec.generate_private_key(ec.SECP256R1())
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, CA_NAME)])
    permitted: list[x509.GeneralName] = [x509.DNSName("localhost")]
    permitted += [x509.IPAddress(ipaddress.ip_network(address)) for address in _ADDRESSES]
    certificate = (
        _builder(name, name, key.public_key(), now, _CA_LIVES)
        .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
        .add_extension(_usage(signs_certificates=True), critical=True)
        .add_extension(x509.NameConstraints(permitted, None), critical=True)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .sign(key, hashes.SHA256())
    )
    files.replace(own / "ca-key.pem", _key_pem(key))
    files.replace(own / "ca.pem", certificate.public_bytes(serialization.Encoding.PEM))


def _make_server(own: Path, now: datetime) -> None:
    authority_key = serialization.load_pem_private_key((own / "ca-key.pem").read_bytes(), password=None)
    assert isinstance(authority_key, ec.EllipticCurvePrivateKey)
    authority = x509.load_pem_x509_certificate((own / "ca.pem").read_bytes())
    key = ec.generate_private_key(ec.SECP256R1())
    names: list[x509.GeneralName] = [x509.DNSName("localhost")]
    names += [x509.IPAddress(ipaddress.ip_address(address)) for address in _ADDRESSES]
    subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "localhost")])
    certificate = (
        _builder(subject, authority.subject, key.public_key(), now, _SERVER_LIVES)
        .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
        .add_extension(_usage(signs_certificates=False), critical=True)
        .add_extension(x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH]), critical=False)
        .add_extension(x509.SubjectAlternativeName(names), critical=False)
        .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
        .add_extension(
            x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
        )
        .sign(authority_key, hashes.SHA256())
    )
    files.replace(own / "server.pem", certificate.public_bytes(serialization.Encoding.PEM) + _key_pem(key))


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePublicKey, now: datetime, lives: timedelta
) -> x509.CertificateBuilder:
    since = now.astimezone(UTC) - _CLOCKS_DIFFER
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key)
        .serial_number(x509.random_serial_number())
        .not_valid_before(since)
        .not_valid_after(since + lives)
    )


def _usage(*, signs_certificates: bool) -> x509.KeyUsage:
    return x509.KeyUsage(
        digital_signature=not signs_certificates,
        content_commitment=False,
        key_encipherment=False,
        data_encipherment=False,
        key_agreement=False,
        key_cert_sign=signs_certificates,
        crl_sign=signs_certificates,
        encipher_only=False,
        decipher_only=False,
    )


def _key_pem(key: ec.EllipticCurvePrivateKey) -> bytes:
    """In the clear, in a file of the owner's alone: what it protects never leaves this computer."""
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    )
