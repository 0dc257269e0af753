"""What happens by itself: deadlines, offers to free agents, invitations to those who wanted a call back.

Everything is decided by the core; here is when it is asked. Nothing is written unless something is due.
"""

import secrets
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from anyio import to_thread

from ca_core.call import Call, Desk, DeskState, Leg, OfferOutcome
from ca_core.lifecycle import CallState
from ca_core.registration import call as calls
from ca_core.registration import call_back, deadlines, desk, dispatch
from video.gateway import lines
from video.gateway.apart import Apart
from video.gateway.gateway import Gateway
from video.gateway.service import SYSTEM, Work

_NOT_TAKEN = (OfferOutcome.NOT_ACCEPTED, OfferOutcome.DECLINED)


@dataclass(frozen=True, slots=True)
class Present:
    """Whose pages are here. `is_settled`: the gateway is long enough up for every page to have found it. `has_room`: a
    media worker can take one call more."""

    citizens: frozenset[int]
    agents: frozenset[int]
    is_settled: bool
    has_room: bool


class Dispatcher:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._apart = Apart(gateway.service)
        self._looked_at: datetime | None = None

    async def round(self) -> None:
        gateway = self._gateway
        present = Present(
            frozenset(gateway.pages.numbers(Leg.CITIZEN)),
            frozenset(gateway.pages.numbers(Leg.AGENT)),
            gateway.clock >= gateway.began_at + lines.PAGES_RETURN_SECONDS,
            gateway.workers.has_room,
        )
        gateway.counts.offers += await to_thread.run_sync(self._round, present)

    def _round(self, present: Present) -> int:
        """The number of offers made."""
        now = self._gateway.service.now()
        # Once a second: deadlines are whole seconds.
        if now != self._looked_at:
            keep_deadlines(self._apart, now)
            compare(self._apart, present)
            self._looked_at = now
        made = offer_all(self._apart, present)
        if not made:
            invite(self._apart)
        return made


def keep_deadlines(apart: Apart, now: datetime) -> None:
    """Of every call and every desk, each by itself. Nothing is written where none has passed."""
    with apart.service.look() as work:
        rules = work.policy.calls
        due_calls = [
            call.call_id
            for call in work.calls.living()
            if deadlines.due(call, rules=rules, now=now) is not None
        ]
        due_desks = [at.staff_id for at in work.desks.all() if desk.is_due(at, now=now)]
    for call_id in due_calls:
        apart.write(on_call(call_id), partial(deadlines.keep, actor=SYSTEM, call_id=call_id, now=now))
    for staff_id in due_desks:
        apart.write(on_desk(staff_id), partial(desk.keep_time, actor=SYSTEM, staff_id=staff_id, now=now))


def on_call(call_id: int) -> str:
    return f"call/{call_id}"


def on_desk(staff_id: int) -> str:
    return f"staff/{staff_id}"


def compare(apart: Apart, present: Present) -> None:
    """Who is marked as away and is here, or the other way round.

    Pages go while no gateway sees it. And `present` is older than what is read here: a page may come or go
    between the two, and the mark that follows is put right by the next round.
    """
    waiting = (CallState.QUEUED, CallState.RINGING)
    with apart.service.look() as work:
        living = [call for call in work.calls.living() if call.state in waiting]
        desks = work.desks.all()
    now = apart.service.now()
    for call in living:
        mark = _mark(call.absent_since, is_here=call.call_id in present.citizens, is_sure=present.is_settled)
        if mark is not None:
            write = calls.page_here if mark else calls.page_gone
            apart.write(on_call(call.call_id), partial(write, actor=SYSTEM, call_id=call.call_id, now=now))
    for at in desks:
        mark = _mark(at.absent_since, is_here=at.staff_id in present.agents, is_sure=present.is_settled)
        if mark is not None:
            note = desk.appeared if mark else desk.vanished
            apart.write(on_desk(at.staff_id), partial(note, staff_id=at.staff_id, now=now))


def _mark(absent_since: datetime | None, *, is_here: bool, is_sure: bool) -> bool | None:
    """True to mark as here, False as away, None where the mark is right, or nobody can know yet."""
    if is_here == (absent_since is None):
        return None
    return is_here if is_here or is_sure else None


def offer_all(apart: Apart, present: Present) -> int:
    """Offers to make now, each in a transaction of its own; how many were made. Nobody is offered to an empty desk.

    Where no media worker has room, callers keep their places: a call more would be a bad one for everybody.
    """
    if not present.has_room:
        return 0
    with apart.service.look() as work:
        desks = [at for at in work.desks.all() if at.staff_id in present.agents]
        if not any(at.state is DeskState.AVAILABLE for at in desks):
            return 0
        # A call with which something is wrong does not keep a free agent from the others.
        living = [
            call
            for call in work.calls.living()
            if call.call_id in present.citizens and not apart.rests(on_call(call.call_id))
        ]
        pairs = dispatch.pair(living, desks, missed=_NotTaken(work), choose=secrets.choice)
    now = apart.service.now()
    return sum(
        apart.write(on_call(call.call_id), partial(_offer, call=call, to=to, now=now)) for call, to in pairs
    )


def _offer(work: Work, *, call: Call, to: Desk, now: datetime) -> None:
    calls.offer(work, actor=SYSTEM, call=call, to=to, now=now)


class _NotTaken(Mapping[int, Collection[int]]):
    """Who did not accept which call: asked of the database for the calls that may be offered now, and no others."""

    def __init__(self, work: Work) -> None:
        self._work = work

    def __getitem__(self, call_id: int) -> Collection[int]:
        return {offer.staff_id for offer in self._work.calls.offers(call_id) if offer.outcome in _NOT_TAKEN}

    def __iter__(self) -> Iterator[int]:
        return (call.call_id for call in self._work.calls.living())

    def __len__(self) -> int:
        return len(self._work.calls.living())


def invite(apart: Apart) -> None:
    """Those who wanted a call back, when an agent is free and nobody waits."""
    with apart.service.look() as work:
        is_free = any(at.state is DeskState.AVAILABLE for at in work.desks.all())
        now = apart.service.now()
        if not is_free or not work.call_backs.waiting(1, since=now - work.policy.calls.call_back):
            return
    apart.write("call_back", lambda work: call_back.invite(work, actor=SYSTEM, now=now))
