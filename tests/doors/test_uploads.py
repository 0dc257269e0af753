"""What is sent to us by those who mean no good: to each address that takes a body, of each application's own table.

Which file is which is judged where it is read (tests of `verify`, `status`, the face and the vision service); here is
proved that no address breaks, keeps reading, or writes a file because of what it was sent.
"""

import base64
import zlib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ca_core.roles import Role
from console import gate, pages, routes
from console.gate import Gate
from console.sessions import Sessions
from portal import limits, protection
from runtime.service import Service
from tests.console.conftest import empty_database, person, service  # noqa: F401  # fixtures
from tests.doors import crawl
from tests.portal.conftest import House, house  # noqa: F401  # a fixture

_OWN_FORM = {"sec-fetch-site": "same-origin"}
_FIELDS = ("file", "document", "frame", "text", "pem", "iin", "phone", "code", "serial", "challenge", "step")
_BOMB = zlib.compress(b"\0" * 30_000_000, 9)
# A picture, a page and a program at once, under a name that would lead out of any folder.
_POLYGLOT = b"\xff\xd8\xff\xe0GIF89a<script>alert(1)</script>PK\x03\x04%PDF-1.7\n" + b"MZ" * 40
_ESCAPES = "../../../../escaped-by-its-name.jpg"


def multipart(content: bytes, *, name: str = "x", charset: str = "") -> tuple[str, bytes]:
    parts = b"".join(
        b'--edge\r\nContent-Disposition: form-data; name="%s"; filename="%s"\r\nContent-Type: image/jpeg\r\n\r\n'
        b"%s\r\n" % (field.encode(), name.encode(), content)
        for field in ("file", "document", "frame")
    )
    kind = "multipart/form-data; boundary=edge" + (f"; charset={charset}" if charset else "")
    return kind, parts + b"--edge--\r\n"


def typed(value: bytes) -> tuple[str, bytes]:
    fields = b"&".join(field.encode() + b"=" + value for field in _FIELDS)
    return "application/x-www-form-urlencoded", fields


UNFIT = {
    "nothing": ("", b""),
    "nothing, as a form": ("application/x-www-form-urlencoded", b""),
    "an empty file": multipart(b""),
    "a file of three kinds, with a path for its name": multipart(_POLYGLOT, name=_ESCAPES),
    "a file that unpacks to thirty megabytes": multipart(_BOMB),
    "a certificate that is none": multipart(
        b"-----BEGIN CERTIFICATE-----\n" + base64.b64encode(b"\x30\x84\xff\xff\xff\xff" + b"0" * 60) + b"\n"
        b"-----END CERTIFICATE-----\n"
    ),
    "structures in one another": multipart(b"\x30\x80" * 15_000),
    "an alphabet of nobody": multipart(b"x", charset="undefined"),
    "an alphabet that takes its time": multipart(b"x" * 20_000, charset="punycode"),
    "parts without an edge": ("multipart/form-data", b"--x\r\n"),
    "parts that are not parts": ("multipart/form-data; boundary=edge", b"\0" * 500),
    "parts cut in the middle": ("multipart/form-data; boundary=edge", multipart(b"x")[1][:90]),
    "holes": typed(b"%00%00"),
    "half of a letter": typed(b"%ED%A0%80%FF"),
    "letters that turn the line": typed(b"%E2%80%AE%0d%0aSet-Cookie:%20a=b"),
    "a number without an end": typed(b"9" * 5000),
    "brackets in one another": ("application/json", b"[" * 30_000),
    "a list for an object": ("application/json", b"[1]"),
    "numbers where words are due": (
        "application/json",
        b'{"cms": 7, "reason": {}, "note": [], "sdp": 1e999}',
    ),
    "a number beyond all": ("application/json", b'{"note": ' + b"9" * 5000 + b"}"),
    "half of a pair": ("application/json", b'{"cms": "\\ud800", "note": "\\ud800", "comment": "\\u0000"}'),
}


# These ask for nothing but the cookie.
UNREAD = {"POST /cabinet/key/nonce", "POST /cabinet/sign-out", "POST /get/start"}


@pytest.fixture
def console(service: Service) -> Iterator[TestClient]:  # noqa: F811
    guarded = Gate(
        Starlette(routes=list(routes.make(service))),
        settings=service.settings,
        sessions=Sessions(service),
        page_paths=pages.PATHS,
    )
    with TestClient(
        guarded,
        base_url="http://console.test",
        headers=_OWN_FORM,
        follow_redirects=False,
        raise_server_exceptions=False,
    ) as opened:
        yield opened


def send(client: httpx.Client, address: crawl.Address, why: str, body: tuple[str, bytes]) -> None:
    kind, content = body
    answer = client.request(
        address.way,
        address.example,
        content=content,
        headers=_OWN_FORM | ({"content-type": kind} if kind else {}),
    )
    assert answer.status_code < 500 or answer.status_code == 503, (str(address), why, answer.status_code)
    assert "a=b" not in answer.headers.get("set-cookie", ""), (str(address), why)
    assert b"<script>alert" not in answer.content, (str(address), why)


def takers(found: list[crawl.Address]) -> list[crawl.Address]:
    return [one for one in found if one.way not in ("GET", "FILES", "OPTIONS", "SOCKET")]


@pytest.fixture
def at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Answers at even moments are another test's."""
    monkeypatch.setattr(limits, "_EVEN_SECONDS", 0.001)


@pytest.mark.usefixtures("at_once")
def test_no_address_of_the_portal_breaks_over_what_it_is_sent(house: House) -> None:  # noqa: F811
    """Asked by a browser that has begun the way."""
    asked = takers(crawl.addresses(house.app.routes))
    assert len(asked) > 30
    with house.browser as begun:
        begun.post("/get/start")
        for address in asked:
            for why, body in UNFIT.items():
                send(begun, address, why, body)
    require_nothing_written(Path(house.service.settings.var_dir))


def test_no_address_of_the_console_breaks_over_what_it_is_sent(console: TestClient, service: Service) -> None:  # noqa: F811
    asked = takers(crawl.addresses(routes.make(service)))
    assert len(asked) >= 8
    for role in (None, Role.MODERATOR, Role.CALL_AGENT, Role.SUPERVISOR):
        token = person(service, role).token() if role is not None else ""
        for address in asked:
            console.cookies.set(gate.cookie_name(service.settings), token)
            for why, body in UNFIT.items():
                send(console, address, why, body)
    require_nothing_written(Path(service.settings.var_dir))


def require_nothing_written(folder: Path) -> None:
    for place in (folder, *folder.parents[:4]):
        assert not list(place.glob("**/escaped-by-its-name*" if place == folder else "escaped-by-its-name*"))


@pytest.mark.usefixtures("at_once")
def test_every_address_of_the_portal_stops_reading(house: House) -> None:  # noqa: F811
    """Nothing is announced, and it does not end by itself: turned away, or not read at all."""
    with house.browser as begun:
        begun.post("/get/start")
        for address in takers(crawl.addresses(house.app.routes)):
            if address.path in protection.LARGER_BODIES:
                continue
            headers = _OWN_FORM | {"content-type": "multipart/form-data; boundary=edge"}
            answer = begun.request(address.way, address.example, content=flood(), headers=headers)
            stopped = 400 <= answer.status_code < 500
            assert stopped or str(address) in UNREAD, (str(address), answer.status_code)


def flood() -> Iterator[bytes]:
    yield b'--edge\r\nContent-Disposition: form-data; name="file"; filename="f"\r\n\r\n'
    for _ in range(64):
        yield b"\0" * 65536
