"""Tickets to the video gateway: a minute, one use, one side of one call."""

import pytest

from ca_core import records, roles
from ca_core.call import Leg, Ticket
from ca_core.registration import ticket
from tests import builders
from tests.builders import AGENT
from tests.core import lines
from tests.fakes import House

SESSION = b"the digest of a session of the console"


def of_citizen(here: House, page: bytes = lines.PAGE) -> str:
    with here.work() as work:
        return ticket.for_citizen(work, page_digest=page, now=here.now)


def of_agent(here: House, actor: roles.Actor = AGENT) -> str:
    with here.work() as work:
        return ticket.for_agent(work, actor=actor, session_digest=SESSION, now=here.now)


def spend(here: House, secret: str) -> Ticket:
    with here.work() as work:
        return ticket.spend(work, secret=secret, now=here.now)


def erase(here: House, actor: roles.Actor = builders.GATEWAY) -> dict[bytes, Ticket]:
    """What is left."""
    with here.work() as work:
        ticket.erase_old(work, actor=actor, now=here.now)
    return here.memory.tickets


def test_a_citizens_ticket_is_for_the_call_of_their_page() -> None:
    here = lines.house()
    found = lines.queued(here)
    used = spend(here, of_citizen(here))
    assert (used.leg, used.call_id, used.staff_id) == (Leg.CITIZEN, found.call_id, None)


def test_an_agents_ticket_is_for_the_agent() -> None:
    here = lines.house()
    used = spend(here, of_agent(here))
    assert (used.leg, used.call_id, used.staff_id) == (Leg.AGENT, None, AGENT.staff_id)
    assert used.session_digest == SESSION


def test_a_ticket_works_once() -> None:
    here = lines.house()
    secret = of_agent(here)
    spend(here, secret)
    with pytest.raises(ticket.TicketRefused):
        spend(here, secret)


def test_a_ticket_lives_a_minute() -> None:
    here = lines.house()
    early, late = of_agent(here), of_agent(here)
    here.later(seconds=59)
    spend(here, early)
    here.later(seconds=1)
    with pytest.raises(ticket.TicketRefused):
        spend(here, late)


@pytest.mark.parametrize("forged", ["", "x", "0" * 32])
def test_a_forged_ticket_is_refused(forged: str) -> None:
    here = lines.house()
    of_agent(here)
    with pytest.raises(ticket.TicketRefused):
        spend(here, forged)


def test_what_rests_in_the_database_is_no_ticket() -> None:
    here = lines.house()
    secret = of_agent(here)
    (stored,) = here.memory.tickets.values()
    assert secret.encode() not in stored.token_digest
    with pytest.raises(ticket.TicketRefused):
        spend(here, stored.token_digest.hex())


def test_tickets_are_long_and_never_the_same() -> None:
    here = lines.house()
    drawn = {of_agent(here) for _ in range(50)}
    assert len(drawn) == 50
    assert min(map(len, drawn)) >= 32


def test_a_strange_page_gets_no_ticket() -> None:
    here = lines.house()
    lines.queued(here)
    with pytest.raises(records.CallUnknown):
        of_citizen(here, b"another page")


def test_a_call_that_ended_gives_no_ticket() -> None:
    here = lines.house()
    lines.left(here, lines.queued(here).call_id)
    with pytest.raises(ticket.CallEnded):
        of_citizen(here)


@pytest.mark.parametrize("actor", [builders.SUPERVISOR, builders.OFFICER, builders.GATEWAY, roles.OWNER])
def test_who_takes_no_calls_gets_no_agents_ticket(actor: roles.Actor) -> None:
    with pytest.raises(roles.NotAllowed):
        of_agent(lines.house(), actor)


def test_a_ticket_is_forgotten_a_day_after_its_end() -> None:
    here = lines.house()
    spend(here, of_agent(here))
    of_agent(here)
    here.later(days=1, minutes=1)
    assert len(erase(here)) == 2
    here.later(seconds=1)
    assert erase(here) == {}


def test_no_more_tickets_are_forgotten_at_once_than_others_may_wait_for() -> None:
    here = lines.house()
    for number in range(ticket.ERASED_AT_ONCE + 1):
        here.memory.tickets[str(number).encode()] = Ticket(str(number).encode(), Leg.AGENT, here.now)
    here.later(days=2)
    with here.work() as work:
        assert ticket.erase_old(work, actor=builders.GATEWAY, now=here.now)
        assert not ticket.erase_old(work, actor=builders.GATEWAY, now=here.now)
    assert here.memory.tickets == {}


def test_the_system_alone_forgets_tickets() -> None:
    with pytest.raises(roles.NotAllowed):
        erase(lines.house(), AGENT)
