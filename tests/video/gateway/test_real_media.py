"""Gateway, media worker and two peer connections together: picture and tone pass, the worker dies, they pass again."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace

from websockets.asyncio.client import ClientConnection, connect

from ca_core.call import EvidenceKind
from ca_core.lifecycle import CallState
from tests.video.gateway import conftest
from tests.video.gateway.conftest import CONSOLE, PORTAL, Told, World
from tests.video.media import films, workers
from tests.video.media.parties import BLUE, GREEN, Colour, Party, until
from tests.video.media.workers import RunningWorker
from video.evidence import read
from video.gateway import serve


@dataclass
class Seat:
    """One side: its socket, its snapshot, its peer connection, made when it is asked to."""

    socket: ClientConnection
    colour: Colour
    hertz: int
    size: tuple[int, int]
    party: Party | None = None
    now: Told = field(default_factory=dict)
    joins: int = 0
    joining: asyncio.Future[None] | None = None

    async def send(self, kind: str, **body: object) -> None:
        await self.socket.send(json.dumps({"type": kind, **body}))

    async def run(self) -> None:
        answers: asyncio.Queue[str] = asyncio.Queue()
        async for text in self.socket:
            told = json.loads(text)
            if told["type"] in ("call", "desk"):
                self.now = told
            elif told["type"] == "join":
                self.joins += 1
                self.joining = asyncio.ensure_future(self._join(answers))
            elif told["type"] == "sdp":
                answers.put_nowait(told["sdp"])

    async def _join(self, answers: "asyncio.Queue[str]") -> None:
        if self.party is not None:
            await self.party.close()

        async def ask(offer: str) -> str:
            await self.send("offer", sdp=offer)
            return await answers.get()

        self.party = await Party(self.colour, self.hertz, size=self.size).join(ask)

    def gets(self, colour: Colour, hertz: int) -> bool:
        return self.party is not None and self.party.shows(colour) and abs(self.party.hears() - hertz) < 15


@asynccontextmanager
async def seat(world: World, token: str, origin: str, colour: Colour, hertz: int) -> AsyncIterator[Seat]:
    assert world.gateway is not None
    address = f"ws://127.0.0.1:{world.gateway.port}/calls"
    async with connect(address, additional_headers={"Origin": origin}, proxy=None) as socket:
        await socket.send(json.dumps({"type": "hello", "ticket": token, "line": False}))
        made = Seat(socket, colour, hertz, (640, 360) if origin == PORTAL else (320, 180))
        reading = asyncio.ensure_future(made.run())
        try:
            yield made
        finally:
            reading.cancel()
            if made.party is not None:
                await made.party.close()


async def journey(world: World, worker: RunningWorker) -> None:
    caller, agent = world.caller(), world.agent("aizhan")
    async with (
        seat(world, caller.ticket(), PORTAL, GREEN, 440) as citizen,
        seat(world, agent.ticket(), CONSOLE, BLUE, 880) as desk,
    ):
        await desk.send("available", languages=["kk"])
        await until(lambda: bool(desk.now.get("offer")))
        await desk.send("accept", call_id=caller.call_id)
        await until(lambda: citizen.now.get("state") == "ringing")
        await citizen.send("answer")
        await until(lambda: citizen.now["state"] == "active", seconds=15)
        await both_see(citizen, desk)
        await until(lambda: citizen.now["recording"])
        assert caller.stored.worker == worker.url
        worker.kill()
        await until(lambda: desk.now["call"]["state"] == "reconnecting")
        again = workers.start(worker.folder, int(worker.url.rpartition(":")[2]))
        try:
            await until(lambda: citizen.now["state"] == "active", seconds=25)
            await both_see(citizen, desk)
            assert (citizen.joins, desk.joins) == (2, 2)
            await until(lambda: pieces(world, caller.call_id, EvidenceKind.RECORDING) == 2)
            await desk.send("hang_up")
            await until(lambda: citizen.now["state"] == "ended")
            await desk.send("finish_wrap_up")
            await until(lambda: world.call(caller.call_id).state is CallState.ENDED)
            world.clock.forward(20)
            await until(lambda: world.call(caller.call_id).sealed_at is not None, seconds=15)
        finally:
            again.kill()
    check_evidence(world, caller.call_id)


async def both_see(citizen: Seat, desk: Seat) -> None:
    """Pixels and tones, not counters."""
    await until(lambda: citizen.gets(BLUE, 880) and desk.gets(GREEN, 440), seconds=15)


def pieces(world: World, call_id: int, kind: EvidenceKind) -> int:
    with world.service.look() as work:
        return [item.kind for item in work.evidence.of_call(call_id)].count(kind)


def check_evidence(world: World, call_id: int) -> None:
    """Both parts are listed, closed, and what lies on the disk is what the list says."""
    with world.service.look() as work:
        listed = work.evidence.of_call(call_id)
    assert len(listed) == 4
    for item in listed:
        reader = read(world.options.evidence_dir / item.name, world.options.evidence_secret)
        size_bytes = sum(len(chunk) for chunk in reader)
        assert item.closed
        assert item.sha256.hex() == reader.sha256
        if item.kind is EvidenceKind.RECORDING:
            assert item.size_bytes == size_bytes > 1000


def test_picture_and_tone_pass_and_survive_the_death_of_the_worker(world: World) -> None:
    assert world.gateway is not None
    world.gateway.stop()

    async def run() -> None:
        async with workers.worker(world.options.evidence_dir) as worker:
            options = replace(
                world.options,
                evidence_secret=films.SECRET,
                media_addresses=(worker.url,),
                media_secret=workers.DOOR_SECRET,
            )
            world.options = options
            world.gateway = conftest.run(serve.make(world.service, options))
            await journey(world, worker)

    asyncio.run(run())
