"""A citizen before a browser: presses, types, closes it and opens it again; what that took is counted."""

import re
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import BrowserContext, Locator, Page, expect

from runtime.demo.rendered import RenderedPerson
from tests.journeys import cameras
from tests.journeys.axe import Axe
from tests.journeys.conftest import Visits
from tests.journeys.handset import Handset
from tests.journeys.stopwatch import Stopwatch

Words = str | re.Pattern[str]
STEPS = 17
CODE_ON_ITS_WAY = "a code on its way"
KEY_PROGRAM = "the key program"


@dataclass
class Citizen:
    """`closes`: the browser is closed and opened again before each step. `seen`: by step, what was looked at.

    `axe` looks at every page that this citizen comes to.
    """

    visit: Visits
    who: RenderedPerson
    closes: bool = True
    picture: Callable[[Page, str], Path] | None = None
    axe: Axe | None = None
    clicks: int = 0
    typed: int = 0
    tries: int = 0
    seen: dict[int, list[str]] = field(default_factory=dict)
    stopwatch: Stopwatch = field(default_factory=Stopwatch)
    page: Page = field(init=False)
    handset: Handset = field(init=False)

    def __post_init__(self) -> None:
        self.handset = Handset(self.visit.house, self.who.phone.digits)
        self.page = self._opened(None)

    @property
    def context(self) -> BrowserContext:
        return self.page.context

    def arrives(self, step: str, number: int) -> None:
        """The step to do is this one: also, where this citizen closes it, in a browser that was opened again."""
        if self.closes:
            self.closes_the_browser()
            self.page.goto(f"{self.visit.house.portal_url}/get")
        expect(self.page.locator(f'[data-step="{step}"]')).to_contain_text(f"{number} из {STEPS}")
        # F1: every step has a hint, the hotline and Kenes. R13 stands below each.
        expect(self.page.locator("main .hint").first).to_be_visible()
        expect(self.page.locator("main a[href='tel:1414']").first).to_be_visible()
        expect(self.page.locator(".kenes > summary")).to_be_visible()
        expect(self.page.locator("footer")).to_contain_text("ПИН")
        assert self.page.evaluate("document.documentElement.scrollWidth <= innerWidth"), step
        if self.closes:
            self.saw(number, "there again after the browser was closed")
        if self.picture is not None:
            self.picture(self.page, f"{number:02d}-{step}")
        self.looks_at(self.page, f"step {number}, {step}")

    def saw(self, number: int, what: str) -> None:
        """To be called after the assertion."""
        known = self.seen.setdefault(number, [])
        if what not in known:
            known.append(what)

    def closes_the_browser(self) -> None:
        """And opens it again: only cookies with a date of their own are still there."""
        kept = self.context.storage_state()
        kept["cookies"] = [cookie for cookie in kept["cookies"] if cookie["expires"] > 0]
        self.context.close()
        self.page = self._opened(kept)

    def another_device(self) -> Page:
        """Knows nothing of this citizen. What was on the first one's screen stays there."""
        left = self.page
        self.page = self._opened(None)
        return left

    def looks_at(self, page: Page, name: str) -> None:
        if self.axe is not None:
            self.axe.look(page, name)

    def press(self, name: Words) -> None:
        self.click(self.page.get_by_role("button", name=name))

    def follow(self, name: Words) -> None:
        self.click(self.page.get_by_role("link", name=name))

    def tick(self, label: Words) -> None:
        self.clicks += 1
        self.page.get_by_label(label).check()

    def click(self, target: Locator) -> None:
        self.clicks += 1
        target.click()

    def type(self, field_of_form: Locator, text: str) -> None:
        self.typed += 1
        field_of_form.fill(text)

    def types_the_code(self) -> None:
        """Asks for a code, reads it on the telephone, types it, goes on."""
        with self.stopwatch.waiting(CODE_ON_ITS_WAY):
            self.press("Отправить код")
            code = self.handset.code()
        self.looks_at(self.page, f"a code was sent, {self.page.url}")
        self.type(self.page.get_by_label("Шесть цифр"), code)
        self.press("Далее")

    def in_the_key_program(self, name: Words) -> Page:
        """The tab that the key program opens when the button is pressed."""
        with self.stopwatch.waiting(KEY_PROGRAM):
            with self.context.expect_page() as opened:
                self.press(name)
            expect(opened.value.locator("form").first).to_be_visible()
        self.looks_at(opened.value, f"the key program: {name}")
        return opened.value

    def _opened(self, kept: object) -> Page:
        context = self.visit.browser.new_context(
            viewport={"width": 390, "height": 844},
            locale="ru-RU",
            storage_state=kept,  # type: ignore[arg-type]  # what storage_state() gave
        )
        self.visit.contexts.append(context)
        context.add_init_script(cameras.whole_way(self.who))
        page = context.new_page()
        page.set_default_timeout(20_000)
        self.visit.listen(page)
        self.stopwatch.listen(page, self.visit.house.portal_url)
        return page
