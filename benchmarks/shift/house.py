"""The house under load: `qoltanba run` in a folder and on loopback ports of its own, its processes by their names."""

import contextlib
import os
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from runtime import settings, wiring
from runtime.service import Service
from runtime.settings import Settings

PROJECT = Path(__file__).resolve().parents[2]
READY_SECONDS = 150.0
_PORTS = (
    "console_port",
    "portal_port",
    "jobs_port",
    "video_port",
    "vision_port",
    "media_port",
    "keyagent_port",
)
# How each process was started; the supervisor's other children have no part in the load.
_WORDS = {
    "jobs": ("jobs", "run"),
    "portal": ("uvicorn", "portal.app:create"),
    "calls": ("video", "gateway"),
    "media": ("-m", "runtime.media_worker"),
    "vision": ("video", "vision"),
    "console": ("streamlit", "run"),
}


@dataclass
class House:
    service: Service
    supervisor: "subprocess.Popen[bytes]"
    log: Path

    @property
    def settings(self) -> Settings:
        return self.service.settings

    def processes(self) -> dict[str, int]:
        """The number of each that lives."""
        children = Path(f"/proc/{self.supervisor.pid}/task/{self.supervisor.pid}/children")
        found = {}
        for number in children.read_text().split():
            words = _words(int(number))
            for name, wanted in _WORDS.items():
                if any(words[at : at + 2] == list(wanted) for at in range(len(words))):
                    found[name] = int(number)
        return found

    def kill(self, name: str) -> None:
        """As a power cut would: nothing is said before. The whole group, as its supervisor ends it."""
        os.killpg(self.processes()[name], signal.SIGKILL)

    def is_ready(self, name: str) -> bool:
        chosen = self.settings
        pages = {
            "jobs": f"http://127.0.0.1:{chosen.jobs_port}/ready",
            "portal": f"{chosen.portal_url}/ready",
            "calls": f"{chosen.video_url}/ready",
            "media": f"http://127.0.0.1:{chosen.media_port}/health",
            "vision": f"http://127.0.0.1:{chosen.vision_port}/health",
            "console": f"{chosen.console_url}/ready",
        }
        try:
            with urllib.request.urlopen(pages[name], timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False

    def wait_until_ready(self, *names: str) -> None:
        deadline = time.monotonic() + READY_SECONDS
        for name in names or _WORDS:
            while not self.is_ready(name):
                if time.monotonic() > deadline or self.supervisor.poll() is not None:
                    raise SystemExit(f"{name} did not start:\n{self.log.read_text()[-3000:]}")
                time.sleep(0.1)


def names() -> tuple[str, ...]:
    return tuple(_WORDS)


def configured(folder: Path) -> Settings:
    """The default SQLite, every process, nothing shared with a house that may be running on this machine."""
    ports = {name: str(port) for name, port in zip(_PORTS, _free_ports(len(_PORTS)), strict=True)}
    fixed = {"var_dir": str(folder / "var"), "media_workers": "1", "session_idle_minutes": "60"}
    ports["media_udp_port"] = "0"
    return settings.load({**fixed, **ports})


@contextmanager
def running(chosen: Settings, folder: Path) -> Iterator[House]:
    """Until the end of the block; prepared is what `stock` made."""
    log = folder / "log.txt"
    with log.open("wb") as written:
        supervisor = subprocess.Popen(
            [sys.executable, "-m", "runtime.cli", "run", "--no-demo-data", "--without-keyagent"],
            cwd=PROJECT,
            env={**os.environ, **settings.as_environment(chosen)},
            stdout=written,
            stderr=subprocess.STDOUT,
        )
    service = wiring.make_service(chosen)
    try:
        house = House(service, supervisor, log)
        house.wait_until_ready()
        yield house
    finally:
        service.close()
        supervisor.send_signal(signal.SIGTERM)
        with contextlib.suppress(subprocess.TimeoutExpired):
            supervisor.wait(30)
        if supervisor.poll() is None:
            # Its guard ends the children.
            supervisor.kill()


def _free_ports(count: int) -> list[int]:
    with contextlib.ExitStack() as held:
        probes = [held.enter_context(socket.socket()) for _ in range(count)]
        for probe in probes:
            probe.bind(("127.0.0.1", 0))
        return [int(probe.getsockname()[1]) for probe in probes]


def _words(number: int) -> list[str]:
    try:
        return Path(f"/proc/{number}/cmdline").read_text().rstrip("\0").split("\0")
    except OSError:
        return []
