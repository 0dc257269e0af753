"""The load's process as who measures sees it: one order, one answer."""

import asyncio
import json
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks.video.servers import PROJECT, SECRET, Server

_LINE_BYTES = 64 * 2**20


@dataclass(frozen=True, slots=True)
class Connected:
    connected: int
    seconds: float
    failures: list[str]


@dataclass(frozen=True, slots=True)
class Counted:
    """What all parties sent and received in a while; delays are sorted and include the load's own."""

    seconds: float
    sent: int
    received: int
    silent_legs: int
    delays_ms: list[float]
    own_percent: float


class Generator:
    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def connect(self, calls: Iterable[int]) -> Connected:
        return Connected(**await self._ask(do="connect", numbers=list(calls)))

    async def leave(self, calls: Iterable[int]) -> None:
        await self._ask(do="leave", numbers=list(calls))

    async def count(self, seconds: float) -> Counted:
        return Counted(**await self._ask(do="count", seconds=seconds))

    async def _ask(self, **order: object) -> dict[str, Any]:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(order).encode() + b"\n")
        line = await self._process.stdout.readline()
        if not line:
            raise SystemExit("the load ended")
        told: dict[str, Any] = json.loads(line)
        return told


@asynccontextmanager
async def loading(server: Server, clip: Path, *, fps: float) -> AsyncIterator[Generator]:
    kind = "janus" if server.kind == "janus" else "worker"
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "benchmarks.video.load"),
        *(kind, server.url, str(clip), str(fps), server.address, SECRET),
        cwd=PROJECT,
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        limit=_LINE_BYTES,
    )
    try:
        yield Generator(process)
    finally:
        # Nobody is told goodbye: the servers end next.
        process.kill()
        await process.wait()
