"""What J2 asks of a citizen whose phone is in the BMG and whose key program runs: clicks, fields, seconds.

    python -m benchmarks.j2_figures [--runs 3] [--json]

A whole house in processes of its own and a real browser; no step is left and taken up again. Each run is another
rendered person. Clicks: every press, tick and link, those in the key program's tab too; fields: typed into, the
password twice. Seconds: from opening the first page to the page that says "installed", at machine speed: nobody
reads, thinks or looks for the telephone. Waiting is what nobody can shorten by being quick: the portal's answers
from each request's first byte to the answer's last, by the browser's own clock; a code from the press until it lies
on the telephone; the key program from the press to its page or to the portal's next page; the certificate from the
application sent to the page that shows it. `altogether` counts a moment that two of them share once, and `share` is
its ratio to the seconds of the same run. What is left is the robot, the browser's drawing, and the person who moves
before the camera. The robot, the browser and the whole house share the machine.
"""

import json
import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks import report
from runtime.demo import rendered
from tests.journeys import seventeen
from tests.journeys.citizens import Citizen
from tests.journeys.conftest import House, Visits, chromium_opened, running

# Faces that the check takes whichever moves are drawn.
PEOPLE = ("marina", "bolat", "timur", "aigul")


def main() -> None:
    chosen = report.arguments(__doc__, runs=3)
    with (
        tempfile.TemporaryDirectory() as folder,
        running(Path(folder)) as house,
        chromium_opened() as browser,
    ):
        runs = [_run(house, Visits(house, browser), number) for number in range(chosen.runs)]
    for figure, values in _by_figure(runs):
        _show(figure, values, as_json=chosen.json)


def _run(house: House, visit: Visits, number: int) -> dict[str, float]:
    who = rendered.by_name(PEOPLE[number % len(PEOPLE)])
    if who is None:
        raise SystemExit("the demo lacks a rendered person")
    seventeen.have_in_bmg(house, who)
    citizen = Citizen(visit, who, closes=False)
    begun = time.monotonic()
    seventeen.walk_to_the_application(citizen)
    seventeen.identify(citizen)
    seventeen.walk_from_the_face(citizen)
    seconds = time.monotonic() - begun
    citizen.context.close()
    watch = citizen.stopwatch
    return {
        "clicks": citizen.clicks,
        "fields typed into": citizen.typed,
        "tries of the face": citizen.tries,
        "seconds": seconds,
        **{f"seconds waited: {label}": watch.seconds(label) for label in watch.labels},
        "seconds waited altogether": watch.seconds(),
        "share of waiting in the seconds": watch.seconds() / seconds,
        "load of the machine at the end": os.getloadavg()[0],
    }


def _by_figure(runs: list[dict[str, float]]) -> Iterator[tuple[str, list[float]]]:
    for figure in runs[0]:
        yield figure, [run[figure] for run in runs]


def _show(figure: str, values: list[float], *, as_json: bool) -> None:
    median, least, most = statistics.median(values), min(values), max(values)
    if as_json:
        told = {
            "figure": figure,
            "median": round(median, 2),
            "least": round(least, 2),
            "most": round(most, 2),
        }
        print(json.dumps({**told, "runs": len(values)}), flush=True)
        return
    print(f"{figure:<62} {median:>7.2f}   ({least:.2f} to {most:.2f}, {len(values)} runs)", flush=True)


if __name__ == "__main__":
    main()
