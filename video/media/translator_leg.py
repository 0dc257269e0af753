"""One leg of a translated call: aiortc describes, connects and encrypts; media go around its senders and receivers.

The leg stands in for `video.media.leg.Leg`: same answers, events and statistics, but nothing of what a party sends is
decoded. A still decodes one keyframe that was asked for.
"""

import asyncio
import contextlib
import logging
import time
from collections import deque
from collections.abc import Callable
from functools import partial
from typing import Any, cast

from aiortc import (
    RTCPeerConnection,
    RTCRtpReceiver,
    RTCRtpTransceiver,
    RTCSessionDescription,
)
from aiortc.exceptions import InternalError, InvalidAccessError, InvalidStateError, OperationError
from aiortc.rtcdtlstransport import RTCDtlsTransport
from aiortc.rtcrtpparameters import RTCRtpParameters, RTCRtpReceiveParameters, RTCRtpSendParameters
from av import CodecContext, FFmpegError, Packet, VideoFrame
from av.video.codeccontext import VideoCodecContext

from video import engine
from video.engine import EncodedFrame, EventKind, MediaKind, Role
from video.media import ice, rtp, seams, translator_card, translator_seams
from video.media.leg import CLOSE_SECONDS, FREEZE_SECONDS, FrameTaker, Freezes, Shot
from video.media.passive import PassiveIce
from video.media.timeline import Timeline
from video.media.translator_rtcp import Reports
from video.media.translator_seams import Wire
from video.media.translator_streams import Downlink, Lane, Uplink

log = logging.getLogger(__name__)

Tell = Callable[["TranslatedLeg", EventKind, dict[str, engine.Fact]], None]


class TranslatedLeg:
    """Made for one answer; `tell` hears what happens to it. `far` is the other party, or the party an observer sees."""

    def __init__(
        self, role: Role, settings: ice.IceSettings, tell: Tell, *, is_observer: bool = False
    ) -> None:
        self.role = role
        self.is_observer = is_observer
        self.far: TranslatedLeg | None = None
        self.observers: list[TranslatedLeg] = []
        self.takers: list[FrameTaker] = []
        self.joined_at = time.monotonic()
        self.is_connected = self.has_media = self.is_silent = self.is_cut = self.is_measured = False
        # A still is never what was decoded before: nothing was.
        self.newest: tuple[VideoFrame, float] | None = None
        self.size: tuple[int, int] | None = None
        self.timeline = Timeline()
        self.dropped = 0
        self.uplinks: dict[MediaKind, Uplink] = {}
        self.downlinks: dict[MediaKind, Downlink] = {}
        self._settings = settings
        self._tell = tell
        self._is_held = self._is_alone = False
        self._connection = RTCPeerConnection(settings.configuration())
        self._agents: tuple[PassiveIce, ...] = ()
        self._wires: dict[RTCDtlsTransport, Wire] = {}
        self._up: dict[bytes, Uplink] = {}
        # By SSRC; those of retransmissions too.
        self.takers_of: dict[bytes, Callable[[bytes], None]] = {}
        self._down: dict[bytes, Downlink] = {}
        self._reports = Reports(self._up, self._down, self._on_sender_report, is_observer=is_observer)
        self._awaiting: list[asyncio.Future[engine.Received]] = []
        self._picture_times: deque[float] = deque(maxlen=30)
        self._freezes = Freezes()
        self._sends_pictures = False
        self._card: asyncio.Task[None] | None = None

    async def answer(self, offer_sdp: str) -> str:
        """Accept the offer. Raises OfferNotUnderstood; the leg must then be closed."""
        cleaned, kinds = ice.read_offer(offer_sdp)
        connection = self._connection
        try:
            for kind in kinds:
                self._prepare(connection.addTransceiver(kind))
            self._agents = self._settings.seat(connection)
            await connection.setRemoteDescription(RTCSessionDescription(cleaned, "offer"))
            for transceiver in connection.getTransceivers():
                self._go_around(transceiver)
                self._sends_pictures |= transceiver.kind == "video" and transceiver.receiver.track is not None
            connection.on("connectionstatechange", self._on_connection)
            # Bundled media share one transport; it alone tells that the far end said goodbye.
            for transport in {transceiver.receiver.transport for transceiver in connection.getTransceivers()}:
                transport.on("statechange", partial(self._on_transport, transport))
            await connection.setLocalDescription(await connection.createAnswer())
        except (ValueError, InternalError, InvalidAccessError, InvalidStateError, OperationError) as failure:
            raise engine.OfferNotUnderstood from failure
        return ice.with_fec(self._settings.shown(connection.localDescription.sdp))

    def link(self, far: "TranslatedLeg | None") -> None:
        """What this leg receives goes to `far` from now on; when it goes, black and silence stand for it. What an
        observer's leg receives goes nowhere."""
        if self.far is far:
            return
        before, self.far, self._is_alone = self.far, far, far is None
        if self.is_observer:
            if before is not None:
                before.observers.remove(self)
                before.connect_streams()
            if far is not None:
                far.observers.append(self)
                far.connect_streams()
        else:
            self.connect_streams()
        self._show_card()

    def connect_streams(self) -> None:
        """What comes in goes to the far stream of its kind, as far as there is one yet."""
        for kind, uplink in self.uplinks.items():
            uplink.down = self.far.downlinks.get(kind) if self.far is not None else None
            uplink.also = tuple(each.downlinks[kind] for each in self.observers if kind in each.downlinks)

    def hold(self, on: bool) -> None:
        """Black and silence instead of the far party."""
        self._is_held = on
        for down in self.downlinks.values():
            down.is_held = on
        self._show_card()

    def cut(self) -> None:
        """Stop sending and forwarding now; the connection is closed by `close`."""
        self.is_cut = True
        self.link(None)
        for agent in self._agents:
            agent.cut()
        for wire in self._wires.values():
            wire.cut()
        if self._card is not None:
            self._card.cancel()
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
        return self._sends_pictures

    @property
    def packets(self) -> dict[str, int]:
        return {kind: uplink.counts.received for kind, uplink in self.uplinks.items()}

    async def request_keyframe(self) -> None:
        if "video" in self.uplinks:
            self.uplinks["video"].request_keyframe()

    async def ask_again(self) -> None:
        """Called by the watchdog: ask once more for packets that are still missing."""
        for uplink in self.uplinks.values():
            uplink.ask_again()

    async def next_picture(self) -> Shot:
        """The next keyframe, decoded at full size; cancelled when the leg goes."""
        future: asyncio.Future[engine.Received] = asyncio.get_running_loop().create_future()
        self._awaiting.append(future)
        try:
            keyframe = await future
        finally:
            with contextlib.suppress(ValueError):
                self._awaiting.remove(future)
        return Shot(await asyncio.to_thread(_decoded, keyframe.payload), keyframe)

    async def stats(self) -> engine.LegStats:
        now = time.monotonic()
        ups = tuple(self.uplinks.values())
        received = [(up.counts.lost(up.newest), up.counts.received) for up in ups if up.counts.received]
        return engine.LegStats(
            role=self.role,
            state=self._connection.connectionState,
            bytes_received=sum(up.counts.size_bytes for up in ups),
            packets_received=sum(up.counts.received for up in ups),
            packets_sent=sum(down.sent for down in self.downlinks.values()),
            fps=self._fps(now),
            width_px=self.size[0] if self.size else None,
            height_px=self.size[1] if self.size else None,
            loss=max((lost / (lost + came) for lost, came in received), default=None),
            jitter_seconds=max((up.counts.jitter for up in ups if up.counts.received), default=None),
            rtt_seconds=self._reports.rtt_seconds,
            last_media_seconds_ago=None if self.last_packet_at is None else now - self.last_packet_at,
            freezes=self._freezes.count,
            frozen_seconds=self._freezes.seconds,
        )

    def knows(self, data: bytes) -> bool:
        """A third stream is dropped before it costs a decryption (RFC 8872, 2.2 and 3: one SSRC a stream)."""
        if data[8:12] in self.takers_of or self._stranger(data[1] & 127) is not None:
            return True
        self.dropped += 1
        return False

    def on_rtp(self, packet: bytes) -> None:
        """Of a stream whose SSRC is not known yet; the others go to `takers_of` at once."""
        take = self.takers_of.get(packet[8:12])
        if take is not None:
            take(packet)
        else:
            self._learn(packet)

    def on_malformed(self) -> None:
        self.dropped += 1

    def on_rtcp(self, compound: bytes) -> None:
        for target, packet in self._reports.take(compound):
            target.wire.send_rtcp(packet)
            if packet[1] == 200 and self.far is not None:
                self.far.told(packet)

    def told(self, sender_report: bytes) -> None:
        self._reports.passed(sender_report)

    @property
    def wishes(self) -> tuple[list[Any], ...]:
        return self.takers, self._awaiting

    @property
    def last_packet_at(self) -> float | None:
        return max((up.last_at for up in self.uplinks.values() if up.last_at is not None), default=None)

    def on_picture(self, packet: bytes, now: float) -> None:
        times = self._picture_times
        if times and now - times[-1] > FREEZE_SECONDS:
            self._freezes.gap(now - times[-1])
        times.append(now)
        if rtp.begins_keyframe(packet):
            self._measure(rtp.vp8_frame_part(rtp.payload(packet))[1])

    def on_media(self) -> None:
        if not self.has_media:
            # aiortc says that it is connected once the streams are started: media may come first.
            self._say_connected()
            self.has_media = True
            self._tell(self, EventKind.LEG_MEDIA, {"took_ms": self._age_ms()})

    def on_frame(self, kind: MediaKind, timestamp: int, data: bytes, key: bool) -> None:
        if kind == "video" and key:
            for future in self._awaiting:
                if not future.done():
                    future.set_result(engine.Received(timestamp, data))
        timestamp = self._since_origin(self.uplinks[kind], timestamp)
        frame = EncodedFrame(kind, timestamp, self.timeline.at(kind, timestamp, now=time.time()), key, data)
        for take in tuple(self.takers):
            take(self.role, frame)

    @staticmethod
    def _prepare(transceiver: RTCRtpTransceiver) -> None:
        wanted = ("OPUS",) if transceiver.kind == "audio" else ("VP8", "RTX")
        capabilities = RTCRtpReceiver.getCapabilities(transceiver.kind)
        assert capabilities is not None
        transceiver.setCodecPreferences(
            [codec for codec in capabilities.codecs if codec.name.upper() in wanted]
        )

    def _go_around(self, transceiver: RTCRtpTransceiver) -> None:
        """aiortc starts a sender and a receiver once their transport is connected: then we start instead."""
        started: Any = transceiver
        started.sender.send = partial(self._start_sending, transceiver)
        started.receiver.receive = partial(self._start_receiving, transceiver)

    async def _start_sending(self, transceiver: RTCRtpTransceiver, parameters: RTCRtpSendParameters) -> None:
        lane = _lane(transceiver, parameters)
        if lane is None or self.is_cut:
            return
        ssrcs = translator_seams.sender_ssrcs(transceiver.sender)
        down = Downlink(lane, *ssrcs, self._wire(transceiver.sender.transport))
        down.is_held = self._is_held
        self.downlinks[lane.kind] = self._down[down.ssrc] = down
        if self.far is not None:
            self.far.connect_streams()

    async def _start_receiving(
        self, transceiver: RTCRtpTransceiver, parameters: RTCRtpReceiveParameters
    ) -> None:
        lane = _lane(transceiver, parameters)
        if lane is None or self.is_cut or self.is_observer:
            return
        named = [each for each in parameters.encodings if each.payloadType == lane.payload_type][:1]
        ssrc = rtp.LONG.pack(named[0].ssrc) if named else None
        again = rtp.LONG.pack(named[0].rtx.ssrc) if named and named[0].rtx else None
        uplink = Uplink(lane, ssrc, again, self._wire(transceiver.receiver.transport), self)
        self.uplinks[lane.kind] = uplink
        if ssrc is not None:
            self._up[ssrc] = uplink
            self._take(ssrc, uplink, uplink.take)
        if again is not None:
            self._take(again, uplink, uplink.take_again)
        self.connect_streams()

    def _wire(self, transport: RTCDtlsTransport) -> Wire:
        if transport not in self._wires:
            self._wires[transport] = Wire(transport, self)
        return self._wires[transport]

    def _stranger(self, payload_type: int) -> Uplink | None:
        """The stream whose SSRC the offer did not name, by its payload type."""
        for uplink in self.uplinks.values():
            if uplink.ssrc is None and uplink.lane.payload_type == payload_type:
                return uplink
            if uplink.rtx_ssrc is None and uplink.lane.rtx_payload_type == payload_type:
                return uplink
        return None

    def _learn(self, packet: bytes) -> None:
        uplink, ssrc = self._stranger(packet[1] & 127), packet[8:12]
        if uplink is None:
            return
        if uplink.ssrc is None and uplink.lane.payload_type == packet[1] & 127:
            uplink.ssrc, self._up[ssrc] = ssrc, uplink
            self._take(ssrc, uplink, uplink.take)
            uplink.take(packet)
        else:
            uplink.rtx_ssrc = ssrc
            self._take(ssrc, uplink, uplink.take_again)
            uplink.take_again(packet)

    def _take(self, ssrc: bytes, uplink: Uplink, take: Callable[[bytes], None]) -> None:
        self.takers_of[ssrc] = take
        uplink.wire.expect(ssrc)

    def _show_card(self) -> None:
        is_needed = (self._is_held or self._is_alone) and not self.is_cut
        if is_needed and (self._card is None or self._card.done()):
            self._card = asyncio.create_task(self._play())

    async def _play(self) -> None:
        count = 0
        while (self._is_held or self._is_alone) and not self.is_cut:
            if "audio" in self.downlinks:
                self.downlinks["audio"].play(translator_card.SILENCE)
            if "video" in self.downlinks and count % translator_card.PICTURE_EVERY == 0:
                self.downlinks["video"].play(translator_card.black())
            count += bool(self.downlinks)
            await asyncio.sleep(translator_card.SOUND_SECONDS)

    def _since_origin(self, uplink: Uplink, timestamp: int) -> int:
        return (timestamp - (uplink.origin or 0)) & 0xFFFFFFFF

    def _on_sender_report(self, uplink: Uplink, timestamp: int, ntp_seconds: float) -> None:
        if uplink.origin is not None:
            at = self._since_origin(uplink, timestamp)
            self.timeline.report(uplink.lane.kind, at, ntp_seconds, now=time.time())

    def _fps(self, now: float) -> float:
        times = self._picture_times
        if len(times) < 2 or now - times[-1] > 2:
            return 0.0
        return (len(times) - 1) / max(0.001, times[-1] - times[0])

    def _measure(self, keyframe: bytes) -> None:
        size = seams.keyframe_size(keyframe)
        if size != self.size:
            self.size = size
            self._tell(self, EventKind.PICTURE_SIZE, {"width_px": size[0], "height_px": size[1]})

    async def _on_connection(self) -> None:
        state = self._connection.connectionState
        if state == "connected":
            self._say_connected()
        elif state == "failed" and not self.is_cut:
            cause = "connection_lost" if self.is_connected else "not_connected"
            self._tell(self, EventKind.LEG_FAILED, {"cause": cause})

    def _say_connected(self) -> None:
        if not self.is_connected:
            self.is_connected = True
            self._tell(self, EventKind.LEG_CONNECTED, {"took_ms": self._age_ms()})

    def _on_transport(self, transport: RTCDtlsTransport) -> None:
        if transport.state == "closed" and self.is_connected and not self.is_cut:
            self._tell(self, EventKind.LEG_FAILED, {"cause": "closed_by_peer"})

    def _age_ms(self) -> int:
        return round((time.monotonic() - self.joined_at) * 1000)


def _lane(transceiver: RTCRtpTransceiver, parameters: RTCRtpParameters) -> Lane | None:
    """How the media section is numbered; None when nothing of ours was agreed on."""
    kind: MediaKind = "video" if transceiver.kind == "video" else "audio"
    name = "VP8" if kind == "video" else "OPUS"
    ours = [codec for codec in parameters.codecs if codec.name.upper() == name]
    if not ours or ours[0].payloadType is None:
        return None
    number = ours[0].payloadType
    again = [
        codec.payloadType
        for codec in parameters.codecs
        if codec.name.upper() == "RTX" and codec.parameters.get("apt") == number
    ]
    extensions = tuple(sorted((each.id, each.uri) for each in parameters.headerExtensions))
    return Lane(kind, str(parameters.muxId), number, again[0] if again else None, extensions)


def _decoded(keyframe: bytes) -> VideoFrame:
    """Raises NoPicture for what is no picture: a caller's browser may send anything."""
    codec = CodecContext.create("vp8", "r")
    assert isinstance(codec, VideoCodecContext)
    try:
        frames = codec.decode(cast("Packet[Any]", Packet(keyframe)))
    except FFmpegError:
        raise engine.NoPicture from None
    if not frames:
        raise engine.NoPicture
    return frames[0]
