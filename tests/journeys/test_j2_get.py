"""J2: all seventeen steps in a real browser, with the real key program; the browser is closed after each (F1)."""

import re
import subprocess
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from sqlalchemy import insert

from data import schema
from runtime.demo import rendered
from tests.journeys.conftest import House, Visits
from tests.journeys.test_cabinet import code_of
from tests.journeys.test_j3_face import camera

pytestmark = pytest.mark.journey

WHO = "marina"
PASSWORD = "Tulpar7arystan"
Picture = Callable[[Page, str], Path]


@dataclass
class Citizen:
    """Walks in a browser that is closed and opened again between any two steps."""

    visit: Visits
    picture: Picture
    page: Page
    clicks: int = 0

    @property
    def context(self) -> BrowserContext:
        return self.page.context

    def opens(self, step: str, number: int) -> None:
        """Closes the browser, opens it again, and finds the same step."""
        kept = self.context.storage_state()
        self.context.close()
        self.page = _opened(self.visit, kept)
        self.page.goto(f"{self.visit.house.portal_url}/get")
        expect(self.page.locator(f'[data-step="{step}"]')).to_contain_text(f"{number} из 17")
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), step
        self.picture(self.page, f"{number:02d}-{step}")

    def press(self, name: str | re.Pattern[str]) -> None:
        self.clicks += 1
        self.page.get_by_role("button", name=name).click()

    def tick(self, label: str | re.Pattern[str]) -> None:
        self.clicks += 1
        self.page.get_by_label(label).check()

    def shows_the_face(self) -> None:
        """A move that was not seen is asked for again, as of anybody."""
        passed = self.page.locator('[data-step="access"]')
        again = self.page.get_by_role("button", name="Попробовать ещё раз")
        button = "Включить камеру и начать"
        for _ in range(5):
            self.press(button)
            expect(self.page.locator('[data-view="going"]')).to_be_visible()
            expect(passed.or_(again)).to_be_visible(timeout=90_000)
            if passed.is_visible():
                return
            button = "Попробовать ещё раз"
        raise AssertionError("the face was not taken in five tries")

    def in_the_key_program(self, name: str) -> Page:
        """The tab that the key program opens when the button is pressed."""
        with self.context.expect_page() as opened:
            self.press(name)
        return opened.value

    def answers(self, dialog: Page, button: str) -> None:
        self.clicks += 1
        dialog.locator(button).click()


def _opened(visit: Visits, kept: object = None) -> Page:
    context = visit.browser.new_context(
        viewport={"width": 390, "height": 844},
        locale="ru-RU",
        storage_state=kept,  # type: ignore[arg-type]  # what storage_state() gave
    )
    visit.contexts.append(context)
    context.add_init_script(camera(WHO))
    page = context.new_page()
    page.set_default_timeout(20_000)
    page.on("pageerror", lambda error: visit.complaints.append(f"page error: {error}"))
    return page


@pytest.fixture
def citizen(house: House, visit: Visits, picture: Picture) -> Citizen:
    who = rendered.by_name(WHO)
    assert who is not None
    with house.service.work() as work:
        # Another journey may have registered this person in a call.
        if work.bmg.of_iin(who.person.iin) is None:
            values = {"iin": who.person.iin.number, "phone": who.phone.number, "registered_by": "journey"}
            since = house.service.now() - timedelta(days=30)
            work.connection.execute(insert(schema.bmg).values(**values, since=since))
    return Citizen(visit, picture, _opened(visit))


@pytest.mark.timeout(420)
def test_from_the_first_page_to_the_installed_certificate(
    house: House,
    citizen: Citizen,
    tmp_path: Path,
) -> None:
    who = rendered.by_name(WHO)
    assert who is not None
    since, before = time.monotonic(), set(house.home.rglob("*.p12"))

    citizen.page.goto(f"{house.portal_url}/")
    citizen.page.get_by_role("link", name="Получить ЭЦП удалённо").click()
    expect(citizen.page.locator('[data-device="agent"]')).to_have_attribute("data-state", "good")
    citizen.picture(citizen.page, "01-start")
    citizen.press("Начать")

    citizen.opens("camera", 2)
    citizen.press("Включить камеру")
    citizen.press("Далее")

    citizen.opens("iin", 3)
    citizen.page.get_by_label("ИИН", exact=True).fill(who.person.iin.digits)
    citizen.tick("Нет, я сам и по своей воле")
    citizen.press("Далее")

    citizen.opens("code", 4)
    citizen.press("Отправить код")
    citizen.page.get_by_label("Шесть цифр").fill(code_of(citizen.visit, who.phone))
    citizen.press("Далее")

    # Step 7 is done by the page itself: the key program runs.
    expect(citizen.page.locator('[data-step="proceed"]')).to_be_visible()
    citizen.opens("proceed", 8)
    citizen.press("Перейти к получению ЭЦП")

    citizen.opens("identify", 9)
    citizen.page.get_by_label("Мобильный телефон").fill(who.phone.full)
    citizen.page.get_by_label("ИИН", exact=True).fill(who.person.iin.digits)
    citizen.press("Отправить код")
    citizen.page.get_by_label("Шесть цифр").fill(code_of(citizen.visit, who.phone))
    citizen.press("Далее")

    citizen.opens("face", 10)
    citizen.shows_the_face()

    citizen.opens("access", 11)
    citizen.tick("Разрешаю центру доступ к этим данным")
    citizen.press("Далее")

    citizen.opens("agreement", 12)
    citizen.tick("Прочитано, принимаю")
    citizen.press("Далее")

    citizen.opens("contact", 13)
    citizen.page.get_by_label("Электронная почта").fill("marina@example.kz")
    citizen.press("Далее")

    citizen.opens("key", 14)
    dialog = citizen.in_the_key_program("Выбрать папку и отправить заявку")
    asked = dialog.locator('button[name="allow"], button[value="choose"]')
    expect(asked).to_be_visible()
    # The site is asked about once, here or in another journey.
    if asked.get_attribute("name") == "allow":
        citizen.answers(dialog, 'button[name="allow"]')
    citizen.answers(dialog, 'button[value="choose"]')
    expect(citizen.page.locator('[data-step="status"]')).to_be_visible()
    number = citizen.page.locator("[data-number]").inner_text()

    expect(citizen.page.locator('[data-state="ISSUED"]')).to_be_visible(timeout=60_000)
    citizen.picture(citizen.page, "15-status")
    citizen.opens("password", 16)
    dialog = citizen.in_the_key_program("Задать пароль и установить")
    dialog.locator("#password").fill(PASSWORD)
    dialog.locator("#again").fill(PASSWORD)
    citizen.answers(dialog, 'button[value="set"]')
    expect(citizen.page.locator("[data-done]")).to_be_visible(timeout=60_000)

    citizen.opens("done", 17)
    figures = f"clicks {citizen.clicks}, seconds {time.monotonic() - since:.0f}\n"
    (tmp_path / "figures.txt").write_text(figures)
    assert re.fullmatch(r"[\d\s-]{11,}", number)
    (file,) = set(house.home.rglob("*.p12")) - before
    assert_opens_and_verifies(file, tmp_path)


def assert_opens_and_verifies(file: Path, folder: Path) -> None:
    """`openssl` opens the PKCS#12 with the owner's password, and verifies the certificate up to the root."""
    made = openssl("pkcs12", "-in", file, "-passin", f"pass:{PASSWORD}", "-nodes")
    certificates = re.findall(r"-----BEGIN CERTIFICATE-----.*?-----END CERTIFICATE-----\n", made, re.S)
    assert "PRIVATE KEY" in made
    assert len(certificates) == 3
    leaf, issuing, root = (folder / name for name in ("leaf.pem", "issuing.pem", "root.pem"))
    for path, pem in zip((leaf, issuing, root), certificates, strict=True):
        path.write_text(pem)
    assert "OK" in openssl("verify", "-CAfile", root, "-untrusted", issuing, leaf)


def openssl(*arguments: str | Path) -> str:
    done = subprocess.run(
        ["openssl", *map(str, arguments)], capture_output=True, text=True, check=True, timeout=30
    )
    return done.stdout
