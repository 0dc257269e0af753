"""Real specimen pictures with what stands in their zones; where they come from is in pictures/manifest.csv."""

import csv
from dataclasses import dataclass
from functools import cache
from pathlib import Path

PICTURES = Path(__file__).parent / "pictures"


@dataclass(frozen=True, slots=True)
class Sample:
    name: str
    lines: tuple[str, ...]

    @property
    def data(self) -> bytes:
        return (PICTURES / self.name).read_bytes()


@cache
def samples() -> tuple[Sample, ...]:
    with (PICTURES / "manifest.csv").open(encoding="utf-8") as table:
        return tuple(Sample(row["file"], tuple(row["mrz"].split("|"))) for row in csv.DictReader(table))


def sample(name: str) -> Sample:
    return next(sample for sample in samples() if sample.name == name)
