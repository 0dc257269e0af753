"""What becomes of mutants. Nothing is written to the tree; each is tried in a process of its own.

Two ways. A slip in a function is put into the function itself, in a fork of a process in which every test is
collected already: the tests that reach it are all that runs. A slip in what runs at import (a table, a constant, a
default) makes the fork import our rooms anew, one of them changed.
"""

import ast
import gc
import importlib
import importlib.abc
import importlib.machinery
import importlib.util
import os
import sys
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from enum import StrEnum
from functools import partial
from types import CodeType, FunctionType, ModuleType

import pytest

from tests.mutation import children, operators, pytests, sampling
from tests.mutation.operators import Mutant
from tests.mutation.reach import Reach

Told = Callable[[Mutant, "Fate"], None]


class Fate(StrEnum):
    KILLED = "killed"
    TIMED_OUT = "timed out"
    SURVIVED = "survived"


def fates(mutants: Sequence[Mutant], reach: Reach, paths: Sequence[str], told: Told) -> dict[Mutant, Fate]:
    """Of each; `told` hears of every one when it is known."""
    for name in reach.libraries:
        with suppress(ImportError):
            importlib.import_module(name)
    found: dict[Mutant, Fate] = {}
    for mutant in mutants:
        if reach.is_run_at_import(mutant) or not _is_in_function(mutant):
            found[mutant] = _imported_anew(mutant, reach)
            told(mutant, found[mutant])
    rest = [mutant for mutant in mutants if mutant not in found]
    return found | (_in_session(rest, reach, paths, told) if rest else {})


def _is_in_function(mutant: Mutant) -> bool:
    """Whether the code of a function differs, and nothing that is run at import."""
    before, after = _codes(mutant)
    if before is None or after is None or before == after:
        return False
    # Without its last use of a name from outside (`super()` too) a code no longer fits the function.
    return before.co_freevars == after.co_freevars


def _codes(mutant: Mutant) -> tuple[CodeType | None, CodeType | None]:
    """Of the function around the mutant, as it is and with the slip."""
    source = sampling.source_of(mutant.module)
    changed = operators.mutated(source, mutant)
    return tuple(_unit(mutant, compile(text, mutant.module, "exec")) for text in (source, changed))


def _unit(mutant: Mutant, module: CodeType) -> CodeType | None:
    """The code of the outermost function around the mutant: what is nested in it comes with it."""
    found = (code for code in _functions(module) if code.co_firstlineno <= mutant.first_line)
    return max(
        (code for code in found if f"{mutant.function}.".startswith(f"{code.co_qualname}.")),
        key=lambda code: code.co_firstlineno,
        default=None,
    )


def _functions(code: CodeType) -> Iterator[CodeType]:
    """Functions of the module and methods of its classes."""
    for constant in code.co_consts:
        if isinstance(constant, CodeType) and "<" not in constant.co_name:
            if constant.co_flags & 0x2:  # CO_NEWLOCALS: a function; a class body has none
                yield constant
            else:
                yield from _functions(constant)


def _in_session(
    mutants: Sequence[Mutant], reach: Reach, paths: Sequence[str], told: Told
) -> dict[Mutant, Fate]:
    """One session that has collected every test; each mutant in a fork of it."""
    read, write = os.pipe()
    with os.fdopen(read, encoding="ascii") as answers:
        keeper = os.fork()
        if keeper == 0:
            code = children.BROKEN
            try:
                code = pytests.run(paths, _Session(mutants, reach, write))
            finally:
                if sys.exc_info()[1] is not None:
                    sys.excepthook(*sys.exc_info())
                os._exit(code)
        os.close(write)
        found = {}
        for mutant, answer in zip(mutants, answers, strict=False):
            found[mutant] = Fate(answer.strip())
            told(mutant, found[mutant])
    os.waitpid(keeper, 0)
    if len(found) < len(mutants):
        raise RuntimeError(f"the session of the tests ended at {mutants[len(found)].name}")
    return found


class _Session:
    """In the place of running the tests: runs for each mutant those that reach it."""

    def __init__(self, mutants: Sequence[Mutant], reach: Reach, answers: int) -> None:
        self.mutants, self.reach, self.answers = mutants, reach, answers

    @pytest.hookimpl(tryfirst=True)
    def pytest_runtestloop(self, session: pytest.Session) -> bool:
        items = {item.nodeid: item for item in session.items}
        known = _functions_in_memory({mutant.module for mutant in self.mutants})
        # A fork copies what its collector touches: it shall touch nothing of this.
        gc.freeze()
        for mutant in self.mutants:
            tests = self.reach.running(mutant)
            chosen = [items[one] for one in tests]
            before, after = _codes(mutant)
            functions = known[mutant.module, before.co_qualname, before.co_firstlineno]
            code = children.outcome(
                partial(_run_changed, session, functions, after, chosen),
                **_limits(tests, self.reach),
                quiet=True,
            )
            os.write(self.answers, f"{_fate(mutant, code)}\n".encode("ascii"))
        return True


def _functions_in_memory(modules: Iterable[str]) -> dict[tuple[str, str, int], list[FunctionType]]:
    """By module, qualified name and first line: wherever they are known by name already, they are these objects."""
    names = {importlib.import_module(module).__file__: module for module in modules}
    found = defaultdict(list)
    for one in gc.get_objects():
        if type(one) is FunctionType and one.__code__.co_filename in names:
            code = one.__code__
            found[names[code.co_filename], code.co_qualname, code.co_firstlineno].append(one)
    return found


def _run_changed(
    session: pytest.Session,
    functions: Sequence[FunctionType],
    changed: CodeType,
    items: Sequence[pytest.Item],
) -> int:
    assert functions, f"{changed.co_qualname} is nowhere in memory"
    for function in functions:
        function.__code__ = changed
    for item in items:
        item.config.hook.pytest_runtest_protocol(item=item, nextitem=None)
        if session.testsfailed:
            return pytests.FAILED
    return pytests.PASSED


def _imported_anew(mutant: Mutant, reach: Reach) -> Fate:
    tests = reach.concerned(mutant)
    tree = operators.mutated(sampling.source_of(mutant.module), mutant)

    def run() -> int:
        sys.meta_path.insert(0, _Changed(mutant.module, tree))
        return pytests.run(sorted({test.partition("::")[0] for test in tests}), _Chosen(tests))

    return _fate(mutant, children.outcome(run, **_limits(tests, reach), quiet=True))


def _limits(tests: Sequence[str], reach: Reach) -> dict[str, int]:
    """So much longer than the tests take without the slip, watched by coverage besides."""
    seconds = 8 + 2 * int(sum(reach.seconds[test] for test in tests))
    return {"cpu_seconds": seconds, "wall_seconds": 8 * seconds}


def _fate(mutant: Mutant, code: int | None) -> Fate:
    match code:
        case pytests.PASSED | pytests.NO_TESTS:
            return Fate.SURVIVED
        case pytests.FAILED | pytests.INTERRUPTED:
            return Fate.KILLED
        case None:
            return Fate.TIMED_OUT
    raise RuntimeError(f"a trial ended with {code}: {mutant.name}")


class _Chosen:
    """Keeps the tests that reach the mutant, in their order; and what the mutant made of a table's cases."""

    def __init__(self, tests: Sequence[str]) -> None:
        self.order = {test: number for number, test in enumerate(tests)}
        self.functions = {test.partition("[")[0] for test in tests}

    def pytest_collection_modifyitems(self, items: list[pytest.Item]) -> None:
        items[:] = sorted(
            (item for item in items if item.nodeid.partition("[")[0] in self.functions),
            key=lambda item: self.order.get(item.nodeid, len(self.order)),
        )


class _Changed(importlib.abc.MetaPathFinder, importlib.abc.Loader):
    """Imports one module from its changed tree, every other one as it is."""

    def __init__(self, module: str, tree: ast.Module) -> None:
        self.module = module
        self.tree = tree

    def find_spec(
        self, name: str, path: Sequence[str] | None, target: ModuleType | None = None
    ) -> importlib.machinery.ModuleSpec | None:
        if name != self.module:
            return None
        found = importlib.machinery.PathFinder.find_spec(name, path)
        assert found is not None
        assert found.origin is not None
        self.origin = found.origin
        return importlib.util.spec_from_file_location(name, found.origin, loader=self)

    def create_module(self, spec: importlib.machinery.ModuleSpec) -> None:
        return None

    def exec_module(self, module: ModuleType) -> None:
        exec(compile(self.tree, self.origin, "exec"), vars(module))
