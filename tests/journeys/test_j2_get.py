"""J2 with a phone in the BMG, a real browser and the real key program; the browser is closed before each step (F1)."""

from collections.abc import Callable
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from runtime.demo import rendered
from tests.journeys import handset, installed_file, seventeen, told
from tests.journeys.axe import Axe
from tests.journeys.citizens import STEPS, Citizen
from tests.journeys.conftest import House, Visits

WITHOUT_A_CALL = set(range(1, STEPS + 1)) - {5, 6}


@pytest.fixture
def citizen(house: House, visit: Visits, picture: Callable[[Page, str], Path], axe: Axe) -> Citizen:
    who = rendered.by_name("marina")
    assert who is not None
    seventeen.have_in_bmg(house, who)
    return Citizen(visit, who, picture=picture, axe=axe)


@pytest.mark.timeout(420)
def test_from_the_first_page_to_the_installed_certificate(
    house: House, citizen: Citizen, tmp_path: Path
) -> None:
    before = set(house.home.rglob("*.p12"))
    seventeen.walk_to_the_application(citizen)
    seventeen.identify(citizen)
    goes_on_elsewhere(citizen)
    number = seventeen.walk_from_the_face(citizen)
    told.by_sms_and_mail(citizen, email=seventeen.email_of(citizen), number=number, answers="mail")
    print("\n" + seventeen.table(citizen))
    assert set(citizen.seen) == WITHOUT_A_CALL
    (file,) = set(house.home.rglob("*.p12")) - before
    installed_file.require_opens_and_verifies(file, seventeen.PASSWORD, tmp_path)


def goes_on_elsewhere(citizen: Citizen) -> None:
    """Another device finds the application again by IIN and code; the first one has it no longer."""
    left = citizen.another_device()
    handset.let_a_minute_pass(citizen.visit.house, citizen.who.phone)
    seventeen.walk_to_the_key_program(citizen)
    expect(citizen.page.locator("[data-earlier]")).to_be_visible()
    citizen.press("Продолжить её")
    expect(citizen.page.locator('[data-step="face"]')).to_be_visible()
    citizen.saw(10, "taken up on another device by IIN and code")
    left.goto(f"{citizen.visit.house.portal_url}/get/face")
    expect(left.locator('[data-step="start"]')).to_be_visible()
    left.context.close()
