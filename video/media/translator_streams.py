"""The two ends of a forwarded stream: `Uplink` is what a party sends, `Downlink` what the other party is sent.

Until its source changes, a downlink passes sequence numbers, timestamps, extensions and payload untouched; only SSRC
and payload type are the receiving leg's own (RFC 3550, 7.1: a translator). When it is given another source, or
something was shown between, numbers and timestamps go on from the last by a constant shift, and a picture begins with
a keyframe.
"""

import time
from dataclasses import dataclass, field
from typing import Any, Protocol

from video.engine import MediaKind
from video.media import rtp
from video.media.timeline import CLOCK_RATES
from video.media.translator_frames import Frames
from video.media.translator_seams import Wire

# A second and a half of a 720p picture: what is older comes too late for a viewer. It is most of a call's memory.
RING_PACKETS = 320
# Larger gaps are not asked for again.
_LARGEST_GAP = 200
# RFC 3550, A.1: beyond these a number is noise, until the next one follows upon it.
_MAX_DROPOUT = 3000
_MAX_MISORDER = 100
_ASK_AGAIN_SECONDS = 0.1
_GIVE_UP_SECONDS = 1.0
_KEYFRAME_SECONDS = 0.3
# So long after a change of source a late packet may be older than the change.
_CHANGE_PACKETS = 2000


@dataclass(frozen=True, slots=True)
class Lane:
    """How a stream is marked on one leg, as its session description says."""

    kind: MediaKind
    mid: str
    payload_type: int
    rtx_payload_type: int | None
    # Header extensions by number; they are passed on where both legs number them alike.
    extensions: tuple[tuple[int, str], ...] = ()


class Owner(Protocol):
    """The leg of an uplink."""

    @property
    def wishes(self) -> tuple[list[Any], ...]:
        """Whole frames are put together while one of these lists has somebody in it."""
        ...

    def on_picture(self, packet: bytes, now: float) -> None:
        """The first packet of a picture."""
        ...

    def on_media(self) -> None:
        """The first whole frame."""
        ...

    def on_frame(self, kind: MediaKind, timestamp: int, data: bytes, key: bool) -> None: ...

    def on_malformed(self) -> None: ...


@dataclass(slots=True)
class Counts:
    """RFC 3550, A.3 and A.8, of one received stream."""

    received: int = 0
    size_bytes: int = 0
    cycles: int = 0
    # `before`: of these, what came before `first`, which is another one when a sender begins anew.
    before: int = 0
    first: int | None = None
    jitter: float = 0.0
    transit: float | None = None

    def lost(self, newest: int | None) -> int:
        if self.first is None or newest is None:
            return 0
        return max(0, self.cycles * 0x10000 + newest - self.first + 1 - (self.received - self.before))


@dataclass(slots=True)
class Missing:
    """Lost packets that were asked for: since when, and when last."""

    since: dict[int, float] = field(default_factory=dict)
    asked_at: float = 0.0


class Uplink:
    """One stream that a party sends; SSRCs that the offer did not name are learned from the first packet."""

    def __init__(
        self, lane: Lane, ssrc: bytes | None, rtx_ssrc: bytes | None, wire: Wire, owner: Owner
    ) -> None:
        self.lane, self.ssrc, self.rtx_ssrc, self.wire = lane, ssrc, rtx_ssrc, wire
        self.down: Downlink | None = None
        # Those of observers.
        self.also: tuple[Downlink, ...] = ()
        self.counts = Counts()
        self.origin: int | None = None
        self.newest: int | None = None
        self.recovered = 0
        self.last_at: float | None = None
        self._has_begun = False
        self._owner, self._wishes = owner, owner.wishes
        self._is_video = lane.kind == "video"
        self._payload_type = lane.payload_type
        self._clock = CLOCK_RATES[lane.kind]
        self._ring: list[bytes | None] = [None] * RING_PACKETS if self._is_video else []
        self._missing = Missing()
        # The number that would prove that a leap was the sender's beginning anew.
        self._elsewhere: int | None = None
        self._frames: Frames | None = None
        self._stamp = b""
        self._wants_keyframe = False
        self._keyframe_asked_at = 0.0

    def take(self, packet: bytes) -> None:
        """Called for every packet: what nearly all are, the next one in order, takes the shortest way."""
        if packet[1] & 127 != self._payload_type:
            return
        now, counts = time.monotonic(), self.counts
        seq, newest = packet[2] << 8 | packet[3], self.newest
        if newest is not None and (seq - newest) & 0xFFFF == 1:
            self.newest = seq
            if not seq:
                counts.cycles += 1
            is_newest = True
        elif self._is_in_sequence(seq):
            is_newest = self._is_newest(packet, seq, now)
        else:
            return
        counts.received += 1
        counts.size_bytes += len(packet)
        if is_newest:
            if self._missing.since and now - self._missing.asked_at > _ASK_AGAIN_SECONDS:
                self._ask_missing(now)
            if packet[4:8] != self._stamp:
                self._measure(packet, now)
        try:
            self._accept(packet, now)
        except rtp.Malformed:
            self._owner.on_malformed()

    def take_again(self, packet: bytes) -> None:
        """A retransmission: what was not missed is a probe of the line's capacity, and dropped."""
        now = time.monotonic()
        self.counts.size_bytes += len(packet)
        if packet[1] & 127 != self.lane.rtx_payload_type or self.ssrc is None:
            return
        try:
            self._take_plain(packet, now)
        except rtp.Malformed:
            self._owner.on_malformed()

    def _take_plain(self, packet: bytes, now: float) -> None:
        assert self.ssrc is not None
        plain = rtp.unwrapped(packet, payload_type=self.lane.payload_type, ssrc=self.ssrc)
        if plain is not None and rtp.number(plain) in self._missing.since:
            self.recovered += 1
            self.counts.received += 1
            self._missing.since.pop(rtp.number(plain))
            self._accept(plain, now)

    def _accept(self, packet: bytes, now: float) -> None:
        if self._is_video:
            self._ring[(packet[2] << 8 | packet[3]) % RING_PACKETS] = packet
            if self._wants_keyframe:
                if rtp.begins_keyframe(packet):
                    self._wants_keyframe = False
                else:
                    self.request_keyframe(now=now)
        if self.down is not None:
            self.down.forward(self, packet, now)
        for down in self.also:
            down.forward(self, packet, now)
        self.last_at = now
        # The last packet of a picture, or any of sound.
        if not self._has_begun and (not self._is_video or packet[1] & 128):
            self._has_begun = True
            self._owner.on_media()
        for wish in self._wishes:
            if wish:
                if self._frames is None:
                    self._frames = Frames(self.lane.kind, self._on_frame, self.request_keyframe)
                self._frames.add(packet)
                return
        self._frames = None

    def _is_in_sequence(self, seq: int) -> bool:
        """One wild number would take the stream of the other party out of its receiver's window for good."""
        if self.newest is None:
            return True
        ahead = (seq - self.newest) & 0xFFFF
        if ahead < _MAX_DROPOUT or ahead > 0x10000 - _MAX_MISORDER:
            return True
        if seq != self._elsewhere:
            self._elsewhere = (seq + 1) & 0xFFFF
            return False
        self._begin_anew()
        return True

    def _begin_anew(self) -> None:
        """The sender goes on elsewhere: the other party's numbers go on from the last, with a keyframe."""
        self.newest = self._elsewhere = None
        self.counts.first, self.counts.cycles, self.counts.before = None, 0, self.counts.received
        self._missing.since.clear()
        for down in self.downs:
            down.source = None

    @property
    def downs(self) -> "tuple[Downlink, ...]":
        return self.also if self.down is None else (self.down, *self.also)

    def _is_newest(self, packet: bytes, seq: int, now: float) -> bool:
        """Of the first packet of all, of one after a hole, and of one that comes late."""
        counts, newest = self.counts, self.newest
        if newest is None:
            self.newest = counts.first = seq
            self.origin = rtp.timestamp(packet)
            return True
        gap = (seq - newest) & 0xFFFF
        if gap >= 0x8000:
            self._missing.since.pop(seq, None)
            return False
        self.newest = seq
        if seq < newest:
            counts.cycles += 1
        if self._is_video and gap != 1:
            self._miss(newest, gap, now)
        return True

    def _measure(self, packet: bytes, now: float) -> None:
        """RFC 3550, A.8: by the first packet of each timestamp. A picture begins with it."""
        self._stamp, counts = packet[4:8], self.counts
        transit = now - rtp.timestamp(packet) / self._clock
        if counts.transit is not None and abs(transit - counts.transit) < 10:
            counts.jitter += (abs(transit - counts.transit) - counts.jitter) / 16
        counts.transit = transit
        if self._is_video:
            self._owner.on_picture(packet, now)

    def _miss(self, newest: int, gap: int, now: float) -> None:
        if gap > _LARGEST_GAP:
            self._missing.since.clear()
            return
        for step in range(1, gap):
            self._missing.since[(newest + step) & 0xFFFF] = now
        self._ask_missing(now)

    def _ask_missing(self, now: float) -> None:
        since = self._missing.since
        for seq in [seq for seq, at in since.items() if now - at > _GIVE_UP_SECONDS]:
            del since[seq]
        self._missing.asked_at = now
        self.request_packets(sorted(since))

    def request_packets(self, numbers: list[int]) -> None:
        """A generic NACK to the sender (RFC 4585, 6.2.1), 17 packets an entry."""
        if not numbers or self.ssrc is None:
            return
        entries: list[tuple[int, int]] = []
        for seq in numbers:
            ahead = (seq - entries[-1][0]) & 0xFFFF if entries else 0
            if 0 < ahead <= 16:
                entries[-1] = (entries[-1][0], entries[-1][1] | 1 << ahead - 1)
            else:
                entries.append((seq, 0))
        told = b"".join(rtp.SHORT.pack(seq) + rtp.SHORT.pack(mask) for seq, mask in entries)
        self.wire.send_rtcp(b"\x81\xcd" + rtp.SHORT.pack(2 + len(entries)) + b"\0\0\0\1" + self.ssrc + told)

    def request_keyframe(self, *, now: float | None = None) -> None:
        """Picture loss indication (RFC 4585, 6.3.1), three a second at most, until a keyframe begins."""
        now = time.monotonic() if now is None else now
        self._wants_keyframe = self._is_video
        if self.ssrc is not None and self._is_video and now - self._keyframe_asked_at > _KEYFRAME_SECONDS:
            self._keyframe_asked_at = now
            self.wire.send_rtcp(b"\x81\xce\0\2\0\0\0\1" + self.ssrc)

    def kept(self, seq: int) -> bytes | None:
        packet = self._ring[seq % RING_PACKETS] if self._is_video else None
        return packet if packet is not None and rtp.number(packet) == seq else None

    def is_asked_for(self, seq: int) -> bool:
        return seq in self._missing.since

    def ask_again(self) -> None:
        if self._missing.since:
            self._ask_missing(time.monotonic())

    def _on_frame(self, timestamp: int, data: bytes, key: bool) -> None:
        self._owner.on_frame(self.lane.kind, timestamp, data, key)


class Downlink:
    """One stream that a party is sent."""

    def __init__(self, lane: Lane, ssrc: int, rtx_ssrc: int, wire: Wire) -> None:
        self.lane, self.wire = lane, wire
        self.ssrc, self.rtx_ssrc = rtp.LONG.pack(ssrc), rtp.LONG.pack(rtx_ssrc)
        self.is_held = False
        self.source: Uplink | None = None
        self.sent = 0
        # What the party's own numbers are ahead of the source's.
        self.seq_shift = self.time_shift = 0
        self._is_begun = False
        self._last_seq = 0
        self._last_stamp = bytes(4)
        self._last_at = 0.0
        self._base = 0
        self._since_change = 0
        self._rtx_seq = 1
        self._keeps_extensions = True
        self._marked: tuple[bytes, bytes] = (b"", b"")

    def forward(self, source: Uplink, packet: bytes, now: float) -> None:
        if self.is_held:
            return
        if self.source is not source and not self._change(source, packet):
            return
        seq = packet[2] << 8 | packet[3]
        if self._since_change < _CHANGE_PACKETS:
            if (seq - self._base) & 0xFFFF >= 0x8000:
                return
            self._since_change += 1
        if not self._keeps_extensions:
            packet = self._stripped(packet)
        plain, last = self._marked
        mark = last if packet[1] & 128 else plain
        if self.seq_shift or self.time_shift:
            seq = (seq + self.seq_shift) & 0xFFFF
            at = (rtp.timestamp(packet) + self.time_shift) & 0xFFFFFFFF
            packet = packet[:1] + mark + rtp.SHORT.pack(seq) + rtp.LONG.pack(at) + self.ssrc + packet[12:]
        else:
            packet = b"".join((packet[:1], mark, packet[2:8], self.ssrc, packet[12:]))
        if (seq - self._last_seq) & 0xFFFF < 0x8000:
            self._last_seq, self._last_stamp, self._last_at = seq, packet[4:8], now
        self.sent += self.wire.send_rtp(packet)

    def play(self, payload: bytes) -> None:
        """Something of our own between two sources; it must come in time and in one packet."""
        self.source = None
        now = time.monotonic()
        step = max(1, round((now - self._last_at) * CLOCK_RATES[self.lane.kind]))
        self._last_seq = (self._last_seq + 1) & 0xFFFF
        at = (self._last_time + (step if self._is_begun else 0)) & 0xFFFFFFFF
        self._last_stamp, self._last_at, self._is_begun = rtp.LONG.pack(at), now, True
        mark = bytes((self.lane.payload_type | (128 if self.lane.kind == "video" else 0),))
        head = b"\x80" + mark + rtp.SHORT.pack(self._last_seq) + self._last_stamp + self.ssrc
        self.sent += self.wire.send_rtp(head + payload)

    def send_again(self, seq: int) -> int | None:
        """A lost packet from the source's ring; its number there when it is not kept, None when it was sent or is
        none of the source's."""
        source = self.source
        if source is None:
            return None
        theirs = (seq - self.seq_shift) & 0xFFFF
        packet = source.kept(theirs)
        if packet is None:
            return theirs
        at = (rtp.timestamp(packet) + self.time_shift) & 0xFFFFFFFF
        if self.lane.rtx_payload_type is None:
            again = rtp.rebuilt(packet, payload_type=self.lane.payload_type, seq=seq, at=at, ssrc=self.ssrc)
        else:
            again = rtp.rebuilt(
                packet,
                payload_type=self.lane.rtx_payload_type,
                seq=self._rtx_seq,
                at=at,
                ssrc=self.rtx_ssrc,
                prefix=rtp.SHORT.pack(seq),
            )
            self._rtx_seq = (self._rtx_seq + 1) & 0xFFFF
        self.wire.send_rtp(again)
        return None

    @property
    def _last_time(self) -> int:
        return int.from_bytes(self._last_stamp, "big")

    def _change(self, source: Uplink, packet: bytes) -> bool:
        """Take this source from this packet on, or wait for its keyframe."""
        if self.lane.kind == "video" and not rtp.begins_keyframe(packet):
            source.request_keyframe()
            return False
        seq, at = rtp.number(packet), rtp.timestamp(packet)
        if self._is_begun:
            step = max(1, round((time.monotonic() - self._last_at) * CLOCK_RATES[self.lane.kind]))
            self.seq_shift = (self._last_seq + 1 - seq) & 0xFFFF
            self.time_shift = (self._last_time + step - at) & 0xFFFFFFFF
        self.source, self._is_begun = source, True
        self._base, self._since_change = seq, 0
        self._last_seq = (seq + self.seq_shift - 1) & 0xFFFF
        own, theirs = self.lane, source.lane
        self._keeps_extensions = own.mid == theirs.mid and own.extensions == theirs.extensions
        self._marked = bytes((own.payload_type,)), bytes((own.payload_type | 128,))
        return True

    def _stripped(self, packet: bytes) -> bytes:
        if not packet[0] & 16:
            return packet
        begins = rtp.header_bytes(packet)
        return bytes((packet[0] & 0xEF,)) + packet[1 : 12 + 4 * (packet[0] & 15)] + packet[begins:]
