"""The auditor's page: entries by page, masked, each view on record (R14), and the state of the tree over them."""

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass, fields, replace
from datetime import datetime, timedelta
from typing import Protocol

from ca_core import audit, roles
from ca_core.audit import Recorded
from ca_core.audit_head import SignedHead
from ca_core.errors import Refusal
from ca_core.identifiers import Iin, Phone

PAGE = 50
VERIFIED, FAILED, UNKNOWN = "audit:verify:done", "audit:verify:failed", "audit:verify:unknown"
# A walk along other copies, or by another key, than the system's own: on record, and no verdict of the system's.
COMPARED = "audit:compare:done"
SEAL_REFUSED, SEAL_RESUMED = "audit:seal:refused", "audit:seal:resumed"
# Sealing comes every few seconds; later than that it does not work.
SEALED_WITHIN = timedelta(minutes=2)
# The job runner walks through it once a day.
VERIFIED_WITHIN = timedelta(days=2)
_LONGEST_FILTER = 200

# Digits that stand alone, as a person would write them; a serial or a digest has letters around them.
_IIN = re.compile(r"(?<![0-9A-Za-z])\d{12}(?![0-9A-Za-z])")
_PHONE = re.compile(
    r"(?<![0-9A-Za-z])(?:\+?7|8)[ (\-]{0,2}7\d{2}[ )\-]{0,2}\d{3}[ \-]?\d{2}[ \-]?\d{2}(?![0-9A-Za-z])"
)
_EMAIL = re.compile(r"[^\s@<>\"]+@([^\s@<>\"]+\.[^\s@<>\"]+)")


class FilterTooLong(Refusal):
    """What was typed is no name of an actor and no object."""

    code = "audit.filter_too_long"


@dataclass(frozen=True, slots=True)
class Criteria:
    """`about` is the first word of the event, `subject` the object as the entry names it."""

    about: str = ""
    actor: str = ""
    subject: str = ""
    since: datetime | None = None
    until: datetime | None = None

    @property
    def used(self) -> tuple[str, ...]:
        return tuple(one.name for one in fields(self) if getattr(self, one.name))


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page begins: after this entry in the order newest first."""

    at: datetime
    entry_id: int


@dataclass(frozen=True, slots=True)
class Page:
    entries: tuple[Recorded, ...]
    following: Position | None


@dataclass(frozen=True, slots=True)
class Verification:
    """The last whole walk: when, by whom, over how many entries, and whether anything was found."""

    at: datetime
    by: str
    event: str
    size: int
    findings: int


@dataclass(frozen=True, slots=True)
class TreeState:
    """`waits_since` is the oldest entry under no head yet; `refused` why sealing stopped, empty while it goes on."""

    head: SignedHead | None
    waits_since: datetime | None
    verification: Verification | None
    refused: str

    def is_behind(self, now: datetime) -> bool:
        return self.waits_since is not None and now - self.waits_since > SEALED_WITHIN

    def is_outdated(self, now: datetime) -> bool:
        """The last walk is too long ago to say how the log is now."""
        return self.verification is not None and now - self.verification.at > VERIFIED_WITHIN


class Pages(Protocol):
    def page(self, criteria: Criteria, *, after: Position | None, size: int) -> Sequence[Recorded]: ...
    def newest(self, subject: str, events: Sequence[str]) -> Recorded | None: ...


class Tree(Protocol):
    def waiting(self, limit: int, *, all_of_them: bool) -> list[Recorded]: ...


class Heads(Protocol):
    def newest(self) -> SignedHead | None: ...


class Log(Protocol):
    def add(self, entry: audit.Entry) -> None: ...


class Work(Protocol):
    """The part of a unit of work that is used here."""

    @property
    def audit(self) -> Log: ...
    @property
    def audit_pages(self) -> Pages: ...
    @property
    def audit_tree(self) -> Tree: ...
    @property
    def audit_heads(self) -> Heads: ...


def page(
    work: Work, *, actor: roles.Actor, criteria: Criteria, after: Position | None, opened: bool, now: datetime
) -> Page:
    """One page, newest first, masked. `opened` is False when the same page is drawn again.

    Raises NotAllowed, FilterTooLong.
    """
    roles.require(actor, roles.Permission.VIEW_AUDIT)
    if max(len(criteria.actor), len(criteria.subject), len(criteria.about)) > _LONGEST_FILTER:
        raise FilterTooLong
    rows = work.audit_pages.page(criteria, after=after, size=PAGE + 1)
    shown = rows[:PAGE]
    if opened:
        work.audit.add(audit.Entry(now, actor, "audit:view:done", "audit", details=_seen(criteria, after)))
    last = shown[-1] if len(rows) > PAGE else None
    return Page(tuple(map(_masked, shown)), Position(last.at, last.entry_id) if last else None)


def _seen(criteria: Criteria, after: Position | None) -> dict[str, str]:
    """Which filters, and whose or what entries: masked, for what was typed may be a person's number."""
    found = {"filters": ", ".join(criteria.used)} if criteria.used else {}
    found |= {
        name: mask(getattr(criteria, name)) for name in ("about", "actor", "subject") if name in criteria.used
    }
    return found | ({"after": str(after.entry_id)} if after is not None else {})


def state(work: Work, *, actor: roles.Actor) -> TreeState:
    """Raises NotAllowed."""
    roles.require(actor, roles.Permission.VIEW_AUDIT)
    waiting = work.audit_tree.waiting(1, all_of_them=False)
    verified = last_verdict(work.audit_pages)
    return TreeState(
        head=work.audit_heads.newest(),
        waits_since=waiting[0].at if waiting else None,
        verification=_verification(verified) if verified is not None else None,
        refused=stopped_because(work.audit_pages),
    )


def last_verdict(pages: Pages) -> Recorded | None:
    """The last whole walk. What found a change stands until one finds everything intact: whoever takes the copies
    away, so that not all can be known, makes nothing good by that.
    """
    newest = pages.newest(audit.TREE, (VERIFIED, FAILED, UNKNOWN))
    if newest is None or newest.event != UNKNOWN:
        return newest
    decided = pages.newest(audit.TREE, (VERIFIED, FAILED))
    return decided if decided is not None and decided.event == FAILED else newest


def stopped_because(pages: Pages) -> str:
    """The refusal's code under which sealing stands still; empty while it goes on."""
    last = pages.newest(audit.TREE, (SEAL_REFUSED, SEAL_RESUMED))
    return last.reason if last is not None and last.event == SEAL_REFUSED else ""


def _verification(recorded: Recorded) -> Verification:
    details = json.loads(recorded.details)
    return Verification(
        recorded.at, recorded.actor, recorded.event, int(details["size"]), int(details["findings"])
    )


def mask(text: str) -> str:
    """What looks like an IIN or an address of mail is shown as lists show it."""
    without_iin = _IIN.sub(lambda found: Iin(found[0]).masked, text)
    return _EMAIL.sub(lambda found: f"•••@{found[1]}", without_iin)


def _mask_written(text: str) -> str:
    """What a person wrote may name a phone too; elsewhere such digits are an application's number."""
    return _PHONE.sub(lambda found: Phone(re.sub(r"\D", "", found[0])).masked, mask(text))


def _masked(recorded: Recorded) -> Recorded:
    return replace(
        recorded,
        actor=mask(recorded.actor),
        subject=mask(recorded.subject),
        reason=_mask_written(recorded.reason),
        details=mask(recorded.details),
    )
