"""What every answer bears, what every cookie is, and that no form of another site acts here: of each address that the
applications' own tables name.
"""

import ast
import dataclasses
from collections.abc import Iterator
from http.cookies import SimpleCookie
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ca_core.roles import Role
from console import gate, pages, routes
from console.gate import Gate
from console.sessions import Sessions
from portal.protection import OPEN_TO_OTHER_SITES
from runtime.service import Service
from tests.console.conftest import empty_database, person, service  # noqa: F401  # fixtures
from tests.doors import crawl
from tests.keyagent import person as persons
from tests.portal.conftest import House, application, house  # noqa: F401  # a fixture

ROOT = Path(__file__).resolve().parents[2]
# Chosen by a link, worth nothing to anybody: it may come along from another site.
_MAY_BE_LAX = {"LANGUAGE_COOKIE", "_LANGUAGE_COOKIE", "'keyagent_dialog'"}
# The key agent is plain http on this computer alone, by its nature.
_WITHOUT_TLS = "portal/keyagent/qoltanba_keyagent/web.py"
# Published, signed, and the same for everybody: relying parties and caches between may keep them.
_MAY_BE_KEPT = ("/ocsp", "/crl", "/ca/", "/static", "/keyagent/")
FOREIGN = (
    {"Sec-Fetch-Site": "cross-site"},
    {"Sec-Fetch-Site": "same-site"},
    {"Origin": "https://elsewhere.test"},
    {"Origin": "null"},
)


def cookies() -> Iterator[tuple[str, ast.Call]]:
    for room in ("video", "runtime", "console", "portal"):
        for file in sorted((ROOT / room).rglob("*.py")):
            for node in ast.walk(ast.parse(file.read_text(encoding="utf-8"))):
                if isinstance(node, ast.Call) and getattr(node.func, "attr", "") in (
                    "set_cookie",
                    "delete_cookie",
                ):
                    yield str(file.relative_to(ROOT)), node


def test_every_cookie_is_for_http_alone_for_its_own_site_and_for_tls() -> None:
    found = list(cookies())
    assert len(found) >= 12, "the search does not see them"
    for file, call in found:
        said, where = {key.arg: key.value for key in call.keywords}, f"{file}:{call.lineno}"
        assert isinstance(said["httponly"], ast.Constant), where
        assert said["httponly"].value is True, where
        same_site = said["samesite"]
        assert isinstance(same_site, ast.Constant), where
        lax = ast.unparse(call.args[0]) in _MAY_BE_LAX
        assert same_site.value == ("lax" if lax else "strict"), where
        # Computed from the address that we are reached at; never left out, never switched off.
        assert file == _WITHOUT_TLS or not isinstance(said["secure"], ast.Constant), where


def test_nobody_writes_a_cookie_past_these_calls() -> None:
    for room in ("video", "runtime", "console", "portal"):
        for file in (ROOT / room).rglob("*.py"):
            assert '"set-cookie"' not in file.read_text(encoding="utf-8").lower(), file


@pytest.fixture
def secured(house: House) -> Iterator[TestClient]:  # noqa: F811
    """The portal as it is reached over https."""
    configured = dataclasses.replace(house.service.settings, portal_url="https://portal.test")
    opened = house.fresh_service(configured)
    yield TestClient(application(opened), base_url="https://portal.test", follow_redirects=False)
    opened.close()
    opened.store.engine.dispose()


def test_over_tls_the_portals_cookies_are_secure_and_the_browser_is_told_to_stay(secured: TestClient) -> None:
    answers = [
        secured.get("/", params={"lang": "kk"}),
        secured.get("/cabinet"),
        secured.post("/get/start"),
        secured.post("/call/start"),
    ]
    given = [line for answer in answers for line in answer.headers.get_list("set-cookie")]
    assert {name for line in given for name in SimpleCookie(line)} >= {
        "qoltanba_portal_lang", "qoltanba_cabinet_start", "qoltanba_dossier",
    }  # fmt: skip
    for line in given:
        assert "; Secure" in line, line
        assert "; HttpOnly" in line, line
    assert all("max-age=" in answer.headers["strict-transport-security"] for answer in answers)


def test_in_production_the_consoles_cookies_are_secure(service: Service) -> None:  # noqa: F811
    service.settings = dataclasses.replace(
        service.settings, mode="production", console_url="https://console.test"
    )
    who = person(service, Role.RA_OFFICER)
    with TestClient(guarded(service), base_url="https://console.test", follow_redirects=False) as console:
        chosen = console.get("/sign-in", params={"lang": "kk"})
        entered = console.post(
            "/sign-in", data={"login": who.login, "password": who.password, "code": who.code()}
        )
    for answer in (chosen, entered):
        (line,) = answer.headers.get_list("set-cookie")
        assert "; Secure" in line, line
    (line,) = entered.headers.get_list("set-cookie")
    assert line.startswith("__Host-qoltanba_staff=")
    assert "Path=/" in line
    assert "Domain" not in line


def guarded(service: Service) -> Gate:  # noqa: F811
    inner = Starlette(routes=list(routes.make(service)))
    return Gate(inner, settings=service.settings, sessions=Sessions(service), page_paths=pages.PATHS)


@pytest.mark.parametrize("signs_in", [False, True])
def test_every_answer_of_the_console_bears_the_headers(service: Service, signs_in: bool) -> None:  # noqa: F811
    with TestClient(guarded(service), base_url="http://console.test", follow_redirects=False) as console:
        if signs_in:
            console.cookies.set(gate.cookie_name(service.settings), person(service, Role.SUPERVISOR).token())
        for address in crawl.addresses(routes.make(service)):
            if address.way in ("SOCKET", "FILES"):
                continue
            answer = console.request(address.way, address.example, headers={"Sec-Fetch-Site": "same-origin"})
            require_headers(answer.headers, str(address))
            kept = answer.headers.get("cache-control", "")
            assert not signs_in or "no-store" in kept or answer.is_redirect, (str(address), kept)


def test_every_answer_of_the_portal_bears_the_headers(house: House) -> None:  # noqa: F811
    with house.browser as stranger:
        for address in crawl.addresses(house.app.routes):
            if address.way == "FILES" or address.path == "/demo/phone/changes":
                continue
            answer = stranger.request(address.way, address.example, headers={"Sec-Fetch-Site": "same-origin"})
            require_headers(answer.headers, str(address))
            if not address.path.startswith(_MAY_BE_KEPT):
                assert "no-store" in answer.headers["cache-control"], str(address)


def require_headers(headers: httpx.Headers, where: str) -> None:
    assert headers["x-content-type-options"] == "nosniff", where
    assert "frame-ancestors 'none'" in headers["content-security-policy"], where
    assert headers["referrer-policy"] in ("no-referrer", "same-origin"), where
    assert headers["cross-origin-opener-policy"] == "same-origin", where
    scripts = headers["content-security-policy"].partition("script-src")[2].partition(";")[0]
    assert "unsafe" not in scripts, where


def test_the_key_agent_bears_them_too(tmp_path: Path) -> None:
    with persons.running(tmp_path) as agent:
        for path in ("/", "/ready", "/dialog/nonsense", "/nowhere"):
            headers = httpx.get(agent.address + path, trust_env=False).headers
            assert headers["x-content-type-options"] == "nosniff", path
            assert "frame-ancestors 'none'" in headers["content-security-policy"], path
            assert headers["referrer-policy"] == "no-referrer", path
            assert "no-store" in headers["cache-control"], path


def test_no_form_of_another_site_acts_at_the_portal(house: House) -> None:  # noqa: F811
    """Asked in the name of a browser that has begun the way; a signed answer for programs weighs nothing by cookie."""
    with house.browser as begun:
        begun.post("/get/start")
        asked = [
            one for one in crawl.addresses(house.app.routes) if one.way not in ("GET", "FILES", "OPTIONS")
        ]
        assert len(asked) > 30
        for address in asked:
            for headers in FOREIGN:
                answer = begun.request(address.way, address.example, headers=headers)
                is_open = address.path.startswith(OPEN_TO_OTHER_SITES)
                assert is_open or answer.status_code == 403, (str(address), headers, answer.status_code)
                assert not answer.headers.get_list("set-cookie"), str(address)


def test_no_form_of_another_site_acts_at_the_console(service: Service) -> None:  # noqa: F811
    """Asked in the name of somebody who may do nearly everything, and of nobody."""
    with TestClient(guarded(service), base_url="http://console.test", follow_redirects=False) as console:
        asked = [one for one in crawl.addresses(routes.make(service)) if one.way == "POST"]
        assert len(asked) >= 8
        for token in ("", person(service, Role.SUPERVISOR).token(), person(service, Role.CALL_AGENT).token()):
            console.cookies.set(gate.cookie_name(service.settings), token)
            for address in asked:
                for headers in FOREIGN:
                    answer = console.post(address.example, headers=headers)
                    # Nobody at all is turned away by the gate before it comes to that.
                    turned_away = (403,) if token or gate.is_open(address.path) else (401, 403)
                    assert answer.status_code in turned_away, (str(address), headers, answer.status_code)
