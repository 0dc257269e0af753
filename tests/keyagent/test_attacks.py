"""A hostile page in the owner's browser, another account of the computer, and requests that are too much."""

import contextlib
import os
import socket
import time

import httpx
import pytest
from websockets.exceptions import ConnectionClosed, InvalidStatus

from qoltanba_keyagent import neighbours
from tests.keyagent import person
from tests.keyagent.person import Agent, Site

COMMON = "kz.gov.pki.knca.commonUtils"
NOBODY = 65534


def test_a_page_that_was_never_allowed_cannot_open_windows_without_end(agent: Agent) -> None:
    """Each question opens a window, and a page that leaves ends its dialog: it could begin anew for ever."""
    answers = []
    for _ in range(7):
        with Site(agent, "https://evil.example") as page:
            page.send(COMMON, "getKeyInfo", ["PKCS12"])
            with contextlib.suppress(TimeoutError):
                answers.append(page.receive(0.5)["message"])
    assert len(answers) == 2
    assert all("agent.asked_too_often" in answer for answer in answers)
    with Site(agent) as site:
        assert "dialog" in site.enrol("createRequest")


def test_many_names_of_one_page_share_a_limit(agent: Agent) -> None:
    codes = []
    for number in range(22):
        with Site(agent, f"https://a{number}.evil.example") as page:
            codes.append(page.enrol("createRequest").get("code"))
    assert codes == [None] * 20 + ["agent.asked_too_often"] * 2


def test_one_site_cannot_keep_all_the_others_out(agent: Agent) -> None:
    with contextlib.ExitStack() as pages:
        lines = [pages.enter_context(Site(agent, "https://evil.example")) for _ in range(5)]
        codes = [line.enrol("createRequest").get("code") for line in lines]
        assert codes == [None] * 4 + ["agent.too_busy"]
        assert "dialog" in pages.enter_context(Site(agent)).enrol("createRequest")


def test_the_connections_of_one_site_are_limited(agent: Agent) -> None:
    with contextlib.ExitStack() as pages:
        for _ in range(8):
            pages.enter_context(Site(agent, "https://evil.example"))
        with pytest.raises(InvalidStatus, match="403"):
            Site(agent, "https://evil.example")
        pages.enter_context(Site(agent))
    time.sleep(0.3)
    with Site(agent, "https://evil.example") as again:
        assert again.greeting


def test_connections_that_say_nothing_have_an_end(agent: Agent) -> None:
    with contextlib.ExitStack() as open_ones:
        lines = [
            open_ones.enter_context(socket.create_connection(("127.0.0.1", agent.port))) for _ in range(120)
        ]
        lines[-1].settimeout(5)
        with contextlib.suppress(ConnectionResetError):
            assert lines[-1].recv(1) == b""
    time.sleep(0.5)
    assert httpx.get(f"{agent.address}/ready").status_code == 200


def test_messages_that_wait_do_not_fill_the_memory(agent: Agent) -> None:
    with Site(agent, "https://evil.example") as page:
        page.enrol("createRequest")
        with contextlib.suppress(ConnectionClosed):
            for _ in range(4):
                page.send_raw(" " * (30 * 1024 * 1024))
        with pytest.raises(ConnectionClosed):
            page.receive(10)
    assert httpx.get(f"{agent.address}/ready").status_code == 200


def test_a_list_of_very_many_lists_is_not_even_read(site: Site) -> None:
    """Two bytes each on the line, some sixty in memory."""
    site.send_raw("[" + "[]," * 1_000_000 + "[]]")
    assert "agent.malformed field=message" in site.receive()["details"]
    assert site.ask(COMMON, "getActiveTokens")["code"] == "200"


def test_half_a_character_is_no_text(agent: Agent, site: Site) -> None:
    """JSON can spell a lone surrogate; no page with it could be drawn, and no answer sent."""
    site.send_raw('{"module": "\\ud800", "method": "x"}')
    assert site.receive()["status"] is False
    person.request_key(agent, site)
    site.send_raw(
        '{"module": "kz.qoltanba.enrolment", "method": "createRequest", "args": {"reference": "\\udfff"}}'
    )
    assert site.receive()["code"] == "agent.malformed"
    assert httpx.get(agent.address).status_code == 200


def test_another_account_is_no_neighbour(monkeypatch: pytest.MonkeyPatch) -> None:
    for family, host in ((socket.AF_INET, "127.0.0.1"), (socket.AF_INET6, "::1")):
        with (
            socket.create_server((host, 0), family=family) as listening,
            socket.create_connection(listening.getsockname()[:2]),
            listening.accept()[0] as taken,
            monkeypatch.context() as other,
        ):
            assert not neighbours.is_strange(taken)
            other.setattr(os, "getuid", lambda: 4321)
            assert neighbours.is_strange(taken)


def test_a_program_may_reach_loopback_through_a_socket_of_the_other_family() -> None:
    with socket.create_server(("127.0.0.1", 0)) as listening, socket.socket(socket.AF_INET6) as line:
        line.connect(("::ffff:127.0.0.1", listening.getsockname()[1]))
        with listening.accept()[0] as taken:
            assert not neighbours.is_strange(taken)


@pytest.mark.skipif(os.getuid() != 0, reason="only root can be somebody else")
def test_another_account_of_the_computer_gets_no_answer(agent: Agent) -> None:
    """It would list this one's folders, erase its waiting keys and open its dialogs."""
    child = os.fork()
    if child == 0:
        os.setuid(NOBODY)
        with socket.create_connection(("127.0.0.1", agent.port)) as line:
            with contextlib.suppress(OSError):
                line.sendall(f"GET /ready HTTP/1.1\r\nHost: 127.0.0.1:{agent.port}\r\n\r\n".encode())
                if line.recv(100):
                    os._exit(1)
            os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert httpx.get(f"{agent.address}/ready").status_code == 200
