"""Every screen in three languages, light and dark, for a person to look at: `make screenshots`.

The pictures lie in `var/screenshots`. Not a part of the tests: the file's name keeps pytest from collecting it.
"""

from pathlib import Path

import pytest
from playwright.sync_api import Page
from sqlalchemy import text

from ca_core.roles import Role
from tests.journeys.conftest import PROJECT, House, Visits

FOLDER = PROJECT / "var" / "screenshots"
LANGUAGES = ("ru", "kk", "en")
SCHEMES = ("light", "dark")
CONSOLE = (
    ("home-officer", Role.RA_OFFICER, "/"),
    ("home-supervisor", Role.SUPERVISOR, "/"),
    ("home-administrator", Role.ADMINISTRATOR, "/"),
    ("home-agent", Role.CALL_AGENT, "/"),
    ("certificates", Role.RA_OFFICER, "/certificates"),
    ("certificates-nothing", Role.RA_OFFICER, "/certificates?status=on_hold&channel=pki&storage=sim"),
    ("holder", Role.RA_OFFICER, "/holder?subscriber={chain}"),
    ("proposals", Role.RA_OFFICER, "/proposals"),
    ("statistics", Role.ANALYST, "/statistics"),
    ("reviews", Role.MODERATOR, "/reviews"),
    ("operations", Role.ADMINISTRATOR, "/operations"),
    ("policy", Role.AUDITOR, "/policy"),
    ("account", Role.ANALYST, "/my-account"),
)
PORTAL = (
    ("landing", "/"),
    ("status", "/status"),
    ("status-valid", "/status?serial={serial}"),
    ("demo-phone", "/demo/phone"),
    ("not-me", "/not-me/unknown"),
)
pytestmark = pytest.mark.timeout(600)


@pytest.fixture(scope="session")
def places(house: House) -> dict[str, str]:
    """A holder with a chain of replacements, and a serial that is valid."""
    with house.service.look() as work:
        chain = work.connection.execute(
            text("SELECT subscriber_id FROM certificate WHERE previous_id IS NOT NULL ORDER BY 1 LIMIT 1")
        ).scalar_one()
        serial = work.connection.execute(
            text("SELECT serial FROM certificate WHERE state = 4 ORDER BY not_before DESC LIMIT 1")
        ).scalar_one()
    return {"chain": str(chain), "serial": bytes(serial).hex()}


def _take(page: Page, name: str) -> None:
    page.wait_for_load_state("networkidle")
    page.wait_for_timeout(1500)
    FOLDER.mkdir(parents=True, exist_ok=True)
    page.screenshot(path=Path(FOLDER / f"{name}.png"))


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("name", "role", "path"), CONSOLE, ids=[screen[0] for screen in CONSOLE])
def test_console(
    visit: Visits, places: dict[str, str], name: str, role: Role, path: str, language: str, scheme: str
) -> None:
    page = visit(role, path.format(**places), language=language, scheme=scheme)
    page.locator("h1, h2, [data-testid=stDataFrame], [data-testid=stTextInput]").first.wait_for()
    _take(page, f"{name}-{language}-{scheme}")


@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("language", LANGUAGES)
def test_sign_in(visit: Visits, language: str, scheme: str) -> None:
    page = visit(None, "/", language=language, scheme=scheme)
    _take(page, f"sign-in-{language}-{scheme}")


@pytest.mark.parametrize("width", [390, 1440])
@pytest.mark.parametrize("scheme", SCHEMES)
@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize(("name", "path"), PORTAL, ids=[page[0] for page in PORTAL])
def test_portal(
    house: House,
    visit: Visits,
    places: dict[str, str],
    name: str,
    path: str,
    language: str,
    scheme: str,
    width: int,
) -> None:
    page = visit(
        None, "/", language=language, scheme=scheme, width=width, height=844 if width == 390 else 900
    )
    joint = "&" if "?" in path else "?"
    page.goto(f"{house.portal_url}{path.format(**places)}{joint}lang={language}")
    _take(page, f"portal-{name}-{language}-{scheme}-{width}")
    visit.expected("404")
