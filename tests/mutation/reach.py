"""Which tests run which lines of the core, and how long each takes: the whole choice of tests, watched once."""

import json
import sys
import tempfile
import time
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from itertools import accumulate
from pathlib import Path
from typing import Any

import coverage
import pytest

from tests.mutation import children, pytests
from tests.mutation.operators import Mutant

ROOT = Path(__file__).resolve().parents[2]
# Of the tests that reach a mutant the quickest, up to so many seconds together.
BUDGET_SECONDS = 8
_HOUR_SECONDS = 3600
_IMPORT = ""


@dataclass(frozen=True, slots=True)
class Reach:
    seconds: dict[str, float]
    # module -> line -> tests; "" is what runs outside of every test: while the module is imported.
    lines: dict[str, dict[int, list[str]]]
    # Other people's modules that the tests import.
    libraries: tuple[str, ...]

    def running(self, mutant: Mutant) -> list[str]:
        """Those that run its lines, the quickest first."""
        return self._quickest(self._at(mutant) - {_IMPORT})

    def is_run_at_import(self, mutant: Mutant) -> bool:
        """So is a function that makes a table."""
        return _IMPORT in self._at(mutant)

    def _at(self, mutant: Mutant) -> set[str]:
        lines = self.lines.get(mutant.module, {})
        span = range(mutant.first_line, mutant.last_line + 1)
        return {test for line in span for test in lines.get(line, ())}

    def concerned(self, mutant: Mutant) -> list[str]:
        """For what runs at import: those that run anything of the module, and the house tests, which compare tables
        with pages and wordings. For a module that is nothing but such, every test.
        """
        reached = {test for tests in self.lines.get(mutant.module, {}).values() for test in tests} - {_IMPORT}
        house = {test for test in self.seconds if test.startswith("tests/house/")}
        return self._quickest(reached | house if reached else set(self.seconds))

    def _quickest(self, tests: Iterable[str]) -> list[str]:
        in_order = sorted(tests, key=lambda test: (self.seconds[test], test))
        spent = list(accumulate(self.seconds[test] for test in in_order))
        return [test for test, total in zip(in_order, spent, strict=True) if total <= BUDGET_SECONDS]


def measured(paths: Sequence[str]) -> Reach:
    """Raises AssertionError when the tests don't pass on the tree as it is."""
    with tempfile.NamedTemporaryFile("r", suffix=".json") as told:
        code = children.outcome(
            lambda: _watch(paths, Path(told.name)),
            cpu_seconds=_HOUR_SECONDS,
            wall_seconds=_HOUR_SECONDS,
            quiet=False,
        )
        assert code == 0, "the tests do not pass on the tree as it is"
        found = json.load(told)
    lines = {
        module: {int(line): tests for line, tests in by_line.items()}
        for module, by_line in found["lines"].items()
    }
    return Reach(found["seconds"], lines, tuple(found["libraries"]))


def _watch(paths: Sequence[str], told: Path) -> int:
    watch = coverage.Coverage(data_file=None, source=["ca_core"], config_file=False)
    seen = _Seen(watch)
    watch.start()
    code = pytests.run(paths, seen, told=True)
    watch.stop()
    found = {"seconds": seen.seconds, "lines": _lines(watch.get_data()), "libraries": _libraries()}
    told.write_text(json.dumps(found), encoding="utf-8")
    return code


def _lines(seen: coverage.CoverageData) -> dict[str, dict[int, list[str]]]:
    found = {}
    for file in seen.measured_files():
        module = ".".join(Path(file).relative_to(ROOT).with_suffix("").parts)
        found[module] = seen.contexts_by_lineno(file)
    return found


def _libraries() -> list[str]:
    ours = {path.name for path in ROOT.iterdir()} | {"__main__"}
    return sorted(name for name in sys.modules if name.partition(".")[0] not in ours)


class _Seen:
    """Tells coverage which test is running, and notes how long each takes."""

    def __init__(self, watch: coverage.Coverage) -> None:
        self.watch = watch
        self.seconds: dict[str, float] = {}

    @pytest.hookimpl(wrapper=True)
    def pytest_runtest_protocol(self, item: pytest.Item) -> Any:
        self.watch.switch_context(item.nodeid)
        began = time.perf_counter()
        try:
            return (yield)
        finally:
            self.seconds[item.nodeid] = time.perf_counter() - began
            self.watch.switch_context(_IMPORT)
