"""A supervisor listens in on a call between two real browsers: pixels and tones of both, and nobody notices (R14)."""

import time

import pytest
from playwright.sync_api import Page, expect

from ca_core.roles import Role
from runtime.demo import rendered
from tests.journeys import cameras, eyes, talking, test_call_evidence
from tests.journeys.axe import Axe
from tests.journeys.conftest import House, Visits

pytestmark = pytest.mark.timeout(240)
CALLER = rendered.PEOPLE[1]
AGENT_NUMBER = 1  # agent2 speaks Russian
CITIZEN, AGENT = ".panel video.citizen", ".panel video.agent"
AGENT_HEARS, CITIZEN_HEARS = ".dock audio.voice", "audio[data-voice]"
VOICE_HERTZ = 1320
MICROPHONE = f"""
navigator.mediaDevices.getUserMedia = async () => {{
  if (window.__refuses) throw new DOMException("", "NotAllowedError");
  const context = new AudioContext(); await context.resume();
  const tone = context.createOscillator(); tone.frequency.value = {VOICE_HERTZ};
  const out = context.createMediaStreamDestination(); tone.connect(out); tone.start();
  return out.stream;
}};
"""


def opened(visit: Visits, house: House) -> Page:
    """The page of the call that is on the line, found in the list and opened for a reason."""
    page = visit(Role.SUPERVISOR, "/calls", language="ru", script=eyes.SCRIPT + MICROPHONE)
    page.set_default_timeout(30_000)
    number = str(talking.newest(house).call_id)
    expect(page.get_by_text("На линии сейчас", exact=True)).to_be_visible()
    page.goto(f"{house.console_url}/calls?call={number}")
    page.get_by_text("проверка качества").first.click()
    page.locator(".st-key-file_show button:not([disabled])").first.click()
    expect(page.locator(".panel .start")).to_be_visible()
    return page


def test_a_supervisor_sees_and_hears_both_and_nobody_notices(house: House, visit: Visits, axe: Axe) -> None:
    talking.clear(house)
    citizen = talking.calling(visit, house, CALLER, cameras.script(CALLER))
    agent = talking.at_desk(visit, AGENT_NUMBER)
    talking.take_calls(agent)
    talking.connect(agent, citizen)
    supervisor = opened(visit, house)
    assert eyes.peers(supervisor) == [], "nothing is heard before the click"
    supervisor.locator(".panel .start").click()
    with talking.timed("from the click to both pictures"):
        for seen, page, sent in (
            (CITIZEN, citizen, talking.CITIZEN_SENDS),
            (AGENT, agent, talking.AGENT_SENDS),
        ):
            talking.require_same_picture(supervisor, seen, page, sent)
    assert talking.loudest(supervisor, CITIZEN)["decibels"] > -60
    assert talking.loudest(supervisor, AGENT)["decibels"] > -60
    expect(supervisor.locator(".panel")).to_have_attribute("data-state", "active")
    axe.look(supervisor, "listening in")
    talking.see_each_other(agent, citizen)
    with house.service.look() as work:
        entry = work.audit_pages.newest(f"call/{talking.newest(house).call_id}", ["call:listen:begun"])
    assert entry is not None
    assert (entry.reason, entry.role) == ("quality", Role.SUPERVISOR)

    supervisor.locator(".panel .stop").click()
    expect(supervisor.locator(".panel .pictures")).to_be_hidden()
    supervisor.locator(".panel .start").click()
    talking.require_moving(supervisor, CITIZEN)
    talking.hang_up(agent)
    expect(supervisor.locator(".panel")).to_have_count(0)


def require_voice(page: Page, player: str) -> None:
    """The supervisor's own tone, by the connection beside the call's."""
    deadline = time.monotonic() + 20
    while not page.locator(player).first.evaluate("player => Boolean(player.srcObject)"):
        assert time.monotonic() < deadline, "no voice came"
        time.sleep(0.05)
    heard = talking.loudest(page, player)
    assert abs(heard["hertz"] - VOICE_HERTZ) < 15, heard


def hears_nobody(page: Page, player: str) -> bool:
    return not page.locator(player).first.evaluate("player => Boolean(player.srcObject)")


def test_a_supervisor_whispers_to_the_agent_and_then_joins(house: House, visit: Visits, axe: Axe) -> None:
    talking.clear(house)
    citizen = talking.calling(visit, house, CALLER, cameras.script(CALLER))
    agent = talking.at_desk(visit, AGENT_NUMBER)
    talking.take_calls(agent)
    talking.connect(agent, citizen)
    supervisor = opened(visit, house)
    supervisor.locator(".panel .start").click()
    talking.require_moving(supervisor, CITIZEN)

    supervisor.evaluate("window.__refuses = true")
    supervisor.locator(".panel .whisper").click()
    expect(supervisor.locator(".panel .speech-word")).to_contain_text("не даёт микрофон")
    assert hears_nobody(agent, AGENT_HEARS)
    supervisor.evaluate("window.__refuses = false")
    with talking.timed("from the click to the agent's hearing it"):
        supervisor.locator(".panel .whisper").click()
        expect(agent.locator(".dock .supervisor")).to_contain_text("Звонящий этого не слышит")
        require_voice(agent, AGENT_HEARS)
    expect(supervisor.locator(".panel .speech-word")).to_contain_text("звонящий не слышит")
    assert hears_nobody(citizen, CITIZEN_HEARS)
    expect(citizen.locator("[data-slot=supervisor]")).to_be_hidden()
    axe.look(supervisor, "whispering")
    axe.look(agent, "whispered to")

    supervisor.locator(".panel .join").click()
    expect(citizen.locator("[data-slot=supervisor]")).to_contain_text("подключился супервизор")
    require_voice(citizen, CITIZEN_HEARS)
    require_voice(agent, AGENT_HEARS)
    axe.look(citizen, "joined by a supervisor")
    talking.see_each_other(agent, citizen)

    agent.reload()
    expect(agent.locator(".dock .supervisor")).to_contain_text("подключился к разговору")
    require_voice(agent, AGENT_HEARS)

    supervisor.locator(".panel .quiet").click()
    expect(agent.locator(".dock .supervisor")).to_be_hidden()
    expect(citizen.locator("[data-slot=supervisor]")).to_be_hidden()
    assert hears_nobody(agent, AGENT_HEARS)
    assert hears_nobody(citizen, CITIZEN_HEARS)
    talking.see_each_other(agent, citizen)
    with house.service.look() as work:
        call = f"call/{talking.newest(house).call_id}"
        assert work.audit_pages.newest(call, ["call:whisper:begun"]) is not None
        assert work.audit_pages.newest(call, ["call:join:begun"]) is not None
    talking.hang_up(agent)

    expect(supervisor.locator(".panel")).to_have_count(0)
    player = supervisor.locator(".player").first
    expect(player.locator(".observer-sound")).to_be_visible()
    player.locator(".play").click()
    films = [player.locator(name) for name in ("video.citizen", "video.agent", "audio.observer")]
    for film in films:
        eyes.until(supervisor, "film => film.currentTime > 2", film.element_handle())
        expect(film).to_have_js_property("error", None)
    test_call_evidence.require_in_step(films[1:])
