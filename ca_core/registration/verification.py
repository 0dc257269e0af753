"""Video verification of the face (F1, step 10): what follows from one attempt.

The machine passes whom it knows for sure and rejects nobody: all else is tried again, or a moderator looks (F3). The
thresholds are policy, with the set of their calibration.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from ca_core import audit, lifecycle, records, roles
from ca_core.application import Application
from ca_core.certificate import Method
from ca_core.face_attempt import AttemptOutcome, Band, Challenge, FaceAttempt, Flag, StoredPicture
from ca_core.lifecycle import ApplicationState
from ca_core.policy import Policy
from ca_core.ports import Work
from ca_core.registration import face, review
from ca_core.registration.face import Measured

# Somebody who was not passed today is not a stranger in another application of theirs.
_REMEMBERED_FOR = timedelta(hours=24)
MACHINE = roles.Actor("verification", None, roles.Door.PORTAL)


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the machine found in all frames. `checked`: it could look at all."""

    checked: bool
    smaller_face_px: int
    has_portrait: bool
    faults: tuple[Flag, ...] = ()
    distance: float | None = None


@dataclass(frozen=True, slots=True)
class Conclusion:
    outcome: AttemptOutcome
    band: Band
    flags: tuple[Flag, ...]
    counted: bool


def record(
    work: Work,
    *,
    found: Challenge,
    evidence: Evidence,
    live: StoredPicture,
    frames: tuple[StoredPicture, ...],
    now: datetime,
) -> FaceAttempt:
    """The attempt and what follows from it: identified, to be tried again, or a moderator's.

    The challenge is over. Raises ApplicationUnknown, TransitionRefused, ChangedMeanwhile.
    """
    application = records.application(work, found.number)
    earlier = work.face_attempts.of_application(found.number)
    concluded = conclude(evidence, earlier, work.policy, before=_before(work, application, earlier, now))
    attempt = FaceAttempt(
        attempt_id=0,
        number=found.number,
        at=now,
        moves=found.moves,
        outcome=concluded.outcome,
        band=concluded.band,
        distance=evidence.distance,
        flags=concluded.flags,
        live=live,
        frames=frames,
        counted=concluded.counted,
        policy_version=work.policy.version,
    )
    work.face_challenges.save(replace(found, ended_at=now), expected=found)
    stored = replace(attempt, attempt_id=work.face_attempts.add(attempt))
    if stored.outcome is AttemptOutcome.PASSED:
        _go_on(work, application, stored, "identify", now)
    elif stored.outcome is AttemptOutcome.REVIEW:
        _go_on(work, application, stored, "send_to_review", now)
        review.open_(work, number=found.number, attempt_id=stored.attempt_id, flags=stored.flags, now=now)
    else:
        _note(work, application, stored, application.state, now)
    return stored


def _before(
    work: Work, application: Application, earlier: Sequence[FaceAttempt], now: datetime
) -> list[FaceAttempt]:
    """What no moderator asked to try again: whoever applies anew, or takes an application up on another device, has
    no more automatic attempts than who does not.
    """
    asked_again = bool(application.reason)
    used = [] if asked_again else earlier[: len(earlier) - len(_current_round(earlier))]
    return [*work.face_attempts.elsewhere(application.number, since=now - _REMEMBERED_FOR), *used]


def _used_up(before: Sequence[FaceAttempt], policy: Policy) -> bool:
    failed = [attempt for attempt in before if attempt.outcome is not AttemptOutcome.PASSED]
    compared = sum(attempt.counted for attempt in failed)
    tried = len(failed) - compared
    return compared >= policy.identification.automatic_attempts or tried >= policy.verification.tries


def conclude(
    evidence: Evidence,
    earlier: Sequence[FaceAttempt],
    policy: Policy,
    *,
    before: Sequence[FaceAttempt] = (),
) -> Conclusion:
    """What follows from what was found, from the attempts of this round, and from those `before` it."""
    measured = Measured("portrait", evidence.distance, evidence.smaller_face_px)
    band = face.band(measured, policy)
    current = _current_round(earlier)
    if not evidence.checked or policy.identification.automatic_attempts == 0:
        return Conclusion(AttemptOutcome.REVIEW, band, (Flag.CHECK_OFF,), counted=False)
    if evidence.faults:
        failed = sum(not attempt.counted for attempt in current) + 1
        again = failed < policy.verification.tries
        if again:
            return Conclusion(AttemptOutcome.AGAIN, band, evidence.faults, counted=False)
        # Poor light must not hide from the moderators' queue that it may be somebody else.
        other = (Flag.FACE_DIFFERS,) if band is Band.OTHER else ()
        return Conclusion(AttemptOutcome.REVIEW, band, (*evidence.faults, *other), counted=False)
    used_up = _used_up(before, policy)
    if band is Band.SAME and used_up:
        return Conclusion(AttemptOutcome.REVIEW, band, (Flag.TRIED_BEFORE,), counted=True)
    if band is Band.SAME:
        return Conclusion(AttemptOutcome.PASSED, band, (), counted=True)
    if band is Band.OTHER and any(attempt.counted and attempt.band is Band.OTHER for attempt in earlier):
        return Conclusion(AttemptOutcome.REVIEW, band, (Flag.OTHER_PERSON_SUSPECTED,), counted=True)
    compared = sum(attempt.counted for attempt in current) + 1
    left = compared < policy.identification.automatic_attempts and not used_up
    again = band is not Band.NOT_COMPARABLE and left
    outcome = AttemptOutcome.AGAIN if again else AttemptOutcome.REVIEW
    return Conclusion(outcome, band, _doubts(evidence, band, policy), counted=True)


def _doubts(evidence: Evidence, band: Band, policy: Policy) -> tuple[Flag, ...]:
    if band is Band.OTHER:
        return (Flag.FACE_DIFFERS,)
    if not evidence.has_portrait:
        return (Flag.NO_PORTRAIT,)
    small = evidence.smaller_face_px < policy.calls.face_compared_px
    return (Flag.SMALL_PICTURE,) if small else (Flag.DOUBTFUL,)


def _current_round(earlier: Sequence[FaceAttempt]) -> list[FaceAttempt]:
    """After one that passed, or that a moderator looked at, the attempts begin anew."""
    ended = [place for place, one in enumerate(earlier, 1) if one.outcome is not AttemptOutcome.AGAIN]
    return list(earlier[ended[-1] if ended else 0 :])


def _go_on(work: Work, application: Application, attempt: FaceAttempt, act: str, now: datetime) -> None:
    changed = replace(
        application,
        state=lifecycle.APPLICATION.after(act, application.state),
        method=Method.AUTOMATIC_FACE,
        changed_at=now,
        reason="",
    )
    work.applications.save(changed, expected=application)
    _note(work, changed, attempt, application.state, now)


def _note(
    work: Work, application: Application, attempt: FaceAttempt, before: ApplicationState, now: datetime
) -> None:
    """The distance stays in the attempt: whoever reads the log is not to judge by it."""
    work.audit.add(
        audit.Entry(
            now,
            MACHINE,
            f"face:verify:{attempt.outcome.value}",
            f"application/{application.number.digits}",
            before.name,
            application.state.name,
            policy_version=work.policy.version,
            details={
                "attempt": str(attempt.attempt_id),
                "flags": ", ".join(attempt.flags),
                "sha256": attempt.live.sha256.hex(),
            },
        )
    )
