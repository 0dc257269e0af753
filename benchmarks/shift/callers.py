"""Callers without a browser: the portal's forms, a ticket, the socket to the gateway, until the call has ended."""

import asyncio
import json
from collections.abc import Iterator
from itertools import count

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from benchmarks.shift.asking import Weather
from benchmarks.shift.ledger import Ledger
from ca_core.identifiers import Iin
from runtime.settings import Settings

_AGAIN_SECONDS = 0.5
_CALL_AT_MOST_SECONDS = 120.0
_FIRST_PHONE = 77_010_000_000
_places = count(1)


async def keep_calling(chosen: Settings, people: Iterator[Iin], ledger: Ledger, weather: Weather) -> None:
    """One after the other, until the shift is over."""
    while not weather.is_over.is_set():
        place = next(_places)
        # Each from an address of its own, as callers do.
        address = f"127.{20 + place // 60_000}.{place // 250 % 240}.{place % 250 + 1}"
        async with httpx.AsyncClient(
            base_url=chosen.portal_url,
            transport=httpx.AsyncHTTPTransport(local_address=address),
            headers={"Accept-Language": ("kk", "ru", "en")[place % 3]},
            timeout=30,
        ) as portal:
            try:
                await _call(portal, next(people), _FIRST_PHONE + place, address, ledger, weather)
            except httpx.HTTPError as problem:
                ledger.broke_off += 1
                if not weather.killing:
                    ledger.faults.append(f"caller: {type(problem).__name__}")
        await weather.sleep(_AGAIN_SECONDS)


async def _call(
    portal: httpx.AsyncClient, iin: Iin, phone: int, address: str, ledger: Ledger, weather: Weather
) -> None:
    for path, fields in (
        ("/call/start", {"step": "ready", "who": "myself", "need": ""}),
        ("/call/start", {"step": "you", "iin": iin.digits, "phone": f"+{phone}"}),
        ("/call/start", {"step": "devices", "need": ""}),
        ("/call", {"consent": "yes"}),
    ):
        answer = await portal.post(path, data=fields)
        if answer.status_code != 303:
            ledger.refused[f"caller {path} {answer.status_code}"] += 1
            if answer.status_code >= 500:
                ledger.faults.append(f"{path}: {answer.status_code}")
            return
    ledger.opened.append(iin.number)
    deadline = asyncio.get_running_loop().time() + _CALL_AT_MOST_SECONDS
    while not weather.is_over.is_set() and asyncio.get_running_loop().time() < deadline:
        passed = await portal.post("/call/ticket")
        if passed.status_code != 200:
            # The call is over.
            return
        told = passed.json()
        try:
            await _stay(told["address"].replace("http", "ws", 1), told["ticket"], address, weather)
            return
        except (ConnectionClosed, InvalidHandshake, OSError):
            await weather.sleep(_AGAIN_SECONDS)


async def _stay(where: str, ticket: str, address: str, weather: Weather) -> None:
    """Until the call has ended. Raises ConnectionClosed."""
    async with connect(where, proxy=None, local_addr=(address, 0)) as socket:
        await socket.send(json.dumps({"type": "hello", "ticket": ticket}))
        while not weather.is_over.is_set():
            try:
                async with asyncio.timeout(1):
                    told = json.loads(await socket.recv())
            except TimeoutError:
                continue
            if told["type"] != "call":
                continue
            if told["state"] == "ringing":
                await socket.send(json.dumps({"type": "answer"}))
            if told["state"] == "ended":
                return
