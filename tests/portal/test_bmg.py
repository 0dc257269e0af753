"""/bmg: whether a phone is registered for an IIN, and the way to the video call (F1, 3-5)."""

import time
from collections.abc import Iterator

import httpx
import pytest

from portal import dossier_cookie
from portal.limits import Buckets, Limits
from tests.portal.conftest import House, Served, application
from tests.runtime.conftest import iin

KNOWN = iin(1).digits
UNKNOWN = iin(41).digits


def asked(browser: httpx.Client, typed: str) -> httpx.Response:
    return browser.post("/bmg", data={"iin": typed})


def test_a_registered_iin_is_told_neutrally(browser: httpx.Client) -> None:
    """Nothing of the phone is shown: anybody may have typed this IIN (R14)."""
    page = asked(browser, KNOWN)
    assert (page.status_code, 'data-bmg="registered"' in page.text) == (200, True)
    assert "701" not in page.text
    assert "/call/start" in page.text


def test_an_unregistered_iin_leads_to_the_video_call(browser: httpx.Client) -> None:
    page = asked(browser, f"{UNKNOWN[:6]} {UNKNOWN[6:]}")
    assert 'data-bmg="unknown"' in page.text
    assert 'href="/call/start"' in page.text


def test_the_iin_is_kept_for_the_call_and_stands_in_no_address(browser: httpx.Client) -> None:
    page = asked(browser, UNKNOWN)
    assert UNKNOWN not in page.text
    assert UNKNOWN not in str(page.headers)
    browser.post("/call/start", data={"step": "ready", "who": "myself", "need": ""})
    assert f'value="{UNKNOWN}"' in browser.get("/call/start?step=you").text


def test_what_is_no_iin_is_refused_and_named(browser: httpx.Client) -> None:
    wrong = UNKNOWN[:-1] + str((int(UNKNOWN[-1]) + 1) % 10)
    for typed in ("", "12", wrong, "8703123" * 30):
        answer = asked(browser, typed)
        assert (answer.status_code, "iin.invalid" in answer.text) == (400, True)


def test_the_page_warns_who_is_asked_for_more(browser: httpx.Client) -> None:
    """R13."""
    page = browser.get("/bmg", headers={"Accept-Language": "ru"}).text
    assert "по телефону и в сообщениях мы его не просим" in page
    assert "никогда не спрашиваем ПИН" in page


@pytest.fixture
def slow(house: House) -> Iterator[httpx.Client]:
    few, many = Buckets(burst=2, per_second=1 / 60), Buckets(burst=1000, per_second=1000)
    limited = Limits(look_ups=many, attempts=many, people=few)
    with (
        Served(application(house.fresh_service(), limited)) as url,
        httpx.Client(base_url=url, trust_env=False) as client,
    ):
        yield client


def test_who_guesses_iins_waits(slow: httpx.Client) -> None:
    assert [asked(slow, iin(n).digits).status_code for n in (1, 2, 3)] == [200, 200, 429]
    assert slow.post("/call/back", data={"phone": "+7 701 123 45 68"}).status_code == 429
    assert slow.post("/call", data={"consent": "yes"}).status_code == 429
    assert slow.get("/bmg").status_code == 200


def test_found_or_not_the_answer_comes_at_an_even_moment(browser: httpx.Client) -> None:
    """F1: found and not found take the same time, to the next 400 ms."""
    for typed in (KNOWN, UNKNOWN, "12"):
        since = time.monotonic()
        asked(browser, typed)
        took = time.monotonic() - since
        assert took >= 0.4
        assert took % 0.4 < 0.3 or took > 2, "room for a busy machine"


def test_one_browser_asks_about_few_people_whatever_process_answers(house: House) -> None:
    """R14: the count is stored, under the digest of the browser's own cookie."""
    cookies = {dossier_cookie.COOKIE: dossier_cookie.fresh()}
    allowed = house.service.policy.identification.look_ups_of_a_browser
    numbers = [iin(100 + 20 * n).digits for n in range(allowed + 1)]
    with httpx.Client(base_url=house.url, trust_env=False, timeout=20, cookies=cookies) as client:
        statuses = [asked(client, number).status_code for number in numbers]
    assert statuses == [200] * allowed + [429]
