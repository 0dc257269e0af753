"""What a call costs: the engines `translator` and `relay`, aiortc's own way and Janus, under the same calls.

    qoltanba bench video [--rounds 2] [--seconds 15] [--joins 10] [--soak-minutes 0] [--json]

Every reading is of a server of its own, started for it, under pictures that were encoded before: two parties a call,
30 pictures and 50 packets of sound a second each. CPU is that of all the server's threads; a delay is from the sending
of a packet to its arrival at the far party, the load's own share included. The servers take turns; what is told is the
median of the rounds. Janus is left out where it is not installed (`apt-get install janus`).
"""

import argparse
import asyncio
import json
import os
import statistics
import sys
import tempfile
from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass
from pathlib import Path

from benchmarks.video import clips, course, servers, soak
from benchmarks.video.course import Joined, Plan, Reading, Still
from benchmarks.video.servers import JanusMissing, Kind

# One relayed call takes a core.
_SERIES: tuple[tuple[Kind, str, int], ...] = (
    ("translator", "480p", 15),
    ("janus", "480p", 15),
    ("relay", "480p", 1),
    ("aiortc", "480p", 1),
    ("translator", "480p", 40),
    ("janus", "480p", 40),
    ("janus", "720p", 12),
    ("relay", "720p", 1),
    ("aiortc", "720p", 1),
)
_RECORDED_CALLS, _STILLS = 12, 10
_JOINED_CALLS, _JOINED_FPS = 60, 5.0


@dataclass(frozen=True, slots=True)
class Figure:
    """One line of the table; `met` is None where there is no bar, or nothing to compare with."""

    name: str
    value: float
    unit: str
    bar: str
    met: bool | None


@dataclass
class Run:
    """All that was read, by server, size, number of calls and whether they were recorded."""

    readings: defaultdict[tuple[str, str, int, bool], list[Reading]]
    stills: list[Still]
    joined: list[Joined]

    def median(self, kind: Kind, size: str, calls: int, what: str, *, recorded: bool = False) -> float | None:
        found = [getattr(one, what) for one in self.readings.get((kind, size, calls, recorded), ())]
        known = [one for one in found if one is not None]
        return statistics.median(known) if known else None


def main() -> None:
    chosen = _arguments()
    with tempfile.TemporaryDirectory(prefix="qoltanba-video-") as folder:
        figures = asyncio.run(_measured(Path(folder), chosen))
    print()
    for figure in figures:
        if chosen.json:
            print(json.dumps(asdict(figure)))
        else:
            print(_line(figure))
    sys.exit(1 if any(figure.met is False for figure in figures) else 0)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rounds", type=int, default=2, help="default 2")
    parser.add_argument("--seconds", type=float, default=15.0, help="of one reading; default 15")
    parser.add_argument("--joins", type=int, default=10, help="runs of 60 calls on one port; default 10")
    parser.add_argument(
        "--soak-minutes", type=float, default=0.0, help="calls that come and go; default none"
    )
    parser.add_argument("--json", action="store_true", help="the figures as one object a line")
    return parser.parse_args()


def _line(figure: Figure) -> str:
    said = {True: "meets", False: "MISSES", None: ""}[figure.met]
    return f"{figure.name:<62} {figure.value:>9,.2f} {figure.unit:<12} {figure.bar:<28} {said}"


async def _measured(folder: Path, chosen: argparse.Namespace) -> list[Figure]:
    files = {}
    for size in clips.SIZES.values():
        files[size.name] = folder / f"{size.name}.clip"
        clips.write(size, files[size.name])
    plan, run = Plan(folder, files, chosen.seconds), Run(defaultdict(list), [], [])
    kinds = _installed()
    print(f"load average before: {os.getloadavg()[0]:.1f}", flush=True)
    for _ in range(chosen.rounds):
        for kind, size, calls in _SERIES:
            if kind in kinds:
                _keep(run, await course.forwarding(plan, kind, size, calls))
        readings, stills = await course.recording(plan, "720p", _RECORDED_CALLS, _STILLS)
        for reading in readings:
            _keep(run, reading)
        run.stills += stills
    for _ in range(chosen.joins):
        joined = await course.joining(plan, _JOINED_CALLS, _JOINED_FPS)
        run.joined.append(joined)
        print(
            f"{joined.connected} of {joined.calls} calls joined in {joined.seconds:.1f} s",
            *joined.failures,
            flush=True,
        )
    figures = [*_costs(run), *_delays(run), *_evidence(run), *_room(run)]
    if chosen.soak_minutes:
        figures += await soaked(plan, chosen.soak_minutes)
    return figures


def _installed() -> tuple[Kind, ...]:
    try:
        print(f"peer: {servers.janus_version()}", flush=True)
    except JanusMissing:
        print("peer: Janus is not installed, its figures are left out", flush=True)
        return ("translator", "relay", "aiortc")
    return ("translator", "relay", "aiortc", "janus")


def _keep(run: Run, reading: Reading) -> None:
    run.readings[reading.server, reading.size, reading.calls, reading.is_recorded].append(reading)
    delay = "no delays" if reading.delay_p99_ms is None else f"delay p99 {reading.delay_p99_ms:.2f} ms"
    print(
        f"{reading.server:<10} {reading.size} {reading.calls:>2} calls{', recorded' if reading.is_recorded else ''}:"
        f" {reading.cpu_percent_per_call:.2f} % of a core a call, {reading.microseconds_per_packet:.0f} us a packet,"
        f" {reading.received} of {reading.sent} packets, {delay}, {reading.memory_mb_per_call:.2f} MB a call,"
        f" the load itself {reading.load_percent:.0f} %",
        flush=True,
    )


def _against(
    name: str, ours: float | None, theirs: float | None, bar: str, holds: Callable[[float], bool]
) -> Iterator[Figure]:
    if ours is None or theirs is None:
        return
    ratio = ours / theirs
    yield Figure(name, ratio, "times", bar, holds(ratio))


def _costs(run: Run) -> Iterator[Figure]:
    cpu = "cpu_percent_per_call"
    for kind, size, calls in (*_SERIES, ("translator", "720p", _RECORDED_CALLS)):
        if (used := run.median(kind, size, calls, cpu)) is not None:
            yield Figure(f"CPU a call, {kind}, {size}, {calls} calls", used, "% of a core", "", None)
    for calls in (15, 40):
        yield from _against(
            f"CPU a 480p call at {calls}, translator against Janus",
            run.median("translator", "480p", calls, cpu),
            run.median("janus", "480p", calls, cpu),
            "at most 0.5",
            lambda ratio: ratio <= 0.5,
        )
    recorded = run.median("translator", "720p", _RECORDED_CALLS, cpu, recorded=True)
    bare = run.median("translator", "720p", _RECORDED_CALLS, cpu)
    yield from _against(
        "CPU a recorded 720p call, against Janus without recording",
        recorded,
        run.median("janus", "720p", _RECORDED_CALLS, cpu),
        "at most 0.75",
        lambda ratio: ratio <= 0.75,
    )
    for size, calls in (("480p", 15), ("720p", _RECORDED_CALLS)):
        ours = run.median("translator", size, calls, cpu)
        yield from _against(
            f"CPU a {size} call, aiortc's MediaRelay against translator",
            run.median("aiortc", size, 1, cpu),
            ours,
            "at least 50",
            lambda ratio: ratio >= 50,
        )
        if (relayed := run.median("relay", size, 1, cpu)) is not None and ours is not None:
            yield Figure(
                f"CPU a {size} call, our relay against translator", relayed / ours, "times", "", None
            )
    if recorded is not None and bare is not None:
        yield Figure(
            "recorded 720p calls a core, computed",
            100 / recorded,
            "calls",
            "at least 60",
            100 / recorded >= 60,
        )
        yield Figure(
            "CPU that recording adds to a 720p call",
            recorded - bare,
            "% of a core",
            "at most 0.4",
            recorded - bare <= 0.4,
        )


def _delays(run: Run) -> Iterator[Figure]:
    ours = run.median("translator", "480p", 40, "delay_p99_ms")
    theirs = run.median("janus", "480p", 40, "delay_p99_ms")
    if ours is not None:
        yield Figure("one-way delay at 40 calls, p99", ours, "ms", "at most 3", ours <= 3)
    yield from _against("the same against Janus", ours, theirs, "below 1", lambda ratio: ratio < 1)


def _evidence(run: Run) -> Iterator[Figure]:
    took = sorted(still.took_ms for still in run.stills)
    if not took:
        return
    p50, p95 = statistics.median(took), took[max(0, round(0.95 * len(took)) - 1)]
    full = sum((still.width_px, still.height_px) == (1280, 720) for still in run.stills)
    yield Figure("click to still, p50", p50, "ms", "at most 120", p50 <= 120)
    yield Figure("click to still, p95", p95, "ms", "at most 300", p95 <= 300)
    yield Figure("stills of 1280x720", full, f"of {len(took)}", "all", full == len(took))


def _room(run: Run) -> Iterator[Figure]:
    memory = run.median("translator", "480p", 40, "memory_mb_per_call")
    if memory is not None:
        yield Figure("memory a call at 40 calls", memory, "MB", "at most 1.5", memory <= 1.5)
    if run.joined:
        whole = sum(one.connected == one.calls and not one.silent_legs for one in run.joined)
        yield Figure(
            "runs with 60 of 60 calls on one port",
            whole,
            f"of {len(run.joined)}",
            "all",
            whole == len(run.joined),
        )


async def soaked(plan: Plan, minutes: float) -> list[Figure]:
    """Growth from the first to the last fifth of the time, of one worker whose calls come and go."""
    grown = await soak.run(plan, minutes)
    return [
        Figure(
            f"growth of {name} in {minutes:.0f} min, {grown.calls} calls ended",
            value,
            unit,
            f"at most {bar:g}",
            value <= bar,
        )
        for name, (value, unit, bar) in grown.figures.items()
    ]


if __name__ == "__main__":
    main()
