"""The load as a process of its own: it connects parties, sends at their pace, counts what comes.

    python -m benchmarks.video.load SERVER URL CLIP FPS ADDRESS SECRET

SERVER is `worker` or `janus`; ADDRESS is the one to send from. Orders come on standard input, one JSON object a line,
and each is answered with one: connect, count, leave.
"""

import asyncio
import heapq
import json
import random
import sys
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import aioice.ice
import httpx
import uvloop

from benchmarks.video import clips, janus
from benchmarks.video.party import Party
from ca_core.errors import GatewayRejected, GatewayUnavailable, Refusal
from video.engine import Role
from video.media.client import MediaClient

_SOUND_RATE = 50.0
# So many calls are connected at a time, as a busy minute would have it.
_AT_ONCE = 6
# Frames sent before what has come is looked at: the delay of a packet must not be that of our own sending.
_BURST = 2

Done = dict[str, object]
End = Callable[[], Awaitable[None]]


@dataclass(slots=True)
class Call:
    parties: tuple[Party, Party]
    end: End


@dataclass(slots=True)
class Load:
    """Every call of one server."""

    server: str
    url: str
    secret: str
    clip: list[list[bytes]]
    fps: float
    calls: dict[int, Call] = field(default_factory=dict)
    delays: list[float] = field(default_factory=list)
    failures: list[str] = field(default_factory=list)

    async def connect(self, numbers: list[int]) -> Done:
        limit = asyncio.Semaphore(_AT_ONCE)

        async def one(number: int) -> bool:
            async with limit:
                return await self._connect(number)

        began = time.perf_counter()
        done = await asyncio.gather(*(one(number) for number in numbers))
        failures, self.failures = self.failures, []
        seconds = time.perf_counter() - began
        return {"connected": sum(done), "seconds": seconds, "failures": failures}

    async def leave(self, numbers: list[int]) -> Done:
        ended = [self.calls.pop(number) for number in numbers]
        for call in ended:
            await asyncio.gather(*(party.close() for party in call.parties))
            await call.end()
        return {"left": len(ended)}

    async def count(self, seconds: float) -> Done:
        before = self._counts()
        self.delays.clear()
        began, used = time.perf_counter(), time.process_time()
        await asyncio.sleep(seconds)
        took = time.perf_counter() - began
        after = self._counts()
        heard = [there[1] > here[1] for here, there in zip(before, after, strict=True)]
        return {
            "seconds": took,
            "sent": sum(there[0] - here[0] for here, there in zip(before, after, strict=True)),
            "received": sum(there[1] - here[1] for here, there in zip(before, after, strict=True)),
            "silent_legs": heard.count(False),
            "delays_ms": [round(1000 * one, 3) for one in sorted(self.delays)],
            "own_percent": 100 * (time.process_time() - used) / took,
        }

    async def run(self) -> None:
        """Every party's pictures, sounds and reports, for ever, each at its own moment."""
        due: list[tuple[float, int, int]] = []
        known: set[int] = set()
        while True:
            now = time.perf_counter()
            for number in self.calls.keys() - known:
                for side in (0, 1):
                    for kind in range(3):
                        heapq.heappush(
                            due, (now + random.random() / self._rate(kind), number, side * 3 + kind)
                        )
            known = set(self.calls)
            for _ in range(_BURST):
                if not due or due[0][0] > now:
                    break
                at, number, what = heapq.heappop(due)
                if number in known:
                    self._emit(self.calls[number].parties[what // 3], what % 3)
                    # Who was held up goes on from now: nobody sends a second's frames at once.
                    heapq.heappush(due, (max(at, now - 0.1) + 1 / self._rate(what % 3), number, what))
            pause = due[0][0] - time.perf_counter() if due else 0.01
            await asyncio.sleep(max(0.0, min(pause, 0.05)))

    def _rate(self, kind: int) -> float:
        return (self.fps, _SOUND_RATE, 1.0)[kind]

    @staticmethod
    def _emit(party: Party, kind: int) -> None:
        if kind == 0:
            party.send_picture()
        elif kind == 1:
            party.send_sound()
        else:
            party.report()

    def _counts(self) -> list[tuple[int, int]]:
        return [(party.sent, party.received) for call in self.calls.values() for party in call.parties]

    async def _connect(self, number: int) -> bool:
        parties = Party(self.clip, self.fps, self.delays), Party(self.clip, self.fps, self.delays)
        parties[0].far, parties[1].far = parties[1], parties[0]
        try:
            end = await (
                self._by_janus(parties) if self.server == "janus" else self._by_worker(number, parties)
            )
        except (Refusal, GatewayUnavailable, GatewayRejected, httpx.HTTPError, OSError) as failure:
            self.failures.append(f"call {number}: {failure!r}")
            return False
        self.calls[number] = Call(parties, end)
        connected = await asyncio.gather(*(party.connected() for party in parties))
        if not all(connected):
            self.failures.append(f"call {number}: connected {connected}")
        return all(connected)

    async def _by_worker(self, number: int, parties: tuple[Party, Party]) -> End:
        async with MediaClient(self.url, self.secret) as client:
            await client.create_call(number)
            for role, party in zip(Role, parties, strict=True):
                await party.accept(await client.join(number, role, await party.offer()))

        async def end() -> None:
            async with MediaClient(self.url, self.secret) as client:
                await client.close(number)

        return end

    async def _by_janus(self, parties: tuple[Party, Party]) -> End:
        http = httpx.AsyncClient(base_url=self.url, timeout=20, trust_env=False)
        end = await janus.pair(http, *parties)

        async def close() -> None:
            await end()
            await http.aclose()

        return close


async def main() -> None:
    server, url, clip, fps, address, secret = sys.argv[1:]
    aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: [address]
    load = Load(server, url, secret, clips.read(Path(clip)), float(fps))
    running = asyncio.create_task(load.run())
    while line := await asyncio.to_thread(sys.stdin.readline):
        order: dict[str, Any] = json.loads(line)
        name = order.pop("do")
        done = await {"connect": load.connect, "leave": load.leave, "count": load.count}[name](**order)
        print(json.dumps(done), flush=True)
    running.cancel()


if __name__ == "__main__":
    uvloop.run(main())
