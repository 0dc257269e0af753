"""The agent as one ASGI application: the WebSocket and the pages, on one port."""

import webbrowser
from collections.abc import Callable
from pathlib import Path

from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import Route, WebSocketRoute

from qoltanba_keyagent import sockets, web
from qoltanba_keyagent.answers import Office
from qoltanba_keyagent.asking import Surroundings, clock
from qoltanba_keyagent.dialogs import Desk
from qoltanba_keyagent.enrolment import Enrolment
from qoltanba_keyagent.folders import Folders
from qoltanba_keyagent.memory import Memory
from qoltanba_keyagent.protection import OwnFormsOnly, OwnHostOnly, StrictHeaders
from qoltanba_keyagent.refusals import Refused
from qoltanba_keyagent.sockets import Lines
from qoltanba_keyagent.waiting import Shelf


def make(
    *, folder: Path, tree: Folders, port: int, open_browser: Callable[[str], object] = webbrowser.open
) -> Starlette:
    """The application over the agent's folder and the part of the disk that it may show."""
    around = Surroundings(tree, Memory(folder))
    shelf = Shelf(folder)
    shelf.sweep(clock())
    app = Starlette(
        routes=[
            WebSocketRoute("/", sockets.serve),
            Route("/", web.home, methods=["GET"]),
            Route("/withdraw", web.withdraw, methods=["POST"]),
            Route("/ready", web.ready),
            Route("/static/{name}", web.static),
            Route("/dialog/{token}", web.show, methods=["GET"]),
            Route("/dialog/{token}", web.answer, methods=["POST"]),
            Route("/dialog/{token}/check", web.check, methods=["POST"]),
        ],
        middleware=[
            Middleware(StrictHeaders),
            Middleware(OwnHostOnly, port=port),
            Middleware(OwnFormsOnly),
        ],
        exception_handlers={Refused: web.refused, HTTPException: web.turned_away},
    )
    app.state.office = Office(
        desk=Desk(),
        around=around,
        enrolment=Enrolment(shelf, around),
        address=lambda dialog: f"http://127.0.0.1:{port}/dialog/{dialog.token}",
        open_browser=open_browser,
    )
    app.state.pages = web.Pages()
    app.state.lines = Lines()
    return app
