"""A way for datagrams that loses some, at random, in both directions; and that may come from another port of its own.

It stands between a browser and a media worker: the browser sends to `port`, the worker sees the way's own address.
"""

import random
import selectors
import socket
import threading
from contextlib import suppress
from dataclasses import dataclass, field

_LARGEST_BYTES = 2048


@dataclass(slots=True)
class Counts:
    passed: int = 0
    lost: int = 0


@dataclass(eq=False)
class Way:
    """Runs in a thread of its own between `start` and `stop`; `loss` is the share of datagrams that go missing."""

    host: str
    target_port: int
    loss: float = 0.0
    seed: int = 1
    counts: Counts = field(default_factory=Counts)

    def __post_init__(self) -> None:
        self._near = _socket(self.host)
        self._far = _socket(self.host)
        self._client: tuple[str, int] | None = None
        self._dice = random.Random(self.seed)
        self._is_running = True
        self._thread = threading.Thread(target=self._run, name="udp way", daemon=True)

    @property
    def port(self) -> int:
        return int(self._near.getsockname()[1])

    def start(self) -> "Way":
        self._thread.start()
        return self

    def rebind(self) -> None:
        """As a telephone that changes its network: the worker sees another port from now on, and nobody is told."""
        old, self._far = self._far, _socket(self.host)
        old.close()

    def stop(self) -> None:
        self._is_running = False
        self._thread.join(5)
        self._near.close()
        self._far.close()

    def _run(self) -> None:
        far = None
        with selectors.DefaultSelector() as ready:
            ready.register(self._near, selectors.EVENT_READ)
            while self._is_running:
                if far is not self._far:
                    with suppress(KeyError, ValueError):
                        ready.unregister(far)  # type: ignore[arg-type] # None, at first, is not registered
                    far = self._far
                    ready.register(far, selectors.EVENT_READ)
                for key, _ in ready.select(0.05):
                    with suppress(OSError):
                        self._pass(key.fileobj is self._near)

    def _pass(self, is_outward: bool) -> None:
        came, sender = (self._near if is_outward else self._far).recvfrom(_LARGEST_BYTES)
        if is_outward:
            self._client = sender
        if self._dice.random() < self.loss:
            self.counts.lost += 1
            return
        self.counts.passed += 1
        if is_outward:
            self._far.sendto(came, (self.host, self.target_port))
        elif self._client is not None:
            self._near.sendto(came, self._client)


def _socket(host: str) -> socket.socket:
    made = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
    made.bind((host, 0))
    return made
