"""What a leg is sent: the other party's picture, smaller, and sound, untouched; black and silence while there is none.

A track belongs to its leg for the leg's whole life and its timestamps only grow, whoever joins, leaves or rejoins on
the other side. Nothing waits in line: of pictures the newest goes out, of sound half a second at most.
"""

import asyncio
import time
from collections import deque
from fractions import Fraction
from typing import cast

from aiortc.mediastreams import MediaStreamError, MediaStreamTrack
from av import AudioStream, Packet, VideoFrame
from av.video.frame import PictureType
from av.video.reformatter import Interpolation, VideoReformatter

PICTURE_LONG_PX, PICTURE_SHORT_PX = 640, 360
PICTURE_FPS = 15

_INTERVAL = 1 / PICTURE_FPS
# A camera is never on time: a picture that comes this much early still counts.
_SLACK_SECONDS = 0.013
_CARD_SECONDS = 0.5
# A line that falters shows its last picture this long before it turns black.
_FREEZE_SECONDS = 3.0
_PICTURE_CLOCK = Fraction(1, 90_000)

_SOUND_CLOCK = Fraction(1, 48_000)
_SOUND_SAMPLES = 960
_SOUND_BACKLOG = 25
# Discontinuous transmission sends something every 400 ms; after that a source is quiet.
_QUIET_SECONDS = 0.5
# RFC 6716: 20 ms, CELT, fullband, with nothing in it.
_SILENCE = b"\xf8\xff\xfe"


class PictureTrack(MediaStreamTrack):
    """The far party's picture at 640x360 (or 360x640) and 15 fps at most."""

    kind = "video"

    def __init__(self) -> None:
        super().__init__()
        self.is_held = False
        self._newest: VideoFrame | None = None
        self._fresh = asyncio.Event()
        self._due = 0.0
        self._shown_at = 0.0
        self._since = time.monotonic()
        self._scaler = VideoReformatter()

    def offer(self, frame: VideoFrame) -> None:
        """Show this picture, unless the next is not due yet or the call is on hold."""
        now = time.monotonic()
        if self.is_held or now < self._due - _SLACK_SECONDS:
            return
        self._due = max(self._due, now - _INTERVAL) + _INTERVAL
        self._newest = frame
        self._fresh.set()

    def hold(self, on: bool) -> None:
        self.is_held = on
        self._newest = None
        self._fresh.set()

    def stop(self) -> None:
        super().stop()
        self._fresh.set()

    async def recv(self) -> VideoFrame:
        while True:
            await _set_within(self._fresh, _CARD_SECONDS)
            if self.readyState != "live":
                raise MediaStreamError
            frame, self._newest = self._newest, None
            if frame is not None:
                small = await asyncio.to_thread(self._fit, frame)
                # The call may have been put on hold meanwhile.
                return self._stamped(_black() if self.is_held else small, is_picture=True)
            if self.is_held or time.monotonic() - self._shown_at > _FREEZE_SECONDS:
                return self._stamped(_black(), is_picture=False)

    def _stamped(self, frame: VideoFrame, *, is_picture: bool) -> VideoFrame:
        now = time.monotonic()
        if is_picture:
            self._shown_at = now
        frame.pts, frame.time_base = int((now - self._since) / _PICTURE_CLOCK), _PICTURE_CLOCK
        return frame

    def _fit(self, frame: VideoFrame) -> VideoFrame:
        width, height = fitted(frame.width, frame.height)
        small = self._scaler.reformat(
            frame, width, height, "yuv420p", interpolation=Interpolation.FAST_BILINEAR, threads=1
        )
        if small is frame:
            # It fitted; what an observer is sent as well must not be stamped twice.
            other = self._scaler.reformat(frame, width, height, "rgb24", threads=1)
            small = self._scaler.reformat(other, width, height, "yuv420p", threads=1)
        # A decoded keyframe would make the encoder send one too.
        small.pict_type = PictureType.NONE
        return small


class SoundTrack(MediaStreamTrack):
    """The far party's Opus packets as they came, numbered anew."""

    kind = "audio"

    def __init__(self) -> None:
        super().__init__()
        self.is_held = False
        self._line: deque[tuple[int, bytes]] = deque(maxlen=_SOUND_BACKLOG)
        self._fresh = asyncio.Event()
        self._is_quiet = True
        self._last = 0
        self._shift: int | None = None

    def offer(self, timestamp: int, data: bytes) -> None:
        if not self.is_held:
            self._line.append((timestamp, data))
            self._fresh.set()

    def hold(self, on: bool) -> None:
        self.is_held = on
        self.switch()

    def switch(self) -> None:
        """The source changed or paused: its timestamps start somewhere else."""
        self._shift = None
        self._is_quiet = True
        self._line.clear()
        self._fresh.set()

    def stop(self) -> None:
        super().stop()
        self._fresh.set()

    async def recv(self) -> "Packet[AudioStream]":
        while not self._line:
            pause = _SOUND_SAMPLES / 48_000 if self._is_quiet else _QUIET_SECONDS
            came = await _set_within(self._fresh, pause)
            if self.readyState != "live":
                raise MediaStreamError
            if not came:
                self._is_quiet = True
                return self._packet(_SILENCE, self._last + _SOUND_SAMPLES)
        self._is_quiet = False
        return self._packet(*self._next())

    def _next(self) -> tuple[bytes, int]:
        timestamp, data = self._line.popleft()
        if self._shift is None or timestamp + self._shift <= self._last:
            self._shift = self._last + _SOUND_SAMPLES - timestamp
        return data, timestamp + self._shift

    def _packet(self, data: bytes, pts: int) -> "Packet[AudioStream]":
        self._last = pts
        packet = cast("Packet[AudioStream]", Packet(data))
        packet.pts, packet.time_base = pts, _SOUND_CLOCK
        return packet


def fitted(width: int, height: int) -> tuple[int, int]:
    """The size to send: within 640x360 lying or standing, same shape, even, never enlarged."""
    scale = min(
        PICTURE_LONG_PX / max(width, height),
        PICTURE_SHORT_PX / min(width, height),
        1.0,
    )
    return max(2, int(width * scale) & ~1), max(2, int(height * scale) & ~1)


def _black() -> VideoFrame:
    frame = VideoFrame(PICTURE_LONG_PX, PICTURE_SHORT_PX, "yuv420p")
    for plane, level in zip(frame.planes, (16, 128, 128), strict=True):
        plane.update(bytes([level]) * plane.buffer_size)
    return frame


async def _set_within(event: asyncio.Event, seconds: float) -> bool:
    """Wait for the event and clear it; False when it did not come."""
    try:
        async with asyncio.timeout(seconds):
            await event.wait()
    except TimeoutError:
        return False
    event.clear()
    return True
