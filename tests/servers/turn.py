"""A TURN server on loopback, gone with the test: coturn, with the shared secret and no account."""

import contextlib
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

REALM = "qoltanba.test"


@dataclass(frozen=True, slots=True)
class Turn:
    host: str
    port: int


@contextlib.contextmanager
def serve(secret: str) -> Iterator[Turn]:
    program = shutil.which("turnserver")
    if program is None:
        raise FileNotFoundError("coturn is not installed: apt-get install coturn")
    with tempfile.TemporaryDirectory(prefix="qoltanba-turn-") as folder:
        port = _free_port()
        # Peers on loopback are refused by default, and are all that a test has.
        options = [
            *("-n", "--no-cli", "--no-tls", "--no-dtls", "--fingerprint", "--allow-loopback-peers"),
            *("--use-auth-secret", f"--static-auth-secret={secret}", f"--realm={REALM}"),
            *("--listening-ip=127.0.0.1", "--relay-ip=127.0.0.1", f"--listening-port={port}"),
            *(
                f"--userdb={folder}/users",
                f"--pidfile={folder}/pid",
                f"--log-file={folder}/log",
                "--simple-log",
            ),
        ]
        process = subprocess.Popen(
            [program, *options], cwd=folder, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
        )
        try:
            _await_listener(process, port, Path(folder))
            yield Turn("127.0.0.1", port)
        finally:
            process.terminate()
            try:
                process.wait(5)
            except subprocess.TimeoutExpired:
                process.kill()
                process.wait(5)


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def _await_listener(process: subprocess.Popen[bytes], port: int, folder: Path) -> None:
    """It listens on TCP and UDP alike."""
    deadline = time.monotonic() + 10
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise RuntimeError(f"coturn ended: {(folder / 'log').read_text(errors='replace')[-500:]}")
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 0.2):
            return
        time.sleep(0.05)
    raise RuntimeError("coturn did not listen in time")
