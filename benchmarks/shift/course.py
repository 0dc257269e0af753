"""The course of a shift: everybody at work, a stretch that is measured, then each process killed, then silence."""

import asyncio
import time
from dataclasses import dataclass, field
from datetime import datetime

from benchmarks.shift import agents, applicants, callers, house, moderators, proof
from benchmarks.shift.asking import Weather
from benchmarks.shift.gauges import Gauges
from benchmarks.shift.house import House
from benchmarks.shift.ledger import Ledger
from benchmarks.shift.stock import Stock

_WARM_UP_SECONDS = 10.0
_BETWEEN_KILLS_SECONDS = 5.0
_LEFT_AT_MOST_SECONDS = 90.0
_LOOK_SECONDS = 1.0


@dataclass
class Shift:
    """What was seen of it."""

    ledger: Ledger = field(default_factory=Ledger)
    gauges: Gauges = field(default_factory=Gauges)
    decision_seconds: list[float] = field(default_factory=list)
    """Those of the measured stretch."""
    began_at: datetime | None = None
    ended_at: datetime | None = None
    killed: dict[str, float] = field(default_factory=dict)
    """Seconds until each was ready again."""
    left: int = 0
    """Commands and messages that were never done."""


async def run(
    here: House, stock: Stock, *, seconds: float, per_second: float, waiting_callers: int, kills: bool
) -> Shift:
    shift, weather = Shift(), Weather()
    ledger, chosen = shift.ledger, here.settings
    sessions = [
        *(agents.work(chosen, one, ledger, weather) for one in stock.agents),
        *(moderators.work(chosen, one, ledger, weather) for one in stock.moderators),
        *(callers.keep_calling(chosen, stock.callers, ledger, weather) for _ in range(waiting_callers)),
        applicants.keep_coming(here.service, stock.applicants, per_second, ledger, weather),
    ]
    async with asyncio.TaskGroup() as everybody:
        for session in sessions:
            everybody.create_task(session)
        try:
            await asyncio.sleep(_WARM_UP_SECONDS)
            await _measure(here, shift, seconds)
            if kills:
                await _kill_each(here, shift, weather)
        finally:
            weather.is_over.set()
    await _until_done(here, shift)
    return shift


async def _measure(here: House, shift: Shift, seconds: float) -> None:
    before = len(shift.ledger.decision_seconds)
    shift.began_at = here.service.now()
    until = time.monotonic() + seconds
    while time.monotonic() < until:
        await asyncio.to_thread(shift.gauges.take, here.processes())
        await asyncio.sleep(_LOOK_SECONDS)
    shift.ended_at = here.service.now()
    shift.decision_seconds = shift.ledger.decision_seconds[before:]


async def _kill_each(here: House, shift: Shift, weather: Weather) -> None:
    """Under load, one after the other; the supervisor starts it again."""
    weather.killing = True
    for name in house.names():
        began = time.monotonic()
        here.kill(name)
        await asyncio.sleep(1)
        await asyncio.to_thread(here.wait_until_ready, name)
        shift.killed[name] = time.monotonic() - began
        await asyncio.sleep(_BETWEEN_KILLS_SECONDS)


async def _until_done(here: House, shift: Shift) -> None:
    """Decisions take effect after the time for undoing; what waits is done before anything is counted."""
    until = time.monotonic() + _LEFT_AT_MOST_SECONDS
    while True:
        shift.left = await asyncio.to_thread(proof.waiting, here.service)
        if not shift.left or time.monotonic() > until:
            return
        await asyncio.sleep(_LOOK_SECONDS)
