"""What the tests need from the machine, and how Debian calls it. Running the system needs none of it."""

import os
import shutil
import subprocess
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path


class PackagesMissing(Exception):
    """Something the tests need is missing and may not be installed from here."""


@dataclass(frozen=True, slots=True)
class Need:
    """One thing on the machine: what it is for, the Debian package, and how its presence is seen."""

    package: str
    purpose: str
    present: Callable[[], bool]


def prepare() -> None:
    """Install what is missing when we are root on a Debian; otherwise raise PackagesMissing."""
    missing = [need for need in NEEDS if not need.present()]
    if not missing:
        return
    if os.geteuid() != 0 or not shutil.which("apt-get"):
        raise PackagesMissing(explain(missing))
    packages = [need.package for need in missing]
    print(f"Installing for the tests: {', '.join(packages)} ...", flush=True)
    _apt(["update"])
    _apt(["install", "--yes", "--no-install-recommends", *packages])
    still = [need for need in missing if not need.present()]
    if still:
        raise PackagesMissing(explain(still))


def explain(missing: Sequence[Need]) -> str:
    lines = [f"  {need.package}: {need.purpose}" for need in missing]
    packages = " ".join(need.package for need in missing)
    return "\n".join(
        ["The tests need what this machine lacks:", *lines, f"On Debian, as root: apt-get install {packages}"]
    )


def _apt(arguments: Sequence[str]) -> None:
    command = ["env", "DEBIAN_FRONTEND=noninteractive", "apt-get", "-qq", *arguments]
    done = subprocess.run(
        command, stdin=subprocess.DEVNULL, capture_output=True, text=True, check=False, timeout=1200
    )
    if done.returncode:
        raise PackagesMissing(f"apt-get {' '.join(arguments)} failed: {done.stderr.strip()}")


def _command(*names: str) -> Callable[[], bool]:
    return lambda: any(shutil.which(name) for name in names)


def _postgresql() -> bool:
    # Debian keeps the server's programs out of PATH, one folder a version.
    return bool(shutil.which("initdb")) or any(Path("/usr/lib/postgresql").glob("*/bin/initdb"))


def _cyrillic_font() -> bool:
    names = ("DejaVuSans.ttf", "NotoSans-Regular.ttf", "LiberationSans-Regular.ttf")
    return any(any(Path("/usr/share/fonts").rglob(name)) for name in names)


NEEDS = (
    Need("chromium", "browser of the journeys", _command("chromium", "chromium-browser", "google-chrome")),
    Need("postgresql", "private cluster of the data tests", _postgresql),
    Need("coturn", "TURN server of the video tests", _command("turnserver")),
    Need("nodejs", "runs the published NCALayer client, judge of the key agent", _command("node")),
    Need("npm", "installs that client and axe-core as their locks pin them", _command("npm")),
    Need("libnss3-tools", "the browsers' certificate store in the key agent's tests", _command("certutil")),
    Need("xmlsec1", "judge of signed XML documents", _command("xmlsec1")),
    Need("openssl", "judge of certificates, CRLs and OCSP answers", _command("openssl")),
    Need("gcc", "compiles the inner loop of a media worker", _command("gcc", "cc")),
    Need("fonts-dejavu-core", "Cyrillic letters, Kazakh ones too, in the pictures", _cyrillic_font),
)
