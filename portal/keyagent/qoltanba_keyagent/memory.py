"""What the agent remembers for its owner: which sites may ask, and which key files were used last."""

import json
import logging
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from qoltanba_keyagent import files

_RECENT = 5

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Site:
    """An origin that the owner allowed, and when."""

    origin: str
    since: str


class Memory:
    """Two small files in the agent's folder; one that cannot be read counts as empty."""

    def __init__(self, folder: Path) -> None:
        self._sites_file = files.private_folder(folder) / "sites.json"
        self._recent_file = folder / "recent.json"

    def allows(self, origin: str) -> bool:
        return any(site.origin == origin for site in self.sites())

    def sites(self) -> list[Site]:
        return [Site(origin, since) for origin, since in sorted(self._read(self._sites_file).items())]

    def allow(self, origin: str, *, now: datetime) -> None:
        since = now.astimezone(UTC).isoformat(timespec="seconds")
        self._write(self._sites_file, self._read(self._sites_file) | {origin: since})

    def withdraw(self, origin: str) -> None:
        self._write(
            self._sites_file, {key: at for key, at in self._read(self._sites_file).items() if key != origin}
        )

    def recent(self) -> list[Path]:
        """Key files that were used, the last one first, as far as they are there now."""
        newest_first = sorted(self._read(self._recent_file).items(), key=lambda pair: pair[1], reverse=True)
        return [Path(path) for path, _ in newest_first if Path(path).is_file()]

    def used(self, path: Path, *, now: datetime) -> None:
        known = self._read(self._recent_file) | {str(path): now.astimezone(UTC).isoformat()}
        newest = sorted(known.items(), key=lambda pair: pair[1])[-_RECENT:]
        self._write(self._recent_file, dict(newest))

    def _read(self, path: Path) -> dict[str, str]:
        try:
            found = json.loads(path.read_bytes())
        except FileNotFoundError:
            return {}
        except ValueError:
            log.warning("a file of the agent cannot be read", extra={"file": path.name})
            return {}
        if not isinstance(found, dict):
            return {}
        return {str(key): str(value) for key, value in found.items()}

    def _write(self, path: Path, content: dict[str, str]) -> None:
        files.replace(path, json.dumps(content, ensure_ascii=False, indent=1).encode())
