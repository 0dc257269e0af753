"""An agent's session: the page's ticket from the console, its socket to the gateway, calls taken and ended."""

import asyncio
import json
import random
from typing import Any

from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from benchmarks.shift.asking import Asking, BrokeOff, Weather
from benchmarks.shift.ledger import Ledger
from benchmarks.shift.stock import Colleague
from runtime.settings import Settings

_TALK_SECONDS = (2.0, 5.0)
_AGAIN_SECONDS = 0.5
_LANGUAGES = ["kk", "ru", "en"]


async def work(chosen: Settings, who: Colleague, ledger: Ledger, weather: Weather) -> None:
    """Until the shift is over; after any break a fresh ticket and a new socket, as the page does it."""
    asking = Asking(chosen, who, ledger, weather)
    while not weather.is_over.is_set():
        try:
            passed = await asking.post("/calls/ticket")
            if passed is None:
                continue
            async with connect(passed["address"].replace("http", "ws", 1), proxy=None) as socket:
                await socket.send(json.dumps({"type": "hello", "ticket": passed["ticket"]}))
                await _sit(socket, who, ledger, weather)
        except BrokeOff:
            continue
        except (ConnectionClosed, InvalidHandshake, OSError) as problem:
            ledger.broke_off += 1
            if not weather.killing:
                ledger.faults.append(f"agent's socket: {problem}")
        await weather.sleep(_AGAIN_SECONDS)
    await asking.close()


async def _sit(socket: ClientConnection, who: Colleague, ledger: Ledger, weather: Weather) -> None:
    talking: asyncio.Task[None] | None = None
    taken = 0
    while not weather.is_over.is_set():
        try:
            async with asyncio.timeout(1):
                told = json.loads(await socket.recv())
        except TimeoutError:
            continue
        if told["type"] == "refused":
            ledger.refused[f"agent {told['of']} {told['code']}"] += 1
        if told["type"] != "desk":
            continue
        await _act(socket, told)
        call = told["call"]
        if told["state"] == "in_call" and call is not None and call["call_id"] != taken:
            taken = call["call_id"]
            ledger.accepted.append((taken, who.staff_id))
            talking = asyncio.create_task(_hang_up(socket))
    if talking is not None:
        talking.cancel()


async def _act(socket: ClientConnection, desk: dict[str, Any]) -> None:
    """What follows from a snapshot of the desk; each is the whole truth."""
    match desk["state"]:
        case "offline" | "paused" | "not_responding":
            await socket.send(json.dumps({"type": "available", "languages": _LANGUAGES}))
        case "offered" if desk["offer"] is not None:
            await socket.send(json.dumps({"type": "accept", "call_id": desk["offer"]["call_id"]}))
        case "wrap_up":
            await socket.send(json.dumps({"type": "finish_wrap_up"}))


async def _hang_up(socket: ClientConnection) -> None:
    await asyncio.sleep(random.uniform(*_TALK_SECONDS))
    try:
        await socket.send(json.dumps({"type": "hang_up"}))
    except ConnectionClosed:
        return
