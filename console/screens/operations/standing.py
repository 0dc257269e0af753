"""Each part of the CA in one line: how it stands, since when or until when, and what that means."""

from dataclasses import dataclass
from datetime import datetime, timedelta

import streamlit as st

from ca_core import audit_view, ca_health
from ca_core.overview import PublishedList
from console import words
from console.widgets import format as formats
from console.widgets import tables
from runtime import troubles
from runtime.ca_standing import Authority, Standing
from runtime.service import Service

# Twice as long as a list is good for nothing new, and the key may be gone.
_SIGNED_WITHIN = 2


@dataclass(frozen=True, slots=True)
class Line:
    what: str
    mark: str
    fact: str
    more: str = ""


_GOOD, _DOUBTFUL, _BAD = "good", "doubtful", "bad"


def show(service: Service, found: Standing, lists: tuple[PublishedList, ...], now: datetime) -> None:
    lines = (
        *(_authority(one, now) for one in found.authorities),
        *(_list(one, now) for one in lists),
        _key(service, found, now),
        _runner(found, now),
        _clock(service),
        *_audit_log(found, now),
        _backup(found, now),
        *_rooms(service, found),
    )
    tables.show(
        {
            words.t("operations.column.part"): [line.what for line in lines],
            words.t("operations.column.state"): [words.t(f"operations.mark.{line.mark}") for line in lines],
            words.t("operations.column.fact"): [line.fact for line in lines],
            words.t("operations.column.more"): [line.more for line in lines],
        },
        empty="",
        key="standing",
    )
    st.caption(
        words.t(
            "operations.versions",
            program=found.versions.program,
            python=found.versions.python,
            database=found.versions.database,
            schema=found.versions.schema,
            policy=found.versions.policy,
        )
    )


def _authority(one: Authority, now: datetime) -> Line:
    what = words.t(f"operations.authority.{one.name}")
    if one.not_after is None:
        return Line(what, _DOUBTFUL, words.t("operations.unreadable"))
    fact = words.t("operations.until", at=formats.instant(one.not_after))
    if now >= one.not_after:
        return Line(what, _BAD, fact)
    left = one.not_after - now
    mark = _DOUBTFUL if left <= ca_health.ENDS_SOON else _GOOD
    return Line(what, mark, fact, words.t("operations.left", span=timedelta(days=left.days)))


def _list(one: PublishedList, now: datetime) -> Line:
    return Line(
        words.t("operations.list", issuer=words.t(f"operations.issuer.{one.issuer}")),
        _BAD if now >= one.next_update else _GOOD,
        words.t("operations.until", at=formats.instant(one.next_update)),
        words.t("operations.list_more", age=now - one.this_update, number=one.number, entries=one.entries),
    )


def _key(service: Service, found: Standing, now: datetime) -> Line:
    what = words.t("operations.key")
    if found.signed_at is None:
        return Line(what, _BAD, words.t("operations.never"))
    late = now - found.signed_at > service.policy.publication.crl_at_most_every * _SIGNED_WITHIN
    return Line(what, _BAD if late else _GOOD, words.t("operations.signed", age=now - found.signed_at))


def _runner(found: Standing, now: datetime) -> Line:
    what, heard_at = words.t("operations.runner"), found.state.heard_at
    if heard_at is None:
        return Line(what, _BAD, words.t("operations.never"))
    failing = sum(1 for job in found.state.jobs if job.failures)
    mark = _BAD if found.state.is_silent(now) else _DOUBTFUL if failing else _GOOD
    return Line(
        what,
        mark,
        words.t("operations.ago", age=now - heard_at),
        words.t("operations.failing_parts", n=failing),
    )


def _clock(service: Service) -> Line:
    off = troubles.clock(service)
    return Line(
        words.t("operations.clock"),
        _BAD if off else _GOOD,
        words.t("operations.clock_off" if off else "operations.clock_right"),
    )


def _audit_log(found: Standing, now: datetime) -> tuple[Line, Line]:
    stopped = found.sealed_at is None or now - found.sealed_at > timedelta(hours=1)
    outdated = found.verified_at is None or now - found.verified_at > audit_view.VERIFIED_WITHIN
    return (
        Line(words.t("operations.sealed"), _DOUBTFUL if stopped else _GOOD, _since(found.sealed_at, now)),
        Line(
            words.t("operations.verified"), _DOUBTFUL if outdated else _GOOD, _since(found.verified_at, now)
        ),
    )


def _backup(found: Standing, now: datetime) -> Line:
    mark = _DOUBTFUL if found.state.is_backup_old(now) else _GOOD
    return Line(
        words.t("operations.backup"),
        mark,
        _since(found.state.backup_at, now),
        words.t("operations.backup_more"),
    )


def _rooms(service: Service, found: Standing) -> tuple[Line, ...]:
    tight = {trouble.facts["folder"] for trouble in troubles.disks(service.settings)}
    return tuple(
        Line(
            words.t("operations.disk"),
            _BAD if room.folder in tight else _GOOD,
            words.t("operations.room", free=round(room.free_gb, 1), of=round(room.of_gb, 1)),
            room.folder,
        )
        for room in found.rooms
    )


def _since(at: datetime | None, now: datetime) -> str:
    return words.t("operations.ago", age=now - at) if at is not None else words.t("operations.never")
