"""Finds the addresses of an application in its own table of routes, and asks for each as a stranger would."""

import re
from collections.abc import Iterable
from dataclasses import dataclass

import httpx
import pytest
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from websockets.exceptions import ConnectionClosed, InvalidStatus
from websockets.sync.client import connect

from tests.doors.known import Known, Stranger

_EXAMPLES = {"serial": "0A" * 10, "role": "agent", "side": "citizen", "language": "kk"}
# Asks like a page of the same site: a stranger has a browser too.
_OWN_FORM = {"Sec-Fetch-Site": "same-origin"}
# The longest that one who is turned away needs to be told.
_A_SENTENCE_BYTES = 300
TURNED_AWAY = (401, 403)


@dataclass(frozen=True, slots=True)
class Address:
    """`way` is a method of HTTP, SOCKET or FILES."""

    way: str
    path: str

    def __str__(self) -> str:
        return f"{self.way} {self.path}"

    @property
    def example(self) -> str:
        """The path with something in the place of its parameters."""
        return re.sub(r"\{(\w+)(:\w+)?\}", lambda found: _EXAMPLES.get(found[1], "1"), self.path)


def addresses(routes: Iterable[BaseRoute]) -> list[Address]:
    """HEAD is GET without its body. A kind of route that is not known here must be thought of first."""
    found: list[Address] = []
    for route in routes:
        if isinstance(route, WebSocketRoute):
            found.append(Address("SOCKET", route.path))
        elif isinstance(route, Mount):
            found.append(Address("FILES", route.path))
        else:
            assert isinstance(route, Route), route
            methods = route.methods or {"GET", "POST", "PUT", "DELETE"}
            found += [Address(method, route.path) for method in sorted(methods - {"HEAD"})]
    return found


def require_listed(found: Iterable[Address], known: dict[str, Known]) -> None:
    assert {str(address) for address in found} == set(known)


def knock(base: str, address: Address, known: Known, *, begin: tuple[str, ...] = ()) -> None:
    """As a stranger, at a server that runs; `begin` are the pages where one who is not known is led."""
    if address.way == "SOCKET":
        _knock_at_socket(base.replace("http", "ws", 1) + address.example, known)
    elif address.way != "FILES":
        with httpx.Client(base_url=base, trust_env=False, timeout=30) as stranger:
            headers = {} if address.way == "GET" else _OWN_FORM
            with stranger.stream(address.way, address.example, headers=headers) as answer:
                if not answer.headers.get("content-type", "").startswith("text/event-stream"):
                    answer.read()
                    _judge(answer, known, begin)
                else:
                    assert known.stranger is Stranger.WELCOME, address


def _judge(answer: httpx.Response, known: Known, begin: tuple[str, ...]) -> None:
    said = f"{answer.request.method} {answer.request.url.path}: {answer.status_code} {answer.text[:200]}"
    assert answer.status_code < 500 or answer.status_code == 503, said
    if known.stranger is Stranger.TURNED_AWAY:
        assert _is_turned_away(answer, begin), said
    elif known.stranger is Stranger.REFUSED:
        assert 400 <= answer.status_code < 500, said


def _is_turned_away(answer: httpx.Response, begin: tuple[str, ...]) -> bool:
    """In a sentence, or to where one begins, or with the page that says that nothing was begun here."""
    if answer.status_code == 303:
        return answer.headers["location"].partition("?")[0] in begin and answer.content == b""
    if answer.status_code in TURNED_AWAY:
        return len(answer.content) <= _A_SENTENCE_BYTES
    nothing_begun = answer.status_code == 410 or (
        answer.status_code in (400, 404, 409) and len(answer.content) <= _A_SENTENCE_BYTES
    )
    return bool(begin) and nothing_begun


def _knock_at_socket(address: str, known: Known) -> None:
    if known.stranger is Stranger.TURNED_AWAY:
        with pytest.raises(InvalidStatus) as refused, connect(address, proxy=None):
            pass
        assert refused.value.response.status_code == 403
        return
    with connect(address, proxy=None) as socket:
        if known.stranger is Stranger.REFUSED:
            socket.send('{"type": "hello", "ticket": "nonsense"}')
            with pytest.raises(ConnectionClosed) as ended:
                socket.recv(20)
            assert ended.value.rcvd is not None
            assert ended.value.rcvd.code >= 4000
