"""The slips that mutation testing makes are the ones it names, and its list of survivors is about today's code."""

import ast

import pytest

from tests.mutation import listed, operators, sampling

RULE = '''
"""A rule."""
LATE = {"a", "b"}


def check(now: int, until: int) -> int:
    """Not this text."""
    if now >= until and LATE:
        raise ValueError
    return until
'''


def changes(source: str) -> set[str]:
    return {f"{one.was} -> {one.becomes}" for one in operators.mutants_of("m", source)}


def test_the_slips_are_those_of_a_person_in_a_hurry() -> None:
    assert changes(RULE) == {
        "{'a', 'b'} -> {'b'}",
        "{'a', 'b'} -> {'a'}",
        "'a' -> 'aXX'",
        "'b' -> 'bXX'",
        "now >= until and LATE -> now >= until or LATE",
        "now >= until and LATE -> LATE",
        "now >= until and LATE -> now >= until",
        "now >= until -> now > until",
        "raise ValueError -> pass",
        "return until -> return None",
    }


def test_each_mutant_has_its_one_slip_and_nothing_else() -> None:
    whole = ast.unparse(ast.parse(RULE)).splitlines()
    for mutant in operators.mutants_of("m", RULE):
        changed = ast.unparse(operators.mutated(RULE, mutant)).splitlines()
        assert sum(one != other for one, other in zip(whole, changed, strict=True)) == 1, mutant


def test_the_same_seed_draws_the_same_mutants_and_each_module_its_share() -> None:
    everything = sampling.mutants(sampling.chosen(["approval", "registration.review"]))
    first = sampling.drawn(everything, sample=40, seed=7)
    assert (
        first
        == sampling.drawn(everything, sample=40, seed=7)
        != sampling.drawn(everything, sample=40, seed=8)
    )
    shares = {module: sum(one.module == module for one in first) for module in everything}
    assert shares["ca_core.registration.review"] > shares["ca_core.approval"] >= sampling.AT_LEAST


def test_a_module_that_is_none_is_not_taken_for_all() -> None:
    with pytest.raises(KeyError):
        sampling.chosen(["aproval"])


def test_every_listed_survivor_is_a_mutant_of_todays_code_and_has_a_reason() -> None:
    reasons = listed.reasons()
    modules = sorted({name[0] for name in reasons})
    today = {one.name for found in sampling.mutants(modules).values() for one in found}
    assert set(reasons) - today == set()
    assert [name for name, reason in reasons.items() if len(reason) < 20] == []
