"""How often one address, or one browser, may look things up: a token bucket for each, forgotten when full again.

In-process on purpose: a portal of several processes or machines limits at its proxy as well.
"""

import asyncio
import ipaddress
import math
import threading
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass

from starlette.exceptions import HTTPException
from starlette.requests import Request

_ADDRESSES = 20_000
# Found or not found, known or unknown: the answer comes at the next of these after the question.
_EVEN_SECONDS = 0.4


class Buckets:
    """`burst` at once, then `per_second`; the longest unseen address is forgotten first."""

    def __init__(self, *, burst: int, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst = burst
        self._per_second = per_second
        self._clock = clock
        self._lock = threading.Lock()
        self._left: OrderedDict[str, tuple[float, float]] = OrderedDict()

    def wait_seconds(self, address: str) -> int:
        """0 when one more is allowed, and counts it; else after how many seconds one will be."""
        now = self._clock()
        with self._lock:
            tokens, since = self._left.pop(address, (float(self._burst), now))
            tokens = min(self._burst, tokens + (now - since) * self._per_second)
            allowed = tokens >= 1
            self._left[address] = (tokens - 1 if allowed else tokens, now)
            if len(self._left) > _ADDRESSES:
                self._left.popitem(last=False)
        return 0 if allowed else math.ceil((1 - tokens) / self._per_second)


@dataclass(frozen=True, slots=True)
class Limits:
    """What is limited: looking up a status, trying links or signatures, and what concerns people.

    `people` is the narrowest: who guesses IINs, opens calls or has SMS sent to strangers must be slow.
    """

    look_ups: Buckets
    attempts: Buckets
    people: Buckets


def usual() -> Limits:
    """Room for the many subscribers whom a mobile operator shows under one address."""
    return Limits(
        look_ups=Buckets(burst=60, per_second=2.0),
        attempts=Buckets(burst=30, per_second=1.0),
        people=Buckets(burst=20, per_second=0.1),
    )


def require(buckets: Buckets, request: Request) -> None:
    """Answers 429 with Retry-After when this address asked too often."""
    wait = buckets.wait_seconds(network(request.client.host if request.client else ""))
    if wait:
        raise HTTPException(429, headers={"Retry-After": str(wait)})


def require_browser(buckets: Buckets, request: Request, device: bytes) -> None:
    """As `require`, for the address and for the browser's own cookie: neither can ask for many people."""
    require(buckets, request)
    wait = buckets.wait_seconds(f"browser/{device.hex()}") if device else 0
    if wait:
        raise HTTPException(429, headers={"Retry-After": str(wait)})


async def answer_evenly(since: float) -> None:
    """Waits for the next even moment after `since` (a `time.monotonic()`): who measures learns nothing from it."""
    passed = time.monotonic() - since
    await asyncio.sleep(math.ceil(passed / _EVEN_SECONDS) * _EVEN_SECONDS - passed)


def network(host: str) -> str:
    """An IPv6 subscriber has a whole /64: it counts as one address."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
