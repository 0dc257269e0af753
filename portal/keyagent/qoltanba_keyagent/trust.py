"""`trust` and `untrust`: the agent's CA in the stores that browsers of this account read.

Linux: NSS databases of Chromium and Firefox, with `certutil` (libnss3-tools). macOS and Windows: the account's own
store, with the system's tool. What cannot be done is said, with what to do by hand.
"""

import shutil
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from qoltanba_keyagent import tls

_PATIENCE_SECONDS = 60


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of one store."""

    store: str
    done: bool
    detail: str = ""


def install(folder: Path, *, home: Path) -> list[Outcome]:
    """An empty list: there is no store that we know how to reach."""
    ca = str(tls.ca_file(folder))
    if sys.platform == "darwin":
        keychain = str(home / "Library/Keychains/login.keychain-db")
        return [
            _run("login keychain", ["security", "add-trusted-cert", "-r", "trustRoot", "-k", keychain, ca])
        ]
    if sys.platform == "win32":
        return [_run("Windows", ["certutil.exe", "-user", "-f", "-addstore", "Root", ca])]
    return [
        _run(
            str(database),
            ["certutil", "-A", "-d", f"sql:{database}", "-n", tls.CA_NAME, "-t", "C,,", "-i", ca],
        )
        for database in _databases(home, make=True)
    ]


def remove(folder: Path, *, home: Path) -> list[Outcome]:
    if sys.platform == "darwin":
        return [_run("login keychain", ["security", "remove-trusted-cert", str(tls.ca_file(folder))])]
    if sys.platform == "win32":
        return [_run("Windows", ["certutil.exe", "-user", "-delstore", "Root", tls.CA_NAME])]
    return [
        _run(str(database), ["certutil", "-D", "-d", f"sql:{database}", "-n", tls.CA_NAME])
        for database in _databases(home, make=False)
    ]


def by_hand(folder: Path) -> str:
    """For the person at the terminal."""
    return (
        f"Import {tls.ca_file(folder)} by hand where your browser keeps certificate authorities:\n"
        "  Chromium, Chrome, Edge: Settings > Privacy and security > Security > Manage certificates\n"
        "  Firefox: Settings > Privacy & Security > Certificates > View certificates > Authorities > Import\n"
        "and trust it for web sites. It can certify nothing but this computer's loopback addresses."
    )


def _databases(home: Path, *, make: bool) -> Iterator[Path]:
    """Chromium's, old place and new, and one a profile of Firefox."""
    if shutil.which("certutil") is None:
        return
    shared = [home / ".pki/nssdb", home / ".local/share/pki/nssdb"]
    if make and not any((one / "cert9.db").exists() for one in shared):
        shared[0].mkdir(mode=0o700, parents=True, exist_ok=True)
        _run(str(shared[0]), ["certutil", "-N", "-d", f"sql:{shared[0]}", "--empty-password"])
    profiles = [
        *home.glob(".mozilla/firefox/*"),
        *home.glob("snap/firefox/common/.mozilla/firefox/*"),
        *home.glob("snap/chromium/current/.pki/nssdb"),
    ]
    yield from (one for one in (*shared, *profiles) if (one / "cert9.db").exists())


def _run(store: str, command: list[str]) -> Outcome:
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            check=False,
            timeout=_PATIENCE_SECONDS,
            stdin=subprocess.DEVNULL,
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        return Outcome(store, False, type(error).__name__)
    return Outcome(store, done.returncode == 0, done.stderr.strip())
