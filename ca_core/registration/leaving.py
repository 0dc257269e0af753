"""Who leaves the staff: the account is closed, and what they had open is somebody else's again, at once (F2, F3)."""

from collections.abc import Callable
from datetime import datetime
from typing import Protocol

from ca_core import records, roles, staff, staff_enrolment
from ca_core.call import EndCause, OfferOutcome
from ca_core.lifecycle import CallState
from ca_core.ports import Work
from ca_core.registration import call, desk, review

# Of two who write at once the second looks again; nobody writes to one desk that often.
_TRIES = 3


class LeavingWork(Work, staff_enrolment.EnrolmentWork, Protocol):
    """The part of a unit of work that is needed here."""


def leave(work: LeavingWork, *, by: roles.Actor, login: str, now: datetime) -> None:
    """By one administrator, at once: sessions end, an enrolment is void, a call goes back to the queue or ends, a
    photo under review goes back to its place. What they decided stands.

    Raises NotAllowed, StaffUnknown, LastAdministrator.
    """
    leaver = staff.disable(work, by=by, login=login, now=now)
    work.enrolments.void(leaver)
    _again(lambda: _close_desk(work, by, leaver, now))
    _again(lambda: review.give_back(work, actor=by, staff_id=leaver, now=now))


def _close_desk(work: Work, by: roles.Actor, staff_id: int, now: datetime) -> None:
    place = work.desks.by_id(staff_id)
    if place is None:
        return
    found = work.calls.by_id(place.call_id) if place.call_id is not None else None
    if found is not None and found.agent_id == staff_id:
        if found.state is CallState.RINGING:
            call.give_back(work, actor=by, call=found, outcome=OfferOutcome.WITHDRAWN, now=now)
        else:
            call.end(work, actor=by, call=found, cause=EndCause.AGENT_HUNG_UP, now=now)
    desk.close(work, actor=by, staff_id=staff_id, now=now)


def _again(act: Callable[[], None]) -> None:
    """Each of the acts looks at what is there now, so that one broken off half-way is finished."""
    for _ in range(_TRIES - 1):
        try:
            act()
        except records.ChangedMeanwhile:
            continue
        return
    act()
