"""A shift of 20 agents, 20 moderators and two certificates a second on one SQLite file; then every process is killed.

    python -m benchmarks.shift [--seconds 600] [--unmeasured] [--no-kills]

It starts a house of its own, in a folder and on loopback ports of its own. The callers have no picture and no sound:
signalling and database are under load, the media workers only stand by. Exit code 1 with the reasons when a bar fails.
"""

import argparse
import asyncio
import os
import statistics
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from benchmarks.shift import course, house, proof, stock
from benchmarks.shift.course import Shift
from benchmarks.shift.house import House
from benchmarks.shift.moderators import PACE_SECONDS

DECISION_BAR_MS = 300.0
_RATE_BAR = 0.98
# Each is measured over its first and its last minute; shorter shifts only show it.
_WINDOW_SECONDS = 60.0
_JUDGED_FROM_SECONDS = 300.0
_MEMORY_BAR = 1.05
_MEMORY_ROOM_MB = 8.0
_FILES_ROOM = 10.0
# How the log says that somebody waited for the database in vain.
_LOCK_WORDS = ("database is locked", "database table is locked", "database not reached")


def main() -> None:
    chosen = _arguments()
    with tempfile.TemporaryDirectory(prefix="qoltanba-shift-") as folder:
        configured = house.configured(Path(folder))
        # The kills come after the measured stretch, and the moderators go on during them.
        lasts = chosen.seconds + 180
        prepared = stock.prepare(
            configured,
            agents=chosen.agents,
            moderators=chosen.moderators,
            reviews=int(chosen.moderators * lasts / PACE_SECONDS * 1.5),
        )
        with house.running(configured, Path(folder)) as here:
            shift = asyncio.run(
                course.run(
                    here,
                    prepared,
                    seconds=chosen.seconds,
                    per_second=chosen.per_second,
                    waiting_callers=chosen.callers,
                    kills=not chosen.no_kills,
                )
            )
            problems = [*_show(here, shift, chosen), *proof.problems(here.service, shift.ledger)]
    for problem in problems[:50]:
        print(f"FAILED: {problem}")
    print("the bars hold" if not problems else f"{len(problems)} bars or proofs failed")
    sys.exit(1 if problems else 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, default in (("agents", 20), ("moderators", 20), ("callers", 12)):
        parser.add_argument(f"--{name}", type=int, default=default, help=f"default {default}")
    parser.add_argument("--seconds", type=float, default=600.0, help="the measured stretch; default 600")
    parser.add_argument("--per-second", type=float, default=2.0, help="applications; default 2")
    parser.add_argument(
        "--unmeasured", action="store_true", help="speed and growth are shown and decide nothing"
    )
    parser.add_argument("--no-kills", action="store_true", help="nothing is killed")
    return parser.parse_args()


def _show(here: House, shift: Shift, chosen: argparse.Namespace) -> Iterator[str]:
    """Prints every figure; gives what does not hold."""
    judged = not chosen.unmeasured
    yield from _show_sound(here, shift)
    yield from _show_decisions(shift, judged)
    yield from _show_issued(here, shift, chosen.per_second, judged)
    yield from _show_growth(shift, judged and chosen.seconds >= _JUDGED_FROM_SECONDS)
    for name, seconds in shift.killed.items():
        print(f"killed: {name}, ready again after {seconds:.1f} s")


def _show_sound(here: House, shift: Shift) -> Iterator[str]:
    ledger = shift.ledger
    log = here.log.read_text(errors="replace").splitlines()
    locks = [line for line in log if any(words in line for words in _LOCK_WORDS)]
    print(f"load average: {' '.join(f'{one:.1f}' for one in os.getloadavg())}")
    print(
        f"acknowledged: {len(ledger.submitted)} applications, {len(ledger.decided)} decisions,"
        f" {len(ledger.undone)} taken back, {len(ledger.opened)} calls opened, {len(ledger.accepted)} taken"
    )
    print(f"lock errors: {len(locks)}; broken off by kills: {ledger.broke_off}")
    print(f"refused: {dict(ledger.refused)}")
    yield from (f"lock error: {line}" for line in locks)
    yield from ledger.faults
    if shift.left:
        yield f"{shift.left} commands and messages were never done"
    for name in ("submitted", "decided", "opened", "accepted"):
        if not getattr(ledger, name):
            yield f"nothing was {name}: this was no load"


def _show_decisions(shift: Shift, judged: bool) -> Iterator[str]:
    taken = sorted(1000 * one for one in shift.decision_seconds)
    if len(taken) < 2:
        yield "no decisions were measured"
        return
    steps = statistics.quantiles(taken, n=100)
    print(
        f"decision: p50 {steps[49]:.0f} ms, p95 {steps[94]:.0f} ms, max {taken[-1]:.0f} ms, {len(taken)} of them"
    )
    if judged and steps[94] > DECISION_BAR_MS:
        yield f"decision p95 {steps[94]:.0f} ms, the bar is {DECISION_BAR_MS:.0f} ms"


def _show_issued(here: House, shift: Shift, wanted: float, judged: bool) -> Iterator[str]:
    assert shift.began_at is not None
    assert shift.ended_at is not None
    count = proof.issued_between(here.service, shift.began_at, shift.ended_at)
    rate = count / (shift.ended_at - shift.began_at).total_seconds()
    print(f"issued: {rate:.2f} a second of {wanted:.2f} wanted, {count} certificates")
    if judged and rate < _RATE_BAR * wanted:
        yield f"issued {rate:.2f} a second, the bar is {_RATE_BAR * wanted:.2f}"


def _show_growth(shift: Shift, judged: bool) -> Iterator[str]:
    for name in shift.gauges.samples:
        seen = shift.gauges.growth(name, window_seconds=_WINDOW_SECONDS)
        print(
            f"{name:<8} memory {seen.first_mb:.0f} -> {seen.last_mb:.0f} MB ({seen.mb_per_minute:+.2f} MB/min),"
            f" open files {seen.first_files:.0f} -> {seen.last_files:.0f}"
        )
        if judged and seen.last_mb > seen.first_mb * _MEMORY_BAR + _MEMORY_ROOM_MB:
            yield f"{name}: memory grew from {seen.first_mb:.0f} to {seen.last_mb:.0f} MB"
        if judged and seen.last_files > seen.first_files + _FILES_ROOM:
            yield f"{name}: open files grew from {seen.first_files:.0f} to {seen.last_files:.0f}"


if __name__ == "__main__":
    main()
