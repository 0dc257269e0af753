"""What the job runner gave up, and one act that has it tried again.

Messages that are good for minutes only are not among it: their words are wiped when they are given up (R4).
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ca_core import roles
from ca_core.audit import Entry
from ca_core.ports import AuditLog
from ca_core.roles import Actor, Permission


@dataclass(frozen=True, slots=True)
class Retried:
    commands: int
    messages: int


class Pile(Protocol):
    def retry_dead(self, now: datetime) -> int:
        """How many wait again, as if they had never been tried."""
        ...


class GivenUpWork(Protocol):
    """The part of a unit of work that is needed here."""

    @property
    def commands(self) -> Pile: ...
    @property
    def outbox(self) -> Pile: ...
    @property
    def audit(self) -> AuditLog: ...


def retry(work: GivenUpWork, *, actor: Actor, now: datetime) -> Retried:
    """Everything that was given up is tried again, from now. Raises NotAllowed."""
    if not actor.is_system:
        roles.require(actor, Permission.RETRY_GIVEN_UP)
    retried = Retried(work.commands.retry_dead(now), work.outbox.retry_dead(now))
    details = {"commands": str(retried.commands), "messages": str(retried.messages)}
    work.audit.add(Entry(now, actor, "operations:retry:done", "given up", details=details))
    return retried
