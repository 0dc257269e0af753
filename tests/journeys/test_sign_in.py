"""Signing in and out in a real browser: the session survives a refresh, and ends everywhere at once."""

import re
import time

from playwright.sync_api import Page, expect

from ca_core import staff
from ca_core.roles import Role
from tests.journeys.conftest import House, Visits


def fill(page: Page, login: str, password: str, code: str) -> None:
    page.locator("[name=login]").fill(login)
    page.locator("[name=password]").fill(password)
    page.locator("[name=code]").fill(code)
    page.locator("button[type=submit]").click()


def test_sign_in_opens_the_page_that_was_asked_for_and_survives_a_refresh(
    house: House, visit: Visits
) -> None:
    analyst = house.account(Role.ANALYST)
    page = visit(path="/policy")
    expect(page).to_have_url(re.compile(r"/sign-in\?next="))
    expect(page.locator("[name=login]")).to_be_focused()
    fill(page, analyst.login, analyst.password, house.code(analyst))
    expect(page).to_have_url(f"{house.console_url}/policy")
    expect(page.get_by_text(analyst.name)).to_be_visible()
    page.reload()
    expect(page.get_by_text(analyst.name)).to_be_visible()
    expect(page).to_have_url(f"{house.console_url}/policy")
    assert "qoltanba_staff" not in page.evaluate("document.cookie")


def test_wrong_code_says_what_to_do_next_and_keeps_the_login(house: House, visit: Visits) -> None:
    moderator = house.account(Role.MODERATOR)
    page = visit()
    fill(page, moderator.login, moderator.password, "000000")
    expect(page.get_by_role("alert")).to_contain_text("staff.sign_in_refused")
    expect(page.locator("[name=login]")).to_have_value(moderator.login)
    expect(page.locator("[name=password]")).to_have_value("")
    visit.expected("401")


def test_sign_out_everywhere_blanks_the_other_browser_within_two_seconds(house: House, visit: Visits) -> None:
    """What was on the screen must not stay readable behind an error message."""
    here = visit(Role.SUPERVISOR, "/my-account", language="ru")
    there = visit(Role.SUPERVISOR, "/", language="ru")
    name = house.account(Role.SUPERVISOR).name
    expect(there.get_by_text(name)).to_be_visible()
    expect(there.get_by_role("heading", name="Сейчас")).to_be_visible()
    here.get_by_role("button", name="Выйти везде").click()
    started = time.monotonic()
    expect(there.get_by_text(name)).not_to_be_visible(timeout=4000)
    assert time.monotonic() - started < 3, "two seconds, and one for this test to notice"
    expect(there).to_have_url(re.compile(r"/sign-in"))
    expect(here).to_have_url(re.compile(r"/sign-in"))
    visit.expected("401|WebSocket")


def test_page_of_another_role_is_refused_in_words(visit: Visits) -> None:
    """Hiding a page is no authorisation: the address alone opens nothing."""
    page = visit(Role.CALL_AGENT, "/operations", language="en")
    expect(page.get_by_text("role.not_allowed")).to_be_visible()
    expect(page.get_by_role("link", name="State of the CA")).to_have_count(0)


def test_language_is_chosen_on_the_page_and_remembered(house: House, visit: Visits) -> None:
    administrator = house.account(Role.ADMINISTRATOR)
    page = visit(Role.ADMINISTRATOR, language="ru")
    expect(page.get_by_role("heading", name="Сейчас")).to_be_visible()
    page.get_by_test_id("stMain").get_by_text("Қаз", exact=True).click()
    expect(page.get_by_role("heading", name="Қазір")).to_be_visible()
    page.reload()
    expect(page.get_by_role("heading", name="Қазір")).to_be_visible()
    with house.service.look() as work:
        assert staff.account(work, staff_id=house.staff_id(administrator)).language == "kk"


def test_numbers_of_home_lead_to_their_lists_without_loading_anew(visit: Visits) -> None:
    """A load would end a call that lives in the page."""
    page = visit(Role.SUPERVISOR, language="en")
    tile = page.get_by_role("link", name=re.compile("Photos to review"))
    expect(tile).to_have_attribute("href", "/reviews")
    page.evaluate("window.still = 'the same page'")
    tile.click()
    expect(page.get_by_role("heading", name="Photos to review")).to_be_visible()
    assert page.evaluate("window.still") == "the same page"


def test_theme_can_be_chosen_against_the_machine(visit: Visits) -> None:
    """The choice holds on every page and over a reload."""
    page = visit(Role.ANALYST, language="en", scheme="light")
    app = page.get_by_test_id("stApp")
    expect(app).to_have_css("background-color", "rgb(255, 255, 255)")
    page.get_by_role("button", name="Light or dark").click()
    expect(app).to_have_css("background-color", "rgb(14, 21, 24)")
    page.get_by_role("link", name="Policy").click()
    heading = page.get_by_role("heading", name="Policy", exact=True)
    expect(heading).to_be_visible()
    page.reload()
    expect(heading).to_be_visible()
    expect(app).to_have_css("background-color", "rgb(14, 21, 24)")
