"""What follows from a moderator's decision, when the time for undoing it is over (F3): a job's work.

It comes about once, however often the job runs and wherever it was killed: the review's state, the application's
and the message to the applicant are written together or not at all.
"""

import secrets
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime

from ca_core import audit, lifecycle, notices, records, roles
from ca_core.certificate import Method
from ca_core.lifecycle import ReviewState
from ca_core.ports import Work
from ca_core.registration import review
from ca_core.review import Decision, Opinion, Review, Risk, Round

_ACTS = {Decision.APPROVE: "pass_review", Decision.REJECT: "reject", Decision.NEW_PHOTO: "new_photo"}
_NOTICES = {
    Decision.APPROVE: notices.NoticeKind.REVIEW_PASSED,
    Decision.REJECT: notices.NoticeKind.REVIEW_REJECTED,
    Decision.NEW_PHOTO: notices.NoticeKind.NEW_PHOTO,
}


def apply(
    work: Work,
    *,
    actor: roles.Actor,
    review_id: int,
    now: datetime,
    draw: Callable[[int], int] = secrets.randbelow,
) -> None:
    """The decision takes effect: the application goes on, stops or asks for another photo, and its owner is told.

    Nothing happens where it was undone, is not due yet or has been applied. Raises NotAllowed, ReviewUnknown.
    """
    roles.require_system(actor)
    found = review.find(work, review_id)
    if found.state is not ReviewState.DECIDED or found.effective_at is None or now < found.effective_at:
        return
    opinion = review.standing(work, found)
    if not review.is_wanted(work, found):
        review.withdrawn(work, actor, found, now)
    elif opinion.decision is Decision.SECOND_MODERATOR and found.recheck_of is None:
        _pass_on(work, actor, found, now)
    else:
        applied = replace(found, state=lifecycle.REVIEW.after("apply", found.state), applied_at=now)
        work.reviews.save(applied, expected=found)
        review.note(work, actor, "apply", review_id, now, found.state, applied.state)
        if found.recheck_of is None:
            _carry_out(work, actor, found, opinion, now)
            _draw_recheck(work, found, draw, now)


def withdraw(work: Work, *, actor: roles.Actor, review_id: int, now: datetime) -> None:
    """Nobody needs the answer any more: the application was withdrawn or has expired. Raises NotAllowed,
    ReviewUnknown, TransitionRefused.
    """
    roles.require_system(actor)
    found = review.find(work, review_id)
    if not review.is_wanted(work, found):
        review.withdrawn(work, actor, found, now)


def _carry_out(work: Work, actor: roles.Actor, found: Review, opinion: Opinion, now: datetime) -> None:
    application = records.application(work, found.number)
    reason = opinion.reason.value if opinion.reason else ""
    changed = replace(
        application,
        state=lifecycle.APPLICATION.after(_ACTS[opinion.decision], application.state),
        method=Method.MODERATOR if opinion.decision is Decision.APPROVE else application.method,
        changed_at=now,
        # What the citizen reads at the application's status.
        reason=reason,
    )
    work.applications.save(changed, expected=application)
    work.audit.add(
        audit.Entry(
            now, actor, f"application:{_ACTS[opinion.decision]}:done", f"application/{found.number.digits}",
            application.state.name, changed.state.name, reason, work.policy.version,
            {"review": str(found.review_id), "by": str(opinion.staff_id)},
        )
    )  # fmt: skip
    words = {"number": str(found.number), "reason": reason}
    records.tell_owner(
        work,
        application.subscriber_id,
        kind=_NOTICES[opinion.decision],
        words=words,
        # The text that the moderator saw first.
        language=review.language_of(work, found),
        now=now,
    )


def _draw_recheck(work: Work, found: Review, draw: Callable[[int], int], now: datetime) -> None:
    """A share of the decided ones comes back to somebody who does not know that it does."""
    rules = work.policy.reviews
    if draw(10_000) >= round(rules.recheck_share * 10_000):
        return
    again = Review(
        review_id=0,
        number=found.number,
        attempt_id=found.attempt_id,
        state=lifecycle.REVIEW.first,
        risk=found.risk,
        flags=found.flags,
        opened_at=now,
        due_at=now + review.due_in(work.policy, Risk.ORDINARY),
        recheck_of=found.review_id,
    )
    work.reviews.add(again)


def _pass_on(work: Work, actor: roles.Actor, found: Review, now: datetime) -> None:
    passed = replace(
        found,
        state=lifecycle.REVIEW.after("pass_on", found.state),
        round=Round.SECOND,
        holder_id=None,
        claimed_at=None,
        decision=None,
        effective_at=None,
    )
    work.reviews.save(passed, expected=found)
    review.note(work, actor, "pass_on", found.review_id, now, found.state, passed.state)
