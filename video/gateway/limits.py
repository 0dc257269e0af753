"""How much one page or one address may ask."""

import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable

MESSAGE_BYTES = 64 * 1024
SAID_CHARACTERS = 500

_ADDRESSES = 10_000


class Bucket:
    """`burst` at once, then `per_second`."""

    def __init__(self, *, burst: int, per_second: float, clock: Callable[[], float] = time.monotonic) -> None:
        self._burst = burst
        self._per_second = per_second
        self._clock = clock
        self._left = float(burst)
        self._since = clock()

    def take(self) -> bool:
        """Whether one more is allowed, which is counted."""
        now = self._clock()
        self._left = min(self._burst, self._left + (now - self._since) * self._per_second)
        self._since = now
        if self._left < 1:
            return False
        self._left -= 1
        return True


def of_page() -> Bucket:
    return Bucket(burst=60, per_second=20)


def of_writes() -> Bucket:
    """For what a citizen's page has written into the database."""
    return Bucket(burst=6, per_second=2)


def of_offers() -> Bucket:
    """For media offers, of which each makes a peer connection."""
    return Bucket(burst=4, per_second=0.5)


class Addresses:
    """A bucket an address; the longest unseen is forgotten first."""

    def __init__(self, *, burst: int, per_second: float) -> None:
        self._burst = burst
        self._per_second = per_second
        self._buckets: OrderedDict[str, Bucket] = OrderedDict()

    def take(self, host: str) -> bool:
        key = network(host)
        bucket = self._buckets.pop(key, None) or Bucket(burst=self._burst, per_second=self._per_second)
        self._buckets[key] = bucket
        if len(self._buckets) > _ADDRESSES:
            self._buckets.popitem(last=False)
        return bucket.take()


def network(host: str) -> str:
    """An IPv6 subscriber has a whole /64: it counts as one address."""
    try:
        address = ipaddress.ip_address(host)
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv6Address):
        return str(ipaddress.ip_network((address, 64), strict=False))
    return str(address)
