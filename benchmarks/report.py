"""How every benchmark reports: a table for people, or with --json one object a line."""

import argparse
import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Row:
    """One figure beside the peer or limit that was measured in the same run; ratio = ours / theirs."""

    figure: str
    unit: str
    ours: float
    against: str
    theirs: float
    better: Literal["lower", "higher"]
    runs: int

    @property
    def ratio(self) -> float:
        return self.ours / self.theirs if self.theirs else float("nan")


def arguments(description: str | None, **numbers: int) -> argparse.Namespace:
    """The command's options: the numbers given with their defaults, and --json."""
    parser = argparse.ArgumentParser(
        description=description, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    for name, default in numbers.items():
        parser.add_argument(f"--{name}", type=int, default=default, help=f"default {default}")
    parser.add_argument("--json", action="store_true", help="one object a line")
    return parser.parse_args()


def show(rows: Iterable[Row], *, as_json: bool) -> None:
    for row in rows:
        if as_json:
            print(json.dumps({**asdict(row), "ratio": round(row.ratio, 4)}), flush=True)
            continue
        ours, theirs = f"{row.ours:,.1f} {row.unit}", f"{row.theirs:,.1f} {row.unit}"
        print(f"{row.figure:<52} {ours:>18}  {row.against}: {theirs}  ratio {row.ratio:.2f}", flush=True)
