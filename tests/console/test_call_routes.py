"""The console's routes for calls: who gets a ticket, who sees which evidence, and what is written down of each look."""

import contextlib
import hashlib
import io
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ca_core import call as calls
from ca_core import staff
from ca_core.call import Call, Evidence, EvidenceKind, Leg
from ca_core.lifecycle import CallState
from ca_core.registration import ticket
from ca_core.roles import Role
from console import call_routes, opened_recordings, routes
from console.gate import Gate
from console.sessions import Sessions
from data.schema import audit
from runtime import settings
from runtime.service import Service
from tests import builders
from tests.console.conftest import Person, person
from video import evidence as sealed

JPEG = b"\xff\xd8\xff\xe0 a still"
PNG = b"\x89PNG\r\n\x1a\n" + bytes(20)
REASON = {"reason": "complaint 17"}
OURS = {"sec-fetch-site": "same-origin"}


@pytest.fixture
def client(service: Service) -> Iterator[TestClient]:
    inner = Starlette(routes=list(routes.make(service)))
    app = Gate(inner, settings=service.settings, sessions=Sessions(service), page_paths=())
    with TestClient(app, base_url="http://console.test", headers=OURS) as opened:
        yield opened


def signed_in(client: TestClient, who: Person) -> str:
    token = who.token()
    client.cookies.set("qoltanba_staff", token)
    return token


@pytest.fixture
def agent(service: Service) -> Person:
    return person(service, Role.CALL_AGENT)


@pytest.fixture
def on_line(service: Service, agent: Person) -> Call:
    return builders.on_the_line(service, agent=agent.actor())


def seal(service: Service, name: str, content: bytes, kind: str) -> None:
    folder = service.settings.evidence_dir
    folder.mkdir(parents=True, exist_ok=True)
    secret = settings.read_secret(service.settings.evidence_secret_file, setting="evidence_secret_file")
    with sealed.Writer(folder / name, secret, kind) as file:
        file.write(content)


def keep(service: Service, piece: Evidence) -> int:
    with service.work() as work:
        return work.evidence.add(piece)


def a_still(service: Service, call: Call, content: bytes = JPEG) -> int:
    piece = builders.still(call.call_id, service.now(), sha256=hashlib.sha256(content).digest())
    seal(service, piece.name, content, "still")
    return keep(service, piece)


def film() -> bytes:
    """Matroska with one picture track of each side, two seconds long."""
    made = io.BytesIO()
    with av.open(made, "w", format="matroska") as container:
        streams: list[Any] = []
        for party in Leg:
            stream: Any = container.add_stream("vp8", rate=10)
            stream.width, stream.height = 64, 48
            stream.metadata["title"] = f"{party}-video"
            streams.append(stream)
        for number in range(20):
            for stream in streams:
                grey = np.full((48, 64, 3), number * 10, np.uint8)
                for packet in stream.encode(av.VideoFrame.from_ndarray(grey, format="rgb24")):
                    container.mux(packet)
        for stream in streams:
            for packet in stream.encode(None):
                container.mux(packet)
    return made.getvalue()


def a_recording(service: Service, call: Call) -> int:
    content = film()
    digest = hashlib.sha256(content).digest()
    piece = builders.still(
        call.call_id, service.now(), EvidenceKind.RECORDING, name="film.mkv", sha256=digest
    )
    seal(service, piece.name, content, "film")
    return keep(service, piece)


def looks(service: Service, kind: str) -> list[tuple[str, str]]:
    """Who looked at this kind, and why."""
    query = sa.select(audit.c.actor, audit.c.reason).where(audit.c.event == f"evidence:{kind}:seen")
    with service.look() as work:
        return [(row.actor, row.reason) for row in work.connection.execute(query)]


def test_without_a_session_there_is_no_ticket_and_no_evidence(client: TestClient) -> None:
    assert client.post(call_routes.TICKET).status_code == 401
    assert client.post(call_routes.PRESENT).status_code == 401
    for path in ("/evidence/stills/1", "/evidence/recordings/1/citizen", "/evidence/portrait/1"):
        assert client.get(path).status_code == 401


def test_an_agent_gets_a_ticket_that_works_once(client: TestClient, service: Service, agent: Person) -> None:
    token = signed_in(client, agent)
    answer = client.post(call_routes.TICKET)
    assert answer.status_code == 200
    assert answer.headers["cache-control"] == "private, no-store"
    assert answer.json()["address"] == f"{service.settings.video_url}/calls"
    with service.work() as work:
        spent = ticket.spend(work, secret=answer.json()["ticket"], now=service.now())
        assert (spent.leg, spent.staff_id) == (Leg.AGENT, agent.staff_id)
        assert spent.session_digest == staff.digest(token)
    with service.work() as work, pytest.raises(ticket.TicketRefused):
        ticket.spend(work, secret=answer.json()["ticket"], now=service.now())


def test_a_role_that_takes_no_calls_gets_no_ticket(client: TestClient, officer: Person) -> None:
    signed_in(client, officer)
    answer = client.post(call_routes.TICKET)
    assert (answer.status_code, answer.json()) == (403, {"code": "role.not_allowed"})


@pytest.mark.parametrize(
    "headers",
    [
        {"sec-fetch-site": "cross-site"},
        {"sec-fetch-site": "same-site"},
        {"sec-fetch-site": "none"},
        {"sec-fetch-site": "", "origin": "https://elsewhere.test"},
    ],
)
def test_another_site_gets_neither_ticket_nor_picture(
    client: TestClient, service: Service, agent: Person, on_line: Call, headers: dict[str, str]
) -> None:
    """Nor an address typed by hand: evidence is shown on our pages, under a watermark."""
    signed_in(client, agent)
    number = a_still(service, on_line)
    assert client.post(call_routes.TICKET, headers=headers).status_code == 403
    assert client.get(f"/evidence/stills/{number}", headers=headers).status_code == 403
    assert looks(service, "document_front") == []


def test_a_browser_that_names_only_its_origin_is_believed(client: TestClient, agent: Person) -> None:
    signed_in(client, agent)
    del client.headers["sec-fetch-site"]
    here, there = {"origin": "http://console.test"}, {"origin": "http://elsewhere.test"}
    assert client.post(call_routes.TICKET, headers=here).status_code == 200
    assert client.post(call_routes.TICKET, headers=there).status_code == 403


def test_the_agent_sees_a_still_of_the_own_call_and_each_look_is_written_down(
    client: TestClient, service: Service, agent: Person, on_line: Call
) -> None:
    signed_in(client, agent)
    number = a_still(service, on_line)
    for _ in range(2):
        answer = client.get(f"/evidence/stills/{number}")
        assert (answer.status_code, answer.content) == (200, JPEG)
        assert answer.headers["content-type"] == "image/jpeg"
        assert answer.headers["cache-control"] == "private, no-store"
    assert looks(service, "document_front") == [(agent.actor().name, "")] * 2


def test_a_still_without_loss_is_called_what_it_is(
    client: TestClient, service: Service, agent: Person, on_line: Call
) -> None:
    """Browsers are told not to guess (nosniff)."""
    signed_in(client, agent)
    answer = client.get(f"/evidence/stills/{a_still(service, on_line, PNG)}")
    assert (answer.headers["content-type"], answer.content) == ("image/png", PNG)


def test_another_agents_still_is_refused_also_for_a_reason(
    client: TestClient, service: Service, on_line: Call
) -> None:
    signed_in(client, person(service, Role.CALL_AGENT, "second"))
    answer = client.get(f"/evidence/stills/{a_still(service, on_line)}", params=REASON)
    assert (answer.status_code, answer.json()) == (403, {"code": "role.not_allowed"})
    assert looks(service, "document_front") == []


def test_a_supervisor_sees_a_still_for_a_reason_only(
    client: TestClient, service: Service, on_line: Call
) -> None:
    supervisor = person(service, Role.SUPERVISOR)
    signed_in(client, supervisor)
    number = a_still(service, on_line)
    without = client.get(f"/evidence/stills/{number}")
    assert (without.status_code, without.json()["code"]) == (403, "evidence.reason_missing")
    assert client.get(f"/evidence/stills/{number}", params=REASON).content == JPEG
    assert looks(service, "document_front") == [(supervisor.actor().name, "complaint 17")]


def test_what_is_not_there_or_no_still_is_not_found(
    client: TestClient, service: Service, on_line: Call
) -> None:
    signed_in(client, person(service, Role.SUPERVISOR))
    assert client.get("/evidence/stills/404", params=REASON).status_code == 404
    number = a_recording(service, on_line)
    answer = client.get(f"/evidence/stills/{number}", params=REASON)
    assert (answer.status_code, answer.json()["code"]) == (404, "evidence.no_still")
    assert client.get(f"/evidence/recordings/{number}/somebody", params=REASON).status_code == 404


def test_a_still_that_was_changed_on_the_disk_is_not_shown(
    client: TestClient, service: Service, agent: Person, on_line: Call
) -> None:
    signed_in(client, agent)
    piece = builders.still(on_line.call_id, service.now(), sha256=bytes(32))
    seal(service, piece.name, JPEG, "still")
    answer = client.get(f"/evidence/stills/{keep(service, piece)}")
    assert (answer.status_code, answer.json()) == (409, {"code": "evidence.broken"})


def test_a_recording_comes_in_pieces_and_is_one_look(
    client: TestClient, service: Service, on_line: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A player asks many times; the auditor reads of one look (R14)."""
    signed_in(client, person(service, Role.SUPERVISOR))
    path = f"/evidence/recordings/{a_recording(service, on_line)}/citizen"
    whole = client.get(path, params=REASON)
    size = len(whole.content)
    assert (whole.status_code, whole.headers["content-type"]) == (200, "video/webm")
    assert whole.headers["accept-ranges"] == "bytes"
    assert whole.headers["cache-control"] == "private, no-store"
    with av.open(io.BytesIO(whole.content)) as played:
        assert len(played.streams.video) == 1
    for asked, expected, told in (
        ("bytes=0-9", whole.content[:10], f"bytes 0-9/{size}"),
        ("bytes=10-", whole.content[10:], f"bytes 10-{size - 1}/{size}"),
        ("bytes=-5", whole.content[-5:], f"bytes {size - 5}-{size - 1}/{size}"),
        (f"bytes=5-{size * 2}", whole.content[5:], f"bytes 5-{size - 1}/{size}"),
    ):
        part = client.get(path, params=REASON, headers={"range": asked})
        assert (part.status_code, part.content, part.headers["content-range"]) == (206, expected, told)
    beyond = client.get(path, params=REASON, headers={"range": f"bytes={size}-"})
    assert (beyond.status_code, beyond.headers["content-range"]) == (416, f"bytes */{size}")
    for nonsense in ("bytes=9-3", "bytes=-", "lines=0-1", "bytes=0-1,5-6"):
        assert client.get(path, params=REASON, headers={"range": nonsense}).status_code == 200
    monkeypatch.setattr(call_routes, "_LARGEST_PIECE_BYTES", 100)
    large = client.get(path, params=REASON, headers={"range": "bytes=0-"})
    assert large.headers["content-range"] == f"bytes 0-99/{size}"
    assert len(looks(service, "recording")) == 1


def test_another_reason_session_or_side_is_another_look(
    client: TestClient, service: Service, on_line: Call
) -> None:
    supervisor = person(service, Role.SUPERVISOR)
    signed_in(client, supervisor)
    path = f"/evidence/recordings/{a_recording(service, on_line)}"
    client.get(f"{path}/citizen", params=REASON)
    client.get(f"{path}/citizen", params={"reason": "complaint 18"})
    client.get(f"{path}/agent", params=REASON)
    signed_in(client, supervisor)
    client.get(f"{path}/citizen", params=REASON)
    assert len(looks(service, "recording")) == 4


def test_a_look_ends_and_memory_has_an_end(
    client: TestClient, service: Service, on_line: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    signed_in(client, person(service, Role.SUPERVISOR))
    path = f"/evidence/recordings/{a_recording(service, on_line)}/citizen"
    monkeypatch.setattr(opened_recordings, "KEPT_SECONDS", 0.0)
    client.get(path, params=REASON)
    client.get(path, params=REASON)
    assert len(looks(service, "recording")) == 2
    monkeypatch.setattr(opened_recordings, "KEPT_SECONDS", 300.0)
    monkeypatch.setattr(opened_recordings, "MOST", 1)
    for reason in ("first case", "second case", "first case"):
        client.get(path, params={"reason": reason})
    assert len(looks(service, "recording")) == 5


def test_an_opened_recording_is_closed_when_its_look_is_over(
    client: TestClient, service: Service, on_line: Call, monkeypatch: pytest.MonkeyPatch
) -> None:
    def opened() -> int:
        """How many files of this process lie in the folder of opened recordings."""
        folder = str(service.settings.var_dir.resolve() / "opened")
        held = 0
        for entry in Path("/proc/self/fd").iterdir():
            # The listing names the file that it is read from, too.
            with contextlib.suppress(FileNotFoundError):
                held += str(entry.readlink()).startswith(folder)
        return held

    signed_in(client, person(service, Role.SUPERVISOR))
    path = f"/evidence/recordings/{a_recording(service, on_line)}/citizen"
    monkeypatch.setattr(opened_recordings, "MOST", 2)
    for number in range(4):
        client.get(path, params={"reason": f"case {number}"})
        assert opened() == min(number + 1, 2)


def test_an_agent_looks_at_no_recording(
    client: TestClient, service: Service, agent: Person, on_line: Call
) -> None:
    signed_in(client, agent)
    number = a_recording(service, on_line)
    assert client.get(f"/evidence/recordings/{number}/citizen", params=REASON).status_code == 403
    assert looks(service, "recording") == []


def test_the_registers_portrait_is_shown_to_the_agent_on_the_line_only(
    client: TestClient, service: Service, agent: Person, on_line: Call
) -> None:
    signed_in(client, agent)
    path = f"/evidence/portrait/{on_line.call_id}"
    early = client.get(path)
    assert (early.status_code, early.json()) == (409, {"code": "passport.read_first"})
    builders.checks_passed(service, on_line.call_id, calls.Gate.READING)
    none = client.get(path)
    assert (none.status_code, none.json()) == (404, {"code": "evidence.unknown"})
    assert client.get("/evidence/portrait/404").status_code == 404
    signed_in(client, person(service, Role.CALL_AGENT, "second"))
    other = client.get(path)
    assert (other.status_code, other.json()) == (403, {"code": "call.not_yours"})


def test_the_portrait_is_not_shown_after_the_call(
    client: TestClient, service: Service, agent: Person
) -> None:
    signed_in(client, agent)
    over = builders.on_the_line(service, agent=agent.actor(), state=CallState.ENDED)
    answer = client.get(f"/evidence/portrait/{over.call_id}")
    assert (answer.status_code, answer.json()) == (409, {"code": "call.not_connected"})


@pytest.mark.parametrize("talks", [True, False])
def test_a_call_keeps_the_agents_session_alive(
    client: TestClient, service: Service, agent: Person, talks: bool
) -> None:
    """Whoever talks to a citizen clicks little; whoever has no call is not kept alive by a page."""
    token = signed_in(client, agent)
    if talks:
        builders.on_the_line(service, agent=agent.actor())
    agent.seen_ago(token, timedelta(minutes=10))
    assert client.post(call_routes.PRESENT).status_code == 204
    with service.look() as work:
        session = work.sessions.by_digest(staff.digest(token))
        assert work.desks.by_id(agent.staff_id) is None or talks
    assert session is not None
    assert (service.now() - session.seen_at < timedelta(minutes=1)) is talks


def test_no_route_of_calls_leaves_a_copy(
    client: TestClient, service: Service, agent: Person, on_line: Call
) -> None:
    signed_in(client, agent)
    answers = [
        client.post(call_routes.TICKET),
        client.post(call_routes.PRESENT),
        client.get(f"/evidence/stills/{a_still(service, on_line)}"),
        client.get("/evidence/stills/404"),
        client.get(f"/evidence/portrait/{on_line.call_id}"),
        client.get("/evidence/recordings/404/citizen"),
    ]
    assert {answer.headers["cache-control"] for answer in answers} == {"private, no-store"}
