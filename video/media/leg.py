"""One leg: the peer connection of one party, what it receives, what it is sent.

The worker answers, the browser offers; VP8 and Opus only. A leg is replaced, never renegotiated: a party that lost
its line joins again. Cutting a leg stops its sending at once; closing its connection may take longer and is bounded.
"""

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import cast

from aiortc import (
    RTCDtlsTransport,
    RTCPeerConnection,
    RTCRtpReceiver,
    RTCRtpTransceiver,
    RTCSessionDescription,
)
from aiortc.exceptions import InternalError, InvalidAccessError, InvalidStateError, OperationError
from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from aiortc.stats import RTCInboundRtpStreamStats, RTCOutboundRtpStreamStats, RTCRemoteInboundRtpStreamStats
from av import VideoFrame

from video import engine
from video.engine import EncodedFrame, EventKind, MediaKind, Role
from video.media import ice, seams
from video.media.passive import PassiveIce
from video.media.timeline import CLOCK_RATES, Timeline
from video.media.tracks import PictureTrack, SoundTrack

log = logging.getLogger(__name__)

CLOSE_SECONDS = 2.0
FREEZE_SECONDS = 0.5
RESTING_SECONDS = 5.0

Tell = Callable[["Leg", EventKind, dict[str, engine.Fact]], None]
FrameTaker = Callable[[Role, EncodedFrame], None]


@dataclass(frozen=True, slots=True)
class Shot:
    """A decoded picture, and the keyframe that it is where the engine has it."""

    frame: VideoFrame
    received: engine.Received | None = None


class Freezes:
    """Gaps between the pictures of a leg (see LegStats)."""

    __slots__ = ("count", "seconds")

    def __init__(self) -> None:
        self.count, self.seconds = 0, 0.0

    def gap(self, seconds: float) -> None:
        if FREEZE_SECONDS < seconds < RESTING_SECONDS:
            self.count += 1
            self.seconds += seconds


class Leg:
    """Made for one answer; `tell` hears what happens to it. `far` is the other party, or the party an observer sees."""

    def __init__(
        self, role: Role, settings: ice.IceSettings, tell: Tell, *, is_observer: bool = False
    ) -> None:
        self.role = role
        self.is_observer = is_observer
        self.far: Leg | None = None
        self.observers: list[Leg] = []
        self.picture = PictureTrack()
        self.sound = SoundTrack()
        self.takers: list[FrameTaker] = []
        self.joined_at = time.monotonic()
        self.is_connected = False
        self.has_media = False
        self.is_silent = False
        self.is_cut = False
        self.is_measured = False
        self.bytes_received = 0
        self.packets = {"audio": 0, "video": 0}
        self.last_packet_at: float | None = None
        self.newest: tuple[VideoFrame, float] | None = None
        self.size: tuple[int, int] | None = None
        self.timeline = Timeline()
        self._settings = settings
        self._tell = tell
        self._connection = RTCPeerConnection(settings.configuration())
        self._agents: tuple[PassiveIce, ...] = ()
        self._uplinks: dict[MediaKind, Uplink] = {}
        self._pump: asyncio.Task[None] | None = None
        self._awaiting: list[asyncio.Future[VideoFrame]] = []
        self._picture_times: deque[float] = deque(maxlen=30)
        self._freezes = Freezes()

    async def answer(self, offer_sdp: str) -> str:
        """Accept the offer. Raises OfferNotUnderstood; the leg must then be closed."""
        cleaned, kinds = ice.read_offer(offer_sdp)
        connection = self._connection
        try:
            for kind in kinds:
                self._prepare(connection.addTransceiver(self.picture if kind == "video" else self.sound))
            self._agents = self._settings.seat(connection)
            await connection.setRemoteDescription(RTCSessionDescription(cleaned, "offer"))
            for transceiver in connection.getTransceivers():
                self._watch(transceiver)
            connection.on("connectionstatechange", self._on_connection)
            # Bundled media share one transport; it alone tells that the far end said goodbye.
            for transport in {transceiver.receiver.transport for transceiver in connection.getTransceivers()}:
                transport.on("statechange", partial(self._on_transport, transport))
            await connection.setLocalDescription(await connection.createAnswer())
        except (ValueError, InternalError, InvalidAccessError, InvalidStateError, OperationError) as failure:
            raise engine.OfferNotUnderstood from failure
        return ice.with_fec(self._settings.shown(connection.localDescription.sdp))

    def link(self, far: "Leg | None") -> None:
        """What this leg receives goes to `far` from now on. What an observer's leg receives goes nowhere."""
        if self.far is far:
            return
        before, self.far = self.far, far
        if self.is_observer:
            if before is not None:
                before.observers.remove(self)
            if far is not None:
                far.observers.append(self)
                self.sound.switch()
        elif far is not None:
            far.sound.switch()

    def hold(self, on: bool) -> None:
        """Black and silence instead of the far party."""
        self.picture.hold(on)
        self.sound.hold(on)

    def cut(self) -> None:
        """Stop sending and forwarding now; the connection is closed by `close`."""
        self.is_cut = True
        self.link(None)
        for agent in self._agents:
            agent.cut()
        self.picture.stop()
        self.sound.stop()
        if self._pump is not None:
            self._pump.cancel()
        for future in self._awaiting:
            future.cancel()

    async def close(self) -> None:
        self.cut()
        try:
            async with asyncio.timeout(CLOSE_SECONDS):
                await self._connection.close()
        except TimeoutError:
            log.warning("a peer connection did not close in time")

    @property
    def sends_pictures(self) -> bool:
        return self._pump is not None

    async def request_keyframe(self) -> None:
        if "video" in self._uplinks:
            await self._uplinks["video"].watch.request_keyframe()

    async def ask_again(self) -> None:
        """Called by the watchdog: ask once more for packets that are still missing."""
        if "video" in self._uplinks:
            await self._uplinks["video"].watch.ask_again()

    async def next_picture(self) -> "Shot":
        """The next decoded picture at full size; cancelled when the leg goes."""
        future: asyncio.Future[VideoFrame] = asyncio.get_running_loop().create_future()
        self._awaiting.append(future)
        return Shot(await future)

    async def stats(self) -> engine.LegStats:
        now = time.monotonic()
        loss = jitter = rtt = None
        sent = 0
        for report in (await self._connection.getStats()).values():
            if isinstance(report, RTCInboundRtpStreamStats) and report.packetsReceived:
                lost = max(0, report.packetsLost)
                loss = max(loss or 0.0, lost / (lost + report.packetsReceived))
                jitter = max(jitter or 0.0, report.jitter / CLOCK_RATES[cast(MediaKind, report.kind)])
            elif isinstance(report, RTCRemoteInboundRtpStreamStats) and report.roundTripTime is not None:
                rtt = max(rtt or 0.0, report.roundTripTime)
            elif isinstance(report, RTCOutboundRtpStreamStats):
                sent += report.packetsSent
        return engine.LegStats(
            role=self.role,
            state=self._connection.connectionState,
            bytes_received=self.bytes_received,
            packets_received=sum(self.packets.values()),
            packets_sent=sent,
            fps=self._fps(now),
            width_px=self.size[0] if self.size else None,
            height_px=self.size[1] if self.size else None,
            loss=loss,
            jitter_seconds=jitter,
            rtt_seconds=rtt,
            last_media_seconds_ago=None if self.last_packet_at is None else now - self.last_packet_at,
            freezes=self._freezes.count,
            frozen_seconds=self._freezes.seconds,
        )

    def _fps(self, now: float) -> float:
        times = self._picture_times
        if len(times) < 2 or now - times[-1] > 2:
            return 0.0
        return (len(times) - 1) / max(0.001, times[-1] - times[0])

    @staticmethod
    def _prepare(transceiver: RTCRtpTransceiver) -> None:
        wanted = ("OPUS",) if transceiver.kind == "audio" else ("VP8", "RTX")
        capabilities = RTCRtpReceiver.getCapabilities(transceiver.kind)
        assert capabilities is not None
        transceiver.setCodecPreferences(
            [codec for codec in capabilities.codecs if codec.name.upper() in wanted]
        )

    def _watch(self, transceiver: RTCRtpTransceiver) -> None:
        kind: MediaKind = "video" if transceiver.kind == "video" else "audio"
        self._uplinks[kind] = Uplink(self, kind, transceiver.receiver)
        if kind == "video" and transceiver.receiver.track is not None:
            self._pump = asyncio.create_task(self._run(transceiver.receiver.track))

    async def _run(self, track: MediaStreamTrack) -> None:
        """Always read: aiortc's queue of decoded frames has no end (aiortc issue 554)."""
        while True:
            try:
                frame = await track.recv()
            except MediaStreamError:
                return
            if isinstance(frame, VideoFrame):
                self._on_picture(frame)

    def _on_picture(self, frame: VideoFrame) -> None:
        self.newest = (frame, time.monotonic())
        for future in self._awaiting:
            if not future.done():
                future.set_result(frame)
        self._awaiting.clear()
        for leg in self._listeners():
            leg.picture.offer(frame)

    def _listeners(self) -> "tuple[Leg, ...]":
        if self.is_observer:
            return ()
        return (*self.observers, self.far) if self.far is not None else tuple(self.observers)

    async def _on_connection(self) -> None:
        state = self._connection.connectionState
        if state == "connected" and not self.is_connected:
            self.is_connected = True
            self._tell(self, EventKind.LEG_CONNECTED, {"took_ms": self._age_ms()})
        elif state == "failed" and not self.is_cut:
            cause = "connection_lost" if self.is_connected else "not_connected"
            self._tell(self, EventKind.LEG_FAILED, {"cause": cause})

    def _on_transport(self, transport: RTCDtlsTransport) -> None:
        if transport.state == "closed" and self.is_connected and not self.is_cut:
            self._tell(self, EventKind.LEG_FAILED, {"cause": "closed_by_peer"})

    def _age_ms(self) -> int:
        return round((time.monotonic() - self.joined_at) * 1000)

    def on_packet(self, kind: MediaKind, size_bytes: int) -> None:
        self.last_packet_at = time.monotonic()
        self.bytes_received += size_bytes
        self.packets[kind] += 1

    def on_frame(self, frame: EncodedFrame, *, is_whole: bool) -> None:
        if not self.has_media:
            self.has_media = True
            self._tell(self, EventKind.LEG_MEDIA, {"took_ms": self._age_ms()})
        if frame.kind == "video":
            now = time.monotonic()
            if self._picture_times:
                self._freezes.gap(now - self._picture_times[-1])
            self._picture_times.append(now)
            if frame.key:
                self._measure(frame.data)
        else:
            for leg in self._listeners():
                leg.sound.offer(frame.timestamp, frame.data)
        if is_whole:
            for take in self.takers:
                take(self.role, frame)

    def _measure(self, keyframe: bytes) -> None:
        size = seams.keyframe_size(keyframe)
        if size != self.size:
            self.size = size
            self._tell(self, EventKind.PICTURE_SIZE, {"width_px": size[0], "height_px": size[1]})


class Uplink:
    """One receiver of a leg, as `seams` watches it."""

    def __init__(self, leg: Leg, kind: MediaKind, receiver: RTCRtpReceiver) -> None:
        self._leg = leg
        self._kind = kind
        # Frames that refer to a lost one are withheld from evidence until the next keyframe.
        self._is_broken = kind == "video"
        # Sound goes on as it came; its decoder would only warm the room.
        self.watch = seams.Watch(receiver, self, decode=kind == "video")

    def on_packet(self, size_bytes: int) -> None:
        self._leg.on_packet(self._kind, size_bytes)

    def on_frame(self, timestamp: int, data: bytes) -> None:
        key = self._kind == "audio" or (seams.is_keyframe(data) and len(data) >= 10)
        self._is_broken = self._is_broken and not key
        at_seconds = self._leg.timeline.at(self._kind, timestamp, now=time.time())
        frame = EncodedFrame(self._kind, timestamp, at_seconds, key, data)
        self._leg.on_frame(frame, is_whole=not self._is_broken)

    def on_hole(self) -> None:
        self._is_broken = True

    def on_report(self, timestamp: int, ntp_seconds: float) -> None:
        self._leg.timeline.report(self._kind, timestamp, ntp_seconds, now=time.time())
