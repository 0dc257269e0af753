"""A call that breaks: the other side is told in time and by its cause, and the call goes on (F2).

Each with the two real browsers of J1; processes are killed as a crash would.
"""

import pytest
from playwright.sync_api import Page, expect

from ca_core.call import EvidenceKind
from ca_core.lifecycle import CallState
from runtime.demo import rendered
from tests.journeys import eyes, processes, talking
from tests.journeys.conftest import House, Visits
from tests.journeys.talking import TOLD_WITHIN_MS

pytestmark = pytest.mark.timeout(240)
CALLER = rendered.PEOPLE[1]
AGENT_NUMBER = 1  # agent2 speaks Russian
# A worker or a gateway starts anew within this on a busy machine.
STARTS_ANEW_MS = 45_000


@pytest.fixture
def pair(house: House, visit: Visits) -> tuple[Page, Page]:
    """The agent's page and the citizen's, in a call."""
    talking.clear(house)
    citizen = talking.calling(visit, house, CALLER)
    agent = talking.at_desk(visit, AGENT_NUMBER)
    talking.take_calls(agent)
    talking.connect(agent, citizen)
    return agent, citizen


def veil(agent: Page, name: str) -> str:
    expect(agent.locator(".dock .veil")).to_be_visible(timeout=TOLD_WITHIN_MS)
    return agent.locator(f".dock .veil-{name}").inner_text()


def test_a_closed_tab_is_told_and_the_caller_comes_back(house: House, pair: tuple[Page, Page]) -> None:
    """The place is kept for a minute; after an ended call the agent wraps up and is free."""
    agent, citizen = pair
    call_id = talking.newest(house).call_id
    citizen.close()
    assert "Страница закрыта" in veil(agent, "text")
    assert talking.newest(house).state is CallState.RECONNECTING

    again = citizen.context.new_page()
    again.goto(f"{house.portal_url}/call?lang=ru")
    talking.see_each_other(agent, again)
    expect(agent.locator(".dock .veil")).to_be_hidden()
    # A browser that saw no click yet shows the agent; the sound is one click away.
    again.locator("[data-do=play]").click()
    assert talking.loudest(again, talking.CITIZEN_SEES)["decibels"] > -60
    assert again.locator(talking.CITIZEN_SEES).evaluate("video => !video.muted && !video.paused")
    assert talking.newest(house).call_id == call_id
    assert talking.newest(house).state is CallState.ACTIVE

    talking.hang_up(agent)
    expect(again.locator("[data-call]")).to_have_count(0, timeout=TOLD_WITHIN_MS)
    expect(again.locator("[data-ended=agent_hung_up]")).to_be_visible()
    expect(talking.at(agent, "wrap_up")).to_be_attached(timeout=TOLD_WITHIN_MS)
    talking.finish_wrap_up(agent)


def test_a_killed_worker_ends_no_call(house: House, pair: tuple[Page, Page]) -> None:
    """Both pages join the worker that took its place by themselves, and the recording has a second part."""
    agent, citizen = pair
    call_id = talking.newest(house).call_id
    with talking.timed("from the kill of the worker until both pictures went on"):
        processes.kill(house, "runtime.media_worker", "0")
        assert "Медиасервер" in veil(agent, "text")
        expect(citizen.locator("[data-overlay]")).to_be_visible(timeout=TOLD_WITHIN_MS)
        expect(agent.locator(".dock .veil")).to_be_hidden(timeout=STARTS_ANEW_MS)
        talking.require_moving(agent, talking.AGENT_SEES)
        talking.require_moving(citizen, talking.CITIZEN_SEES)
    talking.see_each_other(agent, citizen)
    expect(citizen.locator("[data-overlay]")).to_be_hidden()
    expect(agent.locator(".dock .recording[data-on=true]")).to_be_visible()
    assert talking.newest(house).call_id == call_id

    # The citizen hangs up: the agent is told, wraps up, and is free.
    citizen.click("[data-do=hang_up]")
    citizen.click("[data-ask] [data-do=leave]")
    expect(talking.at(agent, "wrap_up")).to_be_attached(timeout=TOLD_WITHIN_MS)
    expect(agent.locator(".dock .cause")).to_have_text("Гражданин положил трубку")
    expect(citizen.locator("[data-ended=caller_hung_up]")).to_be_visible()
    talking.finish_wrap_up(agent)
    talking.sealed(house, call_id)
    with house.service.look() as work:
        parts = [item for item in work.evidence.of_call(call_id) if item.kind is EvidenceKind.RECORDING]
    assert len(parts) == 2
    assert all(part.closed and part.size_bytes > 0 for part in parts)


def test_a_killed_gateway_ends_no_call(house: House, visit: Visits, pair: tuple[Page, Page]) -> None:
    """Picture and sound do not pass through it: they go on, over the same connections, and the pages come back."""
    agent, citizen = pair
    before = eyes.peers(agent), eyes.peers(citizen)
    processes.kill(house, "video", "gateway")
    expect(agent.locator(".dock:not([data-link=open])")).to_be_attached(timeout=TOLD_WITHIN_MS)
    talking.see_each_other(agent, citizen)

    expect(agent.locator(".dock[data-link=open]")).to_be_attached(timeout=STARTS_ANEW_MS)
    expect(citizen.locator("[data-notice=line]")).to_be_hidden(timeout=STARTS_ANEW_MS)
    talking.see_each_other(agent, citizen)
    assert (eyes.peers(agent), eyes.peers(citizen)) == before
    assert talking.newest(house).state is CallState.ACTIVE

    # And the new one is obeyed by both.
    talking.hang_up(agent)
    expect(citizen.locator("[data-ended=agent_hung_up]")).to_be_visible(timeout=TOLD_WITHIN_MS)
    expect(talking.at(agent, "wrap_up")).to_be_attached(timeout=TOLD_WITHIN_MS)
    visit.expected(r"WebSocket connection .* failed")


def test_a_page_that_cannot_reach_the_gateway_keeps_a_line_that_may_heal(
    house: House, visit: Visits, pair: tuple[Page, Page]
) -> None:
    """Nobody could answer the offer of a new connection: the old one is left to come back by itself."""
    agent, citizen = pair
    citizen.route("**/call/ticket", lambda route: route.abort())
    processes.kill(house, "video", "gateway")
    expect(citizen.locator("[data-notice=line]")).to_be_visible(timeout=TOLD_WITHIN_MS)
    with processes.frozen(house, "runtime.media_worker", "0"):
        eyes.until(citizen, "() => window.__peers.at(-1).connectionState === 'disconnected'", seconds=30)
        # Longer than a page waits before it makes a connection anew.
        citizen.wait_for_timeout(5_000)
    eyes.until(citizen, "() => window.__peers.at(-1).connectionState === 'connected'", seconds=30)
    assert eyes.peers(citizen) == ["connected"]

    citizen.unroute("**/call/ticket")
    expect(citizen.locator("[data-notice=line]")).to_be_hidden(timeout=STARTS_ANEW_MS)
    expect(agent.locator(".dock .veil")).to_be_hidden(timeout=STARTS_ANEW_MS)
    talking.see_each_other(agent, citizen)
    visit.expected(r"WebSocket connection .* failed")
    visit.expected(r"Failed to load resource")


# What the browser estimates of its line out, replaced by what the test says; everything else is its own.
_ESTIMATE = """rate => {
  window.__rate = rate;
  if (window.__estimated) return;
  window.__estimated = RTCPeerConnection.prototype.getStats;
  RTCPeerConnection.prototype.getStats = async function (...given) {
    const told = [...(await window.__estimated.apply(this, given)).values()].map((one) => ({...one}));
    for (const one of told) if (one.type === "candidate-pair") one.availableOutgoingBitrate = window.__rate;
    return told;
  };
}"""


def test_a_line_too_poor_for_a_picture_keeps_the_voice(pair: tuple[Page, Page]) -> None:
    """The picture rests and both are told; what the agent asks to see is sent at once, whatever the line."""
    agent, citizen = pair
    citizen.evaluate(_ESTIMATE, 30_000)
    expect(citizen.locator("[data-slot=showing]")).to_contain_text("вас слышат", timeout=15_000)
    assert "Только звук" in veil(agent, "title")
    frames = "video => video.getVideoPlaybackQuality().totalVideoFrames"
    agent.wait_for_timeout(1_000)
    before = agent.locator(talking.AGENT_SEES).first.evaluate(frames)
    agent.wait_for_timeout(2_000)
    assert agent.locator(talking.AGENT_SEES).first.evaluate(frames) == before
    assert talking.loudest(agent, talking.AGENT_SEES)["decibels"] > -60
    talking.require_moving(citizen, talking.CITIZEN_SEES)

    citizen.evaluate(_ESTIMATE, 900_000)
    talking.go_to(agent, "document")
    agent.locator(".st-key-show_document button").first.click()
    expect(citizen.locator("[data-slot=showing]")).to_contain_text("Впишите её в рамку", timeout=15_000)
    expect(agent.locator(".dock .veil")).to_be_hidden(timeout=TOLD_WITHIN_MS)
    talking.see_each_other(agent, citizen)
    talking.hang_up(agent)
    expect(talking.at(agent, "wrap_up")).to_be_attached(timeout=TOLD_WITHIN_MS)
    talking.finish_wrap_up(agent)
