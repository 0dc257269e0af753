"""Every page a stranger or a member of staff opens, by axe-core in both themes and by Tab alone.

The steps of longer ways are looked at where those are walked: J1 (the call), J2 (the citizen's way and the key
program), J3 (the review desk) and the cabinet. What Streamlit itself draws wrong stands in decision 0008.
"""

import pytest
from playwright.sync_api import Page
from sqlalchemy import text

from ca_core.lifecycle import CertificateState
from ca_core.roles import Role
from tests.journeys import keyboard
from tests.journeys.axe import Axe
from tests.journeys.conftest import House, Visits

pytestmark = pytest.mark.timeout(240)

PUBLIC = (
    "/", "/status?serial={valid}", "/status?serial={revoked}", "/verify", "/bmg", "/kenes", "/call/start", "/cabinet",
    "/get/start", "/not-me/unknown", "/demo/phone", "/no-such-page",
)  # fmt: skip
# Each screen once, by somebody who may open it: first an address, then the menu.
SCREENS = (
    (
        Role.SUPERVISOR,
        "/",
        ("calls", "reviews", "certificates", "statistics", "operations", "policy", "my-account"),
    ),
    (Role.RA_OFFICER, "/holder?subscriber={chain}", ("proposals",)),
    (Role.ADMINISTRATOR, "/staff", ("audit",)),
    (Role.CALL_AGENT, "/calls", ()),
)
# What a screen is opened for.
ACTS = {
    f"{Role.SUPERVISOR} /": ".home a",
    f"{Role.SUPERVISOR} certificates": ".st-key-certificates_box input",
    f"{Role.CALL_AGENT} /calls": ".toggle",
}


@pytest.fixture(scope="module")
def places(house: House) -> dict[str, str]:
    """A serial that is valid, one that is revoked, and a holder with a chain of replacements."""
    serial = "SELECT serial FROM certificate WHERE state = {} ORDER BY not_before DESC LIMIT 1"
    chain = "SELECT subscriber_id FROM certificate WHERE previous_id IS NOT NULL ORDER BY 1 LIMIT 1"
    with house.service.look() as work:
        valid, revoked, holder = (
            work.connection.execute(text(query)).scalar_one()
            for query in (
                serial.format(int(CertificateState.ACCEPTED)),
                serial.format(int(CertificateState.REVOKED)),
                chain,
            )
        )
    return {"valid": bytes(valid).hex(), "revoked": bytes(revoked).hex(), "chain": str(holder)}


def drawn(page: Page) -> None:
    """The whole of a console screen: Streamlit says when its script is through, some time after it has begun."""
    page.wait_for_timeout(300)
    page.locator("[data-testid=stApp][data-test-script-state=notRunning]").wait_for()


def test_public_pages_keep_nobody_out(house: House, visit: Visits, axe: Axe, places: dict[str, str]) -> None:
    page = visit(width=390, height=844, language="kk")
    axe.look(page, "sign-in")
    for field, typed in (("login", "nobody"), ("password", "nothing"), ("code", "000000")):
        page.fill(f"[name={field}]", typed)
    page.click("button[type=submit]")
    axe.look(page, "sign-in, refused")
    for path in PUBLIC:
        page.goto(house.portal_url + path.format(**places))
        axe.look(page, path)
        require_reachable(page, path)
    visit.expected("401|404")


def require_reachable(page: Page, path: str) -> None:
    """The link past the heading comes first, every stop is seen, and the page's acts are among them."""
    act = "main :is(.button, input, textarea, a)"
    found = keyboard.stops(page, act=act)
    assert found[0].classes == "skip", path
    assert [stop for stop in found if not stop.outlined] == [], path
    assert any(stop.is_act for stop in found) or not page.locator(act).count(), path


def test_screens_of_the_console_keep_nobody_out(visit: Visits, axe: Axe, places: dict[str, str]) -> None:
    for role, path, menu in SCREENS:
        page = visit(role, path.format(**places), language="ru")
        look(page, axe, f"{role} {path}")
        for name in menu:
            page.locator(f"[data-testid=stSidebarNavLink][href$='/{name}']").click()
            page.wait_for_url(f"**/{name}*")
            look(page, axe, f"{role} {name}")


def look(page: Page, axe: Axe, name: str) -> None:
    """By axe; where the screen has one act above all, also whether Tab alone comes to it and on past everything."""
    drawn(page)
    if name in ACTS:
        page.locator(ACTS[name]).first.wait_for()
    axe.look(page, name)
    if name not in ACTS:
        return
    address = page.url
    found = keyboard.stops(page, act=ACTS[name])
    assert page.url == address, "whoever went past it opened something"
    assert any(stop.is_act for stop in found), found
    # A field shows it by its border; the page itself is a stop where it can be scrolled.
    assert [stop for stop in found if not stop.outlined and stop.tag not in ("input", "main")] == []
