"""No page asks for what its policy forbids: every journey listens for that, and here is proved that it hears.

The console's screens and the public pages are all opened by `test_accessibility.py`, the steps of the longer ways where
those are walked; each of them fails for a violation.
"""

import base64
import re

import pytest
from playwright.sync_api import Page

from ca_core.roles import Role
from console import pages
from tests.journeys import eyes, test_accessibility
from tests.journeys.conftest import House, Visits

pytestmark = pytest.mark.timeout(120)

_FORBIDDEN = """() => new Promise((done) => {
  const picture = document.createElement("img");
  picture.onerror = done;
  picture.src = "https://elsewhere.test/counted.png";
})"""


def test_a_forbidden_picture_is_heard_of_at_both_doors(house: House, visit: Visits) -> None:
    page = visit(Role.ANALYST, "/my-account")
    for address in (page.url, house.portal_url):
        page.goto(address)
        page.evaluate(_FORBIDDEN)
        heard = [one for one in visit.complaints if "policy violated: img-src" in one]
        assert heard, address
        visit.expected("elsewhere.test")


def test_every_screen_is_opened_where_violations_are_heard_of() -> None:
    opened = {path.partition("?")[0] for _, path, _ in test_accessibility.SCREENS}
    opened |= {f"/{name}" for _, _, menu in test_accessibility.SCREENS for name in menu}
    assert {f"/{page.path}" for page in pages.PAGES} <= opened


def test_every_picture_of_the_console_bears_the_viewers_name(visit: Visits) -> None:
    """R14: the page lays it over stills, portraits and recordings, whichever screen draws them."""
    page = visit(Role.SUPERVISOR, "/calls")
    eyes.until(page, "getComputedStyle(document.documentElement).getPropertyValue('--qb-mark') !== ''")
    assert visit.house.account(Role.SUPERVISOR).name in drawing(page)
    laid = page.evaluate("""() => {
      const place = document.createElement("div");
      place.className = "qb-still";
      document.body.append(place);
      const mark = getComputedStyle(place, "::after");
      return [mark.backgroundImage, mark.pointerEvents, mark.position];
    }""")
    assert laid[0].startswith('url("data:image/svg+xml;base64,')
    assert laid[1:] == ["none", "absolute"]


def drawing(page: Page) -> str:
    variable = page.evaluate("getComputedStyle(document.documentElement).getPropertyValue('--qb-mark')")
    found = re.search("base64,([A-Za-z0-9+/=]+)", variable)
    assert found is not None, variable
    return base64.b64decode(found[1]).decode()
