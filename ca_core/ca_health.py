"""How the CA's machinery stands: the job runner's parts, the last backup, how long certificates of the CA go on."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol

from ca_core import roles
from ca_core.roles import Actor, Permission

# The runner writes down how its parts went far more often than this.
SILENT_AFTER = timedelta(minutes=2)
# A new authority takes weeks of preparation; a delegate of OCSP days.
ENDS_SOON = timedelta(days=60)
BACKUP_EVERY = timedelta(days=2)


@dataclass(frozen=True, slots=True)
class Job:
    """A part of what the runner does again and again. `failures`: in a row, up to now."""

    name: str
    ran_at: datetime | None
    next_at: datetime | None
    failures: int = 0
    failed_at: datetime | None = None
    problem: str = ""


@dataclass(frozen=True, slots=True)
class State:
    jobs: tuple[Job, ...]
    backup_at: datetime | None

    @property
    def heard_at(self) -> datetime | None:
        """When anything of the runner's came to its end last."""
        return max((job.ran_at for job in self.jobs if job.ran_at is not None), default=None)

    def is_silent(self, now: datetime) -> bool:
        return self.heard_at is None or now - self.heard_at > SILENT_AFTER

    def is_backup_old(self, now: datetime) -> bool:
        return self.backup_at is None or now - self.backup_at > BACKUP_EVERY


class Jobs(Protocol):
    def all(self) -> Sequence[Job]: ...


class Backups(Protocol):
    def last_backup_at(self) -> datetime | None: ...


class HealthWork(Protocol):
    """The part of a unit of work that is read here."""

    @property
    def jobs(self) -> Jobs: ...
    @property
    def audit_pages(self) -> Backups: ...


def state(work: HealthWork, *, actor: Actor) -> State:
    """Raises NotAllowed."""
    roles.require(actor, Permission.VIEW_OPERATIONS)
    return State(tuple(work.jobs.all()), work.audit_pages.last_backup_at())
