"""The challenge of the video verification: moves that nobody knows beforehand, shown in bursts of frames (F1, 10).

It is for one page of one application, has a minute and a half, and is judged once. Each burst must be of the step
that is asked for, later than what came before, and from no time that has not come yet.
"""

import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import pairwise

from ca_core.application import Application
from ca_core.dossier import Dossier, Step
from ca_core.errors import Refusal
from ca_core.face_attempt import TURNS, Challenge, Frame, Move, Shown
from ca_core.lifecycle import ApplicationState
from ca_core.ports import Work
from ca_core.registration import dossier as dossiers

_FRAMES_AT_MOST = 120
_FRAMES_A_STEP = 40
# The page's clock and ours begin a moment apart, and ours counts whole seconds.
_CLOCKS_APART = timedelta(seconds=3)
# Whoever judged and did not come back within this died over it.
_JUDGED_WITHIN = timedelta(seconds=60)
_KEPT_AFTER_EXPIRY = timedelta(minutes=5)
# Until then they count as drawn, and say of themselves that they are over.
_COUNTED_FOR = timedelta(hours=1)
_TOKEN_BYTES = 24
_SEALED_FOR = "face challenge"


class ChallengeUnknown(Refusal):
    """No challenge of this page has this token."""

    code = "face.challenge_unknown"


class ChallengeOver(Refusal):
    """It was judged, replaced by a newer one, or its time is over: another one is drawn."""

    code = "face.challenge_over"


class StepDiffers(Refusal):
    """Frames of another step than the one that is asked for. Facts: step."""

    code = "face.step_differs"


class FramesUnfit(Refusal):
    """Too many, out of their order in time, from a time that has not come yet, or no pictures within the limits."""

    code = "face.frames_unfit"


class TooManyChallenges(Refusal):
    """So many were drawn for this person within the hour. Facts: wait_minutes."""

    code = "face.too_many_challenges"


class Judging(Refusal):
    """This verification is being judged by another request."""

    code = "face.judging"


class InReview(Refusal):
    """A moderator looks at the photo already; an SMS tells the result."""

    code = "face.in_review"


class Stage(StrEnum):
    """What a burst of frames leads to: more of the same step, the next one, or no more frames."""

    STAY = "stay"
    NEXT = "next"
    CLOSE = "close"


@dataclass(frozen=True, slots=True)
class Drawn:
    """A fresh challenge, the secret that its page shows, and the challenge that is over because of it."""

    token: str
    challenge: Challenge
    replaced: Challenge | None


def draw(
    work: Work,
    *,
    dossier: Dossier,
    checks_on: bool,
    folder: str,
    now: datetime,
    below: Callable[[int], int] = secrets.randbelow,
) -> Drawn:
    """A new challenge for this page; an earlier one of the application is over. Without checks nothing is asked but
    to look straight.

    Raises OutOfOrder, InReview, TooManyChallenges; Judging while an earlier one is judged: what comes of it counts.
    """
    application = require_expected(work, dossier=dossier)
    drawn = work.face_challenges.drawn_for_person(application.number, since=now - _COUNTED_FOR)
    if drawn >= work.policy.verification.draws_per_hour:
        raise TooManyChallenges(wait_minutes=int(_COUNTED_FOR.total_seconds()) // 60)
    earlier = work.face_challenges.living_of(application.number)
    if earlier is not None:
        _require_not_judging(earlier, now)
        work.face_challenges.save(replace(earlier, ended_at=now), expected=earlier)
    token = secrets.token_urlsafe(_TOKEN_BYTES)
    challenge = Challenge(
        token_digest=work.code_seal.seal(token, _SEALED_FOR),
        number=application.number,
        page_digest=dossier.token_digest,
        moves=_drawn(work.policy.verification.moves, below) if checks_on else (),
        drawn_at=now,
        expires_at=now + work.policy.verification.challenge,
        folder=folder,
    )
    work.face_challenges.add(challenge)
    return Drawn(token, challenge, earlier)


def require_expected(work: Work, *, dossier: Dossier) -> Application:
    """The application whose owner's face comes next. Raises OutOfOrder, InReview."""
    way = dossiers.require(work, dossier, Step.FACE)
    if way.application is None:
        raise dossiers.OutOfOrder(step=Step.PROCEED)
    if way.application.state is ApplicationState.IN_REVIEW:
        raise InReview
    return way.application


def _drawn(count: int, below: Callable[[int], int]) -> tuple[Move, ...]:
    """Different moves in any order, a turn among them: a flat picture can do the others."""
    while True:
        left = list(Move)
        moves = tuple(left.pop(below(len(left))) for _ in range(count))
        if set(moves) & set(TURNS):
            return moves


def find(work: Work, *, token: str, dossier: Dossier, now: datetime) -> Challenge:
    """Raises ChallengeUnknown, ChallengeOver."""
    found = work.face_challenges.by_digest(work.code_seal.seal(token, _SEALED_FOR))
    if found is None or found.number != dossier.number or found.page_digest != dossier.token_digest:
        raise ChallengeUnknown
    if found.ended_at is not None or now >= found.expires_at:
        raise ChallengeOver
    return found


def require_step(found: Challenge, step: int) -> None:
    """Raises StepDiffers, Judging."""
    if found.judging_since is not None:
        raise Judging
    if step != found.step or not found.takes_frames:
        raise StepDiffers(step=found.step)


def require_unchanged(found: Challenge, seen: Challenge) -> None:
    """Nobody sent frames since `seen` was looked at: they would have been judged without these. Raises Judging."""
    if found.version != seen.version:
        raise Judging


def take_frames(
    work: Work,
    *,
    found: Challenge,
    step: int,
    prompt_ms: int,
    frames: Sequence[Frame],
    shown: Sequence[Shown],
    stage: Stage,
    now: datetime,
) -> Challenge:
    """A burst of the step that is asked for, and where it leads. Raises as `require_step` and `require_times`,
    ChangedMeanwhile where two bursts come at once.
    """
    require_step(found, step)
    require_times(found, step=step, prompt_ms=prompt_ms, times_ms=[one.at_ms for one in frames], now=now)
    prompts = found.prompts_ms if step < len(found.prompts_ms) else (*found.prompts_ms, prompt_ms)
    onwards = {Stage.STAY: step, Stage.NEXT: step + 1, Stage.CLOSE: len(found.moves) + 1}
    taken = replace(
        found,
        step=onwards[stage],
        prompts_ms=prompts,
        frames=(*found.frames, *frames),
        shown=(*found.shown, *shown),
    )
    return work.face_challenges.save(taken, expected=found)


def require_times(
    found: Challenge, *, step: int, prompt_ms: int, times_ms: Sequence[int], now: datetime
) -> None:
    """Each frame is later than the one before it and than its prompt, and none is from the future.

    Raises FramesUnfit.
    """
    last = found.frames[-1].at_ms if found.frames else -1
    is_new = step >= len(found.prompts_ms)
    # In its own order: what was there, the prompt where it is new, the frames.
    order = [last, *([prompt_ms] if is_new else []), *times_ms]
    grows = all(one < other for one, other in pairwise(order))
    latest = (now - found.drawn_at + _CLOCKS_APART) / timedelta(milliseconds=1)
    if not (times_ms and grows and len(times_ms) <= room(found, step) and order[-1] <= latest):
        raise FramesUnfit


def room(found: Challenge, step: int) -> int:
    """How many frames more this step may bring."""
    in_step = sum(one.step == step for one in found.frames)
    return min(_FRAMES_A_STEP - in_step, _FRAMES_AT_MOST - len(found.frames))


def abandoned(work: Work, *, now: datetime, limit: int) -> list[Challenge]:
    """Those that nobody finished: first what was kept of them is erased (R14), then they end."""
    return work.face_challenges.abandoned(before=now - _KEPT_AFTER_EXPIRY, limit=limit)


def end(work: Work, *, found: Challenge, now: datetime) -> None:
    """Raises ChangedMeanwhile."""
    work.face_challenges.save(replace(found, ended_at=now), expected=found)


def over(work: Work, *, now: datetime, limit: int) -> list[Challenge]:
    """Those that count no more: what an attempt did not keep of them is erased, then they are (R14)."""
    return work.face_challenges.over(before=now - _COUNTED_FOR, limit=limit)


def evidence_of(work: Work, *, found: Challenge) -> set[str]:
    """The names of the application's pictures that stay: those of its attempts."""
    attempts = work.face_attempts.of_application(found.number)
    return {picture.name for one in attempts for picture in (one.live, *one.frames)}


def erase(work: Work, *, found: Challenge) -> None:
    """The rest of one that is over."""
    work.face_challenges.erase(found)


def claim(work: Work, *, found: Challenge, now: datetime) -> Challenge:
    """For one request to judge. Raises StepDiffers while frames are still asked for, Judging."""
    if found.takes_frames:
        raise StepDiffers(step=found.step)
    _require_not_judging(found, now)
    return work.face_challenges.save(replace(found, judging_since=now), expected=found)


def _require_not_judging(found: Challenge, now: datetime) -> None:
    if found.judging_since is not None and now < found.judging_since + _JUDGED_WITHIN:
        raise Judging


def give_back(work: Work, *, found: Challenge) -> None:
    """It could not be judged now: the page may ask again."""
    work.face_challenges.save(replace(found, judging_since=None), expected=found)
