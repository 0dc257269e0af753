"""One worker for long, its calls recorded, ended and begun anew all the time: what it holds must not grow."""

import asyncio
import itertools
import statistics
import time
from dataclasses import dataclass

from benchmarks.video import generator, servers
from benchmarks.video.course import Plan
from benchmarks.video.servers import Gauge
from video.media.client import MediaClient

_CALLS = 12
_EVERY_SECONDS = 2.0
_FPS = 15.0
# The allocator needs a while until every size of block was asked for once.
_MEMORY_ROOM_MB = 8.0


@dataclass(frozen=True, slots=True)
class Grown:
    """By name: how much it grew, its unit, how much it may."""

    calls: int
    figures: dict[str, tuple[float, str, float]]


async def run(plan: Plan, minutes: float) -> Grown:
    gauges: list[Gauge] = []
    ended = 0
    with servers.running("translator", plan.folder / "soak") as server:
        async with (
            generator.loading(server, plan.clips["480p"], fps=_FPS) as load,
            MediaClient(server.url, servers.SECRET) as client,
        ):
            await load.connect(range(1, _CALLS + 1))
            for number in range(1, _CALLS + 1):
                await client.start_recording(number)
            numbers, going = itertools.count(_CALLS + 1), list(range(1, _CALLS + 1))
            until = time.monotonic() + 60 * minutes
            while time.monotonic() < until:
                await load.leave([going.pop(0)])
                going.append(next(numbers))
                await load.connect([going[-1]])
                await client.start_recording(going[-1])
                ended += 1
                gauges.append(server.gauge())
                await asyncio.sleep(_EVERY_SECONDS)
    return Grown(ended, _growth(gauges))


def _growth(gauges: list[Gauge]) -> dict[str, tuple[float, str, float]]:
    fifth = max(1, len(gauges) // 5)
    first, last = gauges[fifth : 2 * fifth] or gauges, gauges[-fifth:]

    def grown(name: str) -> float:
        return float(
            statistics.median(getattr(one, name) for one in last)
            - statistics.median(getattr(one, name) for one in first)
        )

    return {
        "memory": (grown("memory_mb"), "MB", _MEMORY_ROOM_MB),
        "threads": (grown("threads"), "", 1),
        "sockets": (grown("sockets"), "", 1),
        "files": (grown("files"), "", 2),
    }
