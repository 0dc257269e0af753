"""A still: the newest decoded picture of a leg's uplink, at its full size, as JPEG.

A picture that is older than half a second is not what the agent saw at the click: then a keyframe is asked for and
the next picture taken.
"""

import asyncio
import io
import time
from datetime import UTC, datetime
from typing import Any, cast

from av import VideoFrame

from video import engine
from video.media.leg import Leg

FRESH_SECONDS = 0.5
WAIT_SECONDS = 2.0
JPEG_QUALITY = 92


async def take(leg: Leg) -> engine.Picture:
    """Raises NoPicture when the leg shows none in time."""
    began = time.monotonic()
    frame = await _newest(leg)
    taken_at = datetime.now(UTC)
    jpeg = await asyncio.to_thread(_jpeg, frame)
    took_ms = round((time.monotonic() - began) * 1000)
    return engine.Picture(jpeg, frame.width, frame.height, taken_at, took_ms)


async def _newest(leg: Leg) -> VideoFrame:
    if leg.newest is not None and time.monotonic() - leg.newest[1] <= FRESH_SECONDS:
        return leg.newest[0]
    if not leg.sends_pictures:
        raise engine.NoPicture
    deadline = time.monotonic() + WAIT_SECONDS
    while time.monotonic() < deadline:
        await leg.request_keyframe()
        try:
            async with asyncio.timeout(FRESH_SECONDS):
                return await leg.next_picture()
        except TimeoutError:
            continue
    raise engine.NoPicture


def warm() -> None:
    """The first JPEG of a process costs a tenth of a second more than the others."""
    _jpeg(VideoFrame(64, 64, "yuv420p"))


def _jpeg(frame: VideoFrame) -> bytes:
    made = io.BytesIO()
    cast(Any, frame).to_image().save(made, "JPEG", quality=JPEG_QUALITY)
    return made.getvalue()
