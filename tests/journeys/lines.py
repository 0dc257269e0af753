"""Lines between the browsers of a journey and the media worker that lose datagrams, or change their address."""

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

from tests.servers.udp_way import Way

SCRIPT = Path(__file__).with_name("ways.js").read_text(encoding="utf-8")
_CANDIDATE = re.compile(r"^a=candidate:.* udp \d+ (\d+\.\d+\.\d+\.\d+) (\d+) typ host.*$")

_STATS = """async () => {
  const told = {};
  (await window.__peers.at(-1).getStats()).forEach((one) => {
    if (one.type === "inbound-rtp" || one.type === "outbound-rtp") told[one.type.slice(0, -4) + "_" + one.kind] = one;
  });
  return told;
}"""
# As behind a firewall that lets out nothing but what goes to the TURN server.
RELAY_ONLY = """(() => {
  const Peer = window.RTCPeerConnection;
  window.RTCPeerConnection = class extends Peer {
    constructor(options) { super({...options, iceTransportPolicy: "relay"}); }
  };
})();"""
_OWN_CANDIDATE = """async () => {
  const told = await window.__peers.at(-1).getStats();
  const pair = [...told.values()].find((one) => one.type === "candidate-pair" && one.nominated);
  return pair && told.get(pair.localCandidateId).candidateType;
}"""
# RTCStats of the newest connection, by direction and kind.
Stats = dict[str, dict[str, Any]]


@dataclass
class Line:
    """One page's; every connection that it makes goes over it."""

    page: Page
    loss: float = 0.0
    ways: list[Way] = field(default_factory=list)

    def answer(self, sdp: str) -> str:
        """The worker's answer, with the ways' addresses in the place of its own; a way by IPv6 would be another one."""
        lines = [self._led(line) for line in sdp.splitlines(keepends=True)]
        return "".join(lines)

    def _led(self, line: str) -> str:
        if not line.startswith("a=candidate:"):
            return line
        found = _CANDIDATE.match(line.rstrip())
        if found is None:
            return ""
        host, port = found.group(1), int(found.group(2))
        known = next((way for way in self.ways if (way.host, way.target_port) == (host, port)), None)
        if known is None:
            known = Way(host, port, self.loss, seed=len(self.ways) + 1).start()
            self.ways.append(known)
        return line.replace(f"{host} {port} typ", f"{host} {known.port} typ")

    def lose(self, share: float) -> Stats:
        """From now on; how the connection stood."""
        self.loss = share
        for way in self.ways:
            way.loss = share
        return self.stats()

    def rebind(self) -> None:
        for way in self.ways:
            way.rebind()

    def stats(self) -> Stats:
        found: Stats = self.page.evaluate(_STATS)
        return found

    def since(self, before: Stats) -> Stats:
        """How much every number grew."""
        return {
            kind: {
                name: value - before[kind].get(name, 0)
                for name, value in told.items()
                if isinstance(value, int | float)
            }
            for kind, told in self.stats().items()
        }


def own_candidate(page: Page) -> str | None:
    """The kind of address that this page's newest connection sends from."""
    found: str | None = page.evaluate(_OWN_CANDIDATE)
    return found


@contextmanager
def through(page: Page) -> Iterator[Line]:
    """Before the page makes its first connection; it must have been opened with SCRIPT."""
    line = Line(page)
    page.expose_function("__way", line.answer)
    try:
        yield line
    finally:
        for way in line.ways:
            way.stop()
