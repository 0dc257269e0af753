"""What matters to each role now: a handful of figures, and the lists that they lead to.

"Issued" counts certificates and "holders" counts people; a tile never mixes the two (R12). Days are Asia/Almaty's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import Protocol

from ca_core import roles
from ca_core.approval import Proposal
from ca_core.call import Decision, EndCause, Need
from ca_core.lifecycle import CallState, ReviewState
from ca_core.review import Decision as ReviewDecision
from ca_core.review import Reason
from ca_core.roles import Actor, Permission
from ca_core.statistics import ALMATY, local_day

LIST_LIMIT = 200
CALLS_A_PAGE = 50
REVIEW_DAYS = timedelta(days=13)


class Figure(StrEnum):
    """What a tile counts."""

    CALLERS_WAITING = "callers_waiting"
    CALLS_ESCALATED = "calls_escalated"
    REVIEWS_WAITING = "reviews_waiting"
    PROPOSALS_OPEN = "proposals_open"
    ISSUED_TODAY = "issued_today"
    ISSUED_MONTH = "issued_month"
    REVOKED_TODAY = "revoked_today"
    REVOKED_MONTH = "revoked_month"
    ISSUED = "issued"
    VALID = "valid"
    ON_HOLD = "on_hold"
    HOLDERS = "holders"
    CRL_AGE = "crl_age"
    FAILED_COMMANDS = "failed_commands"
    FAILED_MESSAGES = "failed_messages"


@dataclass(frozen=True, slots=True)
class Tile:
    """One figure. `since` is the oldest one's instant, or the instant whose age is the figure; `until` a limit."""

    figure: Figure
    n: int = 0
    since: datetime | None = None
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Stock:
    """Certificates and people as they stand at an instant; valid = issued - expired - revoked - on hold."""

    issued: int
    issued_today: int
    issued_month: int
    revoked: int
    revoked_today: int
    revoked_month: int
    expired: int
    on_hold: int
    holders: int

    @property
    def valid(self) -> int:
        return self.issued - self.revoked - self.expired - self.on_hold


@dataclass(frozen=True, slots=True)
class Queue:
    n: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class Review:
    """A photo under review, as the list shows it: nothing about the person, nor of why it was flagged."""

    review_id: int
    application: str
    channel: int
    region: int
    opened_at: datetime
    due_at: datetime
    state: ReviewState
    is_second: bool
    # Who holds it, empty where nobody does or their lease ran out.
    holder: str
    lease_until: datetime | None


@dataclass(frozen=True, slots=True)
class ReviewDay:
    """What moderators decided on one day of Almaty: undone decisions and rechecks are not counted in the first four.

    `late` of them came after the time by which somebody was to look; of `rechecks`, which a second moderator judged
    without knowing it, `agreed` were judged as before; `lapsed` claims ended by themselves.
    """

    day: date
    approved: int
    rejected: int
    new_photo: int
    second_moderator: int
    late: int
    rechecks: int
    agreed: int
    # From claim to decision, summed over the first four.
    seconds: int
    lapsed: int

    @property
    def decided(self) -> int:
        return self.approved + self.rejected + self.new_photo + self.second_moderator

    @property
    def approve_share(self) -> float | None:
        """Of those that were settled: handing on settles nothing."""
        settled = self.decided - self.second_moderator
        return self.approved / settled if settled else None

    @property
    def mean(self) -> timedelta | None:
        return timedelta(seconds=self.seconds / self.decided) if self.decided else None


@dataclass(frozen=True, slots=True)
class OwnDecision:
    """One of the moderator's own decisions of today; what it rested on is `review_look.revealed`'s."""

    review_id: int
    application: str
    decision: ReviewDecision
    reason: Reason | None
    decided_at: datetime
    # Until then it can be undone, and nothing is revealed.
    undo_until: datetime | None


@dataclass(frozen=True, slots=True)
class OwnDecisions:
    """All of today are counted; of many only the newest are listed."""

    n: int
    newest: tuple[OwnDecision, ...]


@dataclass(frozen=True, slots=True)
class ReviewQueue:
    """All photos that are not decided, however long the list is; `late` of them are overdue, held or not."""

    waiting: int
    held: int
    late: int
    oldest_at: datetime | None


@dataclass(frozen=True, slots=True)
class PublishedList:
    """The newest list of one issuer."""

    issuer: str
    number: int
    this_update: datetime
    next_update: datetime
    entries: int


@dataclass(frozen=True, slots=True)
class FailedCommand:
    command_id: int
    kind: str
    subject: str
    attempts: int
    asked_at: datetime
    problem: str


@dataclass(frozen=True, slots=True)
class FailedMessage:
    """To whom it went is not shown: whoever runs the system needs the cause, not the person (R14)."""

    notice_id: int
    kind: str
    medium: str
    attempts: int
    created_at: datetime
    problem: str


@dataclass(frozen=True, slots=True)
class OpenProposal:
    """With the holder's page on which it is agreed to; None when it is about no certificate of ours."""

    proposal: Proposal
    subscriber_id: int | None


@dataclass(frozen=True, slots=True)
class CallLine:
    """A call as a list shows it: nothing about the person but the language they speak (R14)."""

    call_id: int
    state: CallState
    language: str
    need: Need
    opened_at: datetime
    accepted_at: datetime | None
    ended_at: datetime | None
    agent: str
    cause: EndCause | None
    decision: Decision | None
    decision_reason: str
    sealed_at: datetime | None
    # What a supervisor decided about a call that its agent escalated.
    settled: Decision | None = None

    @property
    def took(self) -> timedelta | None:
        """From the agent's acceptance to the end."""
        if self.accepted_at is None or self.ended_at is None:
            return None
        return self.ended_at - self.accepted_at


@dataclass(frozen=True, slots=True)
class CallList:
    """One page of calls; `escalated`, those that nobody settled yet, on the first page only; `before` is where the next
    one begins."""

    lines: tuple[CallLine, ...]
    escalated: tuple[CallLine, ...]
    before: int | None


@dataclass(frozen=True, slots=True)
class CallsNow:
    """What waits, and who talks, newest first."""

    connected: tuple[CallLine, ...]
    unsettled: Queue
    call_backs: Queue
    waiting: Queue


@dataclass(frozen=True, slots=True)
class QueueNow:
    """What an agent without a call sees: how many wait, and their own calls of today."""

    waiting: Queue
    own: tuple[CallLine, ...]


class Overviews(Protocol):
    """The read side of the home page."""

    def stock(self, *, today: date, now: datetime) -> Stock: ...
    def callers_waiting(self) -> Queue: ...
    def call_backs_waiting(self) -> Queue: ...
    def calls_escalated(self) -> Queue:
        """Those that nobody settled yet, and since when the first of them waits."""
        ...

    def calls(self, *, before: int | None, limit: int) -> Sequence[CallLine]: ...
    def escalated_calls(self, limit: int) -> Sequence[CallLine]: ...
    def connected_calls(self, limit: int) -> Sequence[CallLine]: ...
    def calls_of_agent(self, staff_id: int, *, since: datetime, limit: int) -> Sequence[CallLine]: ...
    def reviews_waiting(self, now: datetime) -> Queue: ...
    def proposals_open(self, *, not_asked_by: int, now: datetime) -> Queue: ...
    def list_of(self, issuer: str) -> PublishedList | None: ...
    def commands_failed(self) -> int: ...
    def messages_failed(self) -> int: ...
    def reviews(self, *, now: datetime, limit: int) -> Sequence[Review]: ...
    def review_days(self, first: date, last: date) -> Sequence[ReviewDay]: ...
    def review_queue(self, now: datetime) -> ReviewQueue: ...
    def decisions_on(self, staff_id: int, day: date) -> int: ...
    def decisions_of(self, staff_id: int, day: date, limit: int) -> Sequence[OwnDecision]: ...
    def open_proposals(self, *, now: datetime, limit: int) -> Sequence[OpenProposal]: ...
    def failed_commands(self, limit: int) -> Sequence[FailedCommand]: ...
    def failed_messages(self, limit: int) -> Sequence[FailedMessage]: ...


class OverviewWork(Protocol):
    """The part of a unit of work that is read here."""

    @property
    def overview(self) -> Overviews: ...


def home(work: OverviewWork, *, actor: Actor, now: datetime) -> tuple[Tile, ...]:
    """The tiles that lead somewhere for this role, what waits for a person first."""
    tiles = [*_waiting(work, actor, now), *_health(work, actor)]
    if roles.may(actor, Permission.SEARCH_CERTIFICATES) or roles.may(actor, Permission.VIEW_STATISTICS):
        tiles += _stock(work.overview.stock(today=local_day(now), now=now))
    return tuple(tiles)


def _waiting(work: OverviewWork, actor: Actor, now: datetime) -> list[Tile]:
    tiles = []
    if roles.may(actor, Permission.VIEW_CALLS):
        queue = work.overview.callers_waiting()
        tiles.append(Tile(Figure.CALLERS_WAITING, queue.n, queue.oldest_at))
    if roles.may(actor, Permission.SETTLE_CALLS):
        queue = work.overview.calls_escalated()
        tiles.append(Tile(Figure.CALLS_ESCALATED, queue.n, queue.oldest_at))
    if roles.may(actor, Permission.VIEW_REVIEWS):
        queue = work.overview.reviews_waiting(now)
        tiles.append(Tile(Figure.REVIEWS_WAITING, queue.n, queue.oldest_at))
    if roles.may(actor, Permission.AGREE_TO_PROPOSAL):
        # One's own proposals wait for somebody else.
        queue = work.overview.proposals_open(not_asked_by=actor.staff_id or 0, now=now)
        tiles.append(Tile(Figure.PROPOSALS_OPEN, queue.n, queue.oldest_at))
    return tiles


def _health(work: OverviewWork, actor: Actor) -> list[Tile]:
    if not roles.may(actor, Permission.VIEW_OPERATIONS):
        return []
    newest = work.overview.list_of("issuing")
    return [
        Tile(
            Figure.CRL_AGE,
            newest.number if newest else 0,
            newest.this_update if newest else None,
            newest.next_update if newest else None,
        ),
        Tile(Figure.FAILED_COMMANDS, work.overview.commands_failed()),
        Tile(Figure.FAILED_MESSAGES, work.overview.messages_failed()),
    ]


def _stock(stock: Stock) -> list[Tile]:
    return [
        Tile(Figure.ISSUED_TODAY, stock.issued_today),
        Tile(Figure.ISSUED_MONTH, stock.issued_month),
        Tile(Figure.REVOKED_TODAY, stock.revoked_today),
        Tile(Figure.REVOKED_MONTH, stock.revoked_month),
        Tile(Figure.ISSUED, stock.issued),
        Tile(Figure.VALID, stock.valid),
        Tile(Figure.ON_HOLD, stock.on_hold),
        Tile(Figure.HOLDERS, stock.holders),
    ]


def reviews(work: OverviewWork, *, actor: Actor, now: datetime) -> Sequence[Review]:
    """Photos that are not decided, who holds which, the one that is due first on top. Raises NotAllowed."""
    roles.require(actor, Permission.VIEW_REVIEWS)
    return work.overview.reviews(now=now, limit=LIST_LIMIT)


def review_days(work: OverviewWork, *, actor: Actor, now: datetime) -> Sequence[ReviewDay]:
    """The last two weeks, newest first; days on which nothing came about are left out. Raises NotAllowed."""
    roles.require(actor, Permission.VIEW_EVIDENCE)
    today = local_day(now)
    return work.overview.review_days(today - REVIEW_DAYS, today)


def review_queue(work: OverviewWork, *, actor: Actor, now: datetime) -> ReviewQueue:
    """How the queue stands; which photos wait is nothing that a moderator picks from. Raises NotAllowed."""
    roles.require(actor, Permission.VIEW_REVIEWS)
    return work.overview.review_queue(now)


def own_decisions(work: OverviewWork, *, actor: Actor, now: datetime) -> OwnDecisions:
    """The moderator's own of today, newest first. Raises NotAllowed."""
    roles.require(actor, Permission.DECIDE_REVIEWS)
    today, staff_id = local_day(now), actor.staff_id or 0
    newest = tuple(work.overview.decisions_of(staff_id, today, LIST_LIMIT))
    return OwnDecisions(work.overview.decisions_on(staff_id, today), newest)


def proposals(work: OverviewWork, *, actor: Actor, now: datetime) -> Sequence[OpenProposal]:
    """What waits for a second person, oldest first (R9, R10a). Raises NotAllowed."""
    roles.require(actor, Permission.AGREE_TO_PROPOSAL)
    return work.overview.open_proposals(now=now, limit=LIST_LIMIT)


def queue_now(work: OverviewWork, *, actor: Actor, now: datetime) -> QueueNow:
    """For an agent without a call: who waits is never a list to pick from. Raises NotAllowed."""
    roles.require(actor, Permission.TAKE_CALLS)
    midnight = datetime.combine(local_day(now), time(), ALMATY)
    own = work.overview.calls_of_agent(actor.staff_id or 0, since=midnight, limit=LIST_LIMIT)
    return QueueNow(work.overview.callers_waiting(), tuple(own))


def calls(work: OverviewWork, *, actor: Actor, before: int | None = None) -> CallList:
    """Every agent's calls, newest first; those that an agent escalated on top of them. Raises NotAllowed."""
    roles.require(actor, Permission.VIEW_EVIDENCE)
    lines = tuple(work.overview.calls(before=before, limit=CALLS_A_PAGE + 1))
    return CallList(
        lines=lines[:CALLS_A_PAGE],
        escalated=tuple(work.overview.escalated_calls(CALLS_A_PAGE)) if before is None else (),
        before=lines[CALLS_A_PAGE - 1].call_id if len(lines) > CALLS_A_PAGE else None,
    )


def calls_now(work: OverviewWork, *, actor: Actor) -> CallsNow:
    """Raises NotAllowed."""
    roles.require(actor, Permission.VIEW_EVIDENCE)
    return CallsNow(
        connected=tuple(work.overview.connected_calls(LIST_LIMIT)),
        unsettled=work.overview.calls_escalated(),
        call_backs=work.overview.call_backs_waiting(),
        waiting=work.overview.callers_waiting(),
    )


@dataclass(frozen=True, slots=True)
class Health:
    """The CA as those see it who run it."""

    lists: tuple[PublishedList, ...]
    commands: tuple[FailedCommand, ...]
    messages: tuple[FailedMessage, ...]


def health(work: OverviewWork, *, actor: Actor) -> Health:
    """Lists as published, and what the job runner gave up on. Raises NotAllowed."""
    roles.require(actor, Permission.VIEW_OPERATIONS)
    published = (work.overview.list_of(issuer) for issuer in ("issuing", "root"))
    return Health(
        lists=tuple(one for one in published if one is not None),
        commands=tuple(work.overview.failed_commands(LIST_LIMIT)),
        messages=tuple(work.overview.failed_messages(LIST_LIMIT)),
    )
