"""What happens by itself: deadlines, offers to free agents, invitations to those who wanted a call back.

Everything is decided by the core; here is when it is asked. Nothing is written unless something is due.
"""

import secrets
from collections.abc import Callable, Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from functools import partial

from anyio import to_thread

from ca_core.call import Call, Desk, DeskState, Leg, OfferOutcome
from ca_core.lifecycle import CallState
from ca_core.policy import Calls as Rules
from ca_core.records import ChangedMeanwhile
from ca_core.registration import call as calls
from ca_core.registration import call_back, desk, dispatch
from video.gateway import lines
from video.gateway.gateway import Gateway
from video.gateway.service import SYSTEM, Service, Work

_NOT_TAKEN = (OfferOutcome.NOT_ACCEPTED, OfferOutcome.DECLINED)
# Their clock always runs: offer, ring, connect, come back, hold.
_TIMED = (CallState.RINGING, CallState.RECONNECTING, CallState.HELD)


@dataclass(frozen=True, slots=True)
class Present:
    """Whose pages are here. `is_settled`: the gateway is long enough up for every page to have found it."""

    citizens: frozenset[int]
    agents: frozenset[int]
    is_settled: bool


class Dispatcher:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._ticked_for: datetime | None = None

    async def round(self) -> None:
        gateway = self._gateway
        present = Present(
            frozenset(gateway.pages.numbers(Leg.CITIZEN)),
            frozenset(gateway.pages.numbers(Leg.AGENT)),
            gateway.clock >= gateway.began_at + lines.PAGES_RETURN_SECONDS,
        )
        gateway.counts.offers += await to_thread.run_sync(self._round, present)

    def _round(self, present: Present) -> int:
        """The number of offers made."""
        service = self._gateway.service
        now = service.now()
        if now != self._ticked_for:
            self._tick(service, now)
            compare(service, present)
            self._ticked_for = now
        made = offer_all(service, present)
        if not made:
            invite(service)
        return made

    def _tick(self, service: Service, now: datetime) -> None:
        """Once a second: deadlines are whole seconds."""
        with service.look() as work:
            calls_due = any(clock_runs(call, work.policy.calls, now) for call in work.calls.living())
            desks_due = any(at.wrap_up_until or at.absent_since for at in work.desks.all())
        if calls_due:
            _once(service, lambda work: calls.tick(work, actor=SYSTEM, now=now))
        if desks_due:
            _once(service, lambda work: desk.tick(work, actor=SYSTEM, now=now))


def _once(service: Service, write: Callable[[Work], object]) -> bool:
    """False when somebody else changed the record meanwhile: the next round looks again."""
    try:
        with service.work() as work:
            write(work)
    except ChangedMeanwhile:
        return False
    return True


def clock_runs(call: Call, rules: Rules, now: datetime) -> bool:
    """Whether a deadline of the call may have passed: only then is it worth a transaction."""
    waited_out = call.state is CallState.QUEUED and now >= call.queued_at + rules.wait_at_most
    return call.state in _TIMED or call.absent_since is not None or waited_out


def compare(service: Service, present: Present) -> None:
    """Who is marked as away and is here, or the other way round.

    Pages go while no gateway sees it. And `present` is older than what is read here: a page may come or go
    between the two, and the mark that follows is put right by the next round.
    """
    waiting = (CallState.QUEUED, CallState.RINGING)
    with service.look() as work:
        living = [call for call in work.calls.living() if call.state in waiting]
        desks = work.desks.all()
    now = service.now()
    for call in living:
        mark = _mark(call.absent_since, is_here=call.call_id in present.citizens, is_sure=present.is_settled)
        if mark is not None:
            write = calls.page_here if mark else calls.page_gone
            _once(service, partial(write, actor=SYSTEM, call_id=call.call_id, now=now))
    for at in desks:
        mark = _mark(at.absent_since, is_here=at.staff_id in present.agents, is_sure=present.is_settled)
        if mark is not None:
            _once(service, partial(desk.appeared if mark else desk.vanished, staff_id=at.staff_id, now=now))


def _mark(absent_since: datetime | None, *, is_here: bool, is_sure: bool) -> bool | None:
    """True to mark as here, False as away, None where the mark is right, or nobody can know yet."""
    if is_here == (absent_since is None):
        return None
    return is_here if is_here or is_sure else None


def offer_all(service: Service, present: Present) -> int:
    """Offers to make now, each in a transaction of its own; how many were made. Nobody is offered to an empty desk."""
    with service.look() as work:
        desks = [at for at in work.desks.all() if at.staff_id in present.agents]
        if not any(at.state is DeskState.AVAILABLE for at in desks):
            return 0
        living = [call for call in work.calls.living() if call.call_id in present.citizens]
        pairs = dispatch.pair(living, desks, missed=_NotTaken(work), choose=secrets.choice)
    now = service.now()
    return sum(_once(service, partial(_offer, call=call, to=to, now=now)) for call, to in pairs)


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


def invite(service: Service) -> None:
    """Those who wanted a call back, when an agent is free and nobody waits."""
    with service.look() as work:
        is_free = any(at.state is DeskState.AVAILABLE for at in work.desks.all())
        now = service.now()
        if not is_free or not work.call_backs.waiting(1, since=now - work.policy.calls.call_back):
            return
    _once(service, lambda work: call_back.invite(work, actor=SYSTEM, now=now))
