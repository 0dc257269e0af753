"""What is kept for a set term, and erased after it (R14): the evidence of calls and face checks, the audit log.

Erasing leaves a tombstone. Of evidence that is its row, with the digest of what was there, and one entry of the audit
log; of an entry of the audit log its leaf, from which nothing can be read and over which every head still stands.
Certificates are never erased (R11).
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Protocol

from ca_core import audit, roles
from ca_core.audit import Recorded
from ca_core.policy import Policy

EVIDENCE_ERASED, AUDIT_ERASED = "evidence:erase:done", "audit:erase:done"


@dataclass(frozen=True, slots=True)
class Kept:
    """The sealed files of one call or one face check; `number` is its id, `at` when the last of them was taken."""

    subject: str
    number: int
    at: datetime
    names: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Span:
    """Entries of the audit log that were erased: how many, and the first and last by id."""

    n: int
    first: int
    last: int


class Retention(Protocol):
    """What rests, oldest first."""

    def calls(self, *, after: int, limit: int) -> list[Kept]: ...
    def face_checks(self, *, after: int, limit: int) -> list[Kept]: ...
    def erase_entries(self, *, sealed_before: datetime, limit: int) -> Span | None:
        """The oldest entries under a head from before then; None where there is none. Leaves and heads stay."""
        ...


class Pages(Protocol):
    def newest(self, subject: str, events: Sequence[str]) -> Recorded | None: ...


class Log(Protocol):
    def add(self, entry: audit.Entry) -> None: ...


class Work(Protocol):
    """The part of a unit of work that is used here."""

    @property
    def policy(self) -> Policy: ...
    @property
    def retention(self) -> Retention: ...
    @property
    def audit_pages(self) -> Pages: ...
    @property
    def audit(self) -> Log: ...


def is_over(kept: Kept, *, policy: Policy, now: datetime) -> bool:
    return kept.at < now - policy.retention.evidence


def evidence(work: Work, *, actor: roles.Actor, kept: Kept, now: datetime) -> None:
    """The tombstone, before the files go: whoever finds them missing finds the reason. Raises NotAllowed."""
    roles.require_system(actor)
    if is_erased(work.audit_pages, kept.subject):
        return
    details = {"files": str(len(kept.names)), "taken_before": kept.at.isoformat()}
    work.audit.add(
        audit.Entry(
            now, actor, EVIDENCE_ERASED, kept.subject, reason="term", policy_version=work.policy.version,
            details=details,
        )
    )  # fmt: skip


def is_erased(pages: Pages, subject: str) -> bool:
    """Whether the evidence of this call or face check was erased by its term."""
    return pages.newest(subject, (EVIDENCE_ERASED,)) is not None


def entries(work: Work, *, actor: roles.Actor, now: datetime, limit: int) -> int:
    """Erases entries of the audit log that were sealed before the term; how many. Raises NotAllowed."""
    roles.require_system(actor)
    sealed_before = now - work.policy.retention.audit
    erased = work.retention.erase_entries(sealed_before=sealed_before, limit=limit)
    if erased is None:
        return 0
    details = {"entries": str(erased.n), "first": str(erased.first), "last": str(erased.last)}
    work.audit.add(
        audit.Entry(
            now,
            actor,
            AUDIT_ERASED,
            "audit",
            reason="term",
            policy_version=work.policy.version,
            details=details,
        )
    )
    return erased.n
