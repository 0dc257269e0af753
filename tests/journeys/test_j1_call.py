"""J1: a citizen whom nobody knows in the BMG calls, is checked, and is registered (F2; R1-R4, R13, R14).

Two real browsers: the citizen's camera is a canvas that shows a rendered person and a specimen passport, the
agent's is Chromium's own test picture. Pixels and tone are looked at on both sides, not only counters.
"""

import re

import pytest
from playwright.sync_api import Page, expect

from ca_core.call import Decision, EvidenceKind, Gate
from ca_core.roles import Role
from runtime.demo import rendered
from runtime.demo.rendered import RenderedPerson
from tests.journeys import cameras, registering, talking
from tests.journeys.axe import Axe
from tests.journeys.conftest import House, Visits

pytestmark = pytest.mark.timeout(420)
AGENT_NUMBER = 1  # agent2 speaks Russian
# Those of the checklist that are drawn each in its own way.
DRAWN = (Gate.PRESSURE, Gate.READING, Gate.CODE)


@pytest.fixture
def caller(house: House) -> RenderedPerson:
    """A rendered person who has no phone in the BMG."""
    talking.clear(house)
    person = rendered.PEOPLE[0]
    with house.service.look() as work:
        assert work.bmg.of_iin(person.person.iin) is None
    return person


def into_the_queue(page: Page, house: House, caller: RenderedPerson) -> None:
    """From "I am not in the BMG" to the queue, as the citizen goes."""
    page.goto(f"{house.portal_url}/bmg?lang=ru")
    page.fill("#iin", caller.person.iin.digits)
    page.click("main form.ask button")
    expect(page.locator("[data-bmg=unknown]")).to_be_visible()
    page.click("main a.button")
    page.check("input[name=who][value=myself]")
    page.click("main form.ask button.button")
    page.fill("#phone", caller.phone.full)
    page.click("main form.ask button.button")
    registering.check_devices(page)
    page.check("input[name=consent]")
    page.click("main form.ask button.button")
    expect(page.locator("[data-screen=queued]")).to_be_visible()


def test_a_citizen_is_checked_and_registered(
    house: House, visit: Visits, caller: RenderedPerson, axe: Axe
) -> None:
    agent = visit(Role.CALL_AGENT, "/calls", number=AGENT_NUMBER, language="ru")
    agent.set_default_timeout(45_000)
    citizen = visit(None, "/", language="ru", width=390, height=844, script=cameras.script(caller))
    citizen.set_default_timeout(30_000)

    into_the_queue(citizen, house, caller)
    axe.look(citizen, "the queue")
    agent.locator(".dock .toggle").click()
    registering.meet(agent, citizen)

    # Both see and hear each other, and the same phrase.
    phrase = talking.newest(house).phrase
    expect(citizen.locator("[data-slot=phrase]")).to_have_text(phrase)
    expect(agent.locator(".dock .phrase")).to_have_text(phrase)
    talking.see_each_other(agent, citizen)
    tone = talking.loudest(agent, talking.AGENT_SEES)
    assert tone["decibels"] > -60
    assert tone["hertz"] == pytest.approx(cameras.TONE_HERTZ, abs=15)
    assert talking.loudest(citizen, talking.CITIZEN_SEES)["decibels"] > -60

    axe.look(citizen, "the call")
    registering.go_through_the_checklist(agent, citizen, house, caller)
    for step in DRAWN:
        talking.go_to(agent, step)
        agent.locator(f".st-key-step_{step} button[kind=primary]").first.wait_for()
        axe.look(agent, f"the call, {step}")
    registering.register(agent)
    registered = talking.newest(house)
    assert registered.decision is Decision.REGISTERED
    with house.service.look() as work:
        entry = work.bmg.of_iin(caller.person.iin)
        history = work.bmg.history(caller.person.iin)
    assert entry is not None
    assert entry.phone == caller.phone
    assert history[0].call_id == registered.call_id

    talking.hang_up(agent)
    expect(citizen.locator("[data-call]")).to_have_count(0, timeout=8_000)
    expect(citizen.locator("main")).to_contain_text(re.compile("зарегистрирован"))
    axe.look(citizen, "the call is over")
    axe.look(agent, "wrap-up")
    assert talking.sealed(house, registered.call_id) >= {
        EvidenceKind.DOCUMENT_FRONT,
        EvidenceKind.FACE,
        EvidenceKind.RECORDING,
        EvidenceKind.LOG,
    }
