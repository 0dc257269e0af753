"""The key agent's installer as the portal offers it: name, size, SHA-256, and the file itself at `/keyagent/<name>`."""

import asyncio
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import FileResponse, Response

from portal import parts
from runtime import keyagent
from runtime.settings import Settings


@dataclass(frozen=True, slots=True)
class Download:
    """What the page of step 7 shows. `address` is relative to the portal's."""

    name: str
    size_bytes: int
    sha256: str
    address: str


def offered(configured: Settings) -> Download | None:
    """The file that `run` or `keyagent build` left; nothing where there is none."""
    found = _file(configured)
    if found is None:
        return None
    size, digest = _measured(found, found.stat().st_mtime_ns)
    return Download(found.name, size, digest, f"/keyagent/{found.name}")


@dataclass(frozen=True, slots=True)
class System:
    """How the downloaded file is started there. `code` names the wording, `name` is the same in every language."""

    code: str
    name: str
    command: str
    has_python: bool = False


_SYSTEMS = (
    System("windows", "Windows", rf"py %USERPROFILE%\Downloads\{keyagent.NAME}"),
    System("macos", "macOS", f"python3 ~/Downloads/{keyagent.NAME}"),
    System("linux", "Linux", f"python3 ~/Downloads/{keyagent.NAME}", has_python=True),
)
# How browsers name the system that they run on; the first word that is found counts.
_NAMED = {"Windows": "windows", "Mac OS": "macos", "Linux": "linux"}
_USUAL_PORT = 13579


def systems(request: Request) -> list[System]:
    """The visitor's own first. An agent at another port than the usual one is told so."""
    port = parts.of(request).service.settings.keyagent_port
    told = "" if port == _USUAL_PORT else f" install --port {port}"
    browser = request.headers.get("user-agent", "")
    own = next((code for word, code in _NAMED.items() if word in browser), "")
    listed = [replace(system, command=system.command + told) for system in _SYSTEMS]
    return sorted(listed, key=lambda system: system.code != own)


async def show(request: Request) -> Response:
    """GET /keyagent/<name>: the file of this name and no other."""
    configured = parts.of(request).service.settings
    found = await asyncio.to_thread(_file, configured)
    if found is None or found.name != request.path_params["name"]:
        raise HTTPException(404)
    return FileResponse(found, media_type="application/octet-stream", filename=found.name)


def _file(configured: Settings) -> Path | None:
    found = keyagent.folder(configured) / keyagent.NAME
    return found if found.is_file() else None


@lru_cache(maxsize=4)
def _measured(installer: Path, changed_at: int) -> tuple[int, str]:
    """Read once for each version of the file."""
    return installer.stat().st_size, keyagent.digest(installer)
