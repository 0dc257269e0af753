"""A private PostgreSQL cluster on loopback, gone with the tests."""

import contextlib
import os
import pwd
import shutil
import socket
import subprocess
import tempfile
from collections.abc import Iterator
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


@contextlib.contextmanager
def cluster() -> Iterator[str]:
    """The address of a database server, without a database name at its end."""
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
        subprocess.run(_as_nobody_special([*control, "-o", options, "start"]), check=True, cwd="/")
        try:
            yield f"postgresql+psycopg://qoltanba@127.0.0.1:{port}"
        finally:
            subprocess.run(_as_nobody_special([*control, "-m", "immediate", "stop"]), check=True, cwd="/")
    finally:
        shutil.rmtree(folder, ignore_errors=True)
