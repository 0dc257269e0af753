"""A media worker as a process of its own, to be killed."""

import asyncio
import signal
import socket
import subprocess
import sys
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import httpx

from tests.video.media.films import SECRET

DOOR_SECRET = "the door's secret in the tests"
_SCRIPT = """
import sys
from pathlib import Path
from video.media import app, ice
app.serve(port=int(sys.argv[1]), settings=app.WorkerSettings(
    secret=sys.argv[2], evidence_dir=Path(sys.argv[3]), evidence_secret=bytes.fromhex(sys.argv[4]),
    addresses=ice.IceSettings(bind_host="127.0.0.1", advertised_host="127.0.0.1")))
"""


@dataclass
class RunningWorker:
    process: subprocess.Popen[bytes]
    url: str
    folder: Path

    def kill(self) -> None:
        self.process.kill()
        self.process.wait(5)

    def end(self) -> float:
        """SIGTERM; how many seconds it took."""
        began = time.monotonic()
        self.process.send_signal(signal.SIGTERM)
        self.process.wait(8)
        return time.monotonic() - began


def free_port() -> int:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def start(folder: Path, port: int) -> RunningWorker:
    arguments = [str(port), DOOR_SECRET, str(folder), SECRET.hex()]
    process = subprocess.Popen([sys.executable, "-c", _SCRIPT, *arguments])
    return RunningWorker(process, f"http://127.0.0.1:{port}", folder)


async def until_ready(running: RunningWorker) -> None:
    headers = {"Authorization": f"Bearer {DOOR_SECRET}"}
    async with httpx.AsyncClient(trust_env=False) as http:
        for _ in range(200):
            assert running.process.poll() is None, "the worker ended"
            try:
                if (await http.get(f"{running.url}/ready", headers=headers)).status_code == 200:
                    return
            except httpx.TransportError:
                # It does not listen yet.
                await asyncio.sleep(0.05)
    raise AssertionError("the worker did not become ready")


@asynccontextmanager
async def worker(folder: Path) -> AsyncIterator[RunningWorker]:
    running = start(folder, free_port())
    try:
        await until_ready(running)
        yield running
    finally:
        if running.process.poll() is None:
            running.kill()
