"""The sign-in page: a plain form; its refusals say what to do next and never which part was wrong."""

import dataclasses
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ca_core import staff
from console import gate, sign_in
from console.gate import Gate
from console.routes import make
from console.sessions import Sessions
from runtime.service import Service
from tests.console.conftest import Person

COOKIE = "qoltanba_staff"


@pytest.fixture
def client(service: Service) -> Iterator[TestClient]:
    inner = Starlette(routes=list(make(service)))
    app = Gate(inner, settings=service.settings, sessions=Sessions(service), page_paths=())
    with TestClient(app, base_url="http://console.test", follow_redirects=False) as opened:
        yield opened


def fields(who: Person, **changed: str) -> dict[str, str]:
    return {"login": who.login, "password": who.password, "code": who.code(), "next": "/"} | changed


FORM = {"content-type": "application/x-www-form-urlencoded"}


def test_sign_in_sets_a_strict_cookie_and_goes_on(client: TestClient, officer: Person) -> None:
    answer = client.post("/sign-in", data=fields(officer, next="/certificates?status=valid"))
    assert answer.status_code == 303
    assert answer.headers["location"] == "/certificates?status=valid"
    cookie = answer.headers["set-cookie"].lower()
    assert "httponly" in cookie
    assert "samesite=strict" in cookie
    assert "path=/" in cookie
    assert client.get("/live/session").json() == {"session": "open"}


def test_only_the_digest_of_the_token_is_stored(
    client: TestClient, service: Service, officer: Person
) -> None:
    client.post("/sign-in", data=fields(officer))
    with service.look() as work:
        assert work.sessions.by_digest(staff.digest(client.cookies[COOKIE])) is not None


@pytest.mark.parametrize("wrong", ["login", "password", "code"])
def test_wrong_sign_in_looks_the_same_whatever_was_wrong(
    client: TestClient, officer: Person, wrong: str
) -> None:
    value = {"login": "nobody", "password": "not the password", "code": "000000"}[wrong]
    answer = client.post("/sign-in?lang=en", data=fields(officer, **{wrong: value}))
    assert answer.status_code == 401
    assert "staff.sign_in_refused" in answer.text
    assert officer.password not in answer.text
    assert COOKIE not in answer.cookies


def test_code_is_accepted_once(client: TestClient, officer: Person) -> None:
    """RFC 6238, 5.2: the verifier must not accept the second attempt."""
    form = fields(officer)
    assert client.post("/sign-in", data=form).status_code == 303
    client.cookies.clear()
    assert client.post("/sign-in", data=form).status_code == 401


def test_too_many_tries_lock_the_account_and_say_until_when(client: TestClient, officer: Person) -> None:
    for _ in range(staff.TRIES):
        assert client.post("/sign-in", data=fields(officer, password="wrong")).status_code == 401
    answer = client.post("/sign-in?lang=ru", data=fields(officer))
    assert answer.status_code == 423
    assert "staff.locked" in answer.text
    assert "{" not in answer.text.split("refusal")[1].split("</div>")[0]


def test_a_locked_login_looks_like_an_unknown_one(client: TestClient, officer: Person) -> None:
    for _ in range(staff.TRIES):
        client.post("/sign-in", data=fields(officer, password="wrong"))
    locked = client.post("/sign-in?lang=en", data=fields(officer, login=officer.login, password="wrong"))
    unknown = client.post("/sign-in?lang=en", data=fields(officer, login="nobody", password="wrong"))
    assert locked.status_code == unknown.status_code == 401
    assert locked.text.replace(officer.login, "nobody") == unknown.text
    assert "locked after five wrong tries" in locked.text


@pytest.mark.parametrize("code", ["пароль", "１２３４５６", "\0" * 6])
@pytest.mark.parametrize("password", ["right", "wrong"])
def test_strange_code_is_refused_whatever_the_password(
    client: TestClient, officer: Person, code: str, password: str
) -> None:
    typed = {"code": code} if password == "right" else {"code": code, "password": password}
    assert client.post("/sign-in", data=fields(officer, **typed)).status_code == 401


def test_who_tries_too_fast_has_to_wait(client: TestClient, officer: Person) -> None:
    for _ in range(10):
        assert client.post("/sign-in", data=fields(officer, login="nobody")).status_code == 401
    answer = client.post("/sign-in?lang=en", data=fields(officer, next="/certificates"))
    assert answer.status_code == 429
    assert "staff.too_many_tries" in answer.text
    assert COOKIE not in answer.cookies


def test_pace_is_ten_in_a_row_and_twenty_a_minute() -> None:
    pace = sign_in.Pace()
    for _ in range(10):
        pace.take("192.0.2.1", 100)
    with pytest.raises(sign_in.TooManyTries):
        pace.take("192.0.2.1", 102)
    pace.take("192.0.2.1", 103)
    with pytest.raises(sign_in.TooManyTries):
        pace.take("192.0.2.1", 104)
    pace.take("192.0.2.2", 104)


def test_a_sign_in_that_succeeds_costs_nothing() -> None:
    """An office of thirty may have one address."""
    pace = sign_in.Pace()
    for _ in range(30):
        pace.take("192.0.2.1", 100)
        pace.give_back("192.0.2.1", 100)
    for _ in range(10):
        pace.take("192.0.2.1", 100)
    with pytest.raises(sign_in.TooManyTries):
        pace.take("192.0.2.1", 100)


def test_pace_does_not_grow_without_end() -> None:
    pace = sign_in.Pace()
    for number in range(10_050):
        pace.take(str(number), 100)
    assert len(pace._left) == 10_000
    pace.take("one more", 200)
    assert len(pace._left) == 1


@pytest.mark.parametrize(
    "headers",
    [{"sec-fetch-site": "cross-site"}, {"sec-fetch-site": "same-site"}, {"origin": "https://elsewhere.test"}],
)
def test_form_from_another_site_is_refused(
    client: TestClient, officer: Person, headers: dict[str, str]
) -> None:
    assert client.post("/sign-in", data=fields(officer), headers=headers).status_code == 403


@pytest.mark.parametrize(
    "onward",
    ["https://elsewhere.test/", "//elsewhere.test", "/\\elsewhere.test", "javascript:alert(1)", "/sign-in"],
)
def test_sign_in_never_leads_to_another_site(client: TestClient, officer: Person, onward: str) -> None:
    assert client.post("/sign-in", data=fields(officer, next=onward)).headers["location"] == "/"


def test_large_form_is_refused(client: TestClient) -> None:
    assert client.post("/sign-in", content=b"login=" + b"x" * 5000).status_code == 413


def test_form_with_more_fields_than_ours_is_a_plain_refusal(client: TestClient) -> None:
    answer = client.post("/sign-in", content="&".join(["a=1"] * 50), headers=FORM)
    assert answer.status_code == 401
    assert "content-security-policy" in answer.headers


def test_what_was_typed_is_never_markup(client: TestClient, officer: Person) -> None:
    typed = '"><script>alert(1)</script>'
    answer = client.post("/sign-in", data=fields(officer, login=typed))
    assert "<script" not in answer.text
    assert "script-src" not in answer.headers["content-security-policy"]


@pytest.mark.parametrize(("asked", "spoken"), [("kk", "kk"), ("en-GB,en;q=0.9,ru;q=0.8", "en"), ("de", "ru")])
def test_page_speaks_the_language_of_the_browser(client: TestClient, asked: str, spoken: str) -> None:
    assert f'<html lang="{spoken}">' in client.get("/sign-in", headers={"accept-language": asked}).text


def test_chosen_language_is_remembered(client: TestClient) -> None:
    client.get("/sign-in?lang=kk")
    assert '<html lang="kk">' in client.get("/sign-in", headers={"accept-language": "en"}).text
    assert '<html lang="kk">' in client.get("/sign-in?lang=<script>").text


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_page_says_that_nobody_asks_for_a_pin(client: TestClient, language: str) -> None:
    """R13."""
    text = client.get(f"/sign-in?lang={language}").text
    assert {"kk": "ПИН-код", "ru": "ПИН-код", "en": "PIN"}[language] in text


def test_cookie_of_an_ended_session_is_taken_away(client: TestClient, officer: Person) -> None:
    client.cookies.set(COOKIE, "over")
    cookie = client.get("/sign-in").headers["set-cookie"]
    assert cookie.startswith(f'{COOKIE}=""')
    assert "Max-Age=0" in cookie


def test_production_cookie_is_bound_to_host_and_https(service: Service) -> None:
    production = dataclasses.replace(service.settings, mode="production")
    assert gate.cookie_name(production) == f"__Host-{COOKIE}"
    assert gate.cookie_name(service.settings) == COOKIE
