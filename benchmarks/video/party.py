"""One party of a call: aiortc agrees on it, then packets made before are encrypted and sent, and those that come are
counted and timed by their headers, undecrypted. A request for a keyframe is answered with one."""

import asyncio
import random
import time
from collections import Counter
from collections.abc import Callable
from functools import partial
from typing import Any

from aiortc import (
    RTCConfiguration,
    RTCPeerConnection,
    RTCRtpReceiver,
    RTCRtpTransceiver,
    RTCSessionDescription,
)
from aiortc.rtcrtpparameters import RTCRtpReceiveParameters, RTCRtpSendParameters

from benchmarks.video import clips
from video.media import rtp
from video.media.translator_seams import Wire, sender_ssrcs

_ABS_SEND_TIME = "http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time"
# One number of so many is timed.
_TIMED_EVERY = 16
_VOTES = 20
_NTP_EPOCH = 2_208_988_800
CONNECT_SECONDS = 20.0


class Stream:
    """One of the two streams that a party sends."""

    def __init__(self, payload_type: int, ssrc: int, clock: int, rate: float) -> None:
        self.payload_type, self.ssrc = payload_type, rtp.LONG.pack(ssrc)
        self.seq, self.at = random.randrange(30_000), random.getrandbits(31)
        self.step = round(clock / rate)
        self.packets = self.size_bytes = 0

    def head(self, *, marked: bool, first: int) -> bytes:
        self.seq = (self.seq + 1) & 0xFFFF
        kind = self.payload_type | (128 if marked else 0)
        return bytes((first, kind)) + rtp.SHORT.pack(self.seq) + rtp.LONG.pack(self.at) + self.ssrc

    def advance(self) -> None:
        self.at = (self.at + self.step) & 0xFFFFFFFF

    def report(self) -> bytes:
        """RFC 3550, 6.4.1."""
        now = int((time.time() + _NTP_EPOCH) * 2**32).to_bytes(8, "big")
        counts = rtp.LONG.pack(self.packets) + rtp.LONG.pack(self.size_bytes)
        return b"\x80\xc8\0\x06" + self.ssrc + now + rtp.LONG.pack(self.at) + counts


class Party:
    """`delays` takes the seconds from the far party's sending to the arrival here."""

    def __init__(self, clip: list[list[bytes]], fps: float, delays: list[float]) -> None:
        self.far: Party | None = None
        self.received = self.pictures_received = 0
        self.fps = fps
        self._clip, self._delays = clip, delays
        self._connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
        self._wire: Wire | None = None
        # Nobody: packets are counted and never decrypted.
        self.takers_of: dict[bytes, Callable[[bytes], None]] = {}
        self._video: Stream | None = None
        self._audio: Stream | None = None
        self._absolute = 3
        self._next = 0
        self._sent_at = [0.0] * (0x10000 // _TIMED_EVERY)
        self._last_sent = 0
        self._shift: int | None = None
        self._shifts: Counter[int] = Counter()
        self._started = asyncio.Event()

    @property
    def sent(self) -> int:
        return sum(stream.packets for stream in (self._video, self._audio) if stream is not None)

    async def offer(self) -> str:
        for kind in ("audio", "video"):
            self._prepare(self._connection.addTransceiver(kind))
        await self._connection.setLocalDescription(await self._connection.createOffer())
        return str(self._connection.localDescription.sdp)

    async def accept(self, answer_sdp: str) -> None:
        await self._connection.setRemoteDescription(RTCSessionDescription(answer_sdp, "answer"))

    async def answer(self, offer_sdp: str) -> str:
        await self._connection.setRemoteDescription(RTCSessionDescription(offer_sdp, "offer"))
        for transceiver in self._connection.getTransceivers():
            transceiver.direction = "sendrecv"
            self._prepare(transceiver)
        await self._connection.setLocalDescription(await self._connection.createAnswer())
        return str(self._connection.localDescription.sdp)

    async def connected(self) -> bool:
        try:
            async with asyncio.timeout(CONNECT_SECONDS):
                await self._started.wait()
        except TimeoutError:
            return False
        return True

    async def close(self) -> None:
        if self._wire is not None:
            self._wire.cut()
        await self._connection.close()

    def send_picture(self) -> None:
        stream, wire = self._video, self._wire
        if stream is None or wire is None:
            return
        payloads = self._clip[self._next % len(self._clip)]
        self._next += 1
        now = int(time.time() * 2**18) & 0xFFFFFF
        extension = b"\xbe\xde\0\1" + bytes((self._absolute << 4 | 2,)) + now.to_bytes(3, "big")
        last = len(payloads) - 1
        for place, payload in enumerate(payloads):
            head = stream.head(marked=place == last, first=0x90)
            if stream.seq % _TIMED_EVERY == 0:
                self._sent_at[stream.seq // _TIMED_EVERY] = time.perf_counter()
            self._last_sent = stream.seq
            stream.packets += wire.send_rtp(head + extension + payload)
            stream.size_bytes += len(payload)
        stream.advance()

    def send_sound(self) -> None:
        stream, wire = self._audio, self._wire
        if stream is not None and wire is not None:
            stream.packets += wire.send_rtp(stream.head(marked=False, first=0x80) + clips.SOUND)
            stream.size_bytes += len(clips.SOUND)
            stream.advance()

    def report(self) -> None:
        for stream in (self._video, self._audio):
            if stream is not None and self._wire is not None:
                self._wire.send_rtcp(stream.report())

    def knows(self, data: bytes) -> bool:
        """Counts a packet, and never has it decrypted."""
        self.received += 1
        if self._video is not None and data[1] & 127 == self._video.payload_type:
            self.pictures_received += 1
            if self.far is not None:
                self._time(data, self.far)
        return False

    def _time(self, data: bytes, far: "Party") -> None:
        """A server may count the packets anew: by how much, is what most ends of pictures say."""
        seq = data[2] << 8 | data[3]
        if self._shift is None:
            if data[1] & 128:
                self._shifts[(far._last_sent - seq) & 0xFFFF] += 1
                shift, votes = self._shifts.most_common(1)[0]
                if votes >= _VOTES:
                    self._shift = shift
            return
        theirs = (seq + self._shift) & 0xFFFF
        if theirs % _TIMED_EVERY == 0:
            took = time.perf_counter() - far._sent_at[theirs // _TIMED_EVERY]
            if took < 1:
                self._delays.append(took)

    def on_rtp(self, packet: bytes) -> None:
        """None is decrypted."""

    def on_rtcp(self, compound: bytes) -> None:
        """RFC 4585, 6.3.1 and RFC 5104, 4.3.1: the clip begins anew with its keyframe."""
        place = 0
        while place + 4 <= len(compound):
            if compound[place + 1] == 206 and compound[place] & 31 in (1, 4):
                self._next = 0
            place += 4 * (rtp.SHORT.unpack_from(compound, place + 2)[0] + 1)

    def _prepare(self, transceiver: RTCRtpTransceiver) -> None:
        wanted = ("OPUS",) if transceiver.kind == "audio" else ("VP8", "RTX")
        capabilities = RTCRtpReceiver.getCapabilities(transceiver.kind)
        assert capabilities is not None
        transceiver.setCodecPreferences(
            [codec for codec in capabilities.codecs if codec.name.upper() in wanted]
        )
        started: Any = transceiver
        started.sender.send = partial(self._send, transceiver)
        started.receiver.receive = _receive

    async def _send(self, transceiver: RTCRtpTransceiver, parameters: RTCRtpSendParameters) -> None:
        """aiortc's sender is not started, and neither is its receiver: no task, no thread, no goodbye."""
        payload_type = parameters.codecs[0].payloadType
        assert payload_type is not None
        ssrc = sender_ssrcs(transceiver.sender)[0]
        if self._wire is None:
            self._wire = Wire(transceiver.sender.transport, self)
        if transceiver.kind == "audio":
            self._audio = Stream(payload_type, ssrc, 48_000, 50)
        else:
            self._video = Stream(payload_type, ssrc, 90_000, self.fps)
            named = [each.id for each in parameters.headerExtensions if each.uri == _ABS_SEND_TIME]
            self._absolute = named[0] if named else self._absolute
        if self._audio is not None and self._video is not None:
            self._started.set()


async def _receive(parameters: RTCRtpReceiveParameters) -> None:
    """Packets are counted before they get here."""
