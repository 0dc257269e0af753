"""What the lists and figures of the photo review say is what moderators did."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
import sqlalchemy as sa

from ca_core import overview, roles
from ca_core.lifecycle import ReviewState
from ca_core.registration import review, review_effect
from ca_core.review import Answers, Decision, Item, Reason
from ca_core.statistics import local_day
from data.work import Store
from tests import builders, fakes, flagged
from tests.builders import JOB
from tests.contracts.test_reviews import Open, moderator, owner
from tests.flagged import ANOTHER, IN_ORDER, UNCLEAR

# An hour later it is the same day in Almaty.
NOW = datetime(2026, 11, 22, 9, 0, tzinfo=UTC)
TEN = timedelta(seconds=10)


@pytest.fixture
def work(engine: sa.Engine) -> Open:
    store = Store(engine, code_seal=fakes.CodeSeal())
    return lambda: store.write(policy=builders.policy(), now=NOW)


def flag(work: Open, number: int = 1) -> int:
    whose = owner(work, number)
    with work() as opened:
        return flagged.flag(opened, whose, NOW)


def claim(work: Open, actor: roles.Actor, after: timedelta = timedelta(0)) -> Item:
    with work() as opened:
        item: Item | None = review.claim_next(opened, actor=actor, now=NOW + after)
    assert item is not None
    return item


def decide(
    work: Open,
    actor: roles.Actor,
    decision: Decision,
    answers: Answers,
    *,
    after: timedelta = TEN,
    draw: int = 9_999,
    **more: Any,
) -> int:
    """Claimed at `after`, decided ten seconds later, applied when that is due."""
    item = claim(work, actor, after)
    with work() as opened:
        review.decide(
            opened, actor=actor, review_id=item.review_id, fence=item.fence, answers=answers,
            decision=decision, now=NOW + after + TEN, **more,
        )  # fmt: skip
    with work() as opened:
        review_effect.apply(
            opened, actor=JOB, review_id=item.review_id, now=NOW + after + 2 * TEN, draw=lambda _: draw
        )
    return item.review_id


def test_list_says_who_holds_what_and_until_when(work: Open) -> None:
    actor = moderator(work)
    first, second = flag(work), flag(work, 2)
    claim(work, actor)
    with work() as opened:
        held, waiting = overview.reviews(opened, actor=builders.SUPERVISOR, now=NOW)
        (left, _) = overview.reviews(opened, actor=builders.SUPERVISOR, now=NOW + timedelta(seconds=120))
        queue = opened.overview.reviews_waiting(NOW)
        later = opened.overview.reviews_waiting(NOW + timedelta(seconds=120))
    assert (held.review_id, held.state, held.holder) == (first, ReviewState.CLAIMED, actor.name)
    assert held.lease_until == NOW + timedelta(seconds=120)
    assert (waiting.review_id, waiting.state, waiting.holder) == (second, ReviewState.WAITING, "")
    assert (left.state, left.holder, left.lease_until) == (ReviewState.WAITING, "", None)
    assert (queue.n, later.n) == (1, 2)


def test_queue_counts_what_waits_is_held_and_is_late(work: Open) -> None:
    actor = moderator(work)
    flag(work)
    flag(work, 2)
    claim(work, actor)
    with work() as opened:
        now = overview.review_queue(opened, actor=builders.AUDITOR, now=NOW)
        later = overview.review_queue(opened, actor=builders.MODERATOR, now=NOW + timedelta(minutes=60))
    assert (now.waiting, now.held, now.late, now.oldest_at) == (1, 1, 0, NOW)
    assert (later.waiting, later.held, later.late) == (2, 0, 2)


def test_queue_without_photos_has_no_oldest(work: Open) -> None:
    with work() as opened:
        found = overview.review_queue(opened, actor=builders.SUPERVISOR, now=NOW)
    assert (found.waiting, found.held, found.late, found.oldest_at) == (0, 0, 0, None)


def test_claims_that_ended_by_themselves_are_counted_by_day(work: Open) -> None:
    """Also on a day on which nobody decided anything."""
    one, two = moderator(work, "one"), moderator(work, "two")
    flag(work)
    claim(work, one)
    claim(work, two, timedelta(seconds=120))
    claim(work, two, timedelta(seconds=300))
    with work() as opened:
        (day,) = overview.review_days(opened, actor=builders.AUDITOR, now=NOW)
    assert (day.day, day.lapsed, day.decided) == (local_day(NOW), 2, 0)
    assert day.approve_share is day.mean is None


def test_days_count_decisions_and_how_often_two_agreed(work: Open) -> None:
    one, two, three = (moderator(work, name) for name in ("one", "two", "three"))
    for number in range(1, 6):
        flag(work, number)
    late = timedelta(minutes=61)
    decide(work, one, Decision.APPROVE, IN_ORDER, draw=0)
    decide(work, one, Decision.REJECT, ANOTHER, reason=Reason.ANOTHER_PERSON)
    decide(work, one, Decision.NEW_PHOTO, UNCLEAR, reason=Reason.BLURRED, after=late)
    decide(work, one, Decision.SECOND_MODERATOR, UNCLEAR, remark="A twin?")
    # Passed on, and due before the recheck that nobody knows for one.
    decide(work, two, Decision.APPROVE, IN_ORDER)
    decide(work, three, Decision.APPROVE, IN_ORDER)
    decide(work, two, Decision.REJECT, ANOTHER, reason=Reason.ANOTHER_PERSON)
    with work() as opened:
        (day,) = overview.review_days(opened, actor=builders.SUPERVISOR, now=NOW + late)
    assert day.day == local_day(NOW)
    assert (day.approved, day.rejected, day.new_photo, day.second_moderator) == (3, 1, 1, 1)
    assert (day.late, day.rechecks, day.agreed) == (1, 1, 0)
    assert day.mean == TEN
    assert day.approve_share == 3 / 5


def test_undone_decisions_are_not_counted(work: Open) -> None:
    actor = moderator(work)
    flag(work)
    item = claim(work, actor)
    with work() as opened:
        review.decide(
            opened, actor=actor, review_id=item.review_id, fence=item.fence, answers=IN_ORDER,
            decision=Decision.APPROVE, now=NOW,
        )  # fmt: skip
        own = overview.own_decisions(opened, actor=actor, now=NOW)
    assert (own.n, own.newest[0].decision, own.newest[0].undo_until) == (1, Decision.APPROVE, NOW + TEN)
    with work() as opened:
        review.undo(opened, actor=actor, review_id=item.review_id, now=NOW)
        assert overview.review_days(opened, actor=builders.SUPERVISOR, now=NOW) == []
        assert overview.own_decisions(opened, actor=actor, now=NOW) == overview.OwnDecisions(0, ())


def test_who_may_not_watch_over_reviews_sees_no_figures(work: Open) -> None:
    with work() as opened:
        with pytest.raises(roles.NotAllowed):
            overview.review_days(opened, actor=builders.MODERATOR, now=NOW)
        with pytest.raises(roles.NotAllowed):
            overview.own_decisions(opened, actor=builders.SUPERVISOR, now=NOW)
        with pytest.raises(roles.NotAllowed):
            overview.reviews(opened, actor=builders.ANALYST, now=NOW)
        with pytest.raises(roles.NotAllowed):
            overview.review_queue(opened, actor=builders.ANALYST, now=NOW)
