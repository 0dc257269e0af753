"""CPU that one rerun of the certificate page costs the console, with Streamlit's collection after each run as the peer.

    python -m benchmarks.console_rerun [--reruns 100] [--certificates 2000] [--json]

A client speaks the console's WebSocket protocol through the gate, signed in as an officer. `theirs` is the same
page in a console whose `runner.postScriptGC` is on, as Streamlit ships it.
"""

import asyncio
import os
import secrets
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import websockets
from rich.console import Console
from streamlit.proto.BackMsg_pb2 import BackMsg
from streamlit.proto.ForwardMsg_pb2 import ForwardMsg

from benchmarks import report
from ca_core import staff
from console import gate
from runtime import settings, start
from runtime.service import Service

PORT = 18_551
PAGES = ("certificates", "")


def main() -> None:
    chosen = report.arguments(__doc__, reruns=100, certificates=2000)
    with tempfile.TemporaryDirectory() as folder:
        overrides = {
            "var_dir": folder,
            "console_port": str(PORT),
            "demo_certificates": str(chosen.certificates),
            "session_idle_minutes": "60",
        }
        service = start.prepare(settings.load(overrides), Console(stderr=True), demo_data=True)
        report.show(_rows(service, chosen.reruns), as_json=chosen.json)
        service.close()


def _rows(service: Service, reruns: int) -> Iterator[report.Row]:
    figures = {}
    for collecting in (False, True):
        with _console(service, collecting=collecting) as process:
            for page in PAGES:
                figures[page, collecting] = asyncio.run(_measure(service, process.pid, page, reruns))
    for page in PAGES:
        yield report.Row(
            f"one rerun of {page or 'home'}",
            "ms CPU",
            figures[page, False],
            "postScriptGC on",
            figures[page, True],
            "lower",
            reruns,
        )


@contextmanager
def _console(service: Service, *, collecting: bool) -> Iterator["subprocess.Popen[bytes]"]:
    app = Path(__file__).parent.parent / "console" / "app.py"
    argv = [sys.executable, "-m", "streamlit", "run", str(app), "--server.port", str(PORT)]
    environment = {**os.environ, **settings.as_environment(service.settings)}
    if collecting:
        environment["STREAMLIT_RUNNER_POST_SCRIPT_GC"] = "true"
    quiet = subprocess.DEVNULL
    process = subprocess.Popen(
        [*argv, "--server.address", "127.0.0.1"], env=environment, stdout=quiet, stderr=quiet
    )
    try:
        _wait(f"http://127.0.0.1:{PORT}/ready")
        yield process
    finally:
        process.terminate()
        process.wait(20)


def _wait(url: str) -> None:
    for _ in range(300):
        try:
            with urllib.request.urlopen(url, timeout=1):
                return
        except OSError:
            time.sleep(0.2)
    raise SystemExit("the console did not start")


def _token(service: Service) -> str:
    token, now = secrets.token_urlsafe(32), service.now()
    with service.work() as work:
        account = work.accounts.by_login("officer1")
        if account is None:
            raise SystemExit("the demo has no officer")
        work.sessions.add(staff.Session(staff.digest(token), account.staff_id, now, now))
    return token


async def _measure(service: Service, pid: int, page: str, reruns: int) -> float:
    cookie = f"{gate.cookie_name(service.settings)}={_token(service)}"
    origin = f"http://127.0.0.1:{PORT}"
    async with websockets.connect(
        f"ws://127.0.0.1:{PORT}/_stcore/stream",
        subprotocols=["streamlit"],
        additional_headers={"Cookie": cookie},
        origin=origin,
        max_size=None,
    ) as socket:
        for _ in range(5):
            await _rerun(socket, page)
        before = _cpu_seconds(pid)
        for _ in range(reruns):
            await _rerun(socket, page)
        return (_cpu_seconds(pid) - before) / reruns * 1000


async def _rerun(socket: websockets.ClientConnection, page: str) -> None:
    asked = BackMsg()
    asked.rerun_script.page_name = page
    await socket.send(asked.SerializeToString())
    async with asyncio.timeout(30):
        while True:
            told = ForwardMsg()
            told.ParseFromString(await socket.recv())
            if told.WhichOneof("type") == "script_finished":
                return


def _cpu_seconds(pid: int) -> float:
    """User and system time of the process, all threads (Linux)."""
    fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


if __name__ == "__main__":
    main()
