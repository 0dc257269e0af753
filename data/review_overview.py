"""The figures and lists of the photo review: who holds what, what is late, what was decided on which day."""

from collections.abc import Sequence
from datetime import date, datetime
from itertools import groupby
from typing import Any

from sqlalchemy import Column, ColumnElement, Connection, Row, case, func, select, type_coerce

from ca_core.lifecycle import ReviewState
from ca_core.overview import OwnDecision, Queue, Review, ReviewDay, ReviewQueue
from ca_core.review import Decision, Reason, Round
from data.columns import Number
from data.review_schema import review, review_lapse, review_opinion
from data.reviews import waits
from data.schema import application, staff

_UNDECIDED = (int(ReviewState.WAITING), int(ReviewState.CLAIMED))


class ReviewOverview:
    """Part of `data.overview.Overview`."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def reviews_waiting(self, now: datetime) -> Queue:
        query = select(func.count(), func.min(review.c.opened_at)).where(waits(now))
        row = self._connection.execute(query).one()
        return Queue(int(row[0]), row[1])

    def review_queue(self, now: datetime) -> ReviewQueue:
        waiting = case((waits(now), 1), else_=0)
        late = case((review.c.due_at <= now, 1), else_=0)
        query = select(
            func.count(),
            func.coalesce(func.sum(waiting), 0),
            func.coalesce(func.sum(late), 0),
            func.min(review.c.opened_at),
        ).where(review.c.state.in_(_UNDECIDED))
        n, waits_now, late_now, oldest_at = self._connection.execute(query).one()
        return ReviewQueue(int(waits_now), n - int(waits_now), int(late_now), oldest_at)

    def reviews(self, *, now: datetime, limit: int) -> Sequence[Review]:
        query = (
            select(
                review.c.review_id,
                review.c.application_number,
                review.c.opened_at,
                review.c.due_at,
                review.c.state,
                review.c.round,
                review.c.lease_until,
                application.c.channel,
                application.c.region,
                func.coalesce(staff.c.name, "").label("holder"),
            )
            .join(application, application.c.number == review.c.application_number)
            .outerjoin(staff, staff.c.staff_id == review.c.holder_id)
            .where(review.c.state.in_(_UNDECIDED))
            .order_by(review.c.due_at, review.c.review_id)
            .limit(limit)
        )
        return [_review_line(row, now) for row in self._connection.execute(query)]

    def review_days(self, first: date, last: date) -> Sequence[ReviewDay]:
        """Opinions by day, decision and kind in one query, lapses in another; rechecks are compared with the opinion
        that counted.
        """
        said, counted, original = review_opinion, review_opinion.alias(), review.alias()
        agreed = (
            select(counted.c.decision)
            .where(counted.c.review_id == original.c.review_id, counted.c.undone_at.is_(None))
            .order_by(counted.c.opinion_id.desc())
            .limit(1)
            .scalar_subquery()
        )
        is_late = case((said.c.decided_at > review.c.due_at, 1), else_=0)
        query = (
            select(
                said.c.decided_on,
                said.c.decision,
                review.c.recheck_of.is_not(None).label("recheck"),
                func.count().label("n"),
                func.sum(is_late).label("late"),
                func.sum(case((agreed == said.c.decision, 1), else_=0)).label("agreed"),
                func.sum(_seconds(self._connection, said.c.claimed_at, said.c.decided_at)).label("seconds"),
            )
            .join(review, review.c.review_id == said.c.review_id)
            .outerjoin(original, original.c.review_id == review.c.recheck_of)
            .where(said.c.decided_on >= first, said.c.decided_on <= last, said.c.undone_at.is_(None))
            .group_by(said.c.decided_on, said.c.decision, review.c.recheck_of.is_not(None))
            .order_by(said.c.decided_on.desc())
        )
        rows = self._connection.execute(query).all()
        said_on = {day: list(found) for day, found in groupby(rows, key=lambda row: row.decided_on)}
        lapsed = self._lapses(first, last)
        days = sorted(said_on.keys() | lapsed.keys(), reverse=True)
        return [_review_day(day, said_on.get(day, []), lapsed.get(day, 0)) for day in days]

    def _lapses(self, first: date, last: date) -> dict[date, int]:
        on = review_lapse.c.found_on
        query = select(on, func.count()).where(on >= first, on <= last).group_by(on)
        return {day: int(n) for day, n in self._connection.execute(query)}

    def decisions_on(self, staff_id: int, day: date) -> int:
        said = review_opinion.c
        query = select(func.count()).where(
            said.staff_id == staff_id, said.decided_on == day, said.undone_at.is_(None)
        )
        return int(self._connection.scalar(query) or 0)

    def decisions_of(self, staff_id: int, day: date, limit: int) -> Sequence[OwnDecision]:
        said = review_opinion
        query = (
            select(
                said.c.review_id,
                review.c.application_number,
                said.c.decision,
                said.c.reason,
                said.c.decided_at,
                review.c.effective_at,
                review.c.state,
                review.c.holder_id,
            )
            .join(review, review.c.review_id == said.c.review_id)
            .where(said.c.staff_id == staff_id, said.c.decided_on == day, said.c.undone_at.is_(None))
            .order_by(said.c.opinion_id.desc())
            .limit(limit)
        )
        return [_own_decision(row, staff_id) for row in self._connection.execute(query)]


def _review_line(row: Row[*tuple[Any, ...]], now: datetime) -> Review:
    is_held = row.state == int(ReviewState.CLAIMED) and row.lease_until > now
    return Review(
        review_id=row.review_id,
        application=str(row.application_number),
        channel=row.channel,
        region=row.region,
        opened_at=row.opened_at,
        due_at=row.due_at,
        state=ReviewState.CLAIMED if is_held else ReviewState.WAITING,
        is_second=row.round == int(Round.SECOND),
        holder=row.holder if is_held else "",
        lease_until=row.lease_until if is_held else None,
    )


def _review_day(day: date, rows: Sequence[Row[Any]], lapsed: int) -> ReviewDay:
    first = {Decision(row.decision): row for row in rows if not row.recheck}
    rechecks = [row for row in rows if row.recheck]

    def number(decision: Decision) -> int:
        return int(first[decision].n) if decision in first else 0

    return ReviewDay(
        day=day,
        approved=number(Decision.APPROVE),
        rejected=number(Decision.REJECT),
        new_photo=number(Decision.NEW_PHOTO),
        second_moderator=number(Decision.SECOND_MODERATOR),
        late=sum(int(row.late) for row in first.values()),
        rechecks=sum(int(row.n) for row in rechecks),
        agreed=sum(int(row.agreed) for row in rechecks),
        seconds=sum(int(row.seconds) for row in first.values()),
        lapsed=lapsed,
    )


def _own_decision(row: Row[*tuple[Any, ...]], staff_id: int) -> OwnDecision:
    is_undoable = row.state == int(ReviewState.DECIDED) and row.holder_id == staff_id
    return OwnDecision(
        review_id=row.review_id,
        application=str(row.application_number),
        decision=Decision(row.decision),
        reason=Reason(row.reason) if row.reason else None,
        decided_at=row.decided_at,
        undo_until=row.effective_at if is_undoable else None,
    )


def _seconds(connection: Connection, start: Column[Any], end: Column[Any]) -> ColumnElement[int]:
    """Between two instants; SQLite keeps them as seconds."""
    if connection.dialect.name == "postgresql":
        return func.extract("epoch", end - start)
    return type_coerce(end, Number) - type_coerce(start, Number)
