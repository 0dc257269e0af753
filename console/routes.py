"""The console's routes beside Streamlit's: sign-in, health, the live socket, calls and their evidence,
the photo review, its own few static files.

Everything here is behind the gate unless the gate lists it as open.
"""

import asyncio
import logging
from collections.abc import Sequence
from pathlib import Path

from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import BaseRoute, Mount, Route, WebSocketRoute
from starlette.staticfiles import StaticFiles
from starlette.websockets import WebSocket, WebSocketDisconnect

from console import gate
from console.call_routes import CallRoutes
from console.enrolment import EnrolmentDoor
from console.review_routes import ReviewRoutes
from console.sign_in import SignIn
from runtime.service import Service

log = logging.getLogger(__name__)

LIVE = "/live"
LIVE_SESSION = "/live/session"


def make(service: Service) -> Sequence[BaseRoute]:
    door = SignIn(service)
    enrolment = EnrolmentDoor(service)
    readiness = _Readiness(service)
    return [
        Route(gate.SIGN_IN, door.show, methods=["GET"]),
        Route(gate.SIGN_IN, door.sign_in, methods=["POST"]),
        Route(gate.ENROL, enrolment.show, methods=["GET"]),
        Route(gate.ENROL, enrolment.open_, methods=["POST"]),
        Route(gate.ENROL_FINISH, enrolment.finish, methods=["POST"]),
        Route("/health", _health, methods=["GET"]),
        Route("/ready", readiness.answer, methods=["GET"]),
        Route(LIVE_SESSION, _session, methods=["GET"]),
        WebSocketRoute(LIVE, _live),
        *CallRoutes(service).make(),
        *ReviewRoutes(service).make(),
        Mount("/assets", StaticFiles(directory=Path(__file__).parent / "assets")),
    ]


async def _health(_request: Request) -> Response:
    """The process is alive."""
    return PlainTextResponse("alive\n", headers={"cache-control": "no-store"})


class _Readiness:
    """The process can do its work: the database answers and has our tables."""

    def __init__(self, service: Service) -> None:
        self._service = service

    async def answer(self, _request: Request) -> Response:
        try:
            await asyncio.to_thread(self._look)
        except Exception as error:  # noqa: BLE001  # whatever keeps us from the database, the answer is "not ready"
            log.warning("not ready", extra={"problem": type(error).__name__})
            return PlainTextResponse("database not reached\n", 503, headers={"cache-control": "no-store"})
        return PlainTextResponse("ready\n", headers={"cache-control": "no-store"})

    def _look(self) -> None:
        with self._service.look() as work:
            work.accounts.by_login("")


async def _session(_request: Request) -> Response:
    """Behind the gate: 401 once the session is over."""
    return JSONResponse({"session": "open"}, headers={"cache-control": "no-store"})


async def _live(socket: WebSocket) -> None:
    """Held open by each page's guard; the gate closes it when the session ends. A socket, not an event
    stream: browsers allow six streams a host, and officers open more pages than that."""
    await socket.accept()
    try:
        while True:
            await socket.receive()
    except (WebSocketDisconnect, RuntimeError):
        # Starlette raises RuntimeError for a second receive after the farewell.
        return
