"""The servers that are measured, each a process: the product's media worker with either engine, and Janus."""

import os
import shutil
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Final, Literal

import httpx

from runtime import settings

Kind = Literal["translator", "relay", "janus", "aiortc"]
PROJECT: Final = Path(__file__).resolve().parents[2]
SECRET: Final = "the secret of a benchmark"
_READY_SECONDS = 40.0
# linux/posix-timers.h: the clock of a whole process, by its number.
_CPUCLOCK_SCHED = 2
_JANUS_PARTS = ("plugins/libjanus_videocall.so", "transports/libjanus_http.so")


class JanusMissing(Exception):
    """The peer is not installed: its figures are left out."""


@dataclass(frozen=True, slots=True)
class Gauge:
    """What a process holds."""

    memory_mb: float
    threads: int
    sockets: int
    files: int


@dataclass(frozen=True, slots=True)
class Server:
    kind: Kind
    url: str
    address: str
    process: "subprocess.Popen[bytes]"

    @property
    def cpu_seconds(self) -> float:
        """Of all its threads, those that ended too."""
        return time.clock_gettime(~self.process.pid << 3 | _CPUCLOCK_SCHED)

    def gauge(self) -> Gauge:
        folder = Path(f"/proc/{self.process.pid}")
        status = dict(line.split(":", 1) for line in (folder / "status").read_text().splitlines())
        targets = []
        for entry in (folder / "fd").iterdir():
            try:
                targets.append(str(entry.readlink()))
            except FileNotFoundError:
                # It was closed while we were reading.
                continue
        return Gauge(
            memory_mb=int(status["VmRSS"].split()[0]) / 1024,
            threads=int(status["Threads"]),
            sockets=sum(target.startswith("socket:") for target in targets),
            files=len(targets),
        )


@contextmanager
def running(kind: Kind, folder: Path) -> Iterator[Server]:
    """Until the end of the block. Raises JanusMissing."""
    folder.mkdir(parents=True, exist_ok=True)
    address, port = own_address(), _free_port()
    with (folder / f"{kind}.log").open("ab") as log:
        command, environment = _command(kind, folder, port, address)
        process = subprocess.Popen(
            command, cwd=PROJECT, env={**os.environ, **environment}, stdout=log, stderr=subprocess.STDOUT
        )
    server = Server(kind, f"http://127.0.0.1:{port}", address, process)
    try:
        _wait(server, folder / f"{kind}.log")
        yield server
    finally:
        process.terminate()
        try:
            process.wait(10)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def janus_version() -> str:
    """Raises JanusMissing."""
    program = shutil.which("janus")
    if program is None:
        raise JanusMissing
    told = subprocess.run([program, "--version"], capture_output=True, text=True, check=False)
    return (told.stdout + told.stderr).strip().splitlines()[0]


def own_address() -> str:
    """This machine's address where it has one: Janus takes no loopback address."""
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as probe:
        try:
            # Nothing is sent: the kernel only chooses a way.
            probe.connect(("198.51.100.1", 9))
        except OSError:
            return "127.0.0.1"
        return str(probe.getsockname()[0])


def _command(kind: Kind, folder: Path, port: int, address: str) -> tuple[list[str], dict[str, str]]:
    if kind == "janus":
        return _janus(folder, port)
    if kind == "aiortc":
        return [sys.executable, "-m", "benchmarks.video.mediarelay", str(port), address], {}
    return _worker(kind, folder, port, address)


def _worker(kind: Kind, folder: Path, port: int, address: str) -> tuple[list[str], dict[str, str]]:
    media, evidence = folder / "media.secret", folder / "evidence.secret"
    media.write_text(SECRET)
    evidence.write_text("ab" * 32)
    chosen = settings.load(
        {
            "var_dir": str(folder / "var"),
            "media_secret_file": str(media),
            "evidence_secret_file": str(evidence),
            "evidence_dir": str(folder / "evidence"),
            "media_port": str(port),
            "media_workers": "1",
            "media_host": address,
            "media_udp_port": "0",
            "video_engine": kind,
        }
    )
    return [sys.executable, "-m", "runtime.media_worker", "0"], settings.as_environment(chosen)


def _janus(folder: Path, port: int) -> tuple[list[str], dict[str, str]]:
    program = shutil.which("janus")
    installed = next(Path("/usr/lib").glob("*/janus"), None)
    if program is None or installed is None:
        raise JanusMissing
    for part in _JANUS_PARTS:
        link = folder / part
        link.parent.mkdir(parents=True, exist_ok=True)
        if not link.exists():
            link.symlink_to(installed / part)
    (folder / "janus.jcfg").write_text(
        f'general: {{ plugins_folder = "{folder}/plugins", transports_folder = "{folder}/transports",'
        f' interface = "127.0.0.1" }}\n'
    )
    (folder / "janus.transport.http.jcfg").write_text(
        f'general: {{ http = true, port = {port}, ip = "127.0.0.1", https = false }}\n'
    )
    return [program, "-F", str(folder), "-d", "3", "-N"], {}


def _wait(server: Server, log: Path) -> None:
    page = "/janus/info" if server.kind == "janus" else "/ready"
    headers = {"Authorization": f"Bearer {SECRET}"}
    deadline = time.monotonic() + _READY_SECONDS
    while time.monotonic() < deadline and server.process.poll() is None:
        try:
            if httpx.get(server.url + page, headers=headers, trust_env=False).status_code == 200:
                return
        except httpx.TransportError:
            time.sleep(0.1)
    raise SystemExit(f"{server.kind} did not start:\n{log.read_text()[-2000:]}")


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
