"""Keys that wait for their certificate: made at step 14, installed at step 16, encrypted in between.

Each lies in one file under the agent's own secret. It is erased when it was installed, when it was withdrawn, and
after thirty days. What stays of an installed one is a receipt without the key: the same question asked again after
a crash gets the same answer.
"""

import base64
import contextlib
import json
import logging
import os
import re
import secrets
from dataclasses import asdict, dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.ciphers.aead import AESGCM

from qoltanba_keyagent import files
from qoltanba_keyagent.keys import PrivateKey
from qoltanba_keyagent.refusals import RequestUnknown

KEPT_FOR = timedelta(days=30)
LIMIT = 50
_NONCE_BYTES = 12
_DOOMED = ".doomed"
_ID = re.compile(r"[0-9a-f]{32}")

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Waiting:
    """One request for a certificate. `sealed_key` is empty in a receipt; `file` is where the key went, or goes."""

    key_id: str
    origin: str
    reference: str
    algorithm: str
    folder: str
    made_at: str
    sealed_key: str
    file: str = ""

    @property
    def is_receipt(self) -> bool:
        return not self.sealed_key

    def __repr__(self) -> str:
        return f"Waiting({self.key_id})"


class Shelf:
    """The waiting keys of this account."""

    def __init__(self, folder: Path) -> None:
        self._folder = files.private_folder(folder / "waiting")
        self._secret_file = folder / "secret"

    def put(
        self, key: PrivateKey, *, origin: str, reference: str, algorithm: str, folder: Path, now: datetime
    ) -> Waiting:
        """Written and flushed before it is returned: a request that the site has, has its key here."""
        key_id = secrets.token_hex(16)
        kept = Waiting(
            key_id=key_id,
            origin=origin,
            reference=reference,
            algorithm=algorithm,
            folder=str(folder),
            made_at=now.astimezone(UTC).isoformat(timespec="seconds"),
            sealed_key=self._seal(key, key_id),
        )
        self._write(kept)
        return kept

    def of(self, key_id: str, *, origin: str) -> Waiting:
        """Raises RequestUnknown, also for one that was made for another site."""
        kept = self._read(self._path(key_id))
        if kept is None or kept.origin != origin:
            raise RequestUnknown
        return kept

    def by_reference(self, reference: str, *, origin: str, algorithm: str) -> Waiting | None:
        """The key that the same site asked for before under the same reference and that still waits."""
        asked = (origin, reference, algorithm)
        same = [one for one in self.all() if (one.origin, one.reference, one.algorithm) == asked]
        return next((one for one in same if reference and not one.is_receipt), None)

    def key(self, kept: Waiting) -> PrivateKey:
        """Raises RequestUnknown when the agent's secret is not the one under which it was sealed."""
        sealed = base64.b64decode(kept.sealed_key)
        try:
            der = AESGCM(self._secret()).decrypt(
                sealed[:_NONCE_BYTES], sealed[_NONCE_BYTES:], kept.key_id.encode()
            )
        except (InvalidTag, ValueError) as error:
            raise RequestUnknown from error
        key = serialization.load_der_private_key(der, password=None)
        if not isinstance(key, ec.EllipticCurvePrivateKey | rsa.RSAPrivateKey):
            raise RequestUnknown
        return key

    def going_to(self, kept: Waiting, file: Path) -> Waiting:
        """Where the file will be, noted before it is written: after a crash it is looked for there."""
        noted = replace(kept, file=str(file))
        self._write(noted)
        return noted

    def installed(self, kept: Waiting, file: Path) -> None:
        """The key leaves the shelf, a receipt stays: first the receipt, so that a crash between loses nothing."""
        path = self._path(kept.key_id)
        doomed = path.with_suffix(_DOOMED)
        # Without second names (exFAT) the old blocks are left to the disk; the receipt must be written all the same.
        with contextlib.suppress(OSError):
            os.link(path, doomed)
        self._write(replace(kept, sealed_key="", file=str(file)))
        files.erase(doomed)

    def withdraw(self, key_id: str) -> None:
        files.erase(self._path(key_id))

    def is_full(self) -> bool:
        """Receipts do not count: at a counter more certificates are installed in thirty days than keys can wait."""
        return sum(not one.is_receipt for one in self.all()) >= LIMIT

    def all(self) -> list[Waiting]:
        """The newest first."""
        found = [kept for path in self._folder.glob("*.json") if (kept := self._read(path)) is not None]
        return sorted(found, key=lambda one: one.made_at, reverse=True)

    def sweep(self, now: datetime) -> int:
        """Erase what is older than thirty days, and what a crash left of earlier ones; how many were too old.

        Never while something is written: what looks like a crash's half may be a file on its way to its name.
        """
        for left in (*self._folder.glob(f"*{_DOOMED}"), *self._folder.glob(".*")):
            files.erase(left)
        old = [one for one in self.all() if now - datetime.fromisoformat(one.made_at) > KEPT_FOR]
        for one in old:
            self.withdraw(one.key_id)
        return len(old)

    def _path(self, key_id: str) -> Path:
        if not _ID.fullmatch(key_id):
            raise RequestUnknown
        return self._folder / f"{key_id}.json"

    def _write(self, kept: Waiting) -> None:
        files.replace(self._path(kept.key_id), json.dumps(asdict(kept)).encode())

    def _read(self, path: Path) -> Waiting | None:
        try:
            return Waiting(**json.loads(path.read_bytes()))
        except FileNotFoundError:
            return None
        except (ValueError, TypeError):
            log.warning("a waiting key cannot be read", extra={"file": path.name})
            return None

    def _seal(self, key: PrivateKey, key_id: str) -> str:
        der = key.private_bytes(
            serialization.Encoding.DER, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
        )
        nonce = secrets.token_bytes(_NONCE_BYTES)
        return base64.b64encode(nonce + AESGCM(self._secret()).encrypt(nonce, der, key_id.encode())).decode()

    def _secret(self) -> bytes:
        """Made once, for the owner's account alone."""
        if not self._secret_file.exists():
            files.write_new(self._secret_file, secrets.token_bytes(32))
        return self._secret_file.read_bytes()
