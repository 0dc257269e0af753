"""Makes guessing at a PKCS#12 file's MAC as dear as guessing at its key.

The library gives the rounds we ask for to the encryption and 2,048 to the MAC; whoever guesses passwords would ask
the MAC. It is computed anew here (RFC 7292, 4 and appendix B); every reader takes the number from the file.
"""

import hashlib
import hmac
import secrets
from typing import Annotated

from cryptography.hazmat import asn1
from cryptography.x509 import ObjectIdentifier

_SHA256 = ObjectIdentifier("2.16.840.1.101.3.4.2.1")
_BLOCK_BYTES = 64
_SALT_BYTES = 16
# RFC 7292, B.3: what the derived bytes are for.
_FOR_MAC = 3


@asn1.sequence
class _Algorithm:
    algorithm: ObjectIdentifier
    parameters: asn1.Null | None


@asn1.sequence
class _DigestInfo:
    algorithm: _Algorithm
    digest: bytes


@asn1.sequence
class _MacData:
    mac: _DigestInfo
    salt: bytes
    iterations: int


@asn1.sequence
class _Content:
    type: ObjectIdentifier
    content: Annotated[bytes, asn1.Explicit(0)]


@asn1.sequence
class _Pfx:
    version: int
    safe: _Content
    mac: _MacData


def slow_down(pkcs12: bytes, *, password: str, rounds: int) -> bytes:
    """The same file with a MAC of so many rounds."""
    file = asn1.decode_der(_Pfx, pkcs12)
    salt = secrets.token_bytes(_SALT_BYTES)
    digest = hmac.digest(_mac_key(password, salt, rounds), file.safe.content, "sha256")
    algorithm = _Algorithm(algorithm=_SHA256, parameters=asn1.Null())
    mac = _MacData(mac=_DigestInfo(algorithm=algorithm, digest=digest), salt=salt, iterations=rounds)
    return asn1.encode_der(_Pfx(version=file.version, safe=file.safe, mac=mac))


def _mac_key(password: str, salt: bytes, rounds: int) -> bytes:
    """RFC 7292, B.2, for SHA-256 and a key of one digest, so that its steps 6 B and C never come."""
    # B.1: two bytes a character, and two of zero at the end.
    spelt = password.encode("utf-16-be") + b"\0\0"
    block = bytes([_FOR_MAC]) * _BLOCK_BYTES + _filled(salt) + _filled(spelt)
    for _ in range(rounds):
        block = hashlib.sha256(block).digest()
    return block


def _filled(text: bytes) -> bytes:
    """Repeated to whole blocks."""
    length = -(-len(text) // _BLOCK_BYTES) * _BLOCK_BYTES
    return (text * (length // len(text) + 1))[:length]
