"""A call agent's desk: available, offered, in a call, wrapping up, paused. The server is its one writer."""

from dataclasses import replace
from datetime import datetime, timedelta

from ca_core import audit, roles
from ca_core.call import Desk, DeskState
from ca_core.errors import Refusal
from ca_core.ports import Work

LANGUAGES = ("kk", "ru", "en")
# A page that is loaded anew, or a short break of its line, is no absence.
ABSENT_AT_MOST = timedelta(seconds=10)

_FREE = (DeskState.OFFLINE, DeskState.PAUSED, DeskState.NOT_RESPONDING, DeskState.AVAILABLE)


class DeskBusy(Refusal):
    """The agent has a call, an offer or a wrap-up to finish first. Facts: state."""

    code = "desk.busy"


class LanguageMissing(Refusal):
    """An agent takes calls in at least one of the three languages."""

    code = "desk.language_missing"


class NoWrapUp(Refusal):
    """There is no wrap-up, or it was extended once already."""

    code = "desk.no_wrap_up"


def of(work: Work, *, actor: roles.Actor, now: datetime) -> Desk:
    """The agent's desk; an agent who never sat down is offline. Raises NotAllowed."""
    roles.require(actor, roles.Permission.TAKE_CALLS)
    staff_id = actor.staff_id or 0
    return work.desks.by_id(staff_id) or Desk(staff_id, DeskState.OFFLINE, (), now)


def go_available(work: Work, *, actor: roles.Actor, languages: tuple[str, ...], now: datetime) -> Desk:
    """Ready for the next call in these languages; ends a wrap-up. Raises NotAllowed, LanguageMissing, DeskBusy."""
    roles.require(actor, roles.Permission.TAKE_CALLS)
    spoken = tuple(language for language in LANGUAGES if language in languages)
    if not spoken:
        raise LanguageMissing
    found = work.desks.by_id(actor.staff_id or 0)
    if found is None:
        opened = Desk(actor.staff_id or 0, DeskState.AVAILABLE, spoken, now)
        work.desks.add(opened)
        _note(work, actor, opened, DeskState.OFFLINE, now)
        return opened
    if found.state not in (*_FREE, DeskState.WRAP_UP):
        raise DeskBusy(state=found.state.value)
    return _change(work, actor, found, DeskState.AVAILABLE, now, languages=spoken)


def pause(work: Work, *, actor: roles.Actor, now: datetime) -> Desk:
    """At once when free or wrapping up; after the call when in one. Raises NotAllowed."""
    found = of(work, actor=actor, now=now)
    if found.state in (*_FREE, DeskState.WRAP_UP):
        if found.state is DeskState.OFFLINE and work.desks.by_id(found.staff_id) is None:
            return found
        return _change(work, actor, found, DeskState.PAUSED, now)
    return work.desks.save(replace(found, pause_next=True), expected=found)


def extend_wrap_up(work: Work, *, actor: roles.Actor, now: datetime) -> Desk:
    """Once, by as much again. Raises NotAllowed, NoWrapUp."""
    found = of(work, actor=actor, now=now)
    if found.state is not DeskState.WRAP_UP or found.wrap_up_extended or found.wrap_up_until is None:
        raise NoWrapUp
    until = found.wrap_up_until + work.policy.calls.wrap_up
    return work.desks.save(replace(found, wrap_up_until=until, wrap_up_extended=True), expected=found)


def finish_wrap_up(work: Work, *, actor: roles.Actor, now: datetime) -> Desk:
    """Done before its time. Raises NotAllowed, NoWrapUp."""
    found = of(work, actor=actor, now=now)
    if found.state is not DeskState.WRAP_UP:
        raise NoWrapUp
    return _after_wrap_up(work, actor, found, now)


def appeared(work: Work, *, staff_id: int, now: datetime) -> None:
    """The agent's page holds a socket to the gateway."""
    found = work.desks.by_id(staff_id)
    if found is not None and found.absent_since is not None:
        work.desks.save(replace(found, absent_since=None), expected=found)


def vanished(work: Work, *, staff_id: int, now: datetime) -> None:
    """The agent's last page is gone."""
    found = work.desks.by_id(staff_id)
    if found is not None and found.absent_since is None:
        work.desks.save(replace(found, absent_since=now), expected=found)


def is_due(found: Desk, *, now: datetime) -> bool:
    """Its wrap-up is over, or its agent away too long."""
    return _wrapped_up(found, now) or _is_gone(found, now)


def keep_time(work: Work, *, actor: roles.Actor, staff_id: int, now: datetime) -> None:
    """A wrap-up ends with its time; who is away too long goes offline. Raises NotAllowed."""
    roles.require_system(actor)
    found = work.desks.by_id(staff_id)
    if found is None:
        return
    if _wrapped_up(found, now):
        _after_wrap_up(work, actor, found, now)
    elif _is_gone(found, now):
        _change(work, actor, found, DeskState.OFFLINE, now)


def _wrapped_up(found: Desk, now: datetime) -> bool:
    is_over = found.wrap_up_until is not None and now >= found.wrap_up_until
    return found.state is DeskState.WRAP_UP and is_over


def _is_gone(found: Desk, now: datetime) -> bool:
    is_away = found.absent_since is not None and now >= found.absent_since + ABSENT_AT_MOST
    return found.state in _FREE and found.state is not DeskState.OFFLINE and is_away


def offered(work: Work, found: Desk, *, call_id: int, now: datetime) -> Desk:
    """Part of `call.offer`."""
    return work.desks.save(
        replace(found, state=DeskState.OFFERED, since=now, call_id=call_id), expected=found
    )


def took(work: Work, found: Desk, *, now: datetime) -> Desk:
    """Part of `call.accept`."""
    return work.desks.save(replace(found, state=DeskState.IN_CALL, since=now), expected=found)


def freed(work: Work, staff_id: int, *, into: DeskState, now: datetime) -> None:
    """Part of what ends or gives back a call."""
    found = work.desks.by_id(staff_id)
    if found is None:
        return
    if into is DeskState.WRAP_UP:
        until = now + work.policy.calls.wrap_up
        # The call stays at the desk: its wrap-up is about it.
        work.desks.save(replace(found, state=into, since=now, wrap_up_until=until), expected=found)
        return
    target = DeskState.PAUSED if found.pause_next and into is DeskState.AVAILABLE else into
    work.desks.save(replace(found, state=target, since=now, call_id=None, pause_next=False), expected=found)


def close(work: Work, *, actor: roles.Actor, staff_id: int, now: datetime) -> None:
    """Part of a leave: whatever state it was in."""
    found = work.desks.by_id(staff_id)
    if found is not None and found.state is not DeskState.OFFLINE:
        _change(work, actor, found, DeskState.OFFLINE, now)


def _after_wrap_up(work: Work, actor: roles.Actor, found: Desk, now: datetime) -> Desk:
    state = DeskState.PAUSED if found.pause_next else DeskState.AVAILABLE
    return _change(work, actor, found, state, now)


def _change(
    work: Work,
    actor: roles.Actor,
    found: Desk,
    state: DeskState,
    now: datetime,
    languages: tuple[str, ...] = (),
) -> Desk:
    changed = replace(
        found,
        state=state,
        since=now,
        languages=languages or found.languages,
        call_id=None,
        pause_next=False,
        wrap_up_until=None,
        wrap_up_extended=False,
        absent_since=None if state is DeskState.OFFLINE else found.absent_since,
    )
    saved = work.desks.save(changed, expected=found)
    _note(work, actor, saved, found.state, now)
    return saved


def _note(work: Work, actor: roles.Actor, desk: Desk, before: DeskState, now: datetime) -> None:
    work.audit.add(
        audit.Entry(
            now, actor, "desk:state:changed", f"staff/{desk.staff_id}", before.value, desk.state.value
        )
    )
