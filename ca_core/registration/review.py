"""The photo review: a flagged photo waits, one moderator holds it, decides, and may think again for a moment (F3).

A claim is a lease with a fencing number: whoever was away too long has lost it, and their late decision is refused.
A decision is stored at once; what follows from it is `review_effect`'s, when the time for undoing is over.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from ca_core import audit, lifecycle, records, roles
from ca_core.errors import Refusal
from ca_core.face_attempt import Flag
from ca_core.identifiers import ApplicationId
from ca_core.lifecycle import ApplicationState, ReviewState
from ca_core.policy import Policy
from ca_core.ports import Command, CommandKind, Work
from ca_core.registration import review_rules
from ca_core.review import Answers, Decision, Item, Lapse, Opinion, Reason, Review, Risk
from ca_core.subscriber import Subscriber

# Signs that somebody tries, rather than that the light was poor; and what no machine has looked at.
_HIGH_RISK = {
    Flag.ANOTHER_FACE,
    Flag.FLAT_PICTURE,
    Flag.PICTURE_JUMPED,
    Flag.TOO_EARLY,
    Flag.FACE_DIFFERS,
    Flag.OTHER_PERSON_SUSPECTED,
    Flag.TRIED_BEFORE,
    Flag.CHECK_OFF,
}
# A desk that somebody left open keeps nobody waiting for longer.
HELD_AT_MOST = timedelta(minutes=15)
# So many are looked through for one that the moderator may have.
_LOOKED_THROUGH = 200


class ReviewUnknown(Refusal):
    code = "review.unknown"


class LeaseLost(Refusal):
    """The review is no longer the moderator's: the lease ran out, or it was decided or given back elsewhere."""

    code = "review.lease_lost"


class UndoOver(Refusal):
    """The decision has taken effect, or is somebody else's."""

    code = "review.undo_over"


def open_(work: Work, *, number: ApplicationId, attempt_id: int, flags: Sequence[str], now: datetime) -> int:
    """The photo of this attempt waits for a moderator. Part of what sends the application to review; twice is once.

    Raises ApplicationUnknown.
    """
    records.application(work, number)
    waiting = work.reviews.open_of(number)
    if waiting is not None:
        return waiting.review_id
    risk = risk_of(flags)
    opened = Review(
        review_id=0,
        number=number,
        attempt_id=attempt_id,
        state=lifecycle.REVIEW.first,
        risk=risk,
        flags=tuple(dict.fromkeys(flags)),
        opened_at=now,
        due_at=now + due_in(work.policy, risk),
    )
    review_id = work.reviews.add(opened)
    note(work, roles.OWNER, "open", review_id, now, to=opened.state)
    return review_id


def claim_next(work: Work, *, actor: roles.Actor, now: datetime) -> Item | None:
    """The one that is due first among those that the moderator may have; the one they hold already, if any.

    None when nothing waits for them. Raises NotAllowed.
    """
    roles.require(actor, roles.Permission.DECIDE_REVIEWS)
    mine = work.reviews.held_by(staff_id(actor))
    if mine is not None and is_wanted(work, mine):
        return _item(work, _claimed_again(work, actor, mine, now))
    if mine is not None:
        withdrawn(work, actor, mine, now)
    for candidate in work.reviews.claimable(now=now, last_for=staff_id(actor), limit=_LOOKED_THROUGH):
        if staff_id(actor) in candidate.involved:
            continue
        try:
            return _item(work, _claimed(work, actor, candidate.review, now))
        except records.ChangedMeanwhile:
            # Somebody else took it this moment, or the same moderator on another page took one.
            mine = work.reviews.held_by(staff_id(actor))
            if mine is not None:
                return _item(work, mine)
    return None


def keep(work: Work, *, actor: roles.Actor, review_id: int, fence: int, now: datetime) -> Review:
    """The moderator is still there: the lease begins anew. Raises NotAllowed, ReviewUnknown, LeaseLost."""
    found = require_held(work, actor=actor, review_id=review_id, fence=fence, now=now)
    return _extended(work, found, now)


def release(work: Work, *, actor: roles.Actor, review_id: int, fence: int, now: datetime) -> None:
    """Back to its place in the queue. Raises NotAllowed, ReviewUnknown, LeaseLost."""
    found = require_held(work, actor=actor, review_id=review_id, fence=fence, now=now)
    _released(work, actor, replace(found, released_by=actor.staff_id), found, now)


def give_back(work: Work, *, actor: roles.Actor, staff_id: int, now: datetime) -> None:
    """Part of a leave: the one that this moderator holds, back to its place in the queue."""
    held = work.reviews.held_by(staff_id)
    if held is not None:
        _released(work, actor, held, held, now)


def require_held(
    work: Work, *, actor: roles.Actor, review_id: int, fence: int | None, now: datetime
) -> Review:
    """The review while it is the moderator's; `fence` None asks for no particular claim.

    Raises NotAllowed, ReviewUnknown, LeaseLost.
    """
    roles.require(actor, roles.Permission.DECIDE_REVIEWS)
    found = find(work, review_id)
    if (
        found.state is not ReviewState.CLAIMED
        or found.holder_id != staff_id(actor)
        or fence not in (None, found.fence)
        or found.lease_until is None
        or now >= found.lease_until
    ):
        raise LeaseLost
    return found


def decide(
    work: Work,
    *,
    actor: roles.Actor,
    review_id: int,
    fence: int,
    answers: Answers,
    decision: Decision,
    reason: Reason | None = None,
    remark: str = "",
    now: datetime,
) -> Review:
    """Stored at once with the three answers; takes effect at `effective_at`, and can be undone until then.

    Raises NotAllowed, ReviewUnknown, LeaseLost, NothingToCompare and as `review_rules.require_consistent`.
    """
    found = require_held(work, actor=actor, review_id=review_id, fence=fence, now=now)
    if decision is Decision.APPROVE:
        review_rules.require_comparable(has_portrait=_has_portrait(work, found))
    said = review_rules.written(remark)
    review_rules.require_consistent(
        turn=found.round, answers=answers, decision=decision, reason=reason, note=said
    )
    decided = work.reviews.save(
        replace(
            found,
            state=lifecycle.REVIEW.after("decide", found.state),
            decision=decision,
            effective_at=now + work.policy.reviews.undo,
            lease_until=None,
        ),
        expected=found,
    )
    opinion_id = work.reviews.add_opinion(
        Opinion(
            review_id=review_id,
            staff_id=staff_id(actor),
            by=actor.name,
            round=found.round,
            answers=answers,
            decision=decision,
            reason=reason,
            note=said,
            claimed_at=found.claimed_at or now,
            decided_at=now,
            policy_version=work.policy.version,
        )
    )
    work.commands.add(
        Command(
            CommandKind.APPLY_REVIEW,
            str(review_id),
            f"apply_review:{opinion_id}",
            due_at=decided.effective_at,
        ),
        now=now,
    )
    note(work, actor, decision.name.lower(), review_id, now, found.state, decided.state, reason=reason or "")
    return decided


def undo(work: Work, *, actor: roles.Actor, review_id: int, now: datetime) -> Item:
    """The moderator's own decision of a moment ago is taken back; the review is theirs again, with a new lease.

    One that they claimed meanwhile goes back to the queue. Raises NotAllowed, ReviewUnknown, UndoOver.
    """
    roles.require(actor, roles.Permission.DECIDE_REVIEWS)
    found = find(work, review_id)
    is_theirs = found.state is ReviewState.DECIDED and found.holder_id == staff_id(actor)
    if not is_theirs or found.effective_at is None or now >= found.effective_at:
        raise UndoOver
    next_one = work.reviews.held_by(staff_id(actor))
    if next_one is not None:
        _released(work, actor, next_one, next_one, now)
    # Undone before the review changes hands: an opinion that counts belongs to a decided review only.
    work.reviews.undo_opinion(standing(work, found).opinion_id, at=now)
    back = work.reviews.save(
        replace(
            found,
            state=lifecycle.REVIEW.after("undo", found.state),
            decision=None,
            effective_at=None,
            claimed_at=now,
            lease_until=now + work.policy.reviews.lease,
            fence=found.fence + 1,
        ),
        expected=found,
    )
    note(work, actor, "undo", review_id, now, found.state, back.state)
    return _item(work, back)


def _claimed(work: Work, actor: roles.Actor, found: Review, now: datetime) -> Review:
    """Waiting, or held by somebody whose lease ran out: that is counted."""
    claimed = work.reviews.save(
        replace(
            found,
            state=lifecycle.REVIEW.after("claim", found.state),
            holder_id=staff_id(actor),
            claimed_at=now,
            lease_until=now + work.policy.reviews.lease,
            fence=found.fence + 1,
        ),
        expected=found,
    )
    if found.state is ReviewState.CLAIMED and found.holder_id is not None:
        work.reviews.add_lapse(Lapse(found.review_id, found.holder_id, found.claimed_at or now, now))
    note(work, actor, "claim", found.review_id, now, found.state, claimed.state)
    return claimed


def _claimed_again(work: Work, actor: roles.Actor, found: Review, now: datetime) -> Review:
    """The page was loaded anew: the same claim goes on. One that had run out is a new claim."""
    if found.lease_until is None or now >= found.lease_until:
        return _claimed(work, actor, found, now)
    return _extended(work, found, now)


def _extended(work: Work, found: Review, now: datetime) -> Review:
    """By a lease from now, within the time that one claim may last."""
    until = min(now + work.policy.reviews.lease, _held_until(found, now))
    return work.reviews.save(replace(found, lease_until=until), expected=found)


def _held_until(found: Review, now: datetime) -> datetime:
    return (found.claimed_at or now) + HELD_AT_MOST


def _released(work: Work, actor: roles.Actor, changed: Review, found: Review, now: datetime) -> None:
    back = replace(
        changed,
        state=lifecycle.REVIEW.after("release", found.state),
        holder_id=None,
        claimed_at=None,
        lease_until=None,
    )
    work.reviews.save(back, expected=found)
    note(work, actor, "release", found.review_id, now, found.state, back.state)


def withdrawn(work: Work, actor: roles.Actor, found: Review, now: datetime) -> None:
    """Part of what finds that nobody waits for it any more."""
    gone = replace(found, state=lifecycle.REVIEW.after("withdraw", found.state), lease_until=None)
    work.reviews.save(gone, expected=found)
    note(work, actor, "withdraw", found.review_id, now, found.state, gone.state)


def is_wanted(work: Work, found: Review) -> bool:
    """Somebody waits for its answer. A recheck is compared, whatever has become of the application."""
    return (
        found.recheck_of is not None
        or records.application(work, found.number).state is ApplicationState.IN_REVIEW
    )


def standing(work: Work, found: Review) -> Opinion:
    """The opinion that the review's present decision is."""
    return [one for one in work.reviews.opinions([found.review_id]) if one.undone_at is None][-1]


def language_of(work: Work, found: Review) -> str:
    """The applicant's: that of the pages on which they applied, otherwise that of the register."""
    dossier = work.own_dossiers.by_number(found.number)
    return dossier.language if dossier is not None else subject(work, found).language


def subject(work: Work, found: Review) -> Subscriber:
    """Whose photo it is."""
    application = records.application(work, found.number)
    return records.subscriber(work, application.subscriber_id)


def _has_portrait(work: Work, found: Review) -> bool:
    return work.portraits.of_iin(subject(work, found).iin) is not None


def _item(work: Work, claimed: Review) -> Item:
    attempt = work.face_attempts.by_id(claimed.attempt_id)
    claimed_at = claimed.claimed_at or claimed.opened_at
    return Item(
        review_id=claimed.review_id,
        fence=claimed.fence,
        number=claimed.number,
        round=claimed.round,
        language=language_of(work, claimed),
        lease_until=claimed.lease_until or claimed_at,
        held_until=_held_until(claimed, claimed_at),
        frames=len(attempt.frames) if attempt else 0,
        has_portrait=_has_portrait(work, claimed),
    )


def find(work: Work, review_id: int) -> Review:
    """Raises ReviewUnknown."""
    found = work.reviews.by_id(review_id)
    if found is None:
        raise ReviewUnknown
    return found


def staff_id(actor: roles.Actor) -> int:
    return actor.staff_id or 0


def risk_of(flags: Sequence[str]) -> Risk:
    """What the machine's reasons say of how soon somebody has to look."""
    return Risk.HIGH if _HIGH_RISK & set(flags) else Risk.ORDINARY


def due_in(policy: Policy, risk: Risk) -> timedelta:
    """From opening to the time by which somebody has to look."""
    return policy.reviews.due_high_risk if risk is Risk.HIGH else policy.reviews.due_ordinary


def note(
    work: Work,
    actor: roles.Actor,
    act: str,
    review_id: int,
    now: datetime,
    before: ReviewState | None = None,
    to: ReviewState | None = None,
    reason: str = "",
) -> None:
    work.audit.add(
        audit.Entry(
            now, actor, f"review:{act}:done", f"review/{review_id}", before.name if before else "",
            to.name if to else "", reason, work.policy.version,
        )
    )  # fmt: skip
