"""Whole frames out of forwarded packets, for evidence and stills: put in order, joined, never decoded.

Made only while somebody wants frames. What waits for a retransmission waits a bounded number of packets; a hole that
stays is told, and of pictures nothing follows it before the next keyframe.
"""

from collections.abc import Callable, Iterator

from video.engine import MediaKind
from video.media import rtp

# Packets that may pass while one is missing: some 0.4 s of a 720p picture, 80 ms of sound.
_PATIENCE = {"video": 64, "audio": 4}
# A keyframe of 1280x720 has about a hundred packets.
_LARGEST_FRAME = 2000

OnFrame = Callable[[int, bytes, bool], None]


class Order:
    """Packets by their sequence number; None where one is given up."""

    def __init__(self, patience: int) -> None:
        self._patience = patience
        self._next: int | None = None
        self._waiting: dict[int, bytes] = {}

    def is_next(self, packet: bytes) -> bool:
        """Nearly all are, and nothing waits: it is taken as it comes."""
        seq = packet[2] << 8 | packet[3]
        if seq != self._next or self._waiting:
            return False
        self._next = (seq + 1) & 0xFFFF
        return True

    def add(self, packet: bytes) -> Iterator[bytes | None]:
        seq = rtp.number(packet)
        if self._next is None:
            self._next = seq
        if (seq - self._next) & 0xFFFF >= 0x8000:
            return
        self._waiting[seq] = packet
        yield from self._ready()
        while len(self._waiting) > self._patience:
            behind = self._next
            self._next = min(self._waiting, key=lambda waiting: (waiting - behind) & 0xFFFF)
            yield None
            yield from self._ready()

    def _ready(self) -> Iterator[bytes]:
        assert self._next is not None
        while (packet := self._waiting.pop(self._next, None)) is not None:
            self._next = (self._next + 1) & 0xFFFF
            yield packet


class Frames:
    """The frames of one stream: `on_frame(timestamp, data, is_key)`, and `on_hole` where some are missing."""

    def __init__(self, kind: MediaKind, on_frame: OnFrame, on_hole: Callable[[], None]) -> None:
        self._is_video = kind == "video"
        self._on_frame, self._on_hole = on_frame, on_hole
        self._order = Order(_PATIENCE[kind])
        self._parts: list[bytes] | None = None
        self._stamp = b""
        self._is_broken = self._is_video

    def add(self, packet: bytes) -> None:
        if self._order.is_next(packet):
            self._take(packet)
            return
        for ordered in self._order.add(packet):
            if ordered is None:
                self._lost()
            else:
                self._take(ordered)

    def _take(self, packet: bytes) -> None:
        try:
            self._unwrap(packet)
        except rtp.Malformed:
            self._lost()

    def _unwrap(self, packet: bytes) -> None:
        data = rtp.payload(packet)
        # Padding alone keeps the numbers going and has nothing in it.
        if not data:
            return
        if self._is_video:
            self._join(packet, data)
        else:
            self._on_frame(rtp.timestamp(packet), data, True)

    def _join(self, packet: bytes, data: bytes) -> None:
        begins, part = rtp.vp8_frame_part(data)
        stamp = packet[4:8]
        if begins:
            # The end of the frame before never came.
            if self._parts is not None:
                self._lost()
            self._parts, self._stamp = [], stamp
        if self._parts is None:
            return
        if stamp != self._stamp or len(self._parts) >= _LARGEST_FRAME:
            raise rtp.Malformed
        self._parts.append(part)
        if packet[1] & 128:
            frame, self._parts = b"".join(self._parts), None
            self._give(frame)

    def _give(self, frame: bytes) -> None:
        is_key = len(frame) >= 10 and not frame[0] & 1
        self._is_broken = self._is_broken and not is_key
        if frame and not self._is_broken:
            self._on_frame(int.from_bytes(self._stamp, "big"), frame, is_key)

    def _lost(self) -> None:
        self._parts = None
        self._is_broken = self._is_video
        self._on_hole()
