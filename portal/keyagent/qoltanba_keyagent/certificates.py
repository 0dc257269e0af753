"""What a certificate in a key's file says, and whether a chain that came for a key is one."""

import base64
import itertools
from datetime import datetime

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from qoltanba_keyagent import keys
from qoltanba_keyagent.keys import KeyWithCertificate
from qoltanba_keyagent.refusals import ChainBroken, Malformed, SerialDiffers

EMAIL_PROTECTION = "1.3.6.1.5.5.7.3.4"
CLIENT_AUTHENTICATION = "1.3.6.1.5.5.7.3.2"
# What the older module's key types ask for; any other text lets the owner choose.
KEY_TYPES = {"SIGNATURE": (EMAIL_PROTECTION,), "AUTHENTICATION": (CLIENT_AUTHENTICATION,)}
_CHAIN_LIMIT = 6


def read_chain(encoded: list[str]) -> tuple[x509.Certificate, ...]:
    """DER in base64, the leaf first. Raises Malformed."""
    if not 1 <= len(encoded) <= _CHAIN_LIMIT:
        raise Malformed(field="chain")
    try:
        return tuple(x509.load_der_x509_certificate(base64.b64decode(one, validate=True)) for one in encoded)
    except (ValueError, TypeError) as error:
        raise Malformed(field="chain") from error


def require_chain(key: keys.PrivateKey, chain: tuple[x509.Certificate, ...], *, now: datetime) -> None:
    """The leaf certifies this key, and each certificate is signed by the next, a CA. Raises ChainBroken.

    Whether the last one is to be trusted the agent cannot know: the site that brought it is the one that the
    owner allowed, and who relies on a signature judges the chain anew.
    """
    if keys.public_der(chain[0]) != keys.public_der(key):
        raise ChainBroken(detail="another_key")
    require_verified(chain, now=now)


def require_verified(chain: tuple[x509.Certificate, ...], *, now: datetime) -> None:
    """What can be said of a chain without its key. Raises ChainBroken."""
    leaf = chain[0]
    if len(chain) < 2:
        raise ChainBroken(detail="no_issuer")
    if leaf.not_valid_after_utc <= now:
        raise ChainBroken(detail="expired")
    for issued, issuer in itertools.pairwise(chain):
        _require_issued(issued, issuer)


def require_renewed(held: KeyWithCertificate, chain: tuple[x509.Certificate, ...], *, now: datetime) -> None:
    """The chain certifies the very key of the file, by the same authority, for no shorter time (R8).

    Raises SerialDiffers for the file of another key, ChainBroken.
    """
    leaf, before = chain[0], held.certificate
    if keys.public_der(leaf) != keys.public_der(held.key):
        raise SerialDiffers
    require_verified(chain, now=now)
    _require_same_authority(held, chain)
    if leaf.not_valid_after_utc < before.not_valid_after_utc:
        raise ChainBroken(detail="older")
    if owners_number(leaf) != owners_number(before):
        raise ChainBroken(detail="another_owner")


def _require_same_authority(held: KeyWithCertificate, chain: tuple[x509.Certificate, ...]) -> None:
    """Its issuer issued the old one too, or somebody above it stands in the file already: an issuing CA is replaced
    by another, and the root stays. A site cannot put a certificate of its own making beside the key.
    """
    if not any(authority in held.chain for authority in chain[1:]):
        _require_issued(held.certificate, chain[1])


def _require_issued(issued: x509.Certificate, issuer: x509.Certificate) -> None:
    try:
        issued.verify_directly_issued_by(issuer)
        constraints = issuer.extensions.get_extension_for_class(x509.BasicConstraints).value
    except (ValueError, TypeError, InvalidSignature, x509.ExtensionNotFound) as error:
        raise ChainBroken(detail="signature") from error
    if not constraints.ca:
        raise ChainBroken(detail="not_a_ca")


def described(held: KeyWithCertificate) -> dict[str, str]:
    """getKeyInfo's answer, field by field as NCALayer publishes it; instants are milliseconds as text."""
    certificate = held.certificate
    return {
        "alias": f"{certificate.serial_number:x}",
        "keyId": f"{certificate.serial_number:x}",
        "algorithm": "ECDSA" if isinstance(held.key, ec.EllipticCurvePrivateKey) else "RSA",
        "subjectCn": common_name(certificate.subject),
        "subjectDn": certificate.subject.rfc4514_string(),
        "issuerCn": common_name(certificate.issuer),
        "issuerDn": certificate.issuer.rfc4514_string(),
        "serialNumber": f"{certificate.serial_number:x}",
        "certNotBefore": _milliseconds(certificate.not_valid_before_utc),
        "certNotAfter": _milliseconds(certificate.not_valid_after_utc),
        "authorityKeyIdentifier": _authority(certificate),
        "pem": certificate.public_bytes(serialization.Encoding.PEM).decode(),
    }


def common_name(name: x509.Name) -> str:
    found = name.get_attributes_for_oid(NameOID.COMMON_NAME)
    return str(found[0].value) if found else ""


def owners_number(certificate: x509.Certificate) -> str:
    """The IIN in the subject's serialNumber (EN 319 412-1 writes PNOKZ- before it, the NCA writes IIN)."""
    found = certificate.subject.get_attributes_for_oid(NameOID.SERIAL_NUMBER)
    return str(found[0].value)[-12:] if found else ""


def same_serial(certificate: x509.Certificate, text: str) -> bool:
    """Hexadecimal, with whatever stands between its digits."""
    digits = "".join(character for character in text if character.isalnum())
    try:
        return certificate.serial_number == int(digits, 16)
    except ValueError:
        return False


def _milliseconds(instant: datetime) -> str:
    return str(int(instant.timestamp()) * 1000)


def _authority(certificate: x509.Certificate) -> str:
    try:
        found = certificate.extensions.get_extension_for_class(x509.AuthorityKeyIdentifier).value
    except x509.ExtensionNotFound:
        return ""
    return (found.key_identifier or b"").hex()
