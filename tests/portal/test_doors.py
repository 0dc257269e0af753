"""Which addresses there are, and what every one of them passes."""

import logging
import re
import time
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.routing import Mount, Route

from portal import app, protection
from portal.limits import Buckets, Limits, network
from runtime import authority, settings
from tests.portal.conftest import House, Owned, Served, application

# Everything that this process answers, and by which methods. A new address is added here on purpose.
OPEN = {
    "/": "GET HEAD",
    "/cps": "GET HEAD",
    "/status": "GET HEAD POST",
    "/api/status": "GET HEAD",
    "/api/renewals/{number}/signature": "POST",
    "/bmg": "GET HEAD POST",
    "/kenes": "GET HEAD",
    "/call/start": "GET HEAD POST",
    "/call": "GET HEAD POST",
    "/call/ticket": "POST",
    "/call/back": "POST",
    "/call/back/{token}": "GET HEAD",
    "/not-me/{token}": "GET HEAD POST",
    "/get": "GET HEAD",
    "/get/start": "GET HEAD POST",
    "/get/camera": "GET HEAD POST",
    "/get/iin": "GET HEAD POST",
    "/get/code": "GET HEAD POST",
    "/get/call": "GET HEAD POST",
    "/get/agent": "GET HEAD POST",
    "/get/proceed": "GET HEAD POST",
    "/get/resume": "GET HEAD POST",
    "/get/identify": "GET HEAD POST",
    "/get/access": "GET HEAD POST",
    "/get/agreement": "GET HEAD POST",
    "/get/contact": "GET HEAD POST",
    "/get/key": "GET HEAD",
    "/get/key/request": "POST",
    "/get/status": "GET HEAD",
    "/get/again": "GET HEAD POST",
    "/get/withdraw": "GET HEAD POST",
    "/get/password": "GET HEAD",
    "/get/password/installed": "POST",
    "/get/done": "GET HEAD",
    "/get/statement/{language}.pdf": "GET HEAD",
    "/keyagent/{name}": "GET HEAD",
    "/get/face": "GET HEAD",
    "/get/face/burst": "POST",
    "/get/face/draw": "POST",
    "/get/face/judge": "POST",
    "/verify": "GET HEAD POST",
    "/cabinet": "GET HEAD",
    "/cabinet/code": "GET HEAD POST",
    "/cabinet/code/send": "GET HEAD POST",
    "/cabinet/key": "POST",
    "/cabinet/key/nonce": "POST",
    "/cabinet/sign-out": "POST",
    "/cabinet/views": "GET HEAD",
    "/cabinet/password": "GET HEAD",
    "/cabinet/report.csv": "GET HEAD",
    "/cabinet/certificates/{serial}": "GET HEAD",
    "/cabinet/certificates/{serial}/file": "GET HEAD",
    "/cabinet/certificates/{serial}/revoke": "GET HEAD POST",
    "/cabinet/certificates/{serial}/not-me": "GET HEAD POST",
    "/cabinet/certificates/{serial}/release": "GET HEAD POST",
    "/cabinet/certificates/{serial}/renew": "GET HEAD POST",
    "/cabinet/renewals/{serial}": "GET HEAD",
    "/cabinet/renewals/taken": "POST",
    "/ocsp": "POST",
    "/ocsp/{question:path}": "GET HEAD",
    "/crl/issuing.crl": "GET HEAD",
    "/crl/root.crl": "GET HEAD",
    "/ca/issuing.cer": "GET HEAD",
    "/ca/root.cer": "GET HEAD",
    "/health": "GET HEAD",
    "/ready": "GET HEAD",
    "/static": "files",
}
DEMO_ONLY = {"/demo/phone": "GET HEAD POST", "/demo/phone/changes": "GET HEAD"}


def routes(house: House) -> dict[str, str]:
    found: dict[str, set[str]] = {}
    for route in house.app.routes:
        assert isinstance(route, Route | Mount)
        methods = set(route.methods or ()) if isinstance(route, Route) else {"files"}
        found.setdefault(route.path, set()).update(methods)
    return {path: " ".join(sorted(methods)) for path, methods in found.items()}


def test_the_portal_answers_these_addresses_and_no_others(house: House) -> None:
    assert routes(house) == OPEN | DEMO_ONLY


@pytest.mark.parametrize(
    "path",
    [
        "/",
        "/cps",
        "/status",
        "/demo/phone",
        "/no-such-page",
        "/not-me/x",
        "/bmg",
        "/kenes",
        "/static/portal.css",
    ],
)
def test_every_page_bears_the_security_headers(browser: httpx.Client, path: str) -> None:
    headers = browser.get(path).headers
    assert headers["content-security-policy"] == protection.CONTENT_POLICY
    assert "unsafe" not in protection.CONTENT_POLICY
    assert headers["x-content-type-options"] == "nosniff"
    # The address of a "not me" page is a secret.
    assert headers["referrer-policy"] == "no-referrer"
    assert "no-" in headers["cache-control"]


@pytest.mark.parametrize(
    "path", ["/", "/cps", "/status", "/demo/phone", "/no-such-page", "/bmg", "/kenes", "/call/start"]
)
def test_no_page_has_a_script_or_a_style_of_its_own(browser: httpx.Client, path: str) -> None:
    page = browser.get(path).text
    assert "<style" not in page
    assert " style=" not in page
    assert " onclick=" not in page
    assert page.count("<script") == page.count('<script type="module" src="/static/')


def test_a_form_of_another_site_is_turned_away(browser: httpx.Client) -> None:
    for headers in ({"Sec-Fetch-Site": "cross-site"}, {"Sec-Fetch-Site": "same-site"}, {"Origin": "null"}):
        answer = browser.post("/status", data={"serial": "1"}, headers=headers)
        assert (answer.status_code, "portal.403" in answer.text) == (403, True)
    assert (
        browser.post("/status", data={"serial": "1"}, headers={"Sec-Fetch-Site": "same-origin"}).status_code
        == 303
    )


def test_a_body_beyond_the_limit_is_turned_away(browser: httpx.Client) -> None:
    answer = browser.post("/status", files={"file": ("big.cer", b"0" * 70_000)})
    assert answer.status_code == 413


def test_an_unknown_page_is_told_in_the_readers_language(browser: httpx.Client) -> None:
    answer = browser.get("/no-such-page", headers={"Accept-Language": "kk"})
    assert (answer.status_code, "Мұндай бет жоқ" in answer.text) == (404, True)


@pytest.fixture
def hasty(house: House) -> Iterator[httpx.Client]:
    """A portal that allows two questions and then one in a minute."""
    few = Limits(*(Buckets(burst=2, per_second=1 / 60) for _ in range(3)))
    # A service of its own: the end of this server ends the watcher that it was handed.
    with (
        Served(application(house.fresh_service(), few)) as url,
        httpx.Client(base_url=url, trust_env=False) as client,
    ):
        yield client


def test_who_asks_too_often_waits(hasty: httpx.Client) -> None:
    answers = [hasty.get("/api/status", params={"serial": "1"}) for _ in range(3)]
    assert [a.status_code for a in answers] == [200, 200, 429]
    assert 1 <= int(answers[-1].headers["retry-after"]) <= 60
    assert answers[-1].json()["code"] == "portal.429"
    assert [hasty.get(f"/not-me/{n}").status_code for n in range(3)] == [404, 404, 429]
    assert hasty.get("/crl/issuing.crl").status_code == 200


def test_a_bucket_fills_again_and_forgets_nobody_early() -> None:
    at = [0.0]
    buckets = Buckets(burst=2, per_second=0.5, clock=lambda: at[0])
    assert [buckets.wait_seconds("a") for _ in range(3)] == [0, 0, 2]
    assert buckets.wait_seconds("b") == 0
    at[0] = 2.0
    assert [buckets.wait_seconds("a") for _ in range(2)] == [0, 2]


def test_a_whole_ipv6_network_is_one_address() -> None:
    assert network("2001:db8::1") == network("2001:db8::ffff") != network("2001:db8:0:1::1")
    assert network("192.0.2.1") != network("192.0.2.2")


def test_the_log_holds_no_address_and_no_secret(
    house: House, browser: httpx.Client, owned: Owned, caplog: pytest.LogCaptureFixture
) -> None:
    """R14: the route's pattern, never what was asked."""
    caplog.set_level(logging.DEBUG, logger="portal")
    browser.get("/not-me/very-secret-token")
    browser.get("/demo/phone", params={"phone": "+7 701 123 45 67"})
    browser.get("/status", params={"serial": owned.record.serial.hex})
    # A line is written when the whole answer is sent: the reader may be ahead of it.
    deadline = time.monotonic() + 10
    while len(lines(caplog)) < 3 and time.monotonic() < deadline:
        time.sleep(0.02)
    logged = lines(caplog)
    assert [record.__dict__["route"] for record in logged] == ["/not-me/{token}", "/demo/phone", "/status"]
    for record in logged:
        text = str(record.__dict__)
        for personal in ("very-secret", owned.record.serial.hex, "127.0.0.1"):
            assert personal not in text
        # Times and threads are numbers too: the whole phone is looked for, however it is written.
        assert "7011234567" not in re.sub(r"\D", "", text)


def lines(caplog: pytest.LogCaptureFixture) -> list[logging.LogRecord]:
    return [record for record in caplog.records if record.name == "portal.protection"]


def test_an_unexpected_error_is_logged_with_the_id_that_is_shown(
    house: House, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A database that is gone: nobody is told "valid", and no trace is shown."""
    empty = settings.load(
        {"var_dir": str(house.service.settings.var_dir), "database_url": f"sqlite:///{tmp_path}/none.sqlite"}
    )
    with (
        Served(application(house.fresh_service(empty))) as url,
        httpx.Client(base_url=url, trust_env=False) as client,
    ):
        answer = client.get("/api/status", params={"serial": "1"})
        assert (answer.status_code, answer.json()["code"]) == (500, "portal.500")
        assert "no such table" not in answer.text
        assert answer.json()["error_id"] in str([record.__dict__ for record in caplog.records])
        assert answer.headers["content-security-policy"]
        ocsp = client.get("/ocsp/MEMwQTA/MD0wOzAJBgUrDgMCGgUABBQ=")
        assert ocsp.headers["content-type"] == "application/ocsp-response"
        assert client.get("/ready").status_code == 500


PLAIN = ("/cps", "/ocsp", "/ocsp/{question:path}", "/crl/issuing.crl", "/crl/root.crl", "/ca/issuing.cer",
         "/ca/root.cer", "/health", "/ready", "/static")  # fmt: skip


def test_plain_http_listener_serves_signed_things_alone(house: House) -> None:
    """What is reached without TLS beyond loopback is signed, or says nothing about anybody."""
    made = app.make_app(
        house.service,
        authority.responder(house.service.settings),
        public_dir=authority.public_dir(house.service.settings),
        public_only=True,
    )
    assert {route.path for route in made.routes if isinstance(route, Route | Mount)} == set(PLAIN)
