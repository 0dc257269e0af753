"""J1 and J2 as one way: nobody in the BMG, no key program, a call, and the ЭЦП at the end (F1, F2).

One citizen whose browser is closed and opened again before every step; one agent at the real desk.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Page, expect

from ca_core.call import Decision
from ca_core.roles import Role
from runtime.demo import rendered
from tests.journeys import installed_file, processes, registering, seventeen, talking, told
from tests.journeys.citizens import STEPS, Citizen
from tests.journeys.conftest import House, Visits

AGENT_NUMBER = 1  # agent2 speaks Russian


@pytest.fixture
def without_key_program(house: House) -> Iterator[None]:
    """A computer that has none yet; the next journey finds it running, as before."""
    house.key_program.end()
    yield
    house.key_program.end()
    house.key_program.start()


@pytest.fixture
def citizen(house: House, visit: Visits, picture: Callable[[Page, str], Path]) -> Citizen:
    talking.clear(house)
    who = rendered.by_name("timur")
    assert who is not None
    with house.service.look() as work:
        assert work.bmg.of_iin(who.person.iin) is None
    return Citizen(visit, who, picture=picture)


@pytest.mark.timeout(500)
@pytest.mark.usefixtures("without_key_program")
def test_from_an_unknown_phone_through_a_call_to_the_notices(
    house: House, visit: Visits, citizen: Citizen, tmp_path: Path
) -> None:
    before = set(house.home.rglob("*.p12"))
    agent = visit(Role.CALL_AGENT, "/calls", number=AGENT_NUMBER, language="ru")
    agent.set_default_timeout(45_000)

    seventeen.open_start(citizen)
    seventeen.check_list(citizen, agent="bad")
    seventeen.start(citizen)
    seventeen.camera(citizen, refused_first=True)
    seventeen.iin(citizen)

    led_to_the_call(citizen)
    is_registered(house, citizen, agent)
    seventeen.code(citizen, 6)
    installs_the_key_program(house, citizen, tmp_path)

    seventeen.proceed(citizen)
    seventeen.identify(citizen)
    seventeen.face(citizen)
    seventeen.agree(citizen)
    seventeen.contact(citizen, seventeen.email_of(citizen))
    with processes.frozen(house, "jobs", "run"):
        number = seventeen.send_application(citizen, folder="Documents")
        citizen.arrives("status", 15)
        expect(citizen.page.locator('[data-state="SUBMITTED"]')).to_be_visible()
        assert citizen.page.locator("[data-number]").inner_text() == number
    seventeen.wait_for_the_certificate(citizen)
    iin, phone = citizen.who.person.iin.digits, citizen.who.phone.digits
    named, owned = "Похож на имя файла или папки", "ваш ИИН, телефон"
    seventeen.install(citizen, refused=((f"Xx{iin}", owned), (f"Xx{phone}", owned), ("Documents7a", named)))
    seventeen.done(citizen)
    told.by_sms_and_mail(citizen, email=seventeen.email_of(citizen), number=number, answers="sms")

    print("\n" + seventeen.table(citizen))
    assert set(citizen.seen) == set(range(1, STEPS + 1)) - {4}
    (file,) = set(house.home.rglob("*.p12")) - before
    assert file.parent == house.home / "Documents"
    installed_file.require_opens_and_verifies(file, seventeen.PASSWORD, tmp_path)


def led_to_the_call(citizen: Citizen) -> None:
    """Step 5 by Kenes: what was entered before need not be entered again."""
    citizen.arrives("call", 5)
    page = citizen.page
    expect(page.locator("main .lead")).to_contain_text("телефона в базе мобильных граждан нет")
    citizen.saw(3, "looked up in the BMG: not found")
    # No code was asked for: there is nothing to look back at but the IIN.
    expect(page.locator(".way-back a")).to_have_attribute("href", "/get/iin")
    page.goto(f"{citizen.visit.house.portal_url}/get/code")
    expect(page.locator('[data-step="call"]')).to_be_visible()
    citizen.click(page.locator(".kenes > summary"))
    citizen.click(page.locator(".kenes").get_by_role("link", name="Видеозвонок"))
    citizen.click(page.locator("input[name=who][value=myself]"))
    citizen.click(page.locator("main form.ask button.button"))
    expect(page.locator("#iin")).to_have_value(citizen.who.person.iin.digits)
    citizen.type(page.locator("#phone"), citizen.who.phone.full)
    citizen.click(page.locator("main form.ask button.button"))
    registering.check_devices(page)
    citizen.click(page.locator("input[name=consent]"))
    citizen.click(page.locator("main form.ask button.button"))
    expect(page.locator("[data-screen=queued]")).to_be_visible()
    citizen.saw(5, "Kenes, 'Video call', the IIN is there already, the queue")


def is_registered(house: House, citizen: Citizen, agent: Page) -> None:
    """The browser is closed in the queue, too; after the call the citizen is led back to their way."""
    citizen.arrives("call", 5)
    citizen.press("Видеозвонок с оператором")
    expect(citizen.page.locator("[data-screen=queued]")).to_be_visible()
    citizen.saw(5, "the same place in the queue after the browser was closed")
    agent.locator(".dock .toggle").click()
    registering.meet(agent, citizen.page)
    talking.see_each_other(agent, citizen.page)
    registering.go_through_the_checklist(agent, citizen.page, house, citizen.who)
    registering.register(agent)
    assert talking.newest(house).decision is Decision.REGISTERED
    talking.hang_up(agent)
    ended = citizen.page.locator("[data-decision=registered]")
    expect(ended).to_be_visible(timeout=15_000)
    citizen.saw(5, "an agent saw, read, compared and registered in a real call")
    citizen.handset.notice(re.compile("зарегистрирован в базе мобильных граждан"))
    citizen.click(ended.locator("a[href='/get']"))
    expect(citizen.page.locator('[data-step="code"]')).to_contain_text(f"6 из {STEPS}")


def installs_the_key_program(house: House, citizen: Citizen, folder: Path) -> None:
    """Step 7: absent, so offered; the file is what its page says of it; what it starts is noticed by the page."""
    citizen.arrives("agent", 7)
    page = citizen.page
    installer = page.get_by_role("link", name="Скачать программу")
    expect(installer).to_be_visible(timeout=15_000)
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")
    with page.expect_download() as given:
        citizen.click(installer)
    wheel = folder / given.value.suggested_filename
    given.value.save_as(wheel)
    digest = page.locator("code.digest").inner_text()
    assert hashlib.sha256(wheel.read_bytes()).hexdigest() == digest
    citizen.saw(7, "not running: its installer is offered, and the file is the one of the digest shown")
    house.key_program.start_downloaded(wheel, folder / "installed")
    citizen.visit.expected(rf"127\.0\.0\.1:{house.service.settings.keyagent_port}")
