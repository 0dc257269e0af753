"""The doors at which a stranger may type an IIN, knocked at for two kinds of people by turns; what came, and when.

Each knock is by a browser of its own about a person of its own: limits and waiting times have no part in it.
"""

import random
import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from enum import Enum
from pathlib import Path

import httpx

from ca_core.identifiers import Iin
from portal.limits import Buckets, Limits
from runtime.service import Service
from tests.portal.conftest import Served, application, make_service
from tests.portal.owners import fresh_iin
from tests.runtime.conftest import register

_FIRST_PHONE = 77030000000


class Who(Enum):
    """`NOBODY` has a valid IIN that the state register does not know."""

    NOBODY = "nobody"
    PERSON = "a person without a phone in the BMG"
    OWNER = "a person with a phone in the BMG"


@dataclass(frozen=True, slots=True)
class Answer:
    """What came back, without the IIN that was typed and what is drawn anew each time; and after how many seconds."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: str
    seconds: float

    @property
    def said(self) -> tuple[int, tuple[tuple[str, str], ...], str]:
        return self.status, self.headers, self.body


@dataclass(frozen=True, slots=True)
class House:
    service: Service
    url: str

    def somebody(self, who: Who) -> Iin:
        iin = fresh_iin()
        if who is not Who.NOBODY:
            phone = _FIRST_PHONE + int(iin.digits[7:11]) if who is Who.OWNER else None
            register(self.service, iin, phone=phone)
        return iin


@contextmanager
def opened(folder: Path) -> Iterator[House]:
    """A portal of its own, without limits by address."""
    service = make_service(folder)
    generous = Buckets(burst=1_000_000, per_second=1e5)
    limited = Limits(look_ups=generous, attempts=generous, people=generous)
    with Served(application(service, limited)) as url:
        yield House(service, url)
    service.store.engine.dispose()


Knock = Callable[[httpx.Client, Iin], httpx.Response]


def _sends_a_code(browser: httpx.Client, iin: Iin) -> httpx.Response:
    browser.get("/cabinet")
    return browser.post("/cabinet/code/send", data={"iin": iin.digits})


def _types_a_code(browser: httpx.Client, iin: Iin) -> httpx.Response:
    _sends_a_code(browser, iin)
    return browser.post("/cabinet/code", data={"code": "000000"})


def _looks_up(browser: httpx.Client, iin: Iin) -> httpx.Response:
    browser.get("/bmg")
    return browser.post("/bmg", data={"iin": iin.digits})


def _begins(browser: httpx.Client, iin: Iin) -> httpx.Response:
    browser.get("/get/start")
    browser.post("/get/start")
    browser.post("/get/camera", data={"camera": "works"})
    return browser.post("/get/iin", data={"iin": iin.digits, "company": "myself"})


def _calls(browser: httpx.Client, iin: Iin) -> httpx.Response:
    browser.post("/call/start", data={"step": "ready", "who": "myself"})
    # Whose phone it is matters to nobody before the call.
    given = {"step": "you", "iin": iin.digits, "phone": "+7 747 " + iin.digits[5:12]}
    browser.post("/call/start", data=given)
    browser.post("/call/start", data={"step": "devices"})
    return browser.post("/call", data={"consent": "yes"})


# `/bmg` and `/get` tell openly whether there is a phone (F1, 3-5): no more than that may be told.
DOORS: dict[str, tuple[Knock, tuple[Who, ...]]] = {
    "cabinet: a code is sent": (_sends_a_code, tuple(Who)),
    "cabinet: a code is typed": (_types_a_code, tuple(Who)),
    "bmg: looked up": (_looks_up, (Who.NOBODY, Who.PERSON)),
    "get: the IIN": (_begins, (Who.NOBODY, Who.PERSON)),
    "call: opened": (_calls, tuple(Who)),
}
STATUS = dict(zip(DOORS, (303, 403, 200, 303, 303), strict=True))


def knock(house: House, door: str, who: Who) -> Answer:
    act, iin = DOORS[door][0], house.somebody(who)
    with httpx.Client(base_url=house.url, trust_env=False, timeout=20) as browser:
        last = 0.0

        def begin(_request: httpx.Request) -> None:
            nonlocal last
            last = time.perf_counter()

        browser.event_hooks["request"].append(begin)
        came = act(browser, iin)
        seconds = time.perf_counter() - last
    headers = tuple(
        (name, _neutral(value, iin)) for name, value in came.headers.multi_items() if name != "date"
    )
    return Answer(came.status_code, headers, _neutral(came.text, iin), seconds)


def by_turns(house: House, door: str, one: Who, other: Who, pairs: int) -> tuple[list[Answer], list[Answer]]:
    """As many of each, in an order that a busy moment does not favour."""
    answers: dict[Who, list[Answer]] = {one: [], other: []}
    for _ in range(pairs):
        for who in random.sample((one, other), 2):
            answers[who].append(knock(house, door, who))
    return answers[one], answers[other]


def told_apart(one: list[float], other: list[float]) -> float:
    """The share of pairs in which the first took longer (Mann and Whitney's U, scaled): 0.5 tells nothing."""
    ahead = sum((a > b) + (a == b) / 2 for a in one for b in other)
    return ahead / (len(one) * len(other))


def _neutral(text: str, iin: Iin) -> str:
    """Without the IIN in its forms, and with every sealed or random text of one length in one form."""
    for form in (iin.digits, iin.masked):
        text = text.replace(form, "IIN")
    return re.sub(r"[A-Za-z0-9_\-=]{40,}", lambda found: f"<{len(found[0])}>", text)
