"""What a backup is made of: sealed parts, and a manifest that says which they are and that nobody changed them.

Format 1, a folder:
- `manifest.json`: what the backup is of, with each part's size and SHA-256; `manifest.mac`: HMAC-SHA-256 over it.
- `database.sealed`, `files.sealed` (a tar): AES-256-GCM in the STREAM construction, as evidence is sealed.
All keys come from the passphrase by Argon2id (RFC 9106, 4: the second recommended choice) with the manifest's salt.
"""

import hashlib
import io
import json
import os
from collections.abc import Callable
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives import hashes, hmac
from cryptography.hazmat.primitives.kdf.argon2 import Argon2id
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from runtime import files
from video import evidence as sealed

FORMAT = 1
MANIFEST, MAC = "manifest.json", "manifest.mac"
DATABASE, FILES = "database.sealed", "files.sealed"
PASSPHRASE_BYTES = 16
SALT_BYTES = 16
_BLOCK_BYTES = 1 << 20


class BackupRefused(Exception):
    """One sentence for who runs the system."""


@dataclass(frozen=True, slots=True)
class Part:
    name: str
    size_bytes: int
    sha256: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Manifest:
    """`schema` is the database's revision; `audit_head` the newest signed head as a line, empty where there is none."""

    format: int
    made_at: str
    mode: str
    database: str
    schema: str
    audit_head: str
    salt: str
    parts: tuple[Part, ...]

    def encoded(self) -> bytes:
        return json.dumps(asdict(self), indent=1, ensure_ascii=False).encode()


@dataclass(frozen=True, slots=True)
class Keys:
    """`sealing` for the parts, `proving` for the manifest."""

    sealing: bytes
    proving: bytes


def keys(passphrase: bytes, salt: bytes) -> Keys:
    """Raises BackupRefused for a passphrase that is too short to keep anything."""
    if len(passphrase) < PASSPHRASE_BYTES:
        raise BackupRefused(f"the passphrase needs {PASSPHRASE_BYTES} characters at least.")
    stretched = Argon2id(salt=salt, length=32, iterations=3, lanes=4, memory_cost=64 * 1024).derive(
        passphrase
    )
    return Keys(*(_derived(stretched, purpose) for purpose in (b"sealing", b"proving")))


def _derived(stretched: bytes, purpose: bytes) -> bytes:
    info = b"qoltanba backup 1 " + purpose
    return HKDF(algorithm=hashes.SHA256(), length=32, salt=None, info=info).derive(stretched)


def write_part(folder: Path, name: str, key: bytes, fill: Callable[[sealed.Writer], None]) -> Part:
    """Raises BackupRefused where the disk does not take it."""
    path = folder / name
    try:
        with sealed.Writer(path, key, name) as writer:
            fill(writer)
        return Part(name, path.stat().st_size, _digest(path))
    except sealed.EvidenceNotKept as failure:
        raise BackupRefused(f"{path} could not be written ({failure.facts['reason']}).") from failure


def write_manifest(folder: Path, manifest: Manifest, proving: bytes) -> None:
    content = manifest.encoded()
    files.write_atomically(folder / MAC, _mac(content, proving).finalize().hex().encode(), mode=0o600)
    files.write_atomically(folder / MANIFEST, content, mode=0o600)


def read_manifest(folder: Path, passphrase: bytes) -> tuple[Manifest, Keys]:
    """Of a whole backup that opens with this passphrase. Raises BackupRefused."""
    try:
        content = (folder / MANIFEST).read_bytes()
        mac = bytes.fromhex((folder / MAC).read_text())
    except (OSError, ValueError) as failure:
        raise BackupRefused(f"{folder} is no whole backup: its manifest is missing or cut off.") from failure
    manifest = _parsed(content, folder)
    opened = keys(passphrase, bytes.fromhex(manifest.salt))
    try:
        _mac(content, opened.proving).verify(mac)
    except InvalidSignature as error:
        raise BackupRefused(
            f"{folder} does not open: another passphrase made it, or its manifest was changed."
        ) from error
    return manifest, opened


def require_whole(folder: Path, manifest: Manifest) -> None:
    """Raises BackupRefused for a part that is missing, cut off or changed."""
    for part in manifest.parts:
        path = folder / part.name
        if not path.is_file() or path.stat().st_size != part.size_bytes or _digest(path) != part.sha256:
            raise BackupRefused(f"{path} is missing, cut off or changed: this backup cannot be used.")


def open_part(folder: Path, name: str, key: bytes) -> io.BufferedReader:
    """Its plain content; damage rises as EvidenceDamaged while reading."""
    return io.BufferedReader(_Plain(sealed.read(folder / name, key)), _BLOCK_BYTES)


class _Plain(io.RawIOBase):
    def __init__(self, reader: sealed.Reader) -> None:
        self._reader = reader
        self._left = memoryview(b"")

    def readable(self) -> bool:
        return True

    def close(self) -> None:
        self._reader.close()
        super().close()

    def readinto(self, buffer: Any) -> int:
        if not self._left:
            self._left = memoryview(next(self._reader, b""))
            if not self._left and not self._reader.is_closed:
                raise sealed.EvidenceDamaged(chunk=-1)
        taken = min(len(buffer), len(self._left))
        buffer[:taken] = self._left[:taken]
        self._left = self._left[taken:]
        return taken


def _parsed(content: bytes, folder: Path) -> Manifest:
    try:
        fields = json.loads(content)
        if fields["format"] != FORMAT:
            raise BackupRefused(f"{folder} has format {fields['format']}; this version reads {FORMAT}.")
        parts = tuple(Part(**part) for part in fields.pop("parts"))
        manifest = Manifest(**fields, parts=parts)
        if len(bytes.fromhex(manifest.salt)) != SALT_BYTES or [p.name for p in parts] != [DATABASE, FILES]:
            raise ValueError
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise BackupRefused(f"{folder} is no backup of ours.") from error
    return manifest


def new_salt() -> bytes:
    return os.urandom(SALT_BYTES)


def _mac(content: bytes, key: bytes) -> hmac.HMAC:
    mac = hmac.HMAC(key, hashes.SHA256())
    mac.update(content)
    return mac


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
