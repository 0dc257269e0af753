"""The gateway's loops: each outlives what goes wrong in one round of it."""

import asyncio
import logging
from collections.abc import Awaitable, Callable
from typing import TypeVar

from anyio import to_thread

from ca_core.records import ChangedMeanwhile
from video.gateway.pulse import Pulse

log = logging.getLogger(__name__)

# Many changes at once are one round.
_PAUSE_SECONDS = 0.05
_TRIES = 5

T = TypeVar("T")


async def keep(name: str, pulse: Pulse, step: Callable[[], Awaitable[None]], *, every_seconds: float) -> None:
    """`step` after each change and at least that often, for as long as the process runs."""
    beat = -1
    while True:
        beat = await pulse.after(beat, every_seconds)
        try:
            await step()
        except Exception:  # the loop outlives a database that is away for a while
            log.exception("a round failed", extra={"loop": name})
            await asyncio.sleep(every_seconds)
        await asyncio.sleep(_PAUSE_SECONDS)


async def perform(operation: Callable[[], T]) -> T:
    """An operation of the core, in a thread; begun again when somebody else changed its record meanwhile.

    Raises the operation's Refusals.
    """
    for _ in range(_TRIES - 1):
        try:
            return await to_thread.run_sync(operation)
        except ChangedMeanwhile:
            continue
    return await to_thread.run_sync(operation)
