"""One measurement after another; each on a server of its own, freshly started, under a load of its own."""

import asyncio
import tempfile
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.video import generator, servers
from benchmarks.video.clips import FPS
from benchmarks.video.generator import Counted, Generator
from benchmarks.video.servers import Kind, Server
from video.engine import Role
from video.media.client import MediaClient

WARM_SECONDS = 3.0
_STILL_PAUSE_SECONDS = 0.3


@dataclass(frozen=True, slots=True)
class Reading:
    """One while of one server under one load."""

    server: Kind
    size: str
    calls: int
    is_recorded: bool
    cpu_percent_per_call: float
    microseconds_per_packet: float
    sent: int
    received: int
    delay_p50_ms: float | None
    delay_p99_ms: float | None
    memory_mb_per_call: float
    load_percent: float


@dataclass(frozen=True, slots=True)
class Still:
    took_ms: float
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True)
class Joined:
    """How many of the calls had both legs connected and heard."""

    calls: int
    connected: int
    silent_legs: int
    seconds: float
    failures: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Plan:
    """`clips`: the file of each size."""

    folder: Path
    clips: dict[str, Path]
    seconds: float


async def forwarding(plan: Plan, kind: Kind, size: str, calls: int) -> Reading:
    """CPU, delay and memory of this many calls."""
    async with _loaded(plan, kind, size, calls) as loaded:
        return await loaded.read(is_recorded=False)


async def recording(plan: Plan, size: str, calls: int, stills: int) -> tuple[list[Reading], list[Still]]:
    """The same calls before and while they are recorded, and stills of one of them, between."""
    async with _loaded(plan, "translator", size, calls) as loaded:
        before = await loaded.read(is_recorded=False)
        async with MediaClient(loaded.server.url, servers.SECRET) as client:
            taken = [await _still(client, number) for number in range(stills)]
            for number in range(1, calls + 1):
                await client.start_recording(number)
        await asyncio.sleep(WARM_SECONDS / 2)
        return [before, await loaded.read(is_recorded=True)], taken


async def joining(plan: Plan, calls: int, fps: float) -> Joined:
    """Many calls at a low rate, on one worker."""
    with servers.running("translator", plan.folder / "joining") as server:
        async with generator.loading(server, plan.clips["480p"], fps=fps) as load:
            done = await load.connect(range(1, calls + 1))
            heard = await load.count(2)
    return Joined(calls, done.connected, heard.silent_legs, done.seconds, tuple(done.failures))


@dataclass(frozen=True, slots=True)
class _Loaded:
    """A server with its calls."""

    plan: Plan
    server: Server
    load: Generator
    size: str
    calls: int
    empty_mb: float

    async def read(self, *, is_recorded: bool) -> Reading:
        began, used = time.perf_counter(), self.server.cpu_seconds
        counted = await self.load.count(self.plan.seconds)
        took, used = time.perf_counter() - began, self.server.cpu_seconds - used
        p50, p99 = _percentile(counted, 0.5), _percentile(counted, 0.99)
        return Reading(
            server=self.server.kind,
            size=self.size,
            calls=self.calls,
            is_recorded=is_recorded,
            cpu_percent_per_call=100 * used / took / self.calls,
            microseconds_per_packet=1e6 * used / max(1, counted.received),
            sent=counted.sent,
            received=counted.received,
            delay_p50_ms=p50,
            delay_p99_ms=p99,
            memory_mb_per_call=(self.server.gauge().memory_mb - self.empty_mb) / self.calls,
            load_percent=counted.own_percent,
        )


@asynccontextmanager
async def _loaded(plan: Plan, kind: Kind, size: str, calls: int) -> AsyncIterator[_Loaded]:
    folder = Path(tempfile.mkdtemp(prefix=f"{kind}-", dir=plan.folder))
    with servers.running(kind, folder) as server:
        async with generator.loading(server, plan.clips[size], fps=FPS) as load:
            empty_mb = server.gauge().memory_mb
            done = await load.connect(range(1, calls + 1))
            if done.connected < calls:
                raise SystemExit(f"{kind}: {done.connected} of {calls} calls connected: {done.failures}")
            await asyncio.sleep(WARM_SECONDS)
            yield _Loaded(plan, server, load, size, calls, empty_mb)


async def _still(client: MediaClient, number: int) -> Still:
    began = time.perf_counter()
    kept = await client.still(1, Role.CITIZEN, str(number))
    took_ms = 1000 * (time.perf_counter() - began)
    await asyncio.sleep(_STILL_PAUSE_SECONDS)
    return Still(took_ms, kept.width_px, kept.height_px)


def _percentile(counted: Counted, share: float) -> float | None:
    delays = counted.delays_ms
    return delays[int(share * (len(delays) - 1))] if delays else None
