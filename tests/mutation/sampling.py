"""Which mutants are tried: of each module a share by its size, drawn by a seed that is printed."""

import random
from collections.abc import Sequence
from pathlib import Path

from tests.mutation import operators
from tests.mutation.operators import Mutant

ROOT = Path(__file__).resolve().parents[2]
# Not rules: the shapes that the outside is given, and certificate engineering, which other people's code judges.
LEFT_OUT = ("ca_core.ports", "ca_core.x509")
# However small a module is.
AT_LEAST = 4


def rule_modules() -> list[str]:
    """Every module of the core that holds a rule."""
    names = sorted(
        ".".join(path.relative_to(ROOT).with_suffix("").parts)
        for path in (ROOT / "ca_core").rglob("*.py")
        if path.name != "__init__.py"
    )
    return [name for name in names if not any(f"{name}.".startswith(f"{out}.") for out in LEFT_OUT)]


def chosen(asked: Sequence[str]) -> list[str]:
    """The modules that the names begin: `registration.review`, `ca_core.revocation`. All without a name.

    Raises KeyError for a name that is none's.
    """
    found: list[str] = []
    for name in asked:
        full = name if f"{name}.".startswith("ca_core.") else f"ca_core.{name}"
        ours = [module for module in rule_modules() if f"{module}.".startswith(f"{full}.")]
        if not ours:
            raise KeyError(name)
        found += [module for module in ours if module not in found]
    return found or rule_modules()


def source_of(module: str) -> str:
    return (ROOT / Path(*module.split("."))).with_suffix(".py").read_text(encoding="utf-8")


def mutants(modules: Sequence[str]) -> dict[str, list[Mutant]]:
    """All there are, by module."""
    return {module: operators.mutants_of(module, source_of(module)) for module in modules}


def drawn(everything: dict[str, list[Mutant]], *, sample: int, seed: int) -> list[Mutant]:
    """`sample` of them, or all when there are fewer; 0 = all."""
    total = sum(len(found) for found in everything.values())
    if sample <= 0 or sample >= total:
        return [mutant for found in everything.values() for mutant in found]
    picked: list[Mutant] = []
    for module, found in everything.items():
        share = max(AT_LEAST, round(sample * len(found) / total))
        # A module's draw does not depend on which others are asked for.
        picks = random.Random(f"{seed}/{module}").sample(range(len(found)), min(share, len(found)))
        picked += [found[number] for number in sorted(picks)]
    return picked
