"""The procedure as data: a value under which a rule could not hold is refused, the last that keeps it is taken."""

from datetime import timedelta
from typing import Any

import pytest

from ca_core import policy
from tests import builders

second = timedelta(seconds=1)
minute = timedelta(minutes=1)
hour = timedelta(hours=1)
day = timedelta(days=1)

# Group and value; the least and the most that are taken; the step to the next one, which is refused.
LIMITS: list[tuple[str, str, Any, Any, Any]] = [
    # R4: a code is short-lived, and guessed and sent a few times.
    ("codes", "tries", 1, 5, 1),
    ("codes", "validity", minute, 10 * minute, second),
    ("codes", "per_hour", 1, 20, 1),
    ("identification", "automatic_attempts", 0, 10, 1),
    # F2: nobody is left ringing, nobody is cut off before the check can end.
    ("calls", "offer", 5 * second, minute, second),
    ("calls", "ring", 10 * second, 2 * minute, second),
    ("calls", "come_back", 10 * second, 5 * minute, second),
    ("calls", "talk_at_most", 10 * minute, 4 * hour, second),
    ("calls", "features_of_four", 1, 4, 1),
    # F1, 10.
    ("verification", "moves", 1, 4, 1),
    ("verification", "challenge", 30 * second, 5 * minute, second),
    ("verification", "least_reaction", 0 * second, second, timedelta(milliseconds=1)),
    # F3: a moderator's minute to think again, a lease that outlives a glance away.
    ("reviews", "lease", 30 * second, 10 * minute, second),
    ("reviews", "undo", 0 * second, minute, second),
    ("reviews", "recheck_share", 0.0, 1.0, 0.01),
    # R8: extended once at most; no procedure gives a first term of more than three years.
    ("certificates", "validity", day, 1096 * day, second),
    ("certificates", "renewals", 0, 1, 1),
    # R10a: a hold ends by itself after 72 hours at most.
    ("certificates", "hold_at_most", second, 72 * hour, second),
]


def refused(**different: Any) -> str:
    """The name of the value that is refused; "" when all are taken."""
    try:
        policy.check(builders.policy(**different))
    except policy.PolicyInvalid as why:
        return str(why.facts["name"])
    return ""


@pytest.mark.parametrize(("group", "name", "least", "most", "step"), LIMITS)
def test_a_value_at_its_limit_is_taken_and_the_next_one_refused(
    group: str, name: str, least: Any, most: Any, step: Any
) -> None:
    for value in (least, most):
        assert refused(**{group: {name: value}}) == ""
    for value in (least - step, most + step):
        assert refused(**{group: {name: value}}) == f"{group}.{name}"


@pytest.mark.parametrize(
    ("of_a_browser", "of_an_iin", "is_taken"),
    [(1, 1, True), (100, 100, True), (0, 20, False), (21, 20, False), (20, 101, False)],
)
def test_a_browser_may_look_up_no_more_than_is_looked_up_of_one_iin(
    of_a_browser: int, of_an_iin: int, is_taken: bool
) -> None:
    """R14: who guesses IINs is slow."""
    values = {"look_ups_of_a_browser": of_a_browser, "look_ups_of_an_iin": of_an_iin}
    assert refused(identification=values) == ("" if is_taken else "identification.look_ups")


@pytest.mark.parametrize(
    ("same", "other", "is_taken"),
    [(0.1, 0.2, True), (0.9, 1.0, True), (0.0, 0.5, False), (0.5, 0.5, False), (0.6, 1.1, False)],
)
def test_there_is_a_distance_of_faces_at_which_the_machine_does_not_know(
    same: float, other: float, is_taken: bool
) -> None:
    """F2: between "the same person" and "another one" a person looks."""
    assert refused(calls={"face_same_below": same, "face_other_above": other}) == (
        "" if is_taken else "calls.face"
    )


@pytest.mark.parametrize(
    ("tries", "draws", "problem"),
    [
        (1, 1, ""),
        (10, 60, ""),
        (0, 20, "verification.tries"),
        (11, 20, "verification.tries"),
        (5, 4, "verification.draws_per_hour"),
        (5, 61, "verification.draws_per_hour"),
    ],
)
def test_every_try_that_is_allowed_has_moves_to_be_drawn(tries: int, draws: int, problem: str) -> None:
    assert refused(verification={"tries": tries, "draws_per_hour": draws}) == problem


@pytest.mark.parametrize(
    ("high", "ordinary", "is_taken"),
    [(second, second, True), (0 * second, hour, False), (hour + second, hour, False)],
)
def test_a_high_risk_is_never_looked_at_later_than_an_ordinary_one(
    high: timedelta, ordinary: timedelta, is_taken: bool
) -> None:
    """F3."""
    due = {"due_high_risk": high, "due_ordinary": ordinary}
    assert refused(reviews=due) == ("" if is_taken else "reviews.due")


def test_a_revocation_is_in_a_list_within_a_quarter_of_an_hour() -> None:
    """R10; and a list is replaced before it runs out."""
    quarter = 15 * minute
    assert refused(publication={"crl_at_most_every": quarter}) == ""
    assert refused(publication={"crl_at_most_every": quarter + second}) == "publication.crl_at_most_every"
    every = {"crl_at_most_every": quarter, "crl_validity": quarter}
    assert refused(publication=every) == "publication.crl_validity"
    assert refused(publication={**every, "crl_validity": quarter + second}) == ""


def test_what_was_revoked_is_known_for_five_years() -> None:
    five_years = timedelta(days=1825)
    assert refused(retention={"revoked_certificates": five_years}) == ""
    assert (
        refused(retention={"revoked_certificates": five_years - second}) == "retention.revoked_certificates"
    )


def test_a_version_names_the_procedure_its_day_and_its_revision() -> None:
    """Every decision stores it."""
    assert builders.policy().version == "test/2023-01-01/1"
