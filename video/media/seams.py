"""Where we lean on aiortc's private names, all of them, and the check at start-up that they still fit.

aiortc 1.16 offers no hook between a receiver's jitter buffer and its decoder, no arrival times and no way to ask a
sender for a keyframe. `watch` puts itself in these places of one receiver; `check` runs a frame through a receiver
that has no network and refuses to start the worker when it does not come out.
"""

import asyncio
import queue
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol, cast

from aiortc import RTCRtpCodecParameters, RTCRtpReceiver
from aiortc.codecs import is_rtx
from aiortc.jitterbuffer import JitterFrame
from aiortc.rtcrtpparameters import RTCRtpReceiveParameters
from aiortc.rtcrtpreceiver import RemoteStreamTrack
from aiortc.rtp import AnyRtcpPacket, RtcpSrPacket, RtpPacket

# A decoder that is further behind than this skips to the next keyframe: frames are dropped, never queued.
_DECODER_BACKLOG = 12

_QUEUE = "_RTCRtpReceiver__decoder_queue"
_MAPPER = "_RTCRtpReceiver__timestamp_mapper"
_CODECS = "_RTCRtpReceiver__codecs"
_NACKS = "_RTCRtpReceiver__nack_generator"


class SeamsChanged(Exception):
    """This aiortc is not built as `seams` needs it: a start-up failure, never a refusal."""


class Watcher(Protocol):
    """What one receiver tells, in the event loop."""

    def on_packet(self, size_bytes: int) -> None: ...

    def on_frame(self, timestamp: int, data: bytes) -> None: ...

    def on_hole(self) -> None:
        """Frames were lost for good: what follows needs a keyframe first."""
        ...

    def on_report(self, timestamp: int, ntp_seconds: float) -> None:
        """A sender report (RFC 3550, 6.4.1): this timestamp is that instant of the sender's clock."""
        ...


class Watch:
    """A receiver that tells a watcher; made after the offer is applied and before the answer is."""

    def __init__(self, receiver: RTCRtpReceiver, watcher: Watcher, *, decode: bool) -> None:
        self._receiver = cast(Any, receiver)
        self._watcher = watcher
        self._ssrc: int | None = None
        self._asking: asyncio.Future[None] | None = None
        self._ask = self._receiver._send_rtcp_pli
        self._take_packet = self._receiver._handle_rtp_packet
        self._take_report = self._receiver._handle_rtcp_packet
        self._receiver._send_rtcp_pli = self._on_pli
        self._receiver._handle_rtp_packet = self._on_packet
        self._receiver._handle_rtcp_packet = self._on_rtcp
        setattr(receiver, _QUEUE, _FrameQueue(watcher.on_frame, self._on_backlog, decode=decode))

    async def request_keyframe(self) -> None:
        """Picture loss indication (RFC 4585, 6.3.1) to the sender whose packets arrived last."""
        if self._ssrc is not None:
            await self._ask(self._ssrc)

    async def ask_again(self) -> None:
        """Repeat the request for lost packets: aiortc asks only when it notices another loss."""
        nacks = getattr(self._receiver, _NACKS)
        if nacks is not None and nacks.missing and self._ssrc is not None:
            await self._receiver._send_rtcp_nack(self._ssrc, sorted(nacks.missing))

    async def _on_packet(self, packet: RtpPacket, arrival_time_ms: int) -> None:
        if packet.ssrc != self._ssrc and not self._is_retransmission(packet):
            self._ssrc = packet.ssrc
        self._watcher.on_packet(len(packet.payload))
        await self._take_packet(packet, arrival_time_ms)

    def _is_retransmission(self, packet: RtpPacket) -> bool:
        codec = getattr(self._receiver, _CODECS).get(packet.payload_type)
        return codec is None or is_rtx(codec)

    async def _on_pli(self, media_ssrc: int) -> None:
        self._watcher.on_hole()
        await self._ask(media_ssrc)

    async def _on_rtcp(self, packet: AnyRtcpPacket) -> None:
        origin = getattr(self._receiver, _MAPPER)._origin
        if isinstance(packet, RtcpSrPacket) and origin is not None:
            told = packet.sender_info
            self._watcher.on_report(told.rtp_timestamp - origin, told.ntp_timestamp / 2**32)
        await self._take_report(packet)

    def _on_backlog(self) -> None:
        self._asking = asyncio.ensure_future(self.request_keyframe())


class _FrameQueue(queue.Queue[Any]):
    """Stands for the queue between jitter buffer and decoder thread; written in the loop, read in the thread."""

    def __init__(
        self, on_frame: Callable[[int, bytes], None], on_backlog: Callable[[], None], *, decode: bool
    ) -> None:
        super().__init__()
        self._on_frame = on_frame
        self._on_backlog = on_backlog
        self._decode = decode
        self._skipping = False

    def put(self, item: Any, block: bool = True, timeout: float | None = None) -> None:
        if item is not None:
            frame: JitterFrame = item[1]
            # Padding alone makes an empty frame, which a decoder would take for the end of the stream.
            if not frame.data:
                return
            self._on_frame(frame.timestamp, frame.data)
            if not self._decode or self._must_skip(frame.data):
                return
        super().put(item, block, timeout)

    def _must_skip(self, data: bytes) -> bool:
        if self._skipping:
            self._skipping = not (is_keyframe(data) and self.qsize() < _DECODER_BACKLOG)
        elif self.qsize() >= _DECODER_BACKLOG:
            self._skipping = True
            self._on_backlog()
        return self._skipping


def is_keyframe(data: bytes) -> bool:
    """RFC 6386, 9.1: the first bit of a VP8 frame is clear in a keyframe."""
    return not data[0] & 1


def keyframe_size(data: bytes) -> tuple[int, int]:
    """Width and height of a VP8 keyframe, in pixels (RFC 6386, 9.1)."""
    width, height = int.from_bytes(data[6:8], "little"), int.from_bytes(data[8:10], "little")
    return width & 0x3FFF, height & 0x3FFF


async def check() -> None:
    """Run packets through a receiver without a network. Raises SeamsChanged."""
    seen = _Seen([], 0, [])
    wire = _NoTransport([])
    try:
        receiver = RTCRtpReceiver("video", cast(Any, wire))
        cast(Any, receiver)._track = RemoteStreamTrack(kind="video")
        cast(Any, receiver)._set_rtcp_ssrc(1)
        watch = Watch(receiver, seen, decode=False)
        codec = RTCRtpCodecParameters(mimeType="video/VP8", clockRate=90000, payloadType=96)
        await receiver.receive(RTCRtpReceiveParameters(codecs=[codec]))
        try:
            for number in (0, 1, 4, 600):
                await cast(Any, receiver)._handle_rtp_packet(_packet(number), arrival_time_ms=number)
            await watch.request_keyframe()
            await watch.ask_again()
        finally:
            await receiver.stop()
    except (AttributeError, TypeError, ImportError) as failure:
        raise SeamsChanged(str(failure)) from failure
    if not (seen.frames and seen.packets == 4 and seen.holes and len(wire.sent) >= 3):
        raise SeamsChanged("a receiver does not tell what it receives")


def _packet(number: int) -> RtpPacket:
    packet = RtpPacket(payload_type=96, sequence_number=number, timestamp=number * 3000, marker=1)
    packet.ssrc = 2
    # Start of a partition (RFC 7741, 4.2), then a VP8 frame that nobody decodes here.
    packet.payload = b"\x10" + bytes(10)
    return packet


@dataclass(slots=True)
class _Seen:
    frames: list[int]
    packets: int
    holes: list[bool]

    def on_packet(self, size_bytes: int) -> None:
        self.packets += 1

    def on_frame(self, timestamp: int, data: bytes) -> None:
        self.frames.append(timestamp)

    def on_hole(self) -> None:
        self.holes.append(True)

    def on_report(self, timestamp: int, ntp_seconds: float) -> None:
        raise AssertionError


@dataclass(slots=True)
class _NoTransport:
    sent: list[bytes]
    state: str = "connected"

    def _register_rtp_receiver(self, *_: object) -> None: ...

    def _unregister_rtp_receiver(self, *_: object) -> None: ...

    async def _send_rtp(self, data: bytes) -> None:
        self.sent.append(data)
