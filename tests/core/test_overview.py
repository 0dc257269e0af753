"""The home page: each role sees what waits for it, and no list that is another's (R12, R14)."""

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from ca_core import overview, roles
from ca_core.overview import (
    CALLS_A_PAGE,
    Figure,
    OwnDecisions,
    PublishedList,
    Queue,
    QueueNow,
    ReviewDay,
    Stock,
)
from ca_core.roles import Actor, Door, Role

# Past midnight in Almaty, not yet in UTC.
NOW = datetime(2026, 11, 22, 19, 30, tzinfo=UTC)
MIDNIGHT = datetime(2026, 11, 22, 19, 0, tzinfo=UTC)
TODAY = date(2026, 11, 23)
STOCK = Stock(
    issued=100, issued_today=1, issued_month=2, revoked=10, revoked_today=3, revoked_month=4,
    expired=20, on_hold=5, holders=60,
)  # fmt: skip
STOCK_TILES = {
    Figure.ISSUED_TODAY: 1, Figure.ISSUED_MONTH: 2, Figure.REVOKED_TODAY: 3, Figure.REVOKED_MONTH: 4,
    Figure.ISSUED: 100, Figure.VALID: 65, Figure.ON_HOLD: 5, Figure.HOLDERS: 60,
}  # fmt: skip
OPERATIONS = {Figure.CRL_AGE, Figure.FAILED_COMMANDS, Figure.FAILED_MESSAGES}
ISSUING = PublishedList("issuing", 17, NOW - timedelta(minutes=5), NOW + timedelta(hours=24), 10)
ROOT = PublishedList("root", 2, NOW - timedelta(days=5), NOW + timedelta(days=90), 0)


@dataclass
class Read:
    """Answers with what it was asked: a call gives its name and its arguments."""

    lists: tuple[PublishedList, ...] = (ISSUING,)
    n_calls: int = 0

    def stock(self, *, today: date, now: datetime) -> Stock:
        assert (today, now) == (TODAY, NOW)
        return STOCK

    def list_of(self, issuer: str) -> PublishedList | None:
        return next((one for one in self.lists if one.issuer == issuer), None)

    def callers_waiting(self) -> Queue:
        return Queue(11, NOW)

    def calls_escalated(self) -> Queue:
        return Queue(12, NOW)

    def call_backs_waiting(self) -> Queue:
        return Queue(13, NOW)

    def reviews_waiting(self, now: datetime) -> Queue:
        return Queue(14, now)

    def proposals_open(self, *, not_asked_by: int, now: datetime) -> Queue:
        return Queue(not_asked_by, now)

    def commands_failed(self) -> int:
        return 15

    def messages_failed(self) -> int:
        return 16

    def decisions_on(self, staff_id: int, day: date) -> int:
        assert day == TODAY
        return staff_id

    def calls(self, *, before: int | None, limit: int) -> list[Any]:
        return [Line(1000 - number) for number in range(min(limit, self.n_calls))]

    def __getattr__(self, name: str) -> Any:
        return lambda *args, **kwargs: [(name, *args, *kwargs.values())]


@dataclass
class Line:
    call_id: int


@dataclass
class Work:
    overview: Any


def actor(role: Role) -> Actor:
    return Actor("Somebody", role, Door.CONSOLE, staff_id=7)


def work(**different: Any) -> Any:
    return Work(Read(**different))


SEEN = {
    Role.CALL_AGENT: {Figure.CALLERS_WAITING},
    Role.MODERATOR: {Figure.REVIEWS_WAITING},
    Role.RA_OFFICER: {Figure.PROPOSALS_OPEN, *STOCK_TILES},
    Role.ANALYST: set(STOCK_TILES),
    Role.SUPERVISOR: {
        Figure.CALLERS_WAITING, Figure.CALLS_ESCALATED, Figure.REVIEWS_WAITING, Figure.PROPOSALS_OPEN,
        *OPERATIONS, *STOCK_TILES,
    },
    Role.ADMINISTRATOR: OPERATIONS,
    Role.AUDITOR: {Figure.CALLERS_WAITING, Figure.REVIEWS_WAITING, *OPERATIONS, *STOCK_TILES},
}  # fmt: skip


@pytest.mark.parametrize("role", Role)
def test_each_role_sees_the_tiles_that_lead_somewhere_for_it(role: Role) -> None:
    tiles = overview.home(work(), actor=actor(role), now=NOW)
    assert {tile.figure for tile in tiles} == SEEN[role]
    assert len(tiles) == len(SEEN[role])


def test_tiles_show_their_figures_and_since_when() -> None:
    """R12: issued counts certificates, holders people. Valid is what is left of the issued."""
    tiles = {tile.figure: tile for tile in overview.home(work(), actor=actor(Role.SUPERVISOR), now=NOW)}
    assert {figure: tiles[figure].n for figure in STOCK_TILES} == STOCK_TILES
    waiting = [Figure.CALLERS_WAITING, Figure.CALLS_ESCALATED, Figure.REVIEWS_WAITING]
    assert [(tiles[figure].n, tiles[figure].since) for figure in waiting] == [(n, NOW) for n in (11, 12, 14)]
    # What one asked for oneself waits for somebody else.
    assert tiles[Figure.PROPOSALS_OPEN].n == 7
    age = tiles[Figure.CRL_AGE]
    assert (age.n, age.since, age.until) == (17, ISSUING.this_update, ISSUING.next_update)
    assert (tiles[Figure.FAILED_COMMANDS].n, tiles[Figure.FAILED_MESSAGES].n) == (15, 16)


def test_what_waits_for_a_person_comes_first() -> None:
    tiles = overview.home(work(), actor=actor(Role.SUPERVISOR), now=NOW)
    assert [tile.figure for tile in tiles][:4] == [
        Figure.CALLERS_WAITING,
        Figure.CALLS_ESCALATED,
        Figure.REVIEWS_WAITING,
        Figure.PROPOSALS_OPEN,
    ]


def test_without_any_list_its_age_is_unknown() -> None:
    tiles = overview.home(work(lists=()), actor=actor(Role.ADMINISTRATOR), now=NOW)
    age = next(tile for tile in tiles if tile.figure is Figure.CRL_AGE)
    assert (age.n, age.since, age.until) == (0, None, None)


LISTS: list[tuple[Any, set[Role]]] = [
    (overview.reviews, {Role.MODERATOR, Role.SUPERVISOR, Role.AUDITOR}),
    (overview.review_days, {Role.SUPERVISOR, Role.AUDITOR}),
    (overview.review_queue, {Role.MODERATOR, Role.SUPERVISOR, Role.AUDITOR}),
    (overview.own_decisions, {Role.MODERATOR}),
    (overview.proposals, {Role.RA_OFFICER, Role.SUPERVISOR}),
    (overview.queue_now, {Role.CALL_AGENT}),
    (overview.calls, {Role.SUPERVISOR, Role.AUDITOR}),
    (overview.calls_now, {Role.SUPERVISOR, Role.AUDITOR}),
    (overview.health, {Role.SUPERVISOR, Role.ADMINISTRATOR, Role.AUDITOR}),
]


@pytest.mark.parametrize(("read", "whose"), LISTS)
def test_a_list_is_read_by_those_whose_it_is_and_by_nobody_else(read: Any, whose: set[Role]) -> None:
    """R14: what is of no use to a role is not shown to it."""
    when = {} if read in (overview.calls, overview.calls_now, overview.health) else {"now": NOW}
    allowed = set()
    for role in Role:
        try:
            assert read(work(), actor=actor(role), **when) is not None
        except roles.NotAllowed:
            continue
        allowed.add(role)
    assert allowed == whose


def test_days_are_those_of_almaty() -> None:
    """R12: it is half past midnight there."""
    assert overview.review_days(work(), actor=actor(Role.AUDITOR), now=NOW) == [
        ("review_days", TODAY - timedelta(days=13), TODAY)
    ]
    own = overview.own_decisions(work(), actor=actor(Role.MODERATOR), now=NOW)
    assert own == OwnDecisions(7, (("decisions_of", 7, TODAY, 200),))  # type: ignore[arg-type]
    now = overview.queue_now(work(), actor=actor(Role.CALL_AGENT), now=NOW)
    assert now == QueueNow(Queue(11, NOW), (("calls_of_agent", 7, MIDNIGHT, 200),))  # type: ignore[arg-type]


@pytest.mark.parametrize("n_calls", [0, CALLS_A_PAGE, CALLS_A_PAGE + 1])
def test_a_page_of_calls_says_where_the_next_begins(n_calls: int) -> None:
    found = overview.calls(work(n_calls=n_calls), actor=actor(Role.SUPERVISOR))
    assert len(found.lines) == min(n_calls, CALLS_A_PAGE)
    assert found.before == (found.lines[-1].call_id if n_calls > CALLS_A_PAGE else None)
    assert found.escalated == (("escalated_calls", CALLS_A_PAGE),)
    assert overview.calls(work(), actor=actor(Role.SUPERVISOR), before=3).escalated == ()


def test_who_talks_and_what_waits() -> None:
    found = overview.calls_now(work(), actor=actor(Role.SUPERVISOR))
    assert (found.unsettled.n, found.call_backs.n, found.waiting.n) == (12, 13, 11)
    assert found.connected == (("connected_calls", 200),)


def test_the_health_of_the_authority_is_its_lists_and_what_was_given_up() -> None:
    found = overview.health(work(lists=(ISSUING, ROOT)), actor=actor(Role.ADMINISTRATOR))
    assert (found.lists, found.commands, found.messages) == (
        (ISSUING, ROOT),
        (("failed_commands", 200),),
        (("failed_messages", 200),),
    )


def test_handing_on_settles_nothing_and_is_work_all_the_same() -> None:
    """F3: the share of approvals is of the settled ones, the mean time of all."""
    day = ReviewDay(
        TODAY,
        approved=3,
        rejected=2,
        new_photo=1,
        second_moderator=4,
        late=0,
        rechecks=0,
        agreed=0,
        seconds=600,
        lapsed=0,
    )
    assert (day.decided, day.approve_share, day.mean) == (10, 0.5, timedelta(seconds=60))
    none = replace(day, approved=0, rejected=0, new_photo=0, seconds=40)
    assert (none.approve_share, none.mean) == (None, timedelta(seconds=10))
    assert replace(none, second_moderator=0, seconds=0).mean is None
