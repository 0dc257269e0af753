"""A supervisor listens in on a call between two real browsers: pixels and tones of both, and nobody notices (R14)."""

import pytest
from playwright.sync_api import Page, expect

from ca_core.roles import Role
from runtime.demo import rendered
from tests.journeys import cameras, eyes, talking
from tests.journeys.axe import Axe
from tests.journeys.conftest import House, Visits

pytestmark = pytest.mark.timeout(240)
CALLER = rendered.PEOPLE[1]
AGENT_NUMBER = 1  # agent2 speaks Russian
CITIZEN, AGENT = ".panel video.citizen", ".panel video.agent"


def opened(visit: Visits, house: House) -> Page:
    """The page of the call that is on the line, found in the list and opened for a reason."""
    page = visit(Role.SUPERVISOR, "/calls", language="ru", script=eyes.SCRIPT)
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
