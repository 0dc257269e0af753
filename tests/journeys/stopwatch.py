"""Who is waited for, and how long: the portal's answers by the browser's own times, other waits by name."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field

from playwright.sync_api import Page, Request

PAGES = "pages, forms and scripts of the portal"
FRAMES = "frames of the face check, as they are judged"
_FRAMES = "/get/face/"


@dataclass(frozen=True, slots=True)
class Span:
    """Seconds since the epoch."""

    label: str
    begun: float
    ended: float


@dataclass
class Stopwatch:
    spans: list[Span] = field(default_factory=list)

    @contextmanager
    def waiting(self, label: str) -> Iterator[None]:
        begun = time.time()
        yield
        self.spans.append(Span(label, begun, time.time()))

    def listen(self, page: Page, url: str) -> None:
        """Every request to this address, from its first to its last byte."""

        def finished(request: Request) -> None:
            timing = request.timing
            if request.url.startswith(url) and timing["responseEnd"] > 0:
                label = FRAMES if request.url.startswith(url + _FRAMES) else PAGES
                begun = timing["startTime"] / 1000
                self.spans.append(Span(label, begun, begun + timing["responseEnd"] / 1000))

        page.on("requestfinished", finished)

    @property
    def labels(self) -> list[str]:
        return list(dict.fromkeys(span.label for span in self.spans))

    def seconds(self, *labels: str) -> float:
        """How long one of these was waited for; a moment that two share counts once."""
        total, until = 0.0, 0.0
        for span in sorted(self.spans, key=lambda one: one.begun):
            if not labels or span.label in labels:
                total += max(0.0, span.ended - max(span.begun, until))
                until = max(until, span.ended)
        return total
