"""The owner signed in to their cabinet: a session that rests as the digest of its cookie (F8)."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from ca_core.identifiers import Iin

# What the owner's consent to a sign-in is called by those who prove it and by those who demand it.
PURPOSE = "sign_in"
_BINDING = "owner"
_SUBJECT_OCTETS = 16


class By(StrEnum):
    """How the owner proved who they are."""

    CODE = "sms_code"
    KEY = "key"


@dataclass(frozen=True, slots=True)
class OwnerSession:
    token_digest: bytes
    iin: Iin
    by: str
    started_at: datetime
    seen_at: datetime

    @property
    def page(self) -> str:
        """What codes asked for in this session are bound to (R4)."""
        return self.token_digest.hex()


class OwnerSessions(Protocol):
    def by_digest(self, token_digest: bytes) -> OwnerSession | None: ...
    def add(self, session: OwnerSession) -> None: ...
    def touch(self, token_digest: bytes, *, at: datetime) -> None: ...
    def end(self, token_digest: bytes) -> None: ...
    def forget(self, *, started_by: datetime, seen_by: datetime, now: datetime) -> int:
        """Erases sessions begun or last used by then, and used nonces that are over; how many sessions."""
        ...

    def spend_nonce(self, digest: bytes, *, expires_at: datetime, now: datetime) -> bool:
        """Uses a signed nonce up and forgets those that are over. False when it was used before."""
        ...


def subject(iin: Iin, seal: Callable[[str, str], bytes]) -> str:
    """The person in records that must not hold an IIN: the same for the same IIN, and of no use without the key."""
    return f"owner/{seal(iin.digits, _BINDING)[:_SUBJECT_OCTETS].hex()}"
