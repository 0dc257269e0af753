"""Sealed files: recordings, event logs and stills as they lie on the disk.

Layout: a header (magic, version, 16-byte file id, kind), then chunks of at most 64 KiB, each a length and
AES-256-GCM under the file's own key, HKDF-SHA256(secret, salt = file id, info = kind). The chunks form the STREAM
construction (Hoang, Reyhanitabar, Rogaway, Vizar: Online Authenticated-Encryption and its Nonce-Reuse
Misuse-Resistance, 2015): the nonce counts them and flags the last, so that none can be changed, left out, moved or
added without being noticed. What was flushed survives a crash; a file that was never closed says so.
"""

import errno
import hashlib
import os
import struct
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, ClassVar, Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from ca_core.errors import Refusal

CHUNK_BYTES = 64 * 1024
SECRET_BYTES = 32

_MAGIC = b"QEVD"
_VERSION = 1
_TAG_BYTES = 16
_LAST = 1 << 31
_INFO = b"qoltanba evidence 1 "


class EvidenceDamaged(Refusal):
    """A sealed file was changed, cut in the middle, or is none of ours (`chunk` is where; -1 is the header)."""

    code = "evidence.damaged"


class EvidenceNotKept(Exception):
    """Evidence could not be written: no space, no such folder, a failing disk."""

    code: ClassVar[str] = "evidence.not_kept"

    def __init__(self, **facts: str) -> None:
        super().__init__(self.code)
        self.facts = facts


class Writer:
    """A sealed file being written. Every method but the constructor's own checks raises EvidenceNotKept.

    `target` is a new file's path (0600, never an existing one) or a descriptor, which is then ours to close.
    """

    def __init__(self, target: Path | int, secret: bytes, kind: str) -> None:
        file_id = uuid.uuid4().bytes
        self._header = _header(file_id, kind)
        self._cipher = _cipher(secret, file_id, kind)
        self._waiting = bytearray()
        self._digest = hashlib.sha256()
        self._counter = 0
        self._failed: EvidenceNotKept | None = None
        self.size_bytes = 0
        self._fd = target if isinstance(target, int) else _create(target)
        try:
            self._put(self._header)
        except EvidenceNotKept:
            self.abandon()
            if isinstance(target, Path):
                target.unlink(missing_ok=True)
            raise

    @property
    def sha256(self) -> str:
        """Of all plaintext so far."""
        return self._digest.hexdigest()

    def write(self, data: bytes) -> None:
        self._digest.update(data)
        self.size_bytes += len(data)
        self._waiting += data
        while len(self._waiting) > CHUNK_BYTES:
            self._seal(CHUNK_BYTES)

    def flush(self) -> None:
        """Seal what was written so far, so that a crash cannot lose it."""
        if self._waiting:
            self._seal(len(self._waiting))

    def close(self) -> None:
        """Seal the rest as the last chunk and hand the file to the disk. Closing twice is closing once."""
        if self._fd < 0:
            return
        try:
            self._seal(len(self._waiting), last=True)
            self._sync()
        finally:
            self.abandon()

    def abandon(self) -> None:
        """Leave the file as it is: readable to its end, never closed."""
        if self._fd >= 0:
            os.close(self._fd)
            self._fd = -1

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if kind is None:
            self.close()
        else:
            self.abandon()

    def _seal(self, size: int, *, last: bool = False) -> None:
        plain = bytes(self._waiting[:size])
        del self._waiting[:size]
        sealed = self._cipher.encrypt(_nonce(self._counter, last=last), plain, self._header)
        self._counter += 1
        self._put(struct.pack(">I", len(sealed) | (_LAST if last else 0)) + sealed)

    def _put(self, data: bytes) -> None:
        if self._failed is not None:
            raise self._failed
        view = memoryview(data)
        try:
            while view:
                view = view[os.write(self._fd, view) :]
        except OSError as failure:
            self._fail(failure)

    def _sync(self) -> None:
        try:
            os.fsync(self._fd)
        except OSError as failure:
            # A pipe or a device has nothing to hand to the disk.
            if failure.errno not in (errno.EINVAL, errno.ENOTSUP):
                self._fail(failure)

    def _fail(self, failure: OSError) -> None:
        """After a failed write nothing more is tried: what follows a hole could not be read."""
        self._failed = EvidenceNotKept(reason=_reason(failure))
        raise self._failed from failure


class Reader:
    """The plaintext of a sealed file, chunk by chunk; `is_closed` and `sha256` are final after the last one.

    A file cut at its end reads like one that was never closed: the SHA-256 and the size that the recording's closing
    event gave tell the two apart.
    """

    def __init__(self, source: BinaryIO, secret: bytes) -> None:
        self._source = source
        self._header, file_id, self.kind = _read_header(source)
        self._cipher = _cipher(secret, file_id, self.kind)
        self._digest = hashlib.sha256()
        self._counter = 0
        self.is_closed = False

    @property
    def sha256(self) -> str:
        return self._digest.hexdigest()

    def close(self) -> None:
        """For who does not read to the end."""
        self._source.close()

    def __iter__(self) -> Iterator[bytes]:
        return self

    def __next__(self) -> bytes:
        while not self.is_closed:
            chunk = self._chunk()
            if chunk is None:
                break
            self._digest.update(chunk)
            if chunk:
                return chunk
        self._source.close()
        raise StopIteration

    def _chunk(self) -> bytes | None:
        """The next chunk, or None where the writer was interrupted (the last, half-written one included)."""
        prefix = self._source.read(4)
        if len(prefix) < 4:
            return None
        (word,) = struct.unpack(">I", prefix)
        length, last = word & ~_LAST, bool(word & _LAST)
        if not _TAG_BYTES <= length <= CHUNK_BYTES + _TAG_BYTES:
            raise self._damaged()
        sealed = self._source.read(length)
        if len(sealed) < length:
            return None
        try:
            plain = self._cipher.decrypt(_nonce(self._counter, last=last), sealed, self._header)
        except InvalidTag:
            raise self._damaged() from None
        self._counter += 1
        if last and self._source.read(1):
            raise self._damaged()
        self.is_closed = last
        return plain

    def _damaged(self) -> EvidenceDamaged:
        self._source.close()
        return EvidenceDamaged(chunk=self._counter)


def read(path: Path, secret: bytes) -> Reader:
    """The plaintext of the file, verified as it is read. Raises EvidenceDamaged; FileNotFoundError rises."""
    source = path.open("rb")
    try:
        return Reader(source, secret)
    except EvidenceDamaged:
        source.close()
        raise


def whole(path: Path, secret: bytes) -> bytes:
    """The plaintext of a closed file at once: stills, logs. Raises EvidenceDamaged for one that was never closed."""
    reader = read(path, secret)
    content = b"".join(reader)
    if not reader.is_closed:
        raise EvidenceDamaged(chunk=-1)
    return content


def keep(path: Path, secret: bytes, kind: str, content: bytes) -> str:
    """Seal one whole piece of evidence and return the SHA-256 of its content.

    Raises EvidenceNotKept, and leaves no half of it then: nothing would ever name that file.
    """
    writer = Writer(path, secret, kind)
    try:
        with writer:
            writer.write(content)
    except EvidenceNotKept:
        path.unlink(missing_ok=True)
        raise
    return writer.sha256


def _header(file_id: bytes, kind: str) -> bytes:
    named = kind.encode("ascii")
    return _MAGIC + struct.pack("BB", _VERSION, len(named)) + named + file_id


def _read_header(source: BinaryIO) -> tuple[bytes, bytes, str]:
    start = source.read(6)
    if len(start) < 6 or start[:4] != _MAGIC or start[4] != _VERSION:
        raise EvidenceDamaged(chunk=-1)
    named, file_id = source.read(start[5]), source.read(16)
    if len(file_id) < 16 or not named.isascii():
        raise EvidenceDamaged(chunk=-1)
    return start + named + file_id, file_id, named.decode("ascii")


def _cipher(secret: bytes, file_id: bytes, kind: str) -> AESGCM:
    if len(secret) < SECRET_BYTES:
        raise ValueError("the evidence secret is too short")
    info = _INFO + kind.encode("ascii")
    return AESGCM(HKDF(algorithm=hashes.SHA256(), length=32, salt=file_id, info=info).derive(secret))


def _nonce(counter: int, *, last: bool) -> bytes:
    return bytes(7) + struct.pack(">IB", counter, last)


def _create(path: Path) -> int:
    try:
        return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o600)
    except OSError as failure:
        raise EvidenceNotKept(reason=_reason(failure)) from failure


def _reason(failure: OSError) -> str:
    return errno.errorcode.get(failure.errno or 0, "unknown")
