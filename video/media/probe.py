"""The device check: a leg that sends back what it receives, so that a page can see and hear itself over the network.

A probe belongs to no call, is never recorded and closes itself.
"""

import asyncio
import itertools
from datetime import UTC, datetime

from video import engine
from video.engine import Event, EventKind, Role
from video.media import ice
from video.media.leg import Leg

PROBE_SECONDS = 15.0
PROBES_AT_ONCE = 4


class Probes:
    """The device checks of one worker."""

    def __init__(self, on_event: engine.Listener, settings: ice.IceSettings) -> None:
        self._on_event = on_event
        self._settings = settings
        self._numbers = itertools.count(1)
        self._running: dict[int, asyncio.Task[None]] = {}

    async def start(self, offer_sdp: str) -> tuple[int, str]:
        """The probe's number and the answer. Raises ProbesBusy, OfferNotUnderstood."""
        if len(self._running) >= PROBES_AT_ONCE:
            raise engine.ProbesBusy
        number = next(self._numbers)
        leg = Leg(Role.CITIZEN, self._settings, _nothing)
        self._running[number] = asyncio.create_task(self._run(number, leg))
        try:
            answer = await leg.answer(offer_sdp)
        except engine.OfferNotUnderstood:
            self._running[number].cancel()
            raise
        leg.link(leg)
        return number, answer

    async def stop(self) -> None:
        running = tuple(self._running.values())
        for task in running:
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    async def _run(self, number: int, leg: Leg) -> None:
        try:
            await asyncio.sleep(PROBE_SECONDS)
        finally:
            self._running.pop(number, None)
            facts: dict[str, engine.Fact] = {
                "probe_id": number,
                "audio_packets": leg.packets["audio"],
                "video_packets": leg.packets["video"],
            }
            self._on_event(Event(0, None, EventKind.PROBE_ENDED, datetime.now(UTC), facts))
            await leg.close()


def _nothing(leg: Leg, kind: EventKind, facts: dict[str, engine.Fact]) -> None:
    """A probe's page watches its own connection."""
