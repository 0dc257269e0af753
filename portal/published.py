"""The published lists and CA certificates, as the job runner last put them there.

It puts a new file in the old one's place; a change is seen at the next request.
"""

import hashlib
import threading
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from cryptography import x509

LISTS = ("issuing.crl", "root.crl")
CERTIFICATES = ("issuing.cer", "root.cer")


@dataclass(frozen=True, slots=True)
class PublicFile:
    """One version of a file, as it is served."""

    content: bytes
    etag: str
    changed_at: datetime
    next_update: datetime | None


class PublicFiles:
    """Read once a version; which version it is costs one `stat` a request."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        self._lock = threading.Lock()
        self._read: dict[str, tuple[tuple[int, int, int], PublicFile]] = {}

    def get(self, name: str) -> PublicFile | None:
        path = self._folder / name
        try:
            found = path.stat()
            version = (found.st_ino, found.st_mtime_ns, found.st_size)
            with self._lock:
                known = self._read.get(name)
                if known is None or known[0] != version:
                    # Replaced between the two calls: the newer content is read again at the next request.
                    known = self._read[name] = (version, _file(name, path.read_bytes(), found.st_mtime))
        except (FileNotFoundError, ValueError):
            # A list that cannot be read is none: relying parties get no half one.
            return None
        return known[1]

    def problem(self, now: datetime) -> str:
        """Why relying parties could not check with these files; empty when they can."""
        for name in (*CERTIFICATES, *LISTS):
            file = self.get(name)
            if file is None:
                return f"{name} is not published"
            if file.next_update is not None and now >= file.next_update:
                return f"{name} has lapsed"
        return ""


def _file(name: str, content: bytes, changed: float) -> PublicFile:
    next_update = None
    if name in LISTS:
        next_update = x509.load_der_x509_crl(content).next_update_utc
    return PublicFile(
        content=content,
        etag=f'"{hashlib.sha256(content).hexdigest()[:32]}"',
        changed_at=datetime.fromtimestamp(int(changed), UTC),
        next_update=next_update,
    )
