"""The shape of an audit entry, as written and as it rests. The log is append-only; its table belongs to `data`."""

from dataclasses import dataclass, field
from datetime import datetime

from ca_core.roles import Actor

# Entries about the log itself are on this object: sealed no more, verified, proved.
TREE = "audit/tree"
# What a leaf of the tree is made of begins with it, and nothing else that is hashed or signed does.
_CONTENT = b"qoltanba audit entry 1\n"
_NOTHING = 0xFFFFFFFF


@dataclass(frozen=True, slots=True)
class Entry:
    """Who did what to which object, from which state to which, and why.

    `event` reads subject:object:action, for example certificate:revoke:done or
    certificate:revoke:refused. `details` never holds a secret or an identifier in clear.
    """

    at: datetime
    actor: Actor
    event: str
    subject: str
    from_state: str = ""
    to_state: str = ""
    reason: str = ""
    policy_version: str = ""
    details: dict[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Recorded:
    """An entry as it rests. `details` is the text that was stored: the tree is over that, not over its meaning."""

    entry_id: int
    at: datetime
    actor: str
    staff_id: int | None
    role: str
    door: str
    event: str
    subject: str
    from_state: str
    to_state: str
    reason: str
    policy_version: str
    details: str

    @property
    def content(self) -> bytes:
        """The canonical octets: every field in order with its length before it, so that no two entries share them."""
        fields = (
            str(self.entry_id), str(int(self.at.timestamp())), self.actor,
            None if self.staff_id is None else str(self.staff_id), self.role, self.door, self.event, self.subject,
            self.from_state, self.to_state, self.reason, self.policy_version, self.details,
        )  # fmt: skip
        return _CONTENT + b"".join(map(_with_length, fields))


def _with_length(text: str | None) -> bytes:
    if text is None:
        return _NOTHING.to_bytes(4)
    octets = text.encode()
    return len(octets).to_bytes(4) + octets
