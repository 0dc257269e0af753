"""Who leaves: the account is closed at once, and what they had open is somebody else's again."""

from collections.abc import Callable

import pytest

from ca_core import roles, staff
from ca_core.call import Call, DeskState, EndCause
from ca_core.lifecycle import CallState, ReviewState
from ca_core.registration import leaving, review
from ca_core.roles import Role
from ca_core.staff_enrolment import Enrolment
from tests import builders, flagged
from tests.builders import AGENT, MODERATOR
from tests.core import lines
from tests.fakes import House

ADMINISTRATOR = roles.Actor("Administrator", Role.ADMINISTRATOR, roles.Door.CONSOLE, 90)


def employed(here: House, actor: roles.Actor) -> None:
    assert actor.staff_id is not None
    assert actor.role is not None
    here.memory.accounts[actor.staff_id] = staff.Account(
        actor.staff_id, "leaver", actor.name, actor.role, "hash", "SECRET", region=19
    )


def leave(here: House, by: roles.Actor = ADMINISTRATOR) -> None:
    with here.work() as work:
        leaving.leave(work, by=by, login="leaver", now=here.now)


def only_call(here: House) -> Call:
    (found,) = here.memory.calls.values()
    return found


def desk_state(here: House) -> DeskState:
    return here.memory.desks[AGENT.staff_id or 0].state


@pytest.mark.parametrize("way", [lines.offered, lines.accepted])
def test_a_call_that_did_not_begin_goes_to_the_next_agent(way: Callable[[House], Call]) -> None:
    here = lines.house()
    way(here)
    queued_at = only_call(here).queued_at
    employed(here, AGENT)
    leave(here)
    back = only_call(here)
    assert (back.state, back.agent_id, back.queued_at) == (CallState.QUEUED, None, queued_at)
    assert desk_state(here) is DeskState.OFFLINE


def test_a_call_on_the_line_ends_and_nobody_wraps_it_up() -> None:
    here = lines.house()
    lines.connected(here)
    employed(here, AGENT)
    leave(here)
    assert (only_call(here).state, only_call(here).cause) == (CallState.ENDED, EndCause.AGENT_HUNG_UP)
    assert desk_state(here) is DeskState.OFFLINE
    assert here.memory.desks[AGENT.staff_id or 0].wrap_up_until is None


def test_a_free_agent_is_offered_nothing_more() -> None:
    here = lines.house()
    lines.ready(here)
    employed(here, AGENT)
    leave(here)
    assert desk_state(here) is DeskState.OFFLINE


def test_a_photo_under_review_waits_again_and_a_decision_stands() -> None:
    here = builders.house()
    flagged.flagged(here)
    with here.work() as work:
        item = review.claim_next(work, actor=MODERATOR, now=here.now)
    assert item is not None
    employed(here, MODERATOR)
    leave(here)
    back = here.memory.reviews[item.review_id]
    assert (back.state, back.holder_id) == (ReviewState.WAITING, None)


def test_an_enrolment_that_waits_is_void() -> None:
    here = builders.house()
    employed(here, MODERATOR)
    whose = MODERATOR.staff_id or 0
    here.memory.enrolments[whose] = Enrolment(whose, b"digest", here.later(hours=1))
    leave(here)
    assert not here.memory.enrolments


def test_nothing_is_given_back_by_one_who_may_not() -> None:
    here = lines.house()
    lines.offered(here)
    employed(here, AGENT)
    with pytest.raises(roles.NotAllowed):
        leave(here, by=builders.SUPERVISOR)
    assert only_call(here).state is CallState.RINGING
