"""Memory and open files of each process, with what it has started: first against last, and the slope between."""

import os
import statistics
import time
from dataclasses import dataclass, field
from pathlib import Path

_PAGE_BYTES = os.sysconf("SC_PAGE_SIZE")


@dataclass(frozen=True, slots=True)
class Sample:
    at_seconds: float
    memory_mb: float
    files: int


@dataclass(frozen=True, slots=True)
class Growth:
    """Means of the first and the last part of the shift, and the slope of memory a minute."""

    first_mb: float
    last_mb: float
    mb_per_minute: float
    first_files: float
    last_files: float


@dataclass
class Gauges:
    samples: dict[str, list[Sample]] = field(default_factory=dict)

    def take(self, processes: dict[str, int]) -> None:
        for name, group in processes.items():
            memory, files = 0, 0
            for number in _of_group(group):
                memory += _resident(number)
                files += _open_files(number)
            self.samples.setdefault(name, []).append(Sample(time.monotonic(), memory / 2**20, files))

    def growth(self, name: str, *, window_seconds: float) -> Growth:
        taken = self.samples[name]
        began, ended = taken[0].at_seconds, taken[-1].at_seconds
        first = [one for one in taken if one.at_seconds <= began + window_seconds]
        last = [one for one in taken if one.at_seconds >= ended - window_seconds]
        slope = 0.0
        if len(taken) > 1:
            slope = statistics.linear_regression(
                [one.at_seconds / 60 for one in taken], [one.memory_mb for one in taken]
            ).slope
        return Growth(
            statistics.fmean(one.memory_mb for one in first),
            statistics.fmean(one.memory_mb for one in last),
            slope,
            statistics.fmean(one.files for one in first),
            statistics.fmean(one.files for one in last),
        )


def _of_group(group: int) -> list[int]:
    """A process that the supervisor started leads a group of its own."""
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdecimal():
            try:
                fields = (folder / "stat").read_text().rpartition(")")[2].split()
            except OSError:
                continue
            if int(fields[2]) == group:
                found.append(int(folder.name))
    return found


def _resident(number: int) -> int:
    try:
        return int(Path(f"/proc/{number}/statm").read_text().split()[1]) * _PAGE_BYTES
    except OSError:
        return 0


def _open_files(number: int) -> int:
    try:
        return len(list(Path(f"/proc/{number}/fd").iterdir()))
    except OSError:
        return 0
