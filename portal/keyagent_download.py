"""The key agent's installer as the portal offers it: name, size, SHA-256, and the file itself at `/keyagent/<name>`."""

import asyncio
from dataclasses import dataclass
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
    """The wheel that `run` or `keyagent build` left; nothing where there is none."""
    found = _wheel(configured)
    if found is None:
        return None
    size, digest = _measured(found, found.stat().st_mtime_ns)
    return Download(found.name, size, digest, f"/keyagent/{found.name}")


async def show(request: Request) -> Response:
    """GET /keyagent/<name>: the file of this name and no other."""
    configured = parts.of(request).service.settings
    found = await asyncio.to_thread(_wheel, configured)
    if found is None or found.name != request.path_params["name"]:
        raise HTTPException(404)
    return FileResponse(found, media_type="application/octet-stream", filename=found.name)


def _wheel(configured: Settings) -> Path | None:
    return next(iter(sorted(keyagent.folder(configured).glob("*.whl"))), None)


@lru_cache(maxsize=4)
def _measured(wheel: Path, changed_at: int) -> tuple[int, str]:
    """Read once for each version of the file."""
    return wheel.stat().st_size, keyagent.digest(wheel)
