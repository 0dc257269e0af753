"""The shape of an audit entry. The log is append-only; its table belongs to `data`."""

from dataclasses import dataclass, field
from datetime import datetime

from ca_core.roles import Actor


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
