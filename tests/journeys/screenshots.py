"""Every screen in three languages, light and dark, for a person to look at: `make screenshots`.

The pictures lie in `var/screenshots`. Not a part of the tests: the file's name keeps pytest from collecting it.
"""

from collections.abc import Callable
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Page
from sqlalchemy import text

from ca_core.roles import Role
from runtime.demo import rendered
from runtime.demo.rendered import RenderedPerson
from runtime.demo.rendered.specimens import Fault
from tests.journeys import cameras, talking, test_j3_review
from tests.journeys.conftest import PROJECT, House, Visits
from tests.journeys.pictured_way import Way

FOLDER = PROJECT / "var" / "screenshots"
LANGUAGES = ("ru", "kk", "en")
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
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
    ("audit", Role.AUDITOR, "/audit"),
    ("staff", Role.ADMINISTRATOR, "/staff"),
    ("account", Role.ANALYST, "/my-account"),
    ("calls-idle", Role.CALL_AGENT, "/calls"),
    ("calls-list", Role.SUPERVISOR, "/calls"),
)
PORTAL = (
    ("landing", "/"),
    ("status", "/status"),
    ("status-valid", "/status?serial={serial}"),
    ("demo-phone", "/demo/phone"),
    ("not-me", "/not-me/unknown"),
    ("bmg", "/bmg"),
    ("call-start", "/call/start"),
    ("kenes", "/kenes"),
    ("cabinet", "/cabinet"),
    ("verify", "/verify"),
)
# For each language a person whose face passes.
WALKERS = ("marina", "aigul", "timur")
# The desk on a usual and on a small screen; the citizen's page on a phone and on a computer.
DESK = ((1440, 900), (1280, 720))
CITIZEN = ((390, 844), (1440, 900))
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


def _take_all(page: Page, name: str, sizes: tuple[tuple[int, int], ...]) -> None:
    """In both schemes and in each size; the page is left as it was, light and in the first."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for scheme in reversed(SCHEMES):
        page.emulate_media(color_scheme=scheme)
        for width, height in reversed(sizes):
            page.set_viewport_size({"width": width, "height": height})
            page.wait_for_timeout(700)
            page.screenshot(path=FOLDER / f"{name}-{scheme}-{width}.png")


@pytest.mark.parametrize(("number", "language"), list(enumerate(LANGUAGES)), ids=LANGUAGES)
def test_call(house: House, visit: Visits, number: int, language: str) -> None:
    """A whole call, at its steps: what the agent sees, and what the citizen sees at the same time."""
    person, helper = rendered.PEOPLE[number], rendered.PEOPLE[-1]
    desk = visit(Role.CALL_AGENT, "/calls", language=language, script=cameras.script(helper))
    citizen = visit(
        None, "/", language=language, width=390, height=844, script=cameras.script(person, Fault.WRONG_DIGIT)
    )
    desk.set_default_timeout(60_000)
    citizen.set_default_timeout(60_000)

    def both(name: str) -> None:
        _take_all(desk, f"call-{name}-{language}", DESK)
        _take_all(citizen, f"citizen-{name}-{language}", CITIZEN)

    _walk_to_the_queue(house, citizen, person, language)
    _take_all(citizen, f"citizen-queued-{language}", CITIZEN)
    desk.locator(".dock .toggle").click()
    desk.locator(".dock .accept").wait_for()
    _take(desk, f"call-offer-{language}-light-1440")
    desk.locator(".dock .accept").click()
    citizen.locator("[data-do=answer]").wait_for()
    _take(citizen, f"citizen-ringing-{language}-light-390")
    citizen.click("[data-do=answer]")
    desk.locator(".st-key-greeted button").first.wait_for()
    both("greeting")
    desk.locator(".st-key-greeted button").first.click()
    desk.locator(".st-key-pressure_done").first.wait_for()
    both("pressure")
    talking.answer_pressure(desk)
    _show_documents(desk, citizen, both)
    _show_the_face(desk, citizen, both)
    talking.say_aloud(desk, person)
    talking.passed(desk, "spoken")
    desk.locator(".st-key-code_send button").first.click()
    citizen.locator("#code").wait_for()
    both("code")
    for name in ("refuse", "escalate"):
        desk.locator(f".st-key-bar_{name} button").first.click()
        desk.locator(f".st-key-{name}_confirm").first.wait_for()
        both(name)
    citizen.locator("#code").fill(talking.code_of(house, person))
    citizen.locator("[data-code] button").first.click()
    talking.passed(desk, "code")
    desk.locator(".st-key-register button").first.click()
    desk.locator(".st-key-call_done").first.wait_for()
    both("registered")
    desk.locator(".dock .end").click()
    desk.locator(".dock .end-now").click()
    citizen.locator("[data-ended]").wait_for()
    both("ended")
    desk.locator(".dock .finish").click()


@pytest.mark.parametrize(("who", "language"), list(zip(WALKERS, LANGUAGES, strict=True)), ids=LANGUAGES)
def test_way(house: House, visit: Visits, who: str, language: str) -> None:
    """All seventeen steps, the key program's pages between them, looking back, and the cabinet afterwards."""
    person = rendered.by_name(who)
    assert person is not None
    page = visit(None, "/", language=language, width=390, height=844, script=cameras.face(person))

    def take(shown: Page, name: str) -> None:
        _take_all(shown, f"{name}-{language}", CITIZEN)

    Way(house, page, person, language, take).walk()
    # One IIN was typed wrong on purpose.
    visit.expected("400")


@pytest.mark.parametrize("language", LANGUAGES)
def test_review_desk(visit: Visits, language: str) -> None:
    """A flagged photo from the queue to the decision that can still be taken back."""
    page = visit(Role.MODERATOR, "/reviews", language=language)
    page.locator(".desk .take").wait_for(timeout=30_000)
    _take_all(page, f"review-waiting-{language}", DESK)
    test_j3_review.take(page)
    _take_all(page, f"review-photo-{language}", DESK)
    test_j3_review.press(page, "5", "y", "y")
    _take_all(page, f"review-answered-{language}", DESK)
    test_j3_review.press(page, "r")
    page.wait_for_timeout(500)
    _take_all(page, f"review-reasons-{language}", DESK)
    test_j3_review.press(page, "Escape", "a")
    test_j3_review.decided(page)
    _take_all(page, f"review-decided-{language}", DESK)


def _walk_to_the_queue(house: House, citizen: Page, person: RenderedPerson, language: str) -> None:
    citizen.goto(f"{house.portal_url}/call/start?lang={language}")
    citizen.check("input[name=who][value=myself]")
    citizen.click("main form.ask button.button")
    citizen.fill("#iin", person.person.iin.digits)
    citizen.fill("#phone", person.phone.full)
    _take_all(citizen, f"citizen-you-{language}", CITIZEN)
    citizen.click("main form.ask button.button")
    citizen.click("[data-start]")
    for device in ("camera", "microphone", "network"):
        citizen.locator(f"[data-device={device}][data-state=good]").wait_for()
    citizen.click("[data-sound=good]")
    _take_all(citizen, f"citizen-devices-{language}", CITIZEN)
    citizen.click("[data-go]")
    citizen.check("input[name=consent]")
    _take_all(citizen, f"citizen-consent-{language}", CITIZEN)
    citizen.click("main form.ask button.button")
    citizen.locator("[data-screen=queued]").wait_for()


def _show_documents(desk: Page, citizen: Page, both: Callable[[str], None]) -> None:
    """One with a wrong digit, then the good one."""
    talking.go_to(desk, "document")
    desk.locator(".st-key-show_document button").first.click()
    for shown, name in ((Fault.WRONG_DIGIT.value, "reading-wrong"), ("document", "reading")):
        talking.show(citizen, shown)
        desk.locator(".st-key-take_document_front button").first.click()
        outcome = desk.locator(".st-key-step_reading button", has_text="✕" if shown != "document" else "✓")
        outcome.first.wait_for(timeout=120_000)
        desk.locator(".qb-passport").first.wait_for()
        both(name)
    talking.go_to(desk, "features")
    desk.locator(".st-key-features_done").first.wait_for()
    both("features")
    talking.tick_features(desk)


def _show_the_face(desk: Page, citizen: Page, both: Callable[[str], None]) -> None:
    talking.show(citizen, "face")
    talking.go_to(desk, "face")
    desk.locator(".st-key-show_face button").first.click()
    desk.locator(".st-key-take_face button").first.click()
    desk.locator(".st-key-opinion_same").first.wait_for()
    both("face")
    desk.locator(".st-key-opinion_same button").first.click()
    talking.passed(desk, "face", patience_seconds=60)
    both("face-bands")
