"""A still: a picture of a leg's uplink at its full size, without loss, and in the same file what the browser had sent.

A keyframe is asked for and decoded; where the engine decodes anyway, its newest picture is taken unless it is older
than what the agent saw at the click. The file is a PNG. Its private chunk `vpKf` holds the RTP timestamp (four octets)
and the VP8 frame as it came: who doubts the picture decodes it again.
"""

import asyncio
import io
import struct
import time
from datetime import UTC, datetime
from typing import Any, cast

from av import VideoFrame
from PIL.PngImagePlugin import PngInfo

from video import engine
from video.media.leg import Leg, Shot

FRESH_SECONDS = 0.5
WAIT_SECONDS = 2.0
# Nearly as small as the smallest, in a fifth of the time.
_COMPRESSION = 1
_CHUNK = b"vpKf"
_SIGNATURE = b"\x89PNG\r\n\x1a\n"


async def take(leg: Leg) -> engine.Picture:
    """Raises NoPicture when the leg shows none in time."""
    began = time.monotonic()
    shot = await _newest(leg)
    taken_at = datetime.now(UTC)
    png = await asyncio.to_thread(_png, shot)
    took_ms = round((time.monotonic() - began) * 1000)
    return engine.Picture(png, shot.frame.width, shot.frame.height, taken_at, took_ms)


def received(png: bytes) -> engine.Received | None:
    """What the browser had sent; None in a still of an engine that does not keep it. Raises ValueError for no PNG."""
    if not png.startswith(_SIGNATURE):
        raise ValueError("no PNG")
    place = len(_SIGNATURE)
    while place + 12 <= len(png):
        size, kind = struct.unpack_from("!I4s", png, place)
        if kind == _CHUNK:
            data = png[place + 8 : place + 8 + size]
            return engine.Received(int.from_bytes(data[:4], "big"), data[4:])
        place += 12 + size
    return None


async def _newest(leg: Leg) -> Shot:
    if leg.newest is not None and time.monotonic() - leg.newest[1] <= FRESH_SECONDS:
        return Shot(leg.newest[0])
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
    """The first picture of a process costs a tenth of a second more than the others."""
    _png(Shot(VideoFrame(64, 64, "yuv420p")))


def _png(shot: Shot) -> bytes:
    made, info = io.BytesIO(), PngInfo()
    if shot.received is not None:
        told = shot.received.timestamp.to_bytes(4, "big") + shot.received.payload
        info.add(_CHUNK, told)
    cast(Any, shot.frame).to_image().save(made, "PNG", compress_level=_COMPRESSION, pnginfo=info)
    return made.getvalue()
