"""The gate: closed unless listed, identity only from the session, sockets closed when it ends."""

import asyncio
from collections.abc import Iterator
from datetime import timedelta

import pytest
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.testclient import TestClient
from starlette.websockets import WebSocket, WebSocketDisconnect
from streamlit.proto.BackMsg_pb2 import BackMsg

from ca_core import staff
from console import gate, routes
from console.gate import Gate
from console.sessions import Sessions
from runtime.service import Service
from tests.console.conftest import Person

COOKIE = "qoltanba_staff"
PAGE = {"accept": "text/html"}


async def _inside(request: Request) -> Response:
    """Stands for Streamlit: says who the gate says this is."""
    return JSONResponse([pair for pair in request.headers.items() if pair[0].startswith("x-qoltanba")])


async def _stream(socket: WebSocket) -> None:
    """Stands for Streamlit's socket: names each message that reaches it."""
    await socket.accept()
    try:
        while True:
            said = BackMsg()
            said.ParseFromString(await socket.receive_bytes())
            await socket.send_text(str(said.WhichOneof("type")))
    except WebSocketDisconnect:
        return


@pytest.fixture
def client(service: Service) -> Iterator[TestClient]:
    sessions = Sessions(service)
    inner = Starlette(
        routes=[
            *routes.make(service),
            WebSocketRoute("/_stcore/stream", _stream),
            Route("/{path:path}", _inside, methods=["GET", "POST", "PUT"]),
        ]
    )
    app = Gate(inner, settings=service.settings, sessions=sessions, page_paths=("/certificates",))
    keeper: list[asyncio.Task[None]] = []

    async def start() -> None:
        keeper.append(asyncio.create_task(sessions.keep()))

    async def stop() -> None:
        keeper[0].cancel()

    with TestClient(app, base_url="http://console.test", follow_redirects=False) as opened:
        assert opened.portal is not None
        opened.portal.call(start)
        yield opened
        opened.portal.call(stop)


def signed_in(client: TestClient, who: Person) -> str:
    token = who.token()
    client.cookies.set(COOKIE, token)
    return token


@pytest.mark.parametrize(
    "path",
    [
        "/media/0123.jpg",
        "/_stcore/metrics",
        "/_stcore/host-config",
        "/component/any/index.js",
        "/static/js/index.js",
        "/live/session",
        "/_stcore/upload_file/a/b",
        "/signing",
        "/sign-in/..",
        "/health/x",
    ],
)
def test_without_session_everything_is_closed(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 401
    assert client.post(path).status_code == 401


def test_without_session_a_page_leads_to_sign_in_and_back(client: TestClient) -> None:
    answer = client.get("/certificates?status=valid", headers=PAGE)
    assert answer.status_code == 303
    assert answer.headers["location"] == "/sign-in?next=%2Fcertificates%3Fstatus%3Dvalid"


@pytest.mark.parametrize("path", ["/sign-in", "/health", "/ready", "/assets/mark.svg"])
def test_listed_paths_are_open(client: TestClient, path: str) -> None:
    assert client.get(path).status_code == 200


def test_every_route_of_ours_is_guarded_or_listed(client: TestClient, service: Service) -> None:
    """Whoever adds an open route adds it to the gate's list, and to this one."""
    listed = {"/sign-in", "/enrol", "/enrol/finish", "/health", "/ready"}
    for route in routes.make(service):
        path = getattr(route, "path", "")
        if path == "/assets" or isinstance(route, WebSocketRoute):
            continue
        assert gate.is_open(path) is (path in listed)
        if path not in listed:
            assert client.get(path).status_code == 401


def test_identity_from_outside_is_dropped(client: TestClient, officer: Person) -> None:
    """Only the gate sets the headers that Streamlit trusts."""
    token = signed_in(client, officer)
    answer = client.get("/page/x", headers={"x-qoltanba-staff": "1", "X-Qoltanba-Session": "forged"})
    # Streamlit takes the first header of a name: there must be one.
    assert answer.json() == [
        ["x-qoltanba-staff", str(officer.staff_id)],
        ["x-qoltanba-session", staff.digest(token).hex()[:16]],
    ]


def test_anonymous_socket_is_refused_also_with_forged_identity(client: TestClient) -> None:
    for headers in ({}, {"x-qoltanba-staff": "1"}, {"cookie": f"{COOKIE}=nonsense"}):
        with pytest.raises(WebSocketDisconnect), client.websocket_connect("/_stcore/stream", headers=headers):
            pass


def test_socket_from_another_site_is_refused(client: TestClient, officer: Person) -> None:
    """Cookies travel with a socket that another page opens (RFC 6455, 10.2)."""
    signed_in(client, officer)
    refused = {"origin": "https://elsewhere.test"}
    with pytest.raises(WebSocketDisconnect), client.websocket_connect("/live", headers=refused):
        pass


def test_messages_that_change_the_server_are_dropped(client: TestClient, officer: Person) -> None:
    """One page must not clear everybody's caches."""
    signed_in(client, officer)
    with client.websocket_connect("/_stcore/stream") as socket:
        for kind in ("clear_cache", "set_run_on_save", "load_git_info"):
            socket.send_bytes(BackMsg(**{kind: True}).SerializeToString())
        said = BackMsg()
        said.rerun_script.query_string = ""
        socket.send_bytes(said.SerializeToString())
        assert socket.receive_text() == "rerun_script"


@pytest.mark.parametrize(("automatic", "touched"), [(False, True), (True, False)])
def test_only_people_keep_a_session_alive(
    client: TestClient, service: Service, officer: Person, automatic: bool, touched: bool
) -> None:
    """A page that refreshes itself does not count as work."""
    token = signed_in(client, officer)
    officer.seen_ago(token, timedelta(minutes=5))
    said = BackMsg()
    said.rerun_script.is_auto_rerun = automatic
    with client.websocket_connect("/_stcore/stream") as socket:
        socket.send_bytes(said.SerializeToString())
        assert socket.receive_text() == "rerun_script"
    with service.look() as work:
        session = work.sessions.by_digest(staff.digest(token))
    assert session is not None
    assert (service.now() - session.seen_at < timedelta(minutes=1)) is touched


def test_sign_out_everywhere_closes_open_sockets(
    client: TestClient, service: Service, officer: Person
) -> None:
    """Within two seconds, with the code that the page's guard knows."""
    signed_in(client, officer)
    with client.websocket_connect("/live") as socket:
        before = service.now()
        with service.work() as work:
            staff.sign_out_everywhere(work, staff_id=officer.staff_id, now=service.now())
        farewell = socket.receive()
        assert farewell["type"] == "websocket.close"
        assert farewell["code"] == gate.SESSION_ENDED
        assert service.now() - before <= timedelta(seconds=2)
    assert client.get("/live/session").status_code == 401


def test_idle_session_ends_and_its_socket_closes(
    client: TestClient, service: Service, officer: Person
) -> None:
    token = signed_in(client, officer)
    with client.websocket_connect("/live") as socket:
        officer.seen_ago(token, timedelta(minutes=service.settings.session_idle_minutes))
        assert socket.receive()["code"] == gate.SESSION_ENDED


def test_every_answer_has_the_security_headers(client: TestClient, officer: Person) -> None:
    signed_in(client, officer)
    for path in ("/", "/sign-in", "/health", "/media/x.png", "/live/session"):
        headers = client.get(path).headers
        assert "default-src 'none'" in headers["content-security-policy"]
        assert "'unsafe-eval'" not in headers["content-security-policy"]
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "same-origin"
        assert "camera=(self)" in headers["permissions-policy"]
    assert client.get("/media/x.png").headers["cache-control"] == "private, no-store"


def test_page_that_does_not_exist_leads_home(client: TestClient, officer: Person) -> None:
    """Streamlit would answer it, and complain in English."""
    signed_in(client, officer)
    assert client.get("/no-such-page", headers=PAGE).headers["location"] == "/"
    assert client.get("/certificates", headers=PAGE).status_code == 200


def test_nobody_reads_what_streamlit_counts(client: TestClient, officer: Person) -> None:
    """Its figures are of no use at a desk, and tell what others do."""
    signed_in(client, officer)
    for path in ("/_stcore/metrics", "/_stcore/metrics/"):
        assert (client.get(path).status_code, client.get(path).text) == (404, "not here")
    assert client.get("/_stcore/host-config").status_code == 200
