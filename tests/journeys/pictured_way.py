"""One citizen's way through the seventeen steps and into the cabinet, in any language, for pictures of every page."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field

from playwright.sync_api import Page, WebSocketRoute
from sqlalchemy import delete, insert

from data import schema
from runtime.demo.rendered import RenderedPerson
from tests.journeys import seventeen
from tests.journeys.conftest import House
from tests.journeys.handset import Handset, let_a_minute_pass

Take = Callable[[Page, str], None]
# Kept off every page on which a picture is taken, as long as `hidden` says so.
_KEY_PROGRAM = re.compile(r"^wss?://127\.0\.0\.1:")
_TRIES = 5


@dataclass
class Way:
    """`take` is told the page and the picture's name."""

    house: House
    page: Page
    who: RenderedPerson
    language: str
    take: Take
    hidden: bool = False
    handset: Handset = field(init=False)

    def __post_init__(self) -> None:
        self.handset = Handset(self.house, self.who.phone.digits)
        self.page.set_default_timeout(60_000)
        self.page.context.route_web_socket(_KEY_PROGRAM, self._let_through)

    def walk(self) -> None:
        self._to_the_code()
        self._without_the_phone()
        self._to_the_face()
        self._terms()
        self._key()
        self._password()
        self._cabinet()

    def _let_through(self, route: WebSocketRoute) -> None:
        if self.hidden:
            route.close()
        else:
            route.connect_to_server()

    def _open(self, path: str) -> None:
        self.page.goto(f"{self.house.portal_url}{path}?lang={self.language}")

    def _at(self, step: str) -> None:
        self.page.locator(f'[data-step="{step}"]').wait_for()
        self.take(self.page, f"get-{step}")

    def _press(self, action: str, button: str = "button.button") -> None:
        self.page.locator(f'main form[action="/get/{action}"] {button}').first.click()

    def _confirm(self, action: str) -> None:
        self.page.fill("#code", self.handset.code())
        let_a_minute_pass(self.house, self.who.phone)
        self.page.locator(f'form[action="{action}"]:has(#code) button').click()

    def _register(self) -> None:
        """By somebody who is on a call with them."""
        values = {"iin": self.who.person.iin.number, "phone": self.who.phone.number}
        with self.house.service.work() as work:
            work.connection.execute(delete(schema.bmg).where(schema.bmg.c.iin == values["iin"]))
            since = self.house.service.now()
            work.connection.execute(insert(schema.bmg).values(**values, since=since, registered_by="picture"))

    def _to_the_code(self) -> None:
        seventeen.have_in_bmg(self.house, self.who)
        self._open("/get/start")
        self.page.locator('[data-device="agent"][data-state="good"]').wait_for()
        self._at("start")
        self._press("start")
        self._at("camera")
        self.page.click("[data-test]")
        self.page.locator("[data-works] button").wait_for()
        self.take(self.page, "get-camera-works")
        self.page.click("[data-works] button")
        self._at("iin")
        self.page.fill("#iin", "870312300123")
        self.page.check("input[value=myself]")
        self._press("iin")
        self.page.locator(".verdict.bad").wait_for()
        self.take(self.page, "get-iin-wrong")
        self.page.fill("#iin", self.who.person.iin.digits)
        self._press("iin")

    def _without_the_phone(self) -> None:
        self._at("code")
        self._press("code", "button[value=lost]")
        self._at("call")
        self.hidden = True
        self._register()
        self.page.goto(f"{self.house.portal_url}/get")
        self._press("code", "button[value=send]")
        self.page.locator("#code").wait_for()
        self.take(self.page, "get-code-sent")
        self._confirm("/get/code")
        self.page.locator("[data-installer]").wait_for()
        self._at("agent")
        self.hidden = False

    def _to_the_face(self) -> None:
        self._at("proceed")
        self._press("proceed")
        self._at("identify")
        self.page.fill("#phone", self.who.phone.full)
        self.page.fill("#iin", self.who.person.iin.digits)
        self._press("identify")
        self.page.locator("#code").wait_for()
        self.take(self.page, "get-identify-sent")
        self._confirm("/get/identify")
        self._at("face")
        passed = self.page.locator('[data-step="access"]')
        again = self.page.locator('[data-view="again"]')
        for number in range(_TRIES):
            self.page.click("[data-start]")
            self.page.locator('[data-view="going"]').wait_for()
            if not number:
                self.take(self.page, "get-face-going")
            passed.or_(again).first.wait_for(timeout=90_000)
            if passed.is_visible():
                return
            self.take(self.page, "get-face-again")
        raise AssertionError("the face was not taken")

    def _terms(self) -> None:
        for step in ("access", "agreement"):
            self._at(step)
            self.page.check("input[name=agreed]")
            self._press(step)
        self._at("contact")
        self.page.fill("#email", f"{self.who.name}@example.kz")
        self._press("contact")

    def _key(self) -> None:
        self._at("key")
        self.page.click("[data-kinds] summary")
        self.page.check("input[value='RSA-2048']")
        self.take(self.page, "get-key-kinds")
        with self.page.context.expect_page() as opened:
            self.page.click("[data-agent] button")
        dialog = opened.value
        allow, choose = dialog.locator('button[name="allow"]'), dialog.locator('button[value="choose"]')
        allow.or_(choose).wait_for()
        # The site is asked about once, here or in another walk.
        if allow.is_visible():
            self.take(dialog, "key-program-site")
            allow.click()
            choose.wait_for()
        self.take(dialog, "key-program-folder")
        self.page.bring_to_front()
        self.take(self.page, "get-key-asked")
        choose.click()
        self.page.locator('[data-state="ISSUED"]').wait_for()
        self._at("status")

    def _password(self) -> None:
        self.page.goto(f"{self.house.portal_url}/get")
        self._at("password")
        with self.page.context.expect_page() as opened:
            self.page.click("[data-agent] button")
        dialog = opened.value
        dialog.fill("#password", seventeen.PASSWORD)
        dialog.fill("#again", seventeen.PASSWORD)
        self.take(dialog, "key-program-password")
        dialog.click('button[value="set"]')
        self.page.locator("[data-done]").wait_for()
        self._at("done")
        for slug in ("iin", "agreement"):
            self._open(f"/get/{slug}")
            self.page.locator("[data-past]").wait_for()
            self.take(self.page, f"get-past-{slug}")

    def _cabinet(self) -> None:
        self._open("/cabinet")
        self.page.fill("#iin", self.who.person.iin.digits)
        self.page.locator('form[action="/cabinet/code/send"] button').click()
        self.page.locator("#code").wait_for()
        self.take(self.page, "cabinet-code")
        self._confirm("/cabinet/code")
        self.page.locator("[data-serial]").first.wait_for()
        self.take(self.page, "cabinet-list")
        address = self.page.locator("[data-serial] a.button").first.get_attribute("href") or ""
        for name in ("", "/revoke", "/renew"):
            self._open(address + name)
            self.take(self.page, f"cabinet-certificate{name.replace('/', '-')}")
        for name in ("views", "password"):
            self._open(f"/cabinet/{name}")
            self.take(self.page, f"cabinet-{name}")
