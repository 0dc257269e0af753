"""One suite on the fake and on both databases: what the photo review assumes of a unit of work is true."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ca_core import roles
from ca_core.application import Application
from ca_core.face_attempt import Flag
from ca_core.lifecycle import ApplicationState, CallState, ReviewState
from ca_core.records import ChangedMeanwhile
from ca_core.registration import review, review_effect
from ca_core.review import Answers, Decision, Item, Opinion, Reason, Review, Risk, Round
from ca_core.roles import Role
from ca_core.staff import Account
from ca_core.subscriber import Subscriber
from data import engine as engines
from data.work import Store
from tests import builders, fakes, flagged
from tests.builders import JOB
from tests.core.x509 import authorities
from tests.servers import databases

NOW = authorities.NOW
LATER = NOW + timedelta(seconds=1)
Open = Callable[[], AbstractContextManager[Any]]


@pytest.fixture(params=["fake", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def work(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens units of work: on the fakes, on SQLite, on PostgreSQL."""
    if request.param == "fake":
        yield fakes.House(builders.policy(), NOW).work
        return
    yield from _on_database(request, tmp_path)


@pytest.fixture(params=["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    yield from _on_database(request, tmp_path)


def _on_database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    with databases.fresh(request.param, tmp_path, request.getfixturevalue) as url:
        engine = engines.open_engine(url)
        store = Store(engine, code_seal=fakes.CodeSeal())
        yield lambda: store.write(policy=builders.policy(), now=NOW)
        engine.dispose()


def moderator(work: Open, login: str = "moderator1", **different: Any) -> roles.Actor:
    account = Account(0, login, f"{login} Q.", Role.MODERATOR, "hash", "secret", 18)
    with work() as opened:
        staff_id: int = opened.accounts.add(replace(account, **different))
    return replace(builders.MODERATOR, name=f"{login} Q.", staff_id=staff_id)


def owner(work: Open, number: int = 1) -> Subscriber:
    known = builders.person(iin=builders.iin(number=number * 50))
    with work() as opened:
        found: Subscriber = opened.subscribers.add(known, phone=None, email="")
        flagged.give_portrait(opened, found)
    return found


def applied(work: Open, whose: Subscriber, **different: Any) -> Application:
    application = flagged.in_review(whose, NOW, **different)
    with work() as opened:
        opened.applications.add(application)
    return application


def waiting(application: Application, **different: Any) -> Review:
    default = Review(
        review_id=0,
        number=application.number,
        attempt_id=7,
        state=ReviewState.WAITING,
        risk=Risk.ORDINARY,
        flags=("doubtful", "blurred"),
        opened_at=NOW,
        due_at=NOW + timedelta(minutes=60),
    )
    return replace(default, **different)


def added(work: Open, found: Review) -> Review:
    with work() as opened:
        review_id = opened.reviews.add(found)
        stored: Review = opened.reviews.by_id(review_id)
    return stored


def several(work: Open, number: int) -> list[Review]:
    whose = owner(work)
    return [added(work, waiting(applied(work, whose))) for _ in range(number)]


def said(review_id: int, actor: roles.Actor, **different: Any) -> Opinion:
    default = Opinion(
        review_id=review_id,
        staff_id=actor.staff_id or 0,
        by=actor.name,
        round=Round.FIRST,
        answers=Answers(2, True, False),
        decision=Decision.NEW_PHOTO,
        reason=Reason.BLURRED,
        note="Сурет анық емес",
        claimed_at=NOW,
        decided_at=LATER,
        policy_version="test",
    )
    return replace(default, **different)


def claimable(work: Open, *, last_for: int = 0, later: timedelta = timedelta(0)) -> list[int]:
    with work() as opened:
        found = opened.reviews.claimable(now=NOW + later, last_for=last_for, limit=9)
    return [candidate.review.review_id for candidate in found]


def involved(work: Open) -> frozenset[int]:
    with work() as opened:
        (candidate,) = opened.reviews.claimable(now=NOW, last_for=0, limit=9)
        found: frozenset[int] = candidate.involved
    return found


def test_review_is_found_again_as_stored(work: Open) -> None:
    application = applied(work, owner(work))
    full = waiting(
        application,
        state=ReviewState.DECIDED,
        risk=Risk.HIGH,
        round=Round.SECOND,
        holder_id=3,
        claimed_at=NOW,
        lease_until=LATER,
        fence=4,
        released_by=5,
        effective_at=LATER,
        decision=Decision.REJECT,
        applied_at=LATER,
        recheck_of=1,
    )
    assert added(work, full) == replace(full, review_id=1)
    with work() as opened:
        assert opened.reviews.by_id(2) is None


def test_opinions_are_found_again_as_stored(work: Open) -> None:
    actor, (first, second) = moderator(work), several(work, 2)
    with work() as opened:
        opened.reviews.add_opinion(said(first.review_id, actor))
        opened.reviews.add_opinion(said(second.review_id, actor, reason=None, decision=Decision.APPROVE))
        opened.reviews.undo_opinion(1, at=LATER)
    with work() as opened:
        assert opened.reviews.opinions([first.review_id]) == [
            said(first.review_id, actor, opinion_id=1, undone_at=LATER)
        ]
        assert [o.reason for o in opened.reviews.opinions([1, 2])] == [Reason.BLURRED, None]


def test_application_has_one_review_at_a_time(work: Open) -> None:
    application = applied(work, owner(work))
    first = added(work, waiting(application))
    with pytest.raises(ChangedMeanwhile), work() as opened:
        opened.reviews.add(waiting(application))
    with work() as opened:
        assert opened.reviews.open_of(application.number) == first
        opened.reviews.save(replace(first, state=ReviewState.APPLIED), expected=first)
        assert opened.reviews.open_of(application.number) is None
        opened.reviews.add(waiting(application))


def test_recheck_is_none_of_the_applications_reviews(work: Open) -> None:
    application = applied(work, owner(work))
    added(work, waiting(application, recheck_of=9))
    with work() as opened:
        assert opened.reviews.open_of(application.number) is None
        opened.reviews.add(waiting(application))


def test_change_of_a_review_that_somebody_else_changed_is_refused(work: Open) -> None:
    (stored,) = several(work, 1)
    with work() as opened:
        saved = opened.reviews.save(replace(stored, fence=1), expected=stored)
        assert saved.version == stored.version + 1
    with pytest.raises(ChangedMeanwhile), work() as opened:
        opened.reviews.save(replace(stored, fence=2), expected=stored)
    with work() as opened:
        assert opened.reviews.by_id(stored.review_id) == saved


def test_moderator_never_holds_two(work: Open) -> None:
    one, other = several(work, 2)
    with work() as opened:
        held = opened.reviews.save(replace(one, state=ReviewState.CLAIMED, holder_id=5), expected=one)
        assert opened.reviews.held_by(5) == held
        with pytest.raises(ChangedMeanwhile):
            opened.reviews.save(replace(other, state=ReviewState.CLAIMED, holder_id=5), expected=other)
        # The unit of work goes on.
        assert opened.reviews.by_id(other.review_id) == other
        assert opened.reviews.held_by(6) is None


def test_order_is_due_time_then_risk_then_age(work: Open) -> None:
    whose = owner(work)
    due = NOW + timedelta(minutes=30)
    for different in (
        {"due_at": due},
        {"due_at": due},
        {"due_at": due, "risk": Risk.HIGH},
        {"due_at": NOW},
        {"due_at": NOW, "released_by": 5, "risk": Risk.HIGH},
    ):
        added(work, waiting(applied(work, whose), **different))
    assert claimable(work) == [5, 4, 3, 1, 2]
    assert claimable(work, last_for=5) == [4, 3, 1, 2, 5]


def test_what_is_held_or_decided_is_not_claimable_and_an_abandoned_one_is(work: Open) -> None:
    whose = owner(work)
    until = NOW + timedelta(seconds=120)
    held = {"state": ReviewState.CLAIMED, "holder_id": 5, "lease_until": until}
    for different in (
        held,
        {"state": ReviewState.DECIDED, "holder_id": 5},
        {"state": ReviewState.APPLIED},
        {"state": ReviewState.WITHDRAWN},
    ):
        added(work, waiting(applied(work, whose), **different))
    assert claimable(work, later=timedelta(seconds=119)) == []
    assert claimable(work, later=timedelta(seconds=120)) == [1]


def test_only_rechecks_are_claimable_of_applications_that_left_review(work: Open) -> None:
    whose = owner(work)
    gone = added(work, waiting(applied(work, whose, state=ApplicationState.WITHDRAWN)))
    again = added(work, waiting(applied(work, whose, state=ApplicationState.ACCEPTED), recheck_of=1))
    assert claimable(work) == [again.review_id]
    with work() as opened:
        assert opened.reviews.stale(9) == [gone]


def test_decided_ones_are_not_stale(work: Open) -> None:
    """Their effect is due, and finds by itself that nobody waits for it."""
    left = applied(work, owner(work), state=ApplicationState.EXPIRED)
    added(work, waiting(left, state=ReviewState.DECIDED))
    with work() as opened:
        assert opened.reviews.stale(9) == []


def test_agents_of_the_subjects_calls_are_involved(work: Open) -> None:
    whose, other = owner(work), owner(work, 2)
    agent, bystander = moderator(work, "agent1"), moderator(work, "agent2")
    added(work, waiting(applied(work, whose)))
    with work() as opened:
        for iin, by in ((whose.iin, agent), (other.iin, bystander)):
            ended = builders.call(NOW, iin=iin, agent_id=by.staff_id, state=CallState.ENDED)
            opened.calls.add(ended)
    assert involved(work) == {agent.staff_id}


def test_who_opened_the_application_and_the_subject_themselves_are_involved(work: Open) -> None:
    """Somebody else may have the opener's name, and the opener another one by now."""
    whose = owner(work)
    officer = moderator(work, "officer1")
    themselves = moderator(work, "moderator1", iin=whose.iin)
    moderator(work, "moderator2", iin=builders.iin(number=900))
    moderator(work, "namesake", name=officer.name)
    opened = applied(work, whose, opened_by=officer.name, opened_by_id=officer.staff_id)
    added(work, waiting(opened))
    assert involved(work) == {officer.staff_id, themselves.staff_id}


def test_who_judged_the_application_before_is_involved_unless_they_took_it_back(work: Open) -> None:
    whose = owner(work)
    judge, undoer, stranger = (moderator(work, name) for name in ("one", "two", "three"))
    application, another = applied(work, whose), applied(work, whose)
    earlier = added(work, waiting(application, state=ReviewState.APPLIED))
    elsewhere = added(work, waiting(another, state=ReviewState.APPLIED))
    now = added(work, waiting(application))
    with work() as opened:
        opened.reviews.add_opinion(said(earlier.review_id, judge))
        opened.reviews.add_opinion(said(now.review_id, undoer, undone_at=LATER))
        opened.reviews.add_opinion(said(elsewhere.review_id, stranger))
    assert involved(work) == {judge.staff_id}


def at_once(work: Open, acts: list[Callable[[Any], object]]) -> list[object]:
    """What each act gives when all begin their unit of work together; a refusal is its exception."""
    start = threading.Barrier(len(acts))
    given: list[object] = [None] * len(acts)

    def run(place: int, act: Callable[[Any], object]) -> None:
        start.wait(10)
        try:
            with work() as opened:
                given[place] = act(opened)
        except (ChangedMeanwhile, review.LeaseLost, review.UndoOver) as refusal:
            given[place] = refusal

    threads = [threading.Thread(target=run, args=item) for item in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return given


def claiming(actor: roles.Actor) -> Callable[[Any], object]:
    return lambda opened: review.claim_next(opened, actor=actor, now=NOW)


def test_moderators_who_ask_at_once_get_different_ones(database: Open) -> None:
    staff = [moderator(database, f"m{number}") for number in range(6)]
    several(database, 4)
    given = at_once(database, [claiming(actor) for actor in staff])
    items = [item for item in given if isinstance(item, Item)]
    assert sorted(item.review_id for item in items) == [1, 2, 3, 4]
    assert given.count(None) == 2


def test_one_moderator_on_two_pages_gets_one(database: Open) -> None:
    actor = moderator(database)
    several(database, 4)
    given = at_once(database, [claiming(actor)] * 4)
    assert {item.review_id for item in given if isinstance(item, Item)} == {1}
    with database() as opened:
        held = [opened.reviews.by_id(number).state for number in range(1, 5)]
    assert held == [ReviewState.CLAIMED] + [ReviewState.WAITING] * 3


def decided(database: Open, actor: roles.Actor) -> Item:
    with database() as opened:
        item = review.claim_next(opened, actor=actor, now=NOW)
        assert item is not None
        review.decide(
            opened, actor=actor, review_id=item.review_id, fence=item.fence, answers=flagged.IN_ORDER,
            decision=Decision.APPROVE, now=NOW,
        )  # fmt: skip
    return item


def test_decision_that_is_applied_and_undone_at_once_is_one_of_both(database: Open) -> None:
    """The last second of the ten: whoever writes first counts, and the other is told."""
    actor = moderator(database)
    (stored,) = several(database, 1)
    decided(database, actor)
    due = NOW + timedelta(seconds=10)

    def undo(opened: Any) -> object:
        return review.undo(opened, actor=actor, review_id=stored.review_id, now=due - timedelta(seconds=1))

    def apply(opened: Any) -> object:
        return review_effect.apply(opened, actor=JOB, review_id=stored.review_id, now=due)

    at_once(database, [undo, apply])
    with database() as opened:
        found = opened.reviews.by_id(stored.review_id)
        state = opened.applications.by_number(stored.number).state
    assert (found.state, state) in (
        (ReviewState.CLAIMED, ApplicationState.IN_REVIEW),
        (ReviewState.APPLIED, ApplicationState.IDENTIFIED),
    )


def test_decision_that_two_jobs_apply_at_once_is_applied_once(database: Open) -> None:
    actor = moderator(database)
    (stored,) = several(database, 1)
    decided(database, actor)
    due = NOW + timedelta(seconds=10)

    def apply(opened: Any) -> object:
        return review_effect.apply(opened, actor=JOB, review_id=stored.review_id, now=due)

    given = at_once(database, [apply, apply, apply])
    assert all(one is None or isinstance(one, ChangedMeanwhile) for one in given)
    with database() as opened:
        entries = opened.connection.exec_driver_sql(
            "SELECT count(*) FROM audit WHERE event = 'application:pass_review:done'"
        ).scalar_one()
    assert entries == 1


def test_flags_are_kept_in_their_order(work: Open) -> None:
    application = applied(work, owner(work))
    with work() as opened:
        review_id = review.open_(
            opened, number=application.number, attempt_id=1, now=NOW,
            flags=(Flag.TOO_DARK, Flag.ANOTHER_FACE, Flag.TOO_DARK),
        )  # fmt: skip
        assert opened.reviews.by_id(review_id).flags == ("too_dark", "another_face")
