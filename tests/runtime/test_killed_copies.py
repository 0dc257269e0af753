"""SIGKILL while a backup is made and while the audit log is sealed: nothing half is taken for whole."""

import contextlib
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from runtime import audit_key, auditing, backup, backup_parts
from runtime.backup_parts import BackupRefused
from runtime.service import Service
from tests.runtime.audit.conftest import verified
from tests.runtime.dying_copy import PASSPHRASE
from tests.runtime.test_killed import PROJECT


@dataclass(frozen=True)
class Victim:
    """A process that does one thing."""

    number: int

    @property
    def is_there(self) -> bool:
        return Path(f"/proc/{self.number}").exists()

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.number, signal.SIGKILL)
        self.until(lambda: not self.is_there)

    def until(self, reached: Callable[[], bool]) -> None:
        deadline = time.monotonic() + 60
        while not reached():
            assert time.monotonic() < deadline, "not in time"
            time.sleep(0.002)


Start = Callable[..., Victim]


@pytest.fixture(scope="module")
def started() -> Iterator[Start]:
    argv = [sys.executable, "-m", "tests.runtime.dying_copy"]
    pipe = subprocess.PIPE
    with subprocess.Popen(argv, cwd=PROJECT, stdin=pipe, stdout=pipe, text=True) as process:

        def start(service: Service, what: str, into: Path | str = "") -> Victim:
            assert process.stdin is not None
            assert process.stdout is not None
            database = service.store.engine.url.render_as_string(hide_password=False)
            asked = [str(service.settings.var_dir), database, what, str(into)]
            process.stdin.write(json.dumps(asked) + "\n")
            process.stdin.flush()
            return Victim(int(process.stdout.readline()))

        yield start
        process.kill()


@pytest.fixture
def large(service: Service) -> Service:
    """With evidence that takes a moment to be copied."""
    audit_key.make(service.settings)
    service.settings.evidence_dir.mkdir(parents=True, exist_ok=True)
    (service.settings.evidence_dir / "film.sealed").write_bytes(os.urandom(24 * 2**20))
    return service


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_backup_that_was_killed_is_none_and_leaves_nothing_to_the_next(
    large: Service, started: Start, tmp_path: Path
) -> None:
    """Its half lies under no name that anybody would restore, and no plain copy of the database stays."""
    shelf = tmp_path / "backups"
    for part in (backup_parts.DATABASE, backup_parts.FILES):
        victim = started(large, "backup", shelf / "monday")
        victim.until(lambda: any(map(_size, shelf.glob(f".*/backup/{part}"))))  # noqa: B023
        victim.kill()
        assert not (shelf / "monday").exists()
        (half,) = shelf.iterdir()
        with pytest.raises(BackupRefused):
            backup_parts.read_manifest(half / "backup", PASSPHRASE)
    other = started(large, "backup", shelf / "tuesday")
    other.until(lambda: any(shelf.glob(".*/backup")))
    backup.make(large.settings, shelf / "monday", PASSPHRASE)
    # What somebody else was making meanwhile was left alone.
    other.until(lambda: not other.is_there)
    assert sorted(path.name for path in shelf.iterdir()) == ["monday", "tuesday"]
    assert list(large.settings.var_dir.glob(".copy-*/database")) == []
    for made in shelf.iterdir():
        manifest, _ = backup_parts.read_manifest(made, PASSPHRASE)
        backup_parts.require_whole(made, manifest)


def _size(path: Path) -> int:
    try:
        return path.stat().st_size
    except FileNotFoundError:
        return 0


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_a_sealer_that_was_killed_goes_on_and_nobody_is_found_guilty(
    service: Service, started: Start
) -> None:
    """Whatever it was at, head, copy or between: the next one copies what is missing, and the log is intact."""
    audit_key.make(service.settings)
    folder = service.settings.audit_heads_dir

    def copied() -> int:
        return sum(map(_size, folder.glob("*.jsonl")))

    for number in range(3):
        before = copied()
        victim = started(service, "seal")
        victim.until(lambda: copied() > before)  # noqa: B023
        # Each time at another moment of a round.
        time.sleep(0.004 * number)
        victim.kill()
        auditing.sealing(service).round()
        outcome = verified(service)
        assert outcome.is_intact, outcome.findings
    assert outcome.size >= 9
