"""Whether a sealed file is still what was stored: opened, read to its end, its SHA-256 computed anew.

Piece by piece, so that an hour of film needs no hour of memory. What could not be looked at is never "unchanged".
"""

import hashlib
import json
from enum import StrEnum
from pathlib import Path

from video import evidence


class Found(StrEnum):
    """What came of looking at one file."""

    UNCHANGED = "unchanged"
    # Its content is not the one whose digest was stored, or it does not open under our key.
    CHANGED = "changed"
    # An event log whose lines do not follow one another.
    CHAIN_BROKEN = "chain_broken"
    MISSING = "missing"
    # It is there, and nobody can read it: nothing is known.
    UNREADABLE = "unreadable"
    # It is still being written: there is nothing to compare it with.
    NO_DIGEST = "no_digest"
    # Its term was over, and a tombstone says so: whoever asks knows that before the file is looked for.
    ERASED = "erased"


class Chain:
    """The lines of an event log, each with the digest of the line before (`video.media.recorder`)."""

    def __init__(self, stem: str) -> None:
        self._previous = hashlib.sha256(stem.encode()).hexdigest()
        self._rest = b""
        self._lines = 0
        self.holds = True

    def feed(self, piece: bytes) -> None:
        """What follows the last line's end was being written when the worker died, and counts for nothing."""
        *lines, self._rest = (self._rest + piece).split(b"\n")
        for line in lines:
            self.holds = self.holds and self._follows(line)
            self._previous = hashlib.sha256(line).hexdigest()
            self._lines += 1

    def _follows(self, line: bytes) -> bool:
        try:
            entry = json.loads(line)
        except ValueError:
            return False
        named = (entry.get("n"), entry.get("previous")) if isinstance(entry, dict) else None
        return named == (self._lines, self._previous)


def inspect(
    path: Path, secret: bytes, *, sha256: bytes, must_be_closed: bool, chain: Chain | None = None
) -> Found:
    """`sha256` is what was stored, empty while the file is written. A killed worker left its files unclosed."""
    digest = hashlib.sha256()
    try:
        reader = evidence.read(path, secret)
        for piece in reader:
            digest.update(piece)
            if chain is not None:
                chain.feed(piece)
    except FileNotFoundError:
        return Found.MISSING
    except OSError:
        return Found.UNREADABLE
    except evidence.EvidenceDamaged:
        return Found.CHANGED
    if not sha256:
        return Found.NO_DIGEST
    if digest.digest() != sha256 or (must_be_closed and not reader.is_closed):
        return Found.CHANGED
    return Found.CHAIN_BROKEN if chain is not None and not chain.holds else Found.UNCHANGED
