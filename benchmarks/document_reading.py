"""Reading machine-readable zones: how many exactly, how many accepted, how many of those wrong, in how much time.

    python -m benchmarks.document_reading [--specimens 30] [--first 20000] [--json]

Sets: the ten real specimen pictures of the tests, upright and turned by half; drawn specimens before a camera (easy,
hard: perspective, blur, glare, JPEG 40-70; small: 640x360); pages without a zone. Seconds are of the processor, a
picture. The peer is Tesseract on the whole picture, its lines through the same assembly, where it is installed; else
the plain limit stands in its column: everything exact, nothing wrong, one second.
"""

import shutil
import statistics
import subprocess
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date

import cv2
import numpy as np

from benchmarks import report
from tests.video.vision import samples, specimens
from video.vision import assembly, picture
from video.vision.mrz_reader import MrzReader
from video.vision.picture import Pixels
from video.vision.recognizer import Glyph, Recognizer

_TODAY = date(2026, 6, 1)
_LIMIT_SECONDS = 1.0

Lines = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Case:
    picture: Pixels
    lines: Lines


@dataclass(frozen=True, slots=True)
class Read:
    """What one reader said of one picture, and in which time."""

    lines: Lines
    is_accepted: bool
    seconds: float


def main() -> None:
    chosen = report.arguments(__doc__, specimens=30, first=20_000)
    reader = MrzReader(Recognizer())
    for name, cases in _sets(chosen.specimens, chosen.first):
        report.show(_rows(name, list(cases), reader), as_json=chosen.json)


def _sets(count: int, first: int) -> Iterator[tuple[str, Iterator[Case]]]:
    real = [Case(picture.decode(sample.data), sample.lines) for sample in samples.samples()]
    yield "real", iter(real)
    yield "real, upside down", (Case(picture.turned(case.picture, 180), case.lines) for case in real)
    for name, level in (("easy", specimens.EASY), ("hard", specimens.HARD), ("small", specimens.SMALL)):
        made = (specimens.specimen(first + n, level) for n in range(count))
        yield f"drawn, {name}", (Case(specimen.picture, specimen.lines) for specimen in made)
    yield "no zone", (Case(_page(n), ()) for n in range(5))


def _rows(name: str, cases: list[Case], reader: MrzReader) -> Iterator[report.Row]:
    ours = [_timed(lambda seen: _ours(reader, seen), case.picture) for case in cases]
    has_peer = shutil.which("tesseract") is not None
    theirs = [_timed(_tesseract, case.picture) for case in cases] if has_peer else None
    against = "Tesseract" if theirs else "limit"

    def row(
        figure: str, unit: str, count: Callable[[Case, Read], bool], limit: float, better: str
    ) -> report.Row:
        pairs = zip(cases, ours, strict=True)
        peers = zip(cases, theirs, strict=True) if theirs else None
        return report.Row(
            f"{name}: {figure}", unit, _percent(count, list(pairs)), against,
            _percent(count, list(peers)) if peers else limit,
            "higher" if better == "higher" else "lower", len(cases),
        )  # fmt: skip

    yield row("exact", "%", lambda case, read: read.lines == case.lines, 100, "higher")
    if any(case.lines for case in cases):
        yield row("accepted", "%", lambda case, read: read.is_accepted, 100, "higher")
    yield row(
        "accepted wrong", "%", lambda case, read: read.is_accepted and read.lines != case.lines, 0, "lower"
    )
    seconds = statistics.median(read.seconds for read in ours)
    peer = statistics.median(read.seconds for read in theirs) if theirs else _LIMIT_SECONDS
    yield report.Row(f"{name}: time a picture", "s", seconds, against, peer, "lower", len(cases))


def _percent(count: Callable[[Case, Read], bool], pairs: list[tuple[Case, Read]]) -> float:
    return 100 * sum(count(case, read) for case, read in pairs) / len(pairs)


def _timed(reading: Callable[[Pixels], tuple[Lines, bool]], seen: Pixels) -> Read:
    began = _processor_seconds()
    lines, is_accepted = reading(seen)
    return Read(lines, is_accepted, _processor_seconds() - began)


def _processor_seconds() -> float:
    """Ours and our children's: the peer is a program of its own."""
    spent = time.process_time()
    try:
        import resource  # noqa: PLC0415  (not on every system)
    except ImportError:
        return spent
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent + children.ru_utime + children.ru_stime


def _ours(reader: MrzReader, seen: Pixels) -> tuple[Lines, bool]:
    reading = reader.read(seen, today=_TODAY)
    return reading.lines, reading.is_accepted


def _tesseract(seen: Pixels) -> tuple[Lines, bool]:
    """Accepted is what passes the check digits: Tesseract tells no more."""
    _, coded = cv2.imencode(".png", seen)
    alphabet = "tessedit_char_whitelist=ABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789<"
    done = subprocess.run(
        ["tesseract", "-", "-", "--psm", "6", "-c", alphabet],
        input=coded.tobytes(), capture_output=True, timeout=60, check=False,
    )  # fmt: skip
    written = [line.replace(" ", "") for line in done.stdout.decode(errors="replace").splitlines()]
    rows = [
        [Glyph(character, float(n), ((character, 1.0),)) for n, character in enumerate(line)]
        for line in written
        if len(line) >= 20
    ]
    found = assembly.best(rows)
    return (found.lines, found.passes) if found is not None and found.is_zone else ((), False)


def _page(seed: int) -> Pixels:
    """A page of print that is no document."""
    seen = np.full((720, 1280, 3), 225 - 10 * seed, np.uint8)
    words = ["THE", "SUBSCRIBER", "ACCEPTS", "THE", "CERTIFICATE", "AND", "KEEPS", "ITS", "KEY", "2026"]
    for n in range(9):
        text = " ".join(words[(n + seed + k) % len(words)] for k in range(6))
        cv2.putText(seen, text, (50, 90 + 65 * n), cv2.FONT_HERSHEY_SIMPLEX, 1.1, (30, 30, 30), 2)
    return seen


if __name__ == "__main__":
    main()
