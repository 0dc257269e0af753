"""Parties for the tests: real peer connections on loopback, each with a camera that shows a colour and a tone."""

import asyncio
import random
import time
from collections import deque
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from fractions import Fraction
from typing import Any

import aioice.ice
import numpy as np
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame, VideoFrame

from video.engine import Event, EventKind, Role
from video.media.relay import RelayEngine

# Nothing leaves this machine, and no other interface is needed.
aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["127.0.0.1"]

Colour = tuple[int, int, int]
RED, GREEN, BLUE = (200, 30, 30), (30, 180, 40), (30, 40, 200)
BLACK = (0, 0, 0)
RATE = 48_000
CALL = 7

Kind = type[RelayEngine]
Ask = Callable[[str], Awaitable[str]]


class Camera(MediaStreamTrack):
    """A colour with a bar that moves; the colour may change."""

    kind = "video"

    def __init__(self, colour: Colour, size: tuple[int, int], fps: int) -> None:
        super().__init__()
        self.colour, self.size, self.fps = colour, size, fps
        self._count, self._began = 0, time.monotonic()

    def pause(self, seconds: float) -> None:
        """The next picture comes so much later."""
        self._began += seconds

    async def recv(self) -> VideoFrame:
        await asyncio.sleep(max(0.0, self._began + self._count / self.fps - time.monotonic()))
        width, height = self.size
        picture = np.full((height, width, 3), self.colour, np.uint8)
        left = self._count * 8 % (width - 16)
        picture[: height // 8, left : left + 16] = 255
        frame = VideoFrame.from_ndarray(picture, "rgb24").reformat(format="yuv420p")
        frame.pts, frame.time_base = int(self._count * 90_000 / self.fps), Fraction(1, 90_000)
        self._count += 1
        return frame


class Tone(MediaStreamTrack):
    """A sine of one frequency, 20 ms at a time."""

    kind = "audio"

    def __init__(self, hertz: int) -> None:
        super().__init__()
        self.hertz = hertz
        self._count, self._began = 0, time.monotonic()

    async def recv(self) -> AudioFrame:
        await asyncio.sleep(max(0.0, self._began + self._count * 0.02 - time.monotonic()))
        at = (np.arange(960) + self._count * 960) / RATE
        wave = (8000 * np.sin(2 * np.pi * self.hertz * at)).astype(np.int16)
        frame = AudioFrame.from_ndarray(wave.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, self._count * 960, Fraction(1, RATE)
        self._count += 1
        return frame


class Party:
    """One browser's part: it offers, and keeps the last picture and second of sound it got."""

    def __init__(
        self,
        colour: Colour,
        hertz: int,
        *,
        size: tuple[int, int] = (320, 180),
        fps: int = 15,
        video: bool = True,
    ) -> None:
        self.camera = Camera(colour, size, fps)
        self.picture: VideoFrame | None = None
        self.pictures = 0
        self._sound: deque[np.ndarray] = deque(maxlen=25)
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._connection.addTrack(Tone(hertz))
        if video:
            self._connection.addTrack(self.camera)
        self._readers: list[asyncio.Task[None]] = []
        self._connection.on("track", self._on_track)

    @property
    def connection(self) -> RTCPeerConnection:
        return self._connection

    async def offer(self) -> str:
        await self._connection.setLocalDescription(await self._connection.createOffer())
        return self._connection.localDescription.sdp

    async def join(self, ask: Ask) -> "Party":
        answer = await ask(await self.offer())
        await self._connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
        return self

    async def close(self) -> None:
        for reader in self._readers:
            reader.cancel()
        await self._connection.close()

    def go_silent(self) -> None:
        """As if the network were gone: nothing is sent any more, and nobody is told."""
        self._wire()._send = _nowhere

    def go_deaf(self) -> None:
        """As if nothing came in any more: no question is answered."""
        for protocol in self._wire()._connection._protocols:
            protocol.datagram_received = lambda data, address: None

    def lose(self, share: float) -> None:
        """From now on this share of what is sent is lost on the way, at random, the same in every run."""
        wire, dice = self._wire(), random.Random(1)
        send = wire._connection.send

        async def lossy(data: bytes) -> None:
            if dice.random() >= share:
                await send(data)

        wire._send = lossy

    def come_back(self) -> None:
        self._wire()._send = self._wire()._connection.send

    def _wire(self) -> Any:
        return self._connection.getTransceivers()[0].sender.transport.transport

    def shows(self, colour: Colour) -> bool:
        """The middle of the last picture has the colour, as far as a codec keeps it."""
        if self.picture is None:
            return False
        middle = self.picture.to_ndarray(format="rgb24")[
            self.picture.height // 2, self.picture.width // 2
        ].astype(int)
        return bool(np.abs(middle - np.array(colour)).max() < 40)

    def hears(self) -> int:
        """The frequency of the strongest tone of the last half second, in hertz; 0 for silence."""
        if len(self._sound) < 25:
            return 0
        wave = np.concatenate(self._sound)
        if np.abs(wave).max() < 500:
            return 0
        spectrum = np.abs(np.fft.rfft(wave * np.hanning(len(wave))))
        return round(int(spectrum.argmax()) * RATE / len(wave))

    def _on_track(self, track: MediaStreamTrack) -> None:
        self._readers.append(asyncio.ensure_future(self._read(track)))

    async def _read(self, track: MediaStreamTrack) -> None:
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            if isinstance(frame, VideoFrame):
                self.picture, self.pictures = frame, self.pictures + 1
            elif isinstance(frame, AudioFrame):
                self._sound.append(frame.to_ndarray().reshape(-1, 2)[:, 0].astype(np.int32))


async def _nowhere(data: bytes) -> None:
    """What is sent here is lost."""


async def until(condition: Callable[[], bool], *, seconds: float = 8.0) -> float:
    """Wait for it; how long it took. Fails when it does not come."""
    began = time.monotonic()
    while not condition():
        assert time.monotonic() - began < seconds, "it did not happen in time"
        await asyncio.sleep(0.02)
    return time.monotonic() - began


class Room:
    """An engine, and what it told."""

    def __init__(self, kind: Kind = RelayEngine) -> None:
        self.events: list[Event] = []
        self.engine = kind(self.events.append)

    def told(self, kind: EventKind) -> list[Event]:
        return [event for event in self.events if event.kind is kind]


@asynccontextmanager
async def room(kind: Kind = RelayEngine) -> AsyncIterator[Room]:
    made = Room(kind)
    await made.engine.open()
    try:
        yield made
    finally:
        await made.engine.shut()


@asynccontextmanager
async def talking(
    kind: Kind, *, citizen_size: tuple[int, int] = (320, 180), citizen_fps: int = 15
) -> AsyncIterator[tuple[Room, Party, Party]]:
    """A call with both parties in it, who see each other."""
    async with room(kind) as made:
        await made.engine.create_call(CALL)
        citizen = Party(RED, 440, size=citizen_size, fps=citizen_fps)
        agent = Party(BLUE, 880)
        await citizen.join(lambda offer: made.engine.join(CALL, Role.CITIZEN, offer))
        await agent.join(lambda offer: made.engine.join(CALL, Role.AGENT, offer))
        await until(lambda: agent.shows(RED) and citizen.shows(BLUE))
        try:
            yield made, citizen, agent
        finally:
            await asyncio.gather(citizen.close(), agent.close())
