"""The key agent on the citizen's own computer, as its owner starts and ends it; and as it comes from the portal."""

import os
import subprocess
import sys
import time
import urllib.request
import zipfile
from dataclasses import dataclass
from pathlib import Path

from runtime import keyagent
from runtime.settings import Settings

_READY_SECONDS = 30


@dataclass
class KeyProgram:
    """`own` is the agent's folder: sites that its owner allowed, keys that wait. It outlives each process."""

    configured: Settings
    environment: dict[str, str]
    log: Path
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.configured.keyagent_port}"

    def start(self) -> None:
        """From its sources, as the demo does."""
        self._run(keyagent.command(self.configured), {})

    def start_downloaded(self, installer: Path, into: Path) -> None:
        """From the file that the portal gave, and nothing else of ours; our own libraries stand for downloaded ones."""
        with zipfile.ZipFile(installer) as packed:
            wheel = next(name for name in packed.namelist() if name.endswith(".whl"))
            with packed.open(wheel) as opened, zipfile.ZipFile(opened) as archive:
                archive.extractall(into)
        asked = keyagent.command(self.configured)
        options = asked[asked.index("run") :]
        self._run([sys.executable, "-m", "qoltanba_keyagent", *options], {"PYTHONPATH": str(into)})

    def end(self) -> None:
        if self.process is None:
            return
        self.process.terminate()
        try:
            self.process.wait(10)
        except subprocess.TimeoutExpired:
            self.process.kill()
        self.process = None

    def _run(self, argv: list[str], more: dict[str, str]) -> None:
        assert self.process is None, "it runs already"
        with self.log.open("ab") as written:
            self.process = subprocess.Popen(
                argv,
                cwd=self.log.parent,
                env={**os.environ, **self.environment, **more},
                stdout=written,
                stderr=subprocess.STDOUT,
            )
        deadline = time.monotonic() + _READY_SECONDS
        while not self._answers():
            assert self.process.poll() is None, self.log.read_text()[-2000:]
            assert time.monotonic() < deadline, "the key agent did not start"
            time.sleep(0.1)

    def _answers(self) -> bool:
        try:
            with urllib.request.urlopen(f"{self.url}/ready", timeout=2) as answer:
                return bool(answer.status == 200)
        except OSError:
            return False
