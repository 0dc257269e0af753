"""Timestamps of one leg on the worker's clock, so that lips and voice stay together in the recording.

A stream's first frame is placed where it arrived. The sender's reports (RFC 3550, 6.4.1) then tie both streams to one
clock, the sender's, whose distance from ours is fixed at the first of them.
"""

from typing import Final

from video.engine import MediaKind

# A sender's clock that is this far off is broken or lies; arrival is the better witness then.
_BELIEVED_SECONDS = 5.0

CLOCK_RATES: Final[dict[MediaKind, int]] = {"audio": 48_000, "video": 90_000}


class Timeline:
    """Where each timestamp of sound and picture lies, in seconds of the worker's clock."""

    def __init__(self) -> None:
        self._marks: dict[MediaKind, tuple[int, float]] = {}
        self._distance: float | None = None

    def report(self, kind: MediaKind, timestamp: int, ntp_seconds: float, *, now: float) -> None:
        if self._distance is None:
            self._distance = now - ntp_seconds
        self._marks[kind] = (timestamp, ntp_seconds + self._distance)

    def at(self, kind: MediaKind, timestamp: int, *, now: float) -> float:
        mark, seconds = self._marks.setdefault(kind, (timestamp, now))
        placed = seconds + _signed(timestamp - mark) / CLOCK_RATES[kind]
        if abs(placed - now) > _BELIEVED_SECONDS:
            self._marks[kind] = (timestamp, now)
            return now
        return placed


def _signed(difference: int) -> int:
    """Timestamps have 32 bits and wrap around."""
    return (difference + 2**31) % 2**32 - 2**31
