"""What keeps this installation from its work although every process is alive: disks, the clock, the audit log.

Each process looks for itself: at `/ready`, on the home page of those who run the system, and, in the job runner,
before it signs anything.
"""

import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from sqlalchemy import make_url

from ca_core import audit_view
from runtime.service import Service
from runtime.settings import Settings

CLOCK_TOLERANCE = timedelta(seconds=2)
_MEGABYTE = 2**20


class Kind(StrEnum):
    NO_SPACE = "no_space"
    READ_ONLY = "read_only"
    CLOCK_DATABASE = "clock_database"
    CLOCK_PAST = "clock_past"
    AUDIT_STOPPED = "audit_stopped"
    AUDIT_BEHIND = "audit_behind"
    AUDIT_CHANGED = "audit_changed"
    AUDIT_UNVERIFIED = "audit_unverified"


@dataclass(frozen=True, slots=True)
class Trouble:
    kind: Kind
    facts: Mapping[str, str | int] = field(default_factory=dict)

    def __str__(self) -> str:
        return _SENTENCES[self.kind].format(**self.facts)


_SENTENCES = {
    Kind.NO_SPACE: "{folder} has {free_mb} MB free, fewer than {least_mb}",
    Kind.READ_ONLY: "{folder} takes no files",
    Kind.CLOCK_DATABASE: "the clock is {seconds} s off the database server's: nothing is issued",
    Kind.CLOCK_PAST: "the clock is {seconds} s behind what was already signed: nothing is issued",
    Kind.AUDIT_STOPPED: "the audit log is not sealed: {code}",
    Kind.AUDIT_BEHIND: "the audit log was not sealed for {minutes} minutes",
    Kind.AUDIT_CHANGED: "the audit log was changed: run `qoltanba audit verify`",
    Kind.AUDIT_UNVERIFIED: "the audit log was not verified for {days} days",
}


def of(service: Service) -> tuple[Trouble, ...]:
    return (*disks(service.settings), *clock(service), *audit_log(service))


def disks(configured: Settings) -> tuple[Trouble, ...]:
    """A folder that nobody made yet stands for the one in which it will be."""
    folders = [configured.var_dir, configured.evidence_dir, configured.audit_heads_dir]
    url = make_url(configured.database_url)
    if url.get_backend_name() == "sqlite" and url.database:
        folders.append(Path(url.database).absolute().parent)
    existing = dict.fromkeys(_existing(folder) for folder in folders)
    found = (_disk(folder, configured.least_free_mb) for folder in existing)
    return tuple(trouble for trouble in found if trouble is not None)


def _existing(folder: Path) -> Path:
    return next(place for place in (folder, *folder.parents) if place.is_dir())


def _disk(folder: Path, least_mb: int) -> Trouble | None:
    if not os.access(folder, os.W_OK):
        return Trouble(Kind.READ_ONLY, {"folder": str(folder)})
    free_mb = shutil.disk_usage(folder).free // _MEGABYTE
    if free_mb < least_mb:
        return Trouble(Kind.NO_SPACE, {"folder": str(folder), "free_mb": free_mb, "least_mb": least_mb})
    return None


def clock(service: Service) -> tuple[Trouble, ...]:
    """Against the database server's clock, and against the past: what was signed has a time, and time goes on."""
    off = _off_the_database(service)
    if off > CLOCK_TOLERANCE:
        return (Trouble(Kind.CLOCK_DATABASE, {"seconds": int(off.total_seconds())}),)
    last = _last_signed(service)
    behind = last - service.now() if last is not None else timedelta(0)
    if behind > CLOCK_TOLERANCE:
        return (Trouble(Kind.CLOCK_PAST, {"seconds": int(behind.total_seconds())}),)
    return ()


def _off_the_database(service: Service) -> timedelta:
    """Nothing on SQLite, which has no other clock than ours. A slow answer is no wrong clock."""
    engine = service.store.engine
    if engine.dialect.name != "postgresql":
        return timedelta(0)
    with engine.connect() as connection:
        asked = datetime.now(UTC)
        theirs: datetime = connection.exec_driver_sql("SELECT clock_timestamp()").scalar_one()
        told = datetime.now(UTC)
    return max(asked - theirs, theirs - told, timedelta(0))


def _last_signed(service: Service) -> datetime | None:
    """The newest list and the newest head of the audit log."""
    with service.look() as work:
        published = work.lists.newest("issuing")
        head = work.audit_heads.newest()
    signed = []
    if published is not None:
        signed.append(published.this_update)
    if head is not None:
        signed.append(head.head.at)
    return max(signed, default=None)


def audit_log(service: Service) -> tuple[Trouble, ...]:
    """From what every process can see: a job runner that seals no more can no longer say so itself."""
    now = service.now()
    with service.look() as work:
        code = audit_view.stopped_because(work.audit_pages)
        waiting = work.audit_tree.first_beyond()
        verdict = audit_view.last_verdict(work.audit_pages)
        first = work.audit_heads.covering(0) if verdict is None else None
    since = verdict.at if verdict is not None else first.head.at if first is not None else now
    found = []
    if code:
        found.append(Trouble(Kind.AUDIT_STOPPED, {"code": code}))
    elif waiting is not None and now - waiting.at > audit_view.SEALED_WITHIN:
        found.append(Trouble(Kind.AUDIT_BEHIND, {"minutes": int((now - waiting.at).total_seconds()) // 60}))
    if verdict is not None and verdict.event == audit_view.FAILED:
        found.append(Trouble(Kind.AUDIT_CHANGED))
    elif now - since > audit_view.VERIFIED_WITHIN:
        found.append(Trouble(Kind.AUDIT_UNVERIFIED, {"days": (now - since).days}))
    return tuple(found)
