"""A private PostgreSQL cluster on loopback, gone with the tests."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path


def programs() -> Path | None:
    """Where initdb and postgres lie; Debian keeps them off the PATH."""
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))
    found = versions[-1] if versions else shutil.which("initdb")
    return Path(found).parent if found else None


def _as_nobody_special(argv: list[str]) -> list[str]:
    """PostgreSQL refuses to run as root."""
    return ["runuser", "-u", "postgres", "--", *argv] if os.geteuid() == 0 else argv


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass(frozen=True)
class Server:
    """`address` is without a database name at its end."""

    address: str
    control: list[str]
    options: str

    def stop(self, how: str = "immediate") -> None:
        """`immediate` is what a power cut does: nobody is waited for, and the log is replayed at the start."""
        subprocess.run(_as_nobody_special([*self.control, "-m", how, "stop"]), check=True, cwd="/")

    def start(self) -> None:
        subprocess.run(_as_nobody_special([*self.control, "-o", self.options, "start"]), check=True, cwd="/")


@contextlib.contextmanager
def cluster() -> Iterator[str]:
    """The address of a database server, without a database name at its end."""
    with server() as running:
        yield running.address


@contextlib.contextmanager
def server() -> Iterator[Server]:
    """One that a test may stop and start; it runs at the end."""
    where = programs()
    if where is None:
        raise FileNotFoundError("PostgreSQL is not installed: apt-get install postgresql")
    folder = Path(tempfile.mkdtemp(prefix="qoltanba-pg-"))
    if os.geteuid() == 0:
        entry = pwd.getpwnam("postgres")
        os.chown(folder, entry.pw_uid, entry.pw_gid)
    data = folder / "data"
    port = free_port()
    try:
        initdb = [str(where / "initdb"), "-D", str(data), "-U", "qoltanba", "-A", "trust", "-E", "UTF8"]
        subprocess.run(
            _as_nobody_special([*initdb, "--locale=C.UTF-8"]), check=True, capture_output=True, cwd="/"
        )
        options = f"-p {port} -k {folder} -c listen_addresses=127.0.0.1 -c shared_buffers=64MB"
        control = [str(where / "pg_ctl"), "-D", str(data), "-w", "-l", str(folder / "log")]
        running = Server(f"postgresql+psycopg://qoltanba@127.0.0.1:{port}", control, options)
        running.start()
        try:
            yield running
        finally:
            running.stop()
    finally:
        shutil.rmtree(folder, ignore_errors=True)
