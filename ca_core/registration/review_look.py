"""Looking at what is under review: the pictures while one holds it, the machine's opinion once one has decided (F3).

Nobody sees the machine's band, its reasons or a colleague's opinion before their own stands: it would become theirs.
"""

from datetime import datetime

from ca_core import audit, roles
from ca_core.errors import Refusal
from ca_core.face_attempt import FaceAttempt, StoredPicture
from ca_core.lifecycle import ReviewState
from ca_core.ports import Work
from ca_core.registration import review
from ca_core.review import Opinion, Revealed, Review


class PictureMissing(Refusal):
    """There is no such picture: the attempt has fewer frames, or the register no portrait."""

    code = "review.picture_missing"


class NotDecidedYet(Refusal):
    """The moderator's own decision comes first, and stands only when the time for undoing it is over."""

    code = "review.not_decided"


def live(work: Work, *, actor: roles.Actor, review_id: int, now: datetime) -> StoredPicture:
    """The photo that was flagged; one audited look (R14).

    Raises NotAllowed, ReviewUnknown, LeaseLost, PictureMissing.
    """
    found = _held(work, actor, review_id, now)
    _seen(work, actor, found, "live", now)
    return _attempt(work, found).live


def frame(work: Work, *, actor: roles.Actor, review_id: int, place: int, now: datetime) -> StoredPicture:
    """One of the challenge's other pictures, counted from 0; one audited look. Raises as `live`."""
    found = _held(work, actor, review_id, now)
    frames = _attempt(work, found).frames
    if not 0 <= place < len(frames):
        raise PictureMissing
    _seen(work, actor, found, f"frame {place}", now)
    return frames[place]


def portrait(work: Work, *, actor: roles.Actor, review_id: int, now: datetime) -> bytes:
    """The register's portrait of the subject; one audited look. Raises as `live`."""
    found = _held(work, actor, review_id, now)
    jpeg = work.portraits.of_iin(review.subject(work, found).iin)
    if jpeg is None:
        raise PictureMissing
    _seen(work, actor, found, "portrait", now)
    return jpeg


def revealed(work: Work, *, actor: roles.Actor, review_id: int, now: datetime) -> Revealed:
    """The machine's band and reasons and the colleagues' opinions, once the moderator's own cannot be undone.

    Who watches over the reviews sees them when the review has ended. Raises NotAllowed, ReviewUnknown, NotDecidedYet.
    """
    found = review.find(work, review_id)
    opinions = _opinions(work, found)
    if not roles.may(actor, roles.Permission.VIEW_EVIDENCE):
        roles.require(actor, roles.Permission.DECIDE_REVIEWS)
        _require_own(work, actor, found, opinions, now)
    elif found.state is not ReviewState.APPLIED:
        raise NotDecidedYet
    attempt = _attempt(work, found)
    return Revealed(
        review_id=review_id,
        band=attempt.band.value,
        distance=attempt.distance,
        flags=found.flags,
        risk=found.risk,
        is_recheck=found.recheck_of is not None,
        opinions=tuple(opinions),
    )


def _require_own(
    work: Work, actor: roles.Actor, found: Review, opinions: list[Opinion], now: datetime
) -> None:
    own = [
        one
        for one in opinions
        if one.staff_id == actor.staff_id
        and one.review_id == found.review_id
        and now >= one.decided_at + work.policy.reviews.undo
    ]
    if not own:
        raise NotDecidedYet


def _opinions(work: Work, found: Review) -> list[Opinion]:
    """Those that stand, of a recheck with those that it is compared with."""
    about = {found.review_id, found.recheck_of or found.review_id}
    return [one for one in work.reviews.opinions(about) if one.undone_at is None]


def _held(work: Work, actor: roles.Actor, review_id: int, now: datetime) -> Review:
    return review.require_held(work, actor=actor, review_id=review_id, fence=None, now=now)


def _attempt(work: Work, found: Review) -> FaceAttempt:
    attempt = work.face_attempts.by_id(found.attempt_id)
    if attempt is None:
        raise PictureMissing
    return attempt


def _seen(work: Work, actor: roles.Actor, found: Review, picture: str, now: datetime) -> None:
    work.audit.add(
        audit.Entry(
            now, actor, "review:picture:seen", f"subscriber/{review.subject(work, found).subscriber_id}",
            details={"review": str(found.review_id), "picture": picture},
        )
    )  # fmt: skip
