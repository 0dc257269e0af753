"""Copies of the audit log's heads outside the database: a line each, a file a month, only ever appended to.

Whoever may change the database should have no right to change these.
"""

import contextlib
import fcntl
import os
from collections.abc import Iterator, Sequence
from pathlib import Path

from ca_core import audit_head
from ca_core.audit_check import Copy
from ca_core.audit_head import HeadUnreadable, SignedHead

_PATTERN = "*.jsonl"
# A line has some 300.
_TAIL_BYTES = 16_384


class HeadCopies:
    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def append(self, heads: Sequence[SignedHead]) -> None:
        """On disk when it returns; what another process copied already is left out. Raises OSError."""
        self._folder.mkdir(parents=True, exist_ok=True, mode=0o750)
        with self._alone():
            last = self.last()
            fresh = [signed for signed in heads if last is None or signed.head.size > last.head.size]
            if fresh:
                self._write(self._file_for(fresh[0]), fresh)

    def last(self) -> SignedHead | None:
        """The newest head that can be read."""
        for path in reversed(self._files()):
            for line in reversed(_tail(path)):
                with contextlib.suppress(HeadUnreadable):
                    return audit_head.from_line(line)
        return None

    def all(self) -> Iterator[Copy]:
        """What stands there now, in order; lines that are written later are not among them."""
        return _copies([(path, path.stat().st_size) for path in self._files()])

    @contextlib.contextmanager
    def _alone(self) -> Iterator[None]:
        """The job runner and a command may copy at the same time."""
        descriptor = os.open(self._folder / ".lock", os.O_RDWR | os.O_CREAT, 0o640)
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX)
            yield
        finally:
            os.close(descriptor)

    def _write(self, path: Path, heads: Sequence[SignedHead]) -> None:
        is_new = not path.exists()
        lines = "".join(audit_head.to_line(signed) + "\n" for signed in heads)
        descriptor = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CREAT, 0o640)
        try:
            _write_all(descriptor, (_end_of_line(descriptor) + lines).encode())
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        if is_new:
            _sync_folder(self._folder)

    def _files(self) -> list[Path]:
        return sorted(self._folder.glob(_PATTERN))

    def _file_for(self, signed: SignedHead) -> Path:
        """Never an older one than the newest, whatever the clock says: files are read in the order of their names."""
        names = [path.name for path in self._files()]
        return self._folder / max([f"{signed.head.at:%Y-%m}.jsonl", *names])


def _end_of_line(descriptor: int) -> str:
    """After a line that a power cut tore: what follows begins a line of its own."""
    size = os.fstat(descriptor).st_size
    return "\n" if size and os.pread(descriptor, 1, size - 1) != b"\n" else ""


def _write_all(descriptor: int, content: bytes) -> None:
    while content:
        content = content[os.write(descriptor, content) :]


def _sync_folder(folder: Path) -> None:
    """The new file's name is on disk too."""
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _tail(path: Path) -> list[str]:
    """Its last lines, the first of them perhaps not whole."""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - _TAIL_BYTES))
        return file.read().decode(errors="replace").splitlines()


def _copies(files: Sequence[tuple[Path, int]]) -> Iterator[Copy]:
    number = 0
    for path, size_bytes in files:
        torn = ""
        for line in _lines(path, size_bytes):
            number += 1
            # What a power cut tore is the beginning of the line that was written after it.
            if torn and not line.startswith(torn):
                yield Copy(number - 1, None)
            torn = ""
            try:
                yield Copy(number, audit_head.from_line(line))
            except HeadUnreadable:
                torn = line.rstrip("\n")
                if line.endswith("\n") and not torn:
                    yield Copy(number, None)
        if torn and not _is_unfinished(path, size_bytes):
            yield Copy(number, None)


def _lines(path: Path, size_bytes: int) -> Iterator[str]:
    with path.open("rb") as file:
        read = 0
        for line in file:
            read += len(line)
            if read > size_bytes:
                return
            yield line.decode(errors="replace")


def _is_unfinished(path: Path, size_bytes: int) -> bool:
    """Its last line has no end: it was being written, or torn a moment ago."""
    with path.open("rb") as file:
        file.seek(max(0, size_bytes - 1))
        return file.read(1) != b"\n"
