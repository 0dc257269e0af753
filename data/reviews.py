"""The photo reviews and what moderators said of them. A change is written only where nobody else changed the row."""

from collections import defaultdict
from collections.abc import Collection, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, and_, case, insert, or_, select, union, update
from sqlalchemy.exc import IntegrityError

from ca_core.identifiers import ApplicationId
from ca_core.lifecycle import ApplicationState, ReviewState
from ca_core.records import ChangedMeanwhile
from ca_core.review import Answers, Candidate, Decision, Lapse, Opinion, Reason, Review, Risk, Round
from ca_core.statistics import local_day
from data.call_schema import call
from data.review_schema import review as table
from data.review_schema import review_lapse, review_opinion
from data.schema import application, staff, subscriber

_UNDER_WAY = (ReviewState.WAITING, ReviewState.CLAIMED, ReviewState.DECIDED)
_UNDECIDED = (ReviewState.WAITING, ReviewState.CLAIMED)


def waits(now: datetime) -> ColumnElement[bool]:
    """Nobody holds it: waiting, or claimed by somebody who went away."""
    return or_(
        table.c.state == int(ReviewState.WAITING),
        and_(table.c.state == int(ReviewState.CLAIMED), table.c.lease_until <= now),
    )


def _of_row(row: Row[Any]) -> Review:
    return Review(
        review_id=row.review_id,
        number=ApplicationId.of(row.application_number),
        attempt_id=row.attempt_id,
        state=ReviewState(row.state),
        risk=Risk(row.risk),
        flags=tuple(row.flagged_because.split()),
        opened_at=row.opened_at,
        due_at=row.due_at,
        round=Round(row.round),
        holder_id=row.holder_id,
        claimed_at=row.claimed_at,
        lease_until=row.lease_until,
        fence=row.fence,
        released_by=row.released_by,
        effective_at=row.effective_at,
        decision=Decision(row.decision) if row.decision else None,
        applied_at=row.applied_at,
        recheck_of=row.recheck_of,
        version=row.version,
    )


def to_row(review: Review) -> dict[str, object]:
    return {
        "application_number": review.number.number,
        "attempt_id": review.attempt_id,
        "state": int(review.state),
        "risk": int(review.risk),
        "flagged_because": " ".join(review.flags),
        "opened_at": review.opened_at,
        "due_at": review.due_at,
        "round": int(review.round),
        "holder_id": review.holder_id,
        "claimed_at": review.claimed_at,
        "lease_until": review.lease_until,
        "fence": review.fence,
        "released_by": review.released_by,
        "effective_at": review.effective_at,
        "decision": int(review.decision) if review.decision else None,
        "applied_at": review.applied_at,
        "recheck_of": review.recheck_of,
        "version": review.version,
    }


def _opinion_of_row(row: Row[Any]) -> Opinion:
    return Opinion(
        review_id=row.review_id,
        staff_id=row.staff_id,
        by=row.by,
        round=Round(row.round),
        answers=Answers(row.same, bool(row.live), bool(row.usable)),
        decision=Decision(row.decision),
        reason=Reason(row.reason) if row.reason else None,
        note=row.note,
        claimed_at=row.claimed_at,
        decided_at=row.decided_at,
        policy_version=row.policy_version,
        undone_at=row.undone_at,
        opinion_id=row.opinion_id,
    )


class Reviews:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _one(self, *conditions: ColumnElement[bool]) -> Review | None:
        row = self._connection.execute(select(table).where(*conditions)).one_or_none()
        return _of_row(row) if row is not None else None

    def by_id(self, review_id: int) -> Review | None:
        return self._one(table.c.review_id == review_id)

    def open_of(self, number: ApplicationId) -> Review | None:
        return self._one(
            table.c.application_number == number.number,
            table.c.recheck_of.is_(None),
            table.c.state.in_([int(state) for state in _UNDER_WAY]),
        )

    def held_by(self, staff_id: int) -> Review | None:
        return self._one(table.c.holder_id == staff_id, table.c.state == int(ReviewState.CLAIMED))

    def claimable(self, *, now: datetime, last_for: int, limit: int) -> Sequence[Candidate]:
        given_back = case((table.c.released_by == last_for, 1), else_=0)
        query = (
            select(table)
            .join(application, application.c.number == table.c.application_number)
            .where(
                waits(now),
                or_(
                    table.c.recheck_of.is_not(None),
                    application.c.state == int(ApplicationState.IN_REVIEW),
                ),
            )
            .order_by(given_back, table.c.due_at, table.c.risk, table.c.review_id)
            .limit(limit)
        )
        found = [_of_row(row) for row in self._connection.execute(query)]
        involved = self._involved([one.review_id for one in found])
        return [Candidate(one, frozenset(involved[one.review_id])) for one in found]

    def _involved(self, review_ids: Sequence[int]) -> dict[int, set[int]]:
        """Who had to do with the subject of each, in one query."""
        other = table.alias()
        subjects = (
            select(
                table.c.review_id, table.c.application_number, application.c.opened_by_id, subscriber.c.iin
            )
            .join(application, application.c.number == table.c.application_number)
            .join(subscriber, subscriber.c.subscriber_id == application.c.subscriber_id)
            .where(table.c.review_id.in_(review_ids))
            .cte("subjects")
        )
        query = union(
            select(subjects.c.review_id, call.c.agent_id.label("staff_id"))
            .join(call, call.c.iin == subjects.c.iin)
            .where(call.c.agent_id.is_not(None)),
            select(subjects.c.review_id, staff.c.staff_id).join(
                staff, or_(staff.c.iin == subjects.c.iin, staff.c.staff_id == subjects.c.opened_by_id)
            ),
            select(subjects.c.review_id, review_opinion.c.staff_id)
            .join(other, other.c.application_number == subjects.c.application_number)
            .join(review_opinion, review_opinion.c.review_id == other.c.review_id)
            .where(review_opinion.c.undone_at.is_(None)),
        )
        involved: dict[int, set[int]] = defaultdict(set)
        for review_id, staff_id in self._connection.execute(query):
            involved[review_id].add(staff_id)
        return involved

    def add(self, review: Review) -> int:
        try:
            with self._connection.begin_nested():
                done = self._connection.execute(insert(table).values(to_row(review)))
        except IntegrityError as error:
            # The application's photo was sent to review by another page a moment ago.
            raise ChangedMeanwhile from error
        return int(done.inserted_primary_key[0])  # type: ignore[index]  # one row has one

    def save(self, review: Review, *, expected: Review) -> Review:
        saved = replace(review, version=expected.version + 1)
        statement = (
            update(table)
            .where(table.c.review_id == expected.review_id, table.c.version == expected.version)
            .values(to_row(saved))
        )
        try:
            with self._connection.begin_nested():
                done = self._connection.execute(statement)
        except IntegrityError as error:
            # The moderator claimed another one on another page a moment ago.
            raise ChangedMeanwhile from error
        if done.rowcount != 1:
            raise ChangedMeanwhile
        return saved

    def opinions(self, review_ids: Collection[int]) -> list[Opinion]:
        query = (
            select(review_opinion)
            .where(review_opinion.c.review_id.in_(review_ids))
            .order_by(review_opinion.c.opinion_id)
        )
        return [_opinion_of_row(row) for row in self._connection.execute(query)]

    def add_opinion(self, opinion: Opinion) -> int:
        done = self._connection.execute(
            insert(review_opinion).values(
                review_id=opinion.review_id,
                staff_id=opinion.staff_id,
                by=opinion.by,
                round=int(opinion.round),
                same=opinion.answers.same,
                live=int(opinion.answers.live),
                usable=int(opinion.answers.usable),
                decision=int(opinion.decision),
                reason=opinion.reason.value if opinion.reason else "",
                note=opinion.note,
                claimed_at=opinion.claimed_at,
                decided_at=opinion.decided_at,
                decided_on=local_day(opinion.decided_at),
                policy_version=opinion.policy_version,
                undone_at=opinion.undone_at,
            )
        )
        return int(done.inserted_primary_key[0])  # type: ignore[index]  # one row has one

    def undo_opinion(self, opinion_id: int, *, at: datetime) -> None:
        self._connection.execute(
            update(review_opinion).where(review_opinion.c.opinion_id == opinion_id).values(undone_at=at)
        )

    def add_lapse(self, lapse: Lapse) -> None:
        self._connection.execute(
            insert(review_lapse).values(
                review_id=lapse.review_id,
                staff_id=lapse.staff_id,
                claimed_at=lapse.claimed_at,
                found_at=lapse.found_at,
                found_on=local_day(lapse.found_at),
            )
        )

    def stale(self, limit: int) -> list[Review]:
        query = (
            select(table)
            .join(application, application.c.number == table.c.application_number)
            .where(
                table.c.state.in_([int(state) for state in _UNDECIDED]),
                table.c.recheck_of.is_(None),
                application.c.state != int(ApplicationState.IN_REVIEW),
            )
            .order_by(table.c.review_id)
            .limit(limit)
        )
        return [_of_row(row) for row in self._connection.execute(query)]
