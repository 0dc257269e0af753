"""Who is offered whom: the longest-waiting caller to one agent's screen at a time, and nobody picks (F2).

Two agents' browsers, ten callers who are in the queue without a browser.
"""

import itertools
import time
from collections.abc import Iterator
from datetime import timedelta

import pytest
from playwright.sync_api import Page, expect

from ca_core.call import OfferOutcome
from ca_core.roles import Role
from tests.journeys import callers, eyes, talking
from tests.journeys.callers import WaitingCaller
from tests.journeys.conftest import House, Visits

pytestmark = pytest.mark.timeout(300)
# The fifth and the eighth speak Kazakh, which one of the two agents does.
LANGUAGES = ("ru", "ru", "ru", "ru", "kk", "ru", "ru", "kk", "ru", "ru")
# One look at the database is shown to both screens, one after the other.
SAME_LOOK_MS = 400


@pytest.fixture
def waiting(house: House) -> Iterator[list[WaitingCaller]]:
    talking.clear(house)
    queue = [callers.into_the_queue(house, number, language) for number, language in enumerate(LANGUAGES, 1)]
    yield queue
    for caller in queue:
        caller.close()
    talking.clear(house)


def offered_on(agent: Page) -> int:
    """The call on this agent's screen."""
    expect(agent.locator(".dock .offer")).to_be_visible()
    spans = eyes.offers(agent)
    return spans[-1][0]


def take_and_lose(agent: Page, caller: WaitingCaller) -> None:
    """The agent accepts, the caller's page rings, the caller goes: the agent is free again."""
    agent.locator(".dock .accept").click()
    ringing = caller.wait(lambda told: told["state"] == "ringing")
    assert ringing["agent_number"]
    caller.leave()


def drain(agents: list[Page], waiting: dict[int, WaitingCaller]) -> None:
    """Every caller who is left, in whatever order the screens show them."""
    deadline = time.monotonic() + 90
    while waiting:
        assert time.monotonic() < deadline, f"never offered: {sorted(waiting)}"
        for agent in agents:
            if (
                agent.locator(".dock .offer").is_visible()
                and (call_id := eyes.offers(agent)[-1][0]) in waiting
            ):
                take_and_lose(agent, waiting.pop(call_id))
        agents[0].wait_for_timeout(50)


def test_callers_are_offered_fairly(house: House, visit: Visits, waiting: list[WaitingCaller]) -> None:
    """One screen at a time, in the order of the queue; where nobody accepts, the caller keeps the place."""
    assert [caller.now["position"] for caller in waiting] == list(range(1, len(waiting) + 1))
    first, second, third = waiting[:3]
    one = talking.at_desk(visit, 0, languages="kk ru", wants="kk")
    other = talking.at_desk(visit, 1, languages="ru")
    talking.take_calls(one)
    assert offered_on(one) == first.call_id
    talking.take_calls(other)
    assert offered_on(other) == second.call_id

    # Nobody picks: an agent who names another call than the one offered is refused.
    eyes.send(other, {"type": "accept", "call_id": third.call_id})
    eyes.until(other, "() => window.__heard.some((message) => message.type === 'refused')")
    assert eyes.heard(other, "refused")[-1]["code"] == "call.offer_gone"
    assert third.now["state"] == "queued"

    # Declined: not responding, and the caller keeps the first place although the other agent is busy.
    one.locator(".dock .decline").click()
    expect(talking.at(one, "not_responding")).to_be_attached(timeout=5_000)
    expect(one.locator(".dock .state-word")).to_have_text("Қоңырау қабылданбады")
    assert first.wait(lambda told: told["position"] == 1)["state"] == "queued"
    take_and_lose(other, second)
    assert offered_on(other) == first.call_id

    # Lapsed after its time: the same, and the caller goes to the one who is there, before everybody else.
    expect(talking.at(other, "not_responding")).to_be_attached(timeout=25_000)
    assert first.now["position"] == 1
    talking.take_calls(one)
    assert offered_on(one) == first.call_id
    talking.take_calls(other)
    assert offered_on(other) == third.call_id
    drain([one, other], {caller.call_id: caller for caller in waiting if caller is not second})

    never_both(one, other)
    assert min(len(eyes.offers(one)), len(eyes.offers(other))) >= 3
    assert_offers_of(house, waiting, kazakh=house.staff_id(house.account(Role.CALL_AGENT, 0)))


def never_both(one: Page, other: Page) -> None:
    """No call was on both screens at once."""
    for call_id, since, until in eyes.offers(one):
        for their_call, their_since, their_until in eyes.offers(other):
            overlap = min(until, their_until) - max(since, their_since)
            assert call_id != their_call or overlap < SAME_LOOK_MS


def assert_offers_of(house: House, waiting: list[WaitingCaller], *, kazakh: int) -> None:
    """As stored: one open offer of a call at a time, in the order of the queue, each in a known language."""
    with house.service.look() as work:
        stored = [work.calls.offers(caller.call_id) for caller in waiting]
        places = [work.calls.by_id(caller.call_id) for caller in waiting]
    for offers in stored:
        assert all(offer.outcome is not OfferOutcome.OPEN for offer in offers)
        for before, after in itertools.pairwise(offers):
            assert before.ended_at is not None
            assert before.ended_at <= after.offered_at
    outcomes = [offer.outcome for offer in stored[0]]
    assert outcomes[:2] == [OfferOutcome.DECLINED, OfferOutcome.NOT_ACCEPTED]
    assert stored[0][0].staff_id != stored[0][1].staff_id
    # The place is the moment of coming, whatever happened since.
    assert all(call is not None and call.queued_at == call.opened_at for call in places)
    for language in ("ru", "kk"):
        firsts = [
            offers[0].offered_at for offers, known in zip(stored, LANGUAGES, strict=True) if known == language
        ]
        assert all(later - earlier >= timedelta() for earlier, later in itertools.pairwise(firsts))
    in_kazakh = [
        offer for offers, known in zip(stored, LANGUAGES, strict=True) if known == "kk" for offer in offers
    ]
    assert {offer.staff_id for offer in in_kazakh} == {kazakh}
