"""An SMS centre of a few lines on loopback, which answers as it is told."""

import contextlib
import json
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


@dataclass
class Centre:
    """`silent`: it takes the question and does not answer until `released`. `port`: any free one, unless given."""

    status: int = 200
    silent: bool = False
    port: int = 0
    url: str = ""
    taken: list[dict[str, str]] = field(default_factory=list)
    tokens: list[str | None] = field(default_factory=list)
    released: threading.Event = field(default_factory=threading.Event)


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, centre: Centre) -> None:
        super().__init__(("127.0.0.1", centre.port), _Answer)
        self.centre = centre


class _Answer(BaseHTTPRequestHandler):
    server: _Server
    timeout = 10

    def do_POST(self) -> None:
        centre = self.server.centre
        body = self.rfile.read(int(self.headers["Content-Length"]))
        if centre.silent:
            centre.released.wait(20)
            self.close_connection = True
            return
        centre.taken.append(json.loads(body))
        centre.tokens.append(self.headers["Authorization"])
        self.send_response(centre.status)
        self.send_header("Content-Length", "0")
        self.end_headers()

    def log_message(self, *_: object) -> None:
        """Nobody reads it."""


@contextlib.contextmanager
def serve(centre: Centre) -> Iterator[Centre]:
    with _Server(centre) as server:
        centre.url = f"http://127.0.0.1:{server.server_address[1]}/messages"
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        try:
            yield centre
        finally:
            centre.released.set()
            server.shutdown()
