"""Calls led to each point of their life by the operations themselves."""

from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

from ca_core import roles
from ca_core.call import Call, Desk, EndCause, EvidenceKind, Gate, Leg, Need
from ca_core.registration import call, deadlines, desk, evidence
from ca_core.registration.call import Wish
from ca_core.subscriber import DocumentKind, Person
from tests import builders
from tests.builders import AGENT, GATEWAY
from tests.fakes import House

# Documents and birth dates are read against this day; nothing here asks for the real one.
AT = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
PAGE = b"page of the caller"
CALLER = builders.person(
    document_kind=DocumentKind.PASSPORT, document_number="N01234567", document_expires_on=date(2031, 5, 4)
)


def house(*, caller: Person | None = CALLER, **different: Any) -> House:
    """A house at that moment, whose state register knows the caller."""
    here = House(builders.policy(**different), AT)
    if caller is not None:
        here.memory.persons[caller.iin] = caller
    return here


def wish(**different: Any) -> Wish:
    return replace(Wish(CALLER.iin, builders.PHONE, "ru", Need.NONE, "1"), **different)


def queued(here: House, *, page: bytes = PAGE, invitation: str = "", **different: Any) -> Call:
    """In the queue, the page there."""
    with here.work() as work:
        opened = call.open_(
            work,
            wish=wish(**different),
            consented=True,
            page_digest=page,
            invitation=invitation,
            now=here.now,
        )
        return call.page_here(work, actor=GATEWAY, call_id=opened.call_id, now=here.now)


def ready(here: House, actor: roles.Actor = AGENT, languages: tuple[str, ...] = ("kk", "ru")) -> Desk:
    """An agent who waits for callers."""
    with here.work() as work:
        return desk.go_available(work, actor=actor, languages=languages, now=here.now)


def offer(here: House, waiting: Call, actor: roles.Actor = AGENT) -> Call:
    with here.work() as work:
        to = work.desks.by_id(actor.staff_id or 0)
        assert to is not None
        return call.offer(work, actor=GATEWAY, call=waiting, to=to, now=here.now)


def offered(here: House) -> Call:
    ready(here)
    return offer(here, queued(here))


def accept(here: House, call_id: int, actor: roles.Actor = AGENT) -> Call:
    with here.work() as work:
        return call.accept(work, actor=actor, call_id=call_id, now=here.now)


def accepted(here: House) -> Call:
    return accept(here, offered(here).call_id)


def answer(here: House, call_id: int) -> Call:
    with here.work() as work:
        return call.answer(work, call_id=call_id, now=here.now)


def answered(here: House) -> Call:
    return answer(here, accepted(here).call_id)


def connect(here: House, call_id: int) -> Call:
    with here.work() as work:
        return call.connected(work, actor=GATEWAY, call_id=call_id, now=here.now)


def connected(here: House) -> Call:
    return connect(here, answered(here).call_id)


def lost(here: House) -> Call:
    found = connected(here)
    with here.work() as work:
        return call.lost(
            work, actor=GATEWAY, call_id=found.call_id, leg=Leg.CITIZEN, why="page_closed", now=here.now
        )


def held(here: House) -> Call:
    found = connected(here)
    with here.work() as work:
        return call.hold(work, actor=AGENT, call_id=found.call_id, now=here.now)


def hang_up(here: House, call_id: int) -> Call:
    with here.work() as work:
        return call.hang_up(work, actor=AGENT, call_id=call_id, now=here.now)


def left(here: House, call_id: int) -> Call:
    with here.work() as work:
        return call.leave(work, call_id=call_id, now=here.now)


def ended(here: House, cause: EndCause = EndCause.AGENT_HUNG_UP) -> Call:
    """After a talk; the agent wraps up."""
    found = connected(here)
    with here.work() as work:
        return call.end(work, actor=AGENT, call=found, cause=cause, now=here.now)


def tick(here: House) -> list[Call]:
    """Every deadline that has passed, each in a unit of work of its own; the calls that changed."""
    changed = []
    for call_id in list(here.memory.calls):
        with here.work() as work:
            changed.append(deadlines.keep(work, actor=GATEWAY, call_id=call_id, now=here.now))
    return [found for found in changed if found is not None]


def desk_tick(here: House) -> None:
    for staff_id in list(here.memory.desks):
        with here.work() as work:
            desk.keep_time(work, actor=GATEWAY, staff_id=staff_id, now=here.now)


def take_still(here: House, call_id: int, kind: EvidenceKind = EvidenceKind.DOCUMENT_FRONT) -> int:
    with here.work() as work:
        still = builders.still(call_id, here.now, kind)
        return evidence.took_still(work, actor=AGENT, still=still, now=here.now)


def now_of(here: House, call_id: int) -> Call:
    return here.memory.calls[call_id]


def desk_of(here: House, actor: roles.Actor = AGENT) -> Desk:
    return here.memory.desks[actor.staff_id or 0]


def gate(here: House, call_id: int, which: Gate) -> str:
    """What the newest check of this gate says; "" when there is none."""
    found = [check for check in here.memory.checks if (check.call_id, check.gate) == (call_id, which)]
    return found[-1].outcome.value if found else ""
