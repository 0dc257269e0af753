"""Subscriptions to what a leg sends."""

import asyncio
from collections.abc import AsyncIterator

from video.engine import EncodedFrame, Role
from video.media.leg import Leg

_TAP_FRAMES = 256


class FrameTap:
    """A subscription to one leg's whole frames; it ends when closed, and starves when the leg goes."""

    def __init__(self, leg: Leg) -> None:
        self._leg = leg
        self._frames: asyncio.Queue[EncodedFrame | None] = asyncio.Queue(_TAP_FRAMES)
        leg.takers.append(self._take)

    async def __aiter__(self) -> AsyncIterator[EncodedFrame]:
        while (frame := await self._frames.get()) is not None:
            yield frame

    def close(self) -> None:
        if self._take in self._leg.takers:
            self._leg.takers.remove(self._take)
            self._put(None)

    def _take(self, role: Role, frame: EncodedFrame) -> None:
        self._put(frame)

    def _put(self, frame: EncodedFrame | None) -> None:
        if self._frames.full():
            self._frames.get_nowait()
        self._frames.put_nowait(frame)
