"""Mutation testing of the core's rules: `make mutation`.

Puts one small slip at a time into a rule and runs the tests that reach it. A slip that no test sees is a survivor:
a rule that could be broken unnoticed, or one of `survivors.toml`, which says why nothing observable differs.
"""

import argparse
import os
import sys
import time
from collections import Counter
from collections.abc import Sequence

from tests.mutation import listed, reach, sampling, trials
from tests.mutation.operators import Mutant
from tests.mutation.trials import Fate

TESTS = (
    "tests/core",
    "--ignore=tests/core/x509",
    "tests/contracts",
    "tests/data/test_overview.py",
    "tests/data/test_review_overview.py",
    "tests/house/test_lifecycle.py",
    "tests/house/test_stored_values.py",
    "tests/house/test_wording.py",
    "tests/runtime/audit",
    "tests/runtime/test_erasing.py",
    "tests/runtime/test_statement.py",
    "tests/doors/test_matrix.py",
)
BAR_PERCENT = 85


def main(arguments: Sequence[str]) -> int:
    asked = _asked(arguments)
    os.nice(asked.nice)
    os.chdir(sampling.ROOT)
    everything = sampling.mutants(sampling.chosen(asked.modules))
    tried = sampling.drawn(everything, sample=asked.sample, seed=asked.seed)
    began = time.monotonic()
    print(f"seed {asked.seed}: {len(tried)} of {sum(map(len, everything.values()))} mutants", flush=True)
    known = reach.measured(asked.tests)
    print(f"{len(known.seconds)} tests pass in {sum(known.seconds.values()):.0f} s", flush=True)

    def told(mutant: Mutant, fate: Fate) -> None:
        if asked.verbose or fate is Fate.SURVIVED:
            print(_line(mutant, fate), flush=True)

    fates = trials.fates(tried, known, asked.tests, told)
    print(f"{time.monotonic() - began:.0f} s")
    return _report(everything, fates)


def _asked(arguments: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument(
        "modules", nargs="*", help="such as registration.review or revocation; none = all rules"
    )
    parser.add_argument("--sample", type=int, default=600, help="how many mutants; 0 = every one")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--tests", nargs="+", default=TESTS)
    parser.add_argument("--nice", type=int, default=10)
    parser.add_argument("--verbose", action="store_true", help="tell the killed ones too")
    return parser.parse_args(arguments)


def _line(mutant: Mutant, fate: Fate) -> str:
    place = f"{mutant.module}:{mutant.first_line} {mutant.function or 'module'}"
    return f"{fate}: {place}\n    {mutant.line}\n    {mutant.was}  ->  {mutant.becomes}"


def _report(everything: dict[str, list[Mutant]], fates: dict[Mutant, Fate]) -> int:
    """The table by module, what is listed wrongly, the share that died. 0 when the bar is reached."""
    reasons = listed.reasons()
    print(
        f"\n{'module':<42}{'mutants':>9}{'tried':>7}{'killed':>8}{'timed out':>11}{'survived':>10}{'listed':>8}"
    )
    for module, found in everything.items():
        print(_row(module, len(found), {m: f for m, f in fates.items() if m.module == module}, reasons))
    print(_row("all", sum(map(len, everything.values())), fates, reasons))
    wrong = [
        f"listed as surviving, but {fate}: {mutant.name}"
        for mutant, fate in fates.items()
        if mutant.name in reasons and fate is not Fate.SURVIVED
    ]
    print(*wrong, sep="\n")
    died = sum(fate is not Fate.SURVIVED for fate in fates.values())
    percent = 100 * died / len(fates)
    print(f"{percent:.1f} % died; at least {BAR_PERCENT} % must")
    return int(bool(wrong) or percent < BAR_PERCENT)


def _row(name: str, mutants: int, fates: dict[Mutant, Fate], reasons: dict[listed.Name, str]) -> str:
    of = Counter(fates.values())
    known = sum(mutant.name in reasons for mutant, fate in fates.items() if fate is Fate.SURVIVED)
    return (
        f"{name:<42}{mutants:>9}{len(fates):>7}{of[Fate.KILLED]:>8}{of[Fate.TIMED_OUT]:>11}"
        f"{of[Fate.SURVIVED]:>10}{known:>8}"
    )


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
