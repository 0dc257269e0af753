"""A worker process behind its control door: the secret, a whole call, the end by order and by force."""

import asyncio
import contextlib
import io
import signal
import time
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from hashlib import sha256
from pathlib import Path

import httpx
import pytest
from PIL import Image
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from ca_core.errors import GatewayRejected
from tests.video.media import films, workers
from tests.video.media.parties import BLUE, RED, Party, until
from tests.video.media.workers import DOOR_SECRET, RunningWorker, worker
from video import engine, evidence
from video.engine import EventKind, Role
from video.media import wire
from video.media.client import MediaClient

CALL = 31


class Ear:
    """Listens to a worker's events."""

    def __init__(self, client: MediaClient) -> None:
        self.events: list[wire.NumberedEvent] = []
        self.beats: list[wire.Heartbeat] = []
        self.is_gone = False
        self._task = asyncio.create_task(self._listen(client))

    def has(self, kind: EventKind, role: Role | None = None) -> bool:
        return any(told.event.kind is kind and told.event.role is role for told in self.events)

    def only(self, kind: EventKind) -> engine.Event:
        (found,) = [told.event for told in self.events if told.event.kind is kind]
        return found

    def started(self) -> list[tuple[int, object]]:
        """Number and part of each recording that began."""
        return [
            (told.number, told.event.facts["part"])
            for told in self.events
            if told.event.kind is EventKind.RECORDING_STARTED
        ]

    async def close(self) -> None:
        self._task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await self._task

    async def _listen(self, client: MediaClient) -> None:
        async for told in client.events():
            if isinstance(told, wire.Heartbeat):
                self.beats.append(told)
            elif isinstance(told, wire.Gone):
                self.is_gone = True
            else:
                self.events.append(told)


@asynccontextmanager
async def listening(running: RunningWorker) -> AsyncIterator[tuple[MediaClient, Ear]]:
    async with MediaClient(running.url, DOOR_SECRET) as client:
        ear = Ear(client)
        await until(lambda: bool(ear.beats))
        try:
            yield client, ear
        finally:
            await ear.close()


async def talking(client: MediaClient, *, size: tuple[int, int] = (320, 180)) -> tuple[Party, Party]:
    citizen, agent = Party(RED, 440, size=size, fps=10), Party(BLUE, 880)
    await citizen.join(lambda offer: client.join(CALL, Role.CITIZEN, offer))
    await agent.join(lambda offer: client.join(CALL, Role.AGENT, offer))
    await until(lambda: agent.shows(RED) and citizen.shows(BLUE))
    return citizen, agent


async def _all_refused(url: str, headers: dict[str, str]) -> None:
    async with httpx.AsyncClient(trust_env=False, headers=headers) as http:
        for method, path in (
            ("GET", "/calls"), ("POST", "/calls"), ("DELETE", "/calls/1"), ("GET", "/calls/1/stats"),
            ("POST", "/probe"), ("GET", "/ready"), ("GET", "/metrics"), ("GET", "/nowhere"),
        ):  # fmt: skip
            assert (await http.request(method, f"{url}{path}")).status_code == 401, path
        assert (await http.get(f"{url}/health")).status_code == 200
    with pytest.raises(InvalidStatus):
        async with connect(f"{url.replace('http', 'ws')}/events", additional_headers=headers, proxy=None):
            pass


def test_a_call_through_the_door_with_its_evidence(tmp_path: Path) -> None:
    """Nothing without the secret; then a recorded call with a still, and an orderly end by SIGTERM in the call."""

    async def journey() -> None:
        async with worker(tmp_path) as running, listening(running) as (client, ear):
            for headers in ({}, {"Authorization": "Bearer x"}, {"Authorization": DOOR_SECRET}):
                await _all_refused(running.url, headers)
            await _refusals(client)
            await client.create_call(CALL)
            citizen, agent = await talking(client, size=(1280, 720))
            await client.start_recording(CALL)
            still = await client.still(CALL, Role.CITIZEN, "8-front")
            _check_still(tmp_path / still.name, still)
            await client.hold(CALL, True)
            await client.hold(CALL, False)
            await client.request_keyframe(CALL, Role.CITIZEN)
            watching = Party(BLUE, 880)
            await watching.join(lambda offer: client.observe(CALL, 31, Role.CITIZEN, offer))
            await until(lambda: watching.shows(RED))
            (stats,) = await client.calls()
            assert stats.observers == (31,)
            assert stats.speaker is None
            voice, ear_of_agent = Party(BLUE, 1320, video=False), Party(BLUE, 200, video=False)
            with pytest.raises(engine.NobodySpeaks):
                await client.hear(CALL, Role.AGENT, await ear_of_agent.offer())
            await voice.join(lambda offer: client.speak(CALL, 31, frozenset({Role.AGENT}), offer))
            await ear_of_agent.join(lambda offer: client.hear(CALL, Role.AGENT, offer))
            await until(lambda: abs(ear_of_agent.hears() - 1320) <= 6)
            (stats,) = await client.calls()
            assert stats.speaker == 31
            await client.fall_quiet(CALL, 31)
            (stats,) = await client.calls()
            assert stats == await client.stats(CALL) or stats.is_recording
            await asyncio.sleep(1.2)
            assert ear.beats[-1].calls == 1
            assert ear.beats[-1].legs == 2
            assert 0 < ear.beats[-1].cpu_percent < 250
            assert 0 <= ear.beats[-1].delay_ms < 1000
            took = await asyncio.to_thread(running.end)
            assert took < 5
            await asyncio.gather(citizen.close(), agent.close(), watching.close())
            await asyncio.gather(voice.close(), ear_of_agent.close())
            numbers = [told.number for told in ear.events]
            assert numbers == list(range(numbers[0], numbers[0] + len(numbers)))
            assert ear.only(EventKind.STILL_TAKEN).facts["sha256"] == still.sha256
        film = films.film(tmp_path / f"{CALL}-1.mkv.sealed")
        assert film.is_closed
        assert films.is_near(film.streams["citizen-video"].pictures[-1][2], RED)
        kinds = [line["kind"] for line in films.log(tmp_path / f"{CALL}-1.log.sealed")]
        assert {"still_taken", "held", "resumed", "film_closed"} <= set(kinds)
        # By an end of the worker too: who listened, and how the lines were, is in the evidence.
        assert (kinds.count("observer_joined"), kinds.count("observer_left")) == (1, 1)
        assert kinds.count("leg_measured") == 2

    asyncio.run(journey())


async def _refusals(client: MediaClient) -> None:
    with pytest.raises(engine.CallNotKnown):
        await client.stats(99)
    with pytest.raises(engine.CallNotKnown):
        await client.start_recording(99)
    await client.create_call(98)
    with pytest.raises(engine.OfferNotUnderstood):
        await client.join(98, Role.CITIZEN, "v=0")
    with pytest.raises(engine.LegNotKnown):
        await client.still(98, Role.CITIZEN, "1")
    with pytest.raises(engine.RoleNotKnown):
        await client.leave(98, "guest")  # type: ignore[arg-type]  # what a mistaken gateway might send
    with pytest.raises(wire.RequestNotUnderstood):
        await client.still(98, Role.CITIZEN, "../up")
    with pytest.raises(wire.RequestNotUnderstood):
        await client.create_call(-1)
    await client.close(98)


def _check_still(path: Path, still: wire.KeptStill) -> None:
    jpeg = evidence.whole(path, films.SECRET)
    assert sha256(jpeg).hexdigest() == still.sha256
    assert Image.open(io.BytesIO(jpeg)).size == (still.width_px, still.height_px) == (1280, 720)


def test_a_worker_that_drains_ends_after_its_last_call(tmp_path: Path) -> None:
    """It says so to the gateway, which gives it no further one; the call that goes on is not broken off."""

    async def journey() -> None:
        async with worker(tmp_path) as running, listening(running) as (client, ear):
            await client.create_call(CALL)
            citizen, agent = await talking(client)
            await client.drain()
            await until(lambda: bool(ear.beats) and ear.beats[-1].is_draining)
            shown = agent.pictures
            await until(lambda: agent.pictures > shown + 20)
            assert running.process.poll() is None
            await client.close(CALL)
            await until(lambda: running.process.poll() is not None)
            # uvicorn ends in order, then by the signal it got.
            assert running.process.returncode == -signal.SIGTERM
            await asyncio.gather(citizen.close(), agent.close())

    asyncio.run(journey())


def test_a_killed_worker_leaves_a_recording_that_plays(tmp_path: Path) -> None:
    """kill -9 in the middle of a call: at most the last second is lost, and a worker started anew is told apart."""

    async def journey() -> None:
        async with worker(tmp_path) as running, listening(running) as (client, ear):
            await client.create_call(CALL, record=True)
            began = time.time()
            citizen, agent = await talking(client)
            await asyncio.sleep(2.0)
            assert not ear.is_gone
            running.kill()
            lasted = time.time() - began
            assert await until(lambda: ear.is_gone, seconds=5) < 2, "nobody waits for the lease to end"
            await asyncio.gather(citizen.close(), agent.close())
            port = int(running.url.rsplit(":", 1)[1])
            second = workers.start(tmp_path, port)
            try:
                await workers.until_ready(second)
                await client.create_call(CALL, record=True)
                await until(lambda: ear.started() == [(1, 1), (1, 2)])
                assert len({beat.run for beat in ear.beats}) == 2
            finally:
                second.kill()
        film = films.film(tmp_path / f"{CALL}-1.mkv.sealed")
        assert not film.is_closed
        assert film.until > lasted - 1.0
        assert films.is_near(film.streams["citizen-video"].pictures[-1][2], RED)
        assert films.is_near(film.streams["agent-video"].pictures[-1][2], BLUE)
        assert abs(film.streams["citizen-audio"].hertz - 440) <= 4
        assert abs(film.streams["agent-audio"].hertz - 880) <= 4
        assert films.log(tmp_path / f"{CALL}-1.log.sealed")

    asyncio.run(journey())


def test_a_device_check_sends_back_what_it_gets_and_ends_by_itself(tmp_path: Path) -> None:
    async def journey() -> None:
        async with worker(tmp_path) as running, listening(running) as (client, ear):
            party = Party(RED, 440)

            async def ask(offer: str) -> str:
                return (await client.probe(offer)).sdp

            await party.join(ask)
            await until(lambda: party.shows(RED) and abs(party.hears() - 440) <= 6)
            await until(lambda: ear.has(EventKind.PROBE_ENDED), seconds=17)
            facts = ear.only(EventKind.PROBE_ENDED).facts
            assert int(facts["audio_packets"] or 0) > 300
            assert int(facts["video_packets"] or 0) > 100
            assert await client.calls() == ()
            await party.close()

    asyncio.run(journey())


def test_a_wrong_secret_is_no_refusal(tmp_path: Path) -> None:
    """It is a mistake of whoever runs us, not an expected no."""

    async def journey() -> None:
        async with worker(tmp_path) as running, MediaClient(running.url, "another") as client:
            with pytest.raises(GatewayRejected):
                await client.calls()

    asyncio.run(journey())
