"""A tree head: how many entries the audit log had at an instant, and the one hash that fixes them all.

It is signed by a key of its own (ECDSA, P-256), which signs nothing else: what it signs begins with its name.
"""

import base64
import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ca_core.errors import Refusal

_NAME = b"qoltanba audit head 1\n"
_ALGORITHM = ec.ECDSA(hashes.SHA256())


class HeadForged(Refusal):
    """The signature under the head is not that of the key it names."""

    code = "audit.head_forged"


class HeadKeyUnknown(Refusal):
    """The head names a key that is none of the audit log's."""

    code = "audit.head_key_unknown"


class HeadUnreadable(Refusal):
    """A line of the copies that is no head."""

    code = "audit.head_unreadable"


@dataclass(frozen=True, slots=True)
class Head:
    """The newest `size` entries' tree and its root, sealed at an instant in whole seconds."""

    size: int
    root: bytes
    at: datetime

    @property
    def to_be_signed(self) -> bytes:
        return _NAME + f"{self.size}\n{self.root.hex()}\n{int(self.at.timestamp())}\n".encode()


@dataclass(frozen=True, slots=True)
class SignedHead:
    head: Head
    key_id: bytes
    signature: bytes


PublicKeys = Mapping[bytes, ec.EllipticCurvePublicKey]


def key_id(key: ec.EllipticCurvePublicKey) -> bytes:
    """The SHA-256 of the SubjectPublicKeyInfo."""
    encoded = key.public_bytes(serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo)
    return hashlib.sha256(encoded).digest()


def sign(head: Head, key: ec.EllipticCurvePrivateKey) -> SignedHead:
    return SignedHead(head, key_id(key.public_key()), key.sign(head.to_be_signed, _ALGORITHM))


def require_genuine(signed: SignedHead, keys: PublicKeys) -> None:
    """Raises HeadKeyUnknown, HeadForged."""
    key = keys.get(signed.key_id)
    if key is None:
        raise HeadKeyUnknown(size=signed.head.size)
    try:
        key.verify(signed.signature, signed.head.to_be_signed, _ALGORITHM)
    except InvalidSignature as error:
        raise HeadForged(size=signed.head.size) from error


def to_line(signed: SignedHead) -> str:
    """One line of JSON, as copies outside the database and proofs carry it."""
    fields = {
        "size": signed.head.size,
        "root": signed.head.root.hex(),
        "at": signed.head.at.isoformat(),
        "key": signed.key_id.hex(),
        "signature": base64.b64encode(signed.signature).decode(),
    }
    return json.dumps(fields, separators=(",", ":"))


def from_line(line: str) -> SignedHead:
    """Raises HeadUnreadable."""
    try:
        fields = json.loads(line)
        at = datetime.fromisoformat(fields["at"])
        head = Head(int(fields["size"]), bytes.fromhex(fields["root"]), at)
        signature = base64.b64decode(fields["signature"], validate=True)
        signed = SignedHead(head, bytes.fromhex(fields["key"]), signature)
    except (ValueError, KeyError, TypeError) as error:
        raise HeadUnreadable from error
    if at.tzinfo is None or head.size < 1:
        raise HeadUnreadable
    return signed
