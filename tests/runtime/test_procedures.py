"""The shipped policies: both are read, and a file that cannot be one is refused by name."""

import pytest

from ca_core.policy import PolicyInvalid
from runtime import procedures


@pytest.mark.parametrize("name", procedures.PRESETS)
def test_shipped_preset_is_a_policy(name: str) -> None:
    assert procedures.load(name).version.startswith(f"{name}/")


def test_article_is_one_automatic_attempt_and_2026_three() -> None:
    attempts = [procedures.load(n).identification.automatic_attempts for n in ("article", "2026")]
    assert attempts == [1, 3]


@pytest.mark.parametrize(
    ("was", "becomes"),
    [
        ("tries = 3", "tries = 0"),
        ("hold_at_most_hours = 72", "hold_at_most_hours = 73"),
        ("renewals = 1", "renewals = 2"),
        ("crl_at_most_every_minutes = 10", "crl_at_most_every_minutes = 16"),
        ("tries = 3", ""),
        ("automatic_attempts = 1", "automatic_attempts = 1\nunknown = 2"),
        ("[codes]", "[codes"),
    ],
)
def test_value_under_which_a_rule_could_not_hold_is_refused(was: str, becomes: str) -> None:
    """R4, R8, R10, R10a: policy is data, within the rules."""
    with pytest.raises(PolicyInvalid):
        procedures.parse(procedures.source("article").replace(was, becomes))
