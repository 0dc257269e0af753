"""`/health` (alive) and `/ready` (can do its work) of a process that has no other web server."""

import threading
from collections.abc import Callable
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class _Answer(BaseHTTPRequestHandler):
    server: "_Server"
    timeout = 5

    def do_GET(self) -> None:
        if self.path == "/health":
            self._say(200, "alive")
        elif self.path == "/ready":
            problem = self.server.problem()
            self._say(503 if problem else 200, problem or "ready")
        else:
            self._say(404, "not found")

    def _say(self, status: int, text: str) -> None:
        body = text.encode()
        self.send_response(status)
        self.send_header("Content-Type", "text/plain; charset=utf-8")
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def log_message(self, *_: object) -> None:
        """Health look-ups are no news."""


class _Server(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, port: int, problem: Callable[[], str]) -> None:
        super().__init__(("127.0.0.1", port), _Answer)
        self.problem = problem


def serve(port: int, problem: Callable[[], str]) -> Callable[[], None]:
    """Answers on loopback from a thread of its own; `problem` is empty when all is well. Returns how to stop."""
    server = _Server(port, problem)
    threading.Thread(target=server.serve_forever, name="health", daemon=True).start()

    def stop() -> None:
        server.shutdown()
        server.server_close()

    return stop
