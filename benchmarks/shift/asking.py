"""How a session asks the console: with its cookie, and with an eye on what the answer means for the ledger."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

import httpx

from benchmarks.shift.ledger import Ledger
from benchmarks.shift.stock import Colleague
from console import gate
from runtime.settings import Settings

_PATIENCE_SECONDS = 45.0
_AGAIN_SECONDS = 0.5


@dataclass
class Weather:
    """Whether something is being killed at the moment: then silence is no fault."""

    is_over: asyncio.Event = field(default_factory=asyncio.Event)
    killing: bool = False

    async def sleep(self, seconds: float) -> None:
        """Ends with the shift."""
        try:
            await asyncio.wait_for(self.is_over.wait(), seconds)
        except TimeoutError:
            return


class BrokeOff(Exception):
    """Nobody knows whether it was done."""


class Asking:
    """One member of staff's browser."""

    def __init__(self, chosen: Settings, who: Colleague, ledger: Ledger, weather: Weather) -> None:
        self._ledger = ledger
        self._weather = weather
        self._client = httpx.AsyncClient(
            base_url=chosen.console_url,
            cookies={gate.cookie_name(chosen): who.token},
            timeout=_PATIENCE_SECONDS,
        )

    async def post(self, path: str, said: dict[str, Any] | None = None) -> dict[str, Any] | None:
        """What was answered; None for a refusal or for nothing. Raises BrokeOff."""
        try:
            answer = await self._client.post(path, json=said or {})
        except httpx.HTTPError as problem:
            self._ledger.broke_off += 1
            if not self._weather.killing:
                self._ledger.faults.append(f"{path}: {type(problem).__name__}")
            await self._weather.sleep(_AGAIN_SECONDS)
            raise BrokeOff from problem
        if answer.status_code >= 500:
            self._ledger.faults.append(f"{path}: {answer.status_code}")
        if answer.status_code == 200:
            told: dict[str, Any] = answer.json()
            return told
        if answer.status_code != 204:
            self._ledger.refused[f"{answer.status_code} {_code(answer)}"] += 1
            await self._weather.sleep(_AGAIN_SECONDS)
        return None

    async def close(self) -> None:
        await self._client.aclose()


def _code(answer: httpx.Response) -> str:
    is_json = "json" in answer.headers.get("content-type", "")
    return str(answer.json().get("code", "")) if is_json else answer.text[:40]
