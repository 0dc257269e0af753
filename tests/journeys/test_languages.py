"""The browser is told which language a page speaks, in every process and after a change (WCAG 2.2, 3.1.1)."""

import pytest
from playwright.sync_api import Page, expect

from ca_core.roles import Role
from console import words
from tests.journeys.conftest import House, Visits

pytestmark = pytest.mark.timeout(120)


def speaks(page: Page, language: str) -> None:
    expect(page.locator("html")).to_have_attribute("lang", language)


def test_a_screen_of_the_console_speaks_what_was_chosen(visit: Visits) -> None:
    """Streamlit's own page says English whatever it shows."""
    page = visit(Role.SUPERVISOR, "/certificates", language="ru")
    expect(page.get_by_role("button", name=words.say("ru", "certificates.clear"))).to_be_visible()
    speaks(page, "ru")
    page.locator(".st-key-language_choice").get_by_text(words.say("ru", "language.short.kk")).click()
    expect(page.get_by_role("button", name=words.say("kk", "certificates.clear"))).to_be_visible()
    speaks(page, "kk")


@pytest.mark.parametrize("language", ["ru", "kk", "en"])
def test_a_page_of_the_portal_names_its_language_and_those_of_its_links(
    house: House, visit: Visits, language: str
) -> None:
    page = visit(None, "/", language=language)
    speaks(page, language)
    page.goto(f"{house.portal_url}/?lang={language}")
    speaks(page, language)
    for other in ("ru", "kk", "en"):
        expect(page.locator(f"header nav a[lang={other}]")).to_have_attribute("hreflang", other)
