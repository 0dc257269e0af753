"""In-memory stand-in for `ca_core.review.Reviews`: the same promises as `data.reviews`."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from ca_core.identifiers import ApplicationId
from ca_core.lifecycle import ApplicationState, ReviewState
from ca_core.records import ChangedMeanwhile
from ca_core.review import Candidate, Lapse, Opinion, Review

if TYPE_CHECKING:
    from tests.fakes import Memory

_UNDER_WAY = (ReviewState.WAITING, ReviewState.CLAIMED, ReviewState.DECIDED)
_UNDECIDED = (ReviewState.WAITING, ReviewState.CLAIMED)


@dataclass
class ReviewMemory:
    """What is stored of reviews. The values never change, so that a shallow copy is a savepoint."""

    reviews: dict[int, Review] = field(default_factory=dict)
    opinions: dict[int, Opinion] = field(default_factory=dict)
    lapses: list[Lapse] = field(default_factory=list)


class Reviews:
    def __init__(self, memory: "Memory") -> None:
        self._memory = memory

    def by_id(self, review_id: int) -> Review | None:
        return self._memory.reviews.get(review_id)

    def open_of(self, number: ApplicationId) -> Review | None:
        found = (r for r in self._memory.reviews.values() if r.number == number and r.recheck_of is None)
        return next((r for r in found if r.state in _UNDER_WAY), None)

    def held_by(self, staff_id: int) -> Review | None:
        found = (r for r in self._memory.reviews.values() if r.state is ReviewState.CLAIMED)
        return next((r for r in found if r.holder_id == staff_id), None)

    def claimable(self, *, now: datetime, last_for: int, limit: int) -> Sequence[Candidate]:
        found = [r for r in self._memory.reviews.values() if _waits(r, now) and self._is_asked_for(r)]
        found.sort(key=lambda r: (r.released_by == last_for, r.due_at, r.risk, r.review_id))
        return [Candidate(r, self._involved(r)) for r in found[:limit]]

    def _is_asked_for(self, review: Review) -> bool:
        return review.recheck_of is not None or self._state(review) is ApplicationState.IN_REVIEW

    def _state(self, review: Review) -> ApplicationState:
        return self._memory.applications[review.number.digits].state

    def _involved(self, review: Review) -> frozenset[int]:
        application = self._memory.applications[review.number.digits]
        iin = self._memory.subscribers[application.subscriber_id].iin
        agents = {c.agent_id for c in self._memory.calls.values() if c.iin == iin and c.agent_id is not None}
        colleagues = {
            a.staff_id
            for a in self._memory.accounts.values()
            if a.iin == iin or a.staff_id == application.opened_by_id
        }
        theirs = {r.review_id for r in self._memory.reviews.values() if r.number == review.number}
        judges = {
            o.staff_id
            for o in self._memory.opinions.values()
            if o.review_id in theirs and o.undone_at is None
        }
        return frozenset(agents | colleagues | judges)

    def add(self, review: Review) -> int:
        if review.recheck_of is None and self.open_of(review.number) is not None:
            raise ChangedMeanwhile
        review_id = len(self._memory.reviews) + 1
        self._memory.reviews[review_id] = replace(review, review_id=review_id)
        return review_id

    def save(self, review: Review, *, expected: Review) -> Review:
        stored = self._memory.reviews.get(expected.review_id)
        if stored is None or stored.version != expected.version:
            raise ChangedMeanwhile
        if review.state is ReviewState.CLAIMED and review.holder_id is not None:
            other = self.held_by(review.holder_id)
            if other is not None and other.review_id != review.review_id:
                raise ChangedMeanwhile
        saved = replace(review, version=expected.version + 1)
        self._memory.reviews[expected.review_id] = saved
        return saved

    def opinions(self, review_ids: Collection[int]) -> list[Opinion]:
        found = (o for o in self._memory.opinions.values() if o.review_id in review_ids)
        return sorted(found, key=lambda o: o.opinion_id)

    def add_opinion(self, opinion: Opinion) -> int:
        opinion_id = len(self._memory.opinions) + 1
        self._memory.opinions[opinion_id] = replace(opinion, opinion_id=opinion_id)
        return opinion_id

    def undo_opinion(self, opinion_id: int, *, at: datetime) -> None:
        self._memory.opinions[opinion_id] = replace(self._memory.opinions[opinion_id], undone_at=at)

    def add_lapse(self, lapse: Lapse) -> None:
        self._memory.lapses.append(lapse)

    def stale(self, limit: int) -> list[Review]:
        undecided = (r for r in self._memory.reviews.values() if r.state in _UNDECIDED)
        return [r for r in undecided if not self._is_asked_for(r)][:limit]


def _waits(review: Review, now: datetime) -> bool:
    if review.state is ReviewState.WAITING:
        return True
    lost = review.lease_until is not None and review.lease_until <= now
    return review.state is ReviewState.CLAIMED and lost
