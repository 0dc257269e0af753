"""The key that signs the audit log's heads: one of its own, which rests encrypted like the CA's.

Its public half lies beside it under its own id. After a new key was made the old halves stay, for the old heads.
"""

from collections.abc import Iterable
from pathlib import Path

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ca_core import audit_head
from ca_core.audit_head import PublicKeys
from ca_core.errors import Refusal
from ca_core.x509 import keys
from ca_core.x509.keys import KeyKind, KeyNotOpened
from runtime import settings as configuration
from runtime import wiring
from runtime.settings import Settings

_NAME = "audit.key"


class AuditKeyExists(Refusal):
    """There is a key already; a second one never replaces it."""

    code = "audit.key_exists"


class AuditKeyMissing(Refusal):
    """`qoltanba audit init` was not run here."""

    code = "audit.key_missing"


def exists(configured: Settings) -> bool:
    return (configured.keys_dir / _NAME).exists()


def make(configured: Settings) -> Path:
    """The public half's file. Demo mode makes the secret, production demands it. Raises AuditKeyExists."""
    if exists(configured):
        raise AuditKeyExists
    if configured.is_demo:
        wiring.make_secret(configured.audit_secret_file)
    secret = configuration.read_secret(configured.audit_secret_file, setting="audit_secret_file")
    configured.keys_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    key = keys.generate(KeyKind.EC_P256)
    assert isinstance(key, ec.EllipticCurvePrivateKey)
    public = key.public_key()
    beside = configured.keys_dir / f"audit-{audit_head.key_id(public).hex()[:16]}.pem"
    # The public half first: an interrupted call can be repeated, and leaves no key whose heads nobody can check.
    beside.write_bytes(
        public.public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo)
    )
    path = configured.keys_dir / _NAME
    unfinished = path.with_suffix(".new")
    unfinished.touch(mode=0o600)
    unfinished.write_bytes(keys.encrypt(key, secret))
    unfinished.replace(path)
    return beside


def signer(configured: Settings) -> ec.EllipticCurvePrivateKey:
    """For the job runner alone. Raises AuditKeyMissing, KeyNotOpened."""
    if not exists(configured):
        raise AuditKeyMissing
    secret = configuration.read_secret(configured.audit_secret_file, setting="audit_secret_file")
    key = keys.decrypt((configured.keys_dir / _NAME).read_bytes(), secret)
    if not isinstance(key, ec.EllipticCurvePrivateKey):
        raise KeyNotOpened
    return key


def public_keys(configured: Settings) -> PublicKeys:
    """Those that ever signed here. Raises AuditKeyMissing, KeyNotOpened."""
    return read_public(sorted(configured.keys_dir.glob("audit-*.pem")))


def read_public(paths: Iterable[Path]) -> PublicKeys:
    """Raises AuditKeyMissing where there is none, KeyNotOpened for what is no such key."""
    found = {}
    for path in paths:
        try:
            key = serialization.load_pem_public_key(path.read_bytes())
        except ValueError as error:
            raise KeyNotOpened from error
        if not isinstance(key, ec.EllipticCurvePublicKey):
            raise KeyNotOpened
        found[audit_head.key_id(key)] = key
    if not found:
        raise AuditKeyMissing
    return found
