"""What the portal is handed for step 10: a challenge, bursts of frames against it, and the judgement of all of them.

Frames come as JPEG in short bursts, and not as a film: each has its own bound in bytes and pixels that is checked
before anything is decoded, nothing has to be demultiplexed, and the page hears after each burst what to do better.
They rest sealed until they are judged; then the live picture and one a move stay as evidence, the others are erased.
"""

import contextlib
import secrets
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

from ca_core.dossier import Dossier
from ca_core.errors import GatewayRejected, GatewayUnavailable, Refusal
from ca_core.face_attempt import Challenge, FaceAttempt, Flag, Frame, Move, Shown
from ca_core.records import ChangedMeanwhile
from ca_core.registration import challenge, verification
from ca_core.registration import dossier as dossiers
from ca_core.registration.challenge import FramesUnfit, Stage
from ca_core.registration.verification import Evidence
from data.work import Work
from runtime import face_frames, settings
from runtime.face_frames import FaceCheckUnavailable, Sending, Sent
from runtime.service import Service
from video.vision import moves
from video.vision.client import VisionClient
from video.vision.clip_wire import Burst, Plan, Verified
from video.vision.moves import Progress
from video.vision.wire import Flaw

_SWEPT_AT_ONCE = 100
# Of forty that a move may take.
_FRAMES_BEFORE_ADVICE = 15
# What is dark looks blurred as well: light comes first.
_MOST_HINDERING = (Flaw.FACE_TOO_SMALL, Flaw.TOO_DARK, Flaw.TOO_BRIGHT, Flaw.GLARE, Flaw.BLURRED)


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page shows next. `move` None: look straight; `hint`: what to do better; `complete`: to be judged."""

    step: int
    steps: int
    move: Move | None
    hint: Flag | None = None
    complete: bool = False
    checks_on: bool = True


def begin(service: Service, *, page_digest: bytes) -> tuple[str, Asked]:
    """A challenge and its token.

    Raises DossierUnknown, OutOfOrder, InReview, TooManyChallenges, FaceCheckUnavailable.
    """
    with service.look() as work:
        challenge.require_expected(work, dossier=_dossier(service, work, page_digest))
    checks_on = _checks_on(service)
    with service.work() as work:
        dossier = _dossier(service, work, page_digest)
        drawn = challenge.draw(
            work, dossier=dossier, checks_on=checks_on, folder=secrets.token_hex(12), now=service.now()
        )
    if drawn.replaced is not None:
        _erase_frames(service, drawn.replaced)
    return drawn.token, replace(_asked(drawn.challenge), checks_on=checks_on)


def take_burst(service: Service, *, page_digest: bytes, token: str, sending: Sending) -> Asked:
    """Frames of the step that is asked for.

    Raises DossierUnknown, ChallengeUnknown, ChallengeOver, StepDiffers, Judging, FramesUnfit, FaceCheckUnavailable,
    ChangedMeanwhile.
    """
    sizes = face_frames.sizes(sending.burst)
    with service.look() as work:
        found = _challenge(service, work, page_digest, token)
        challenge.require_step(found, sending.step)
        challenge.require_times(
            found,
            step=sending.step,
            prompt_ms=sending.prompt_ms,
            times_ms=sending.times_ms,
            now=service.now(),
        )
    if not found.moves:
        # Nobody can look: one burst, for a moderator.
        return _taken(service, page_digest, token, found, sending, sizes, (), Stage.CLOSE)
    seen = _glanced(service, sending.burst)
    shown = tuple(
        moves.shown(glance.points, step=sending.step, at_ms=sent.at_ms)
        for glance, sent in zip(seen.frames, sending.burst, strict=True)
        if glance.points
    )
    hint, stage = _hint(seen, shown, sending.step), _stage(service, found, sending, shown)
    if sending.step == 0 and (hint is not None or stage is Stage.STAY):
        # Nothing was asked for yet: what is not good enough is not kept either.
        return replace(_asked(found), hint=hint or Flag.NOT_STILL)
    asked = _taken(service, page_digest, token, found, sending, sizes, shown, stage)
    if stage is not Stage.STAY:
        return replace(asked, hint=None)
    unseen = Flag.MOVE_MISSING if _asked_long(found, sending) else None
    return replace(asked, hint=hint or unseen)


def judge(service: Service, *, page_digest: bytes, token: str) -> FaceAttempt:
    """One look over all frames, and what follows from it.

    Raises DossierUnknown, ChallengeUnknown, ChallengeOver, StepDiffers, Judging, FaceCheckUnavailable,
    ChangedMeanwhile, TransitionRefused.
    """
    with service.work() as work:
        claimed = challenge.claim(
            work, found=_challenge(service, work, page_digest, token), now=service.now()
        )
        portrait = _portrait(work, claimed)
    try:
        found = _verified(service, claimed, portrait)
    except FaceCheckUnavailable:
        with service.work() as work:
            challenge.give_back(work, found=claimed)
        raise
    frames = claimed.frames
    live = frames[found.live].picture if found is not None else frames[len(frames) // 2].picture
    keys = tuple(frames[at].picture for at in found.keys) if found is not None else ()
    with service.work() as work:
        attempt = verification.record(
            work,
            found=claimed,
            evidence=_evidence(found, has_portrait=portrait is not None),
            live=live,
            frames=keys,
            now=service.now(),
        )
    kept = {live.name, *(picture.name for picture in keys)}
    face_frames.erase(service, (one.picture for one in frames if one.picture.name not in kept))
    return attempt


def sweep(service: Service) -> int:
    """A job's: erases the frames of challenges that nobody finished, and after an hour the challenges themselves with
    what a killed process left of theirs (R14); how many there were.

    The files go first: whoever is killed between begins anew.
    """
    with service.look() as work:
        left = challenge.abandoned(work, now=service.now(), limit=_SWEPT_AT_ONCE)
        over = [
            (one, challenge.evidence_of(work, found=one))
            for one in challenge.over(work, now=service.now(), limit=_SWEPT_AT_ONCE)
        ]
    for unjudged in left:
        _erase_frames(service, unjudged)
        with contextlib.suppress(ChangedMeanwhile), service.work() as work:
            challenge.end(work, found=unjudged, now=service.now())
    for ended, kept in over:
        face_frames.erase_all_but(service, ended, kept)
        with service.work() as work:
            challenge.erase(work, found=ended)
    return len(left) + len(over)


def _dossier(service: Service, work: Work, page_digest: bytes) -> Dossier:
    return dossiers.find(work, token_digest=page_digest, now=service.now())


def _challenge(service: Service, work: Work, page_digest: bytes, token: str) -> Challenge:
    dossier = _dossier(service, work, page_digest)
    return challenge.find(work, token=token, dossier=dossier, now=service.now())


def _portrait(work: Work, found: Challenge) -> bytes | None:
    application = work.applications.by_number(found.number)
    subscriber = work.subscribers.by_id(application.subscriber_id) if application is not None else None
    return work.portraits.of_iin(subscriber.iin) if subscriber is not None else None


def _asked(found: Challenge) -> Asked:
    return Asked(found.step, len(found.moves), found.asked, complete=not found.takes_frames)


def _hint(seen: Burst, shown: Sequence[Shown], step: int) -> Flag | None:
    """What to do better, the most hindering first."""
    if sum(glance.faces == 0 for glance in seen.frames) * 2 > len(seen.frames):
        return Flag.NO_FACE
    if any(glance.faces > 1 for glance in seen.frames):
        return Flag.SEVERAL_FACES
    for flaw in _MOST_HINDERING:
        # Somebody who turns is blurred for a moment.
        if flaw in seen.flaws and not (step and flaw is Flaw.BLURRED):
            return Flag(flaw.value)
    return None if step or moves.rest(shown) is not None else Flag.NOT_STILL


def _asked_long(found: Challenge, sending: Sending) -> bool:
    """Whoever turns a little is told to turn more while there is room for it, and not when it is over."""
    before = sum(one.step == sending.step for one in found.frames)
    return before + len(sending.burst) >= _FRAMES_BEFORE_ADVICE


def _stage(service: Service, found: Challenge, sending: Sending, shown: Sequence[Shown]) -> Stage:
    """Where a burst leads. A move that failed ends the challenge: it is judged as it is."""
    step, count = sending.step, len(sending.burst)
    if step == 0:
        return Stage.NEXT if moves.rest(shown) is not None else Stage.STAY
    held, asked = moves.rest(found.shown), found.asked
    if held is None or asked is None:
        return Stage.CLOSE
    is_new = step >= len(found.prompts_ms)
    progress = moves.progress(
        asked,
        [*found.shown, *shown],
        held=held,
        step=step,
        prompt_ms=sending.prompt_ms if is_new else found.prompts_ms[step],
        least_reaction_ms=_least_reaction_ms(service),
    )
    if progress is Progress.DONE:
        return Stage.NEXT
    room = challenge.room(found, step) - count
    return Stage.STAY if progress is Progress.WAITING and room >= face_frames.BURST_AT_MOST else Stage.CLOSE


def _taken(
    service: Service,
    page_digest: bytes,
    token: str,
    seen: Challenge,
    sending: Sending,
    sizes: Sequence[tuple[int, int]],
    shown: Sequence[Shown],
    stage: Stage,
) -> Asked:
    """Sealed on the disk first; erased again where the challenge does not take them."""
    kept = face_frames.keep(service, seen, sending.burst, sizes)
    frames = [
        Frame(sending.step, sent.at_ms, picture) for sent, picture in zip(sending.burst, kept, strict=True)
    ]
    try:
        with service.work() as work:
            found = _challenge(service, work, page_digest, token)
            challenge.require_unchanged(found, seen)
            taken = challenge.take_frames(
                work,
                found=found,
                step=sending.step,
                prompt_ms=sending.prompt_ms,
                frames=frames,
                shown=shown,
                stage=stage,
                now=service.now(),
            )
    except Refusal:
        face_frames.erase(service, kept)
        raise
    return replace(_asked(taken), checks_on=bool(taken.moves))


def _evidence(found: Verified | None, *, has_portrait: bool) -> Evidence:
    if found is None:
        return Evidence(checked=False, smaller_face_px=0, has_portrait=has_portrait)
    flaws = tuple(Flag(flaw.value) for flaw in found.flaws)
    return Evidence(
        checked=True,
        faults=tuple(dict.fromkeys((*found.faults, *flaws))),
        distance=found.distance,
        smaller_face_px=min(found.live_px, found.portrait_px),
        has_portrait=has_portrait and found.portrait_px > 0,
    )


def _verified(service: Service, claimed: Challenge, portrait: bytes | None) -> Verified | None:
    """None where nobody can look: nothing was asked for then either. Raises FaceCheckUnavailable."""
    if not claimed.moves:
        return None
    plan = Plan(
        moves=claimed.moves,
        prompts_ms=claimed.prompts_ms,
        least_reaction_ms=_least_reaction_ms(service),
        frames=tuple((one.step, one.at_ms) for one in claimed.frames),
    )
    frames = [face_frames.content(service, one.picture) for one in claimed.frames]
    with _asking(service) as vision:
        return vision.verify(frames, plan, portrait=portrait)


def _glanced(service: Service, burst: Sequence[Sent]) -> Burst:
    try:
        with _asking(service) as vision:
            return vision.glance([one.jpeg for one in burst])
    except _Undecodable as problem:
        raise FramesUnfit from problem


def _checks_on(service: Service) -> bool:
    with _asking(service) as vision:
        return vision.readiness().faces


class _Undecodable(Exception):
    """What has a picture's header and is none."""


@contextlib.contextmanager
def _asking(service: Service) -> Iterator[VisionClient]:
    """Raises FaceCheckUnavailable, _Undecodable."""
    client = VisionClient(
        f"http://127.0.0.1:{service.settings.vision_port}", settings.media_secret(service.settings).encode()
    )
    try:
        with contextlib.closing(client):
            yield client
    except GatewayRejected as problem:
        if str(problem) == "vision.picture_undecodable":
            raise _Undecodable from problem
        raise FaceCheckUnavailable from problem
    except GatewayUnavailable as problem:
        raise FaceCheckUnavailable from problem


def _least_reaction_ms(service: Service) -> int:
    return round(service.policy.verification.least_reaction.total_seconds() * 1000)


def _erase_frames(service: Service, unjudged: Challenge) -> None:
    face_frames.erase(service, (one.picture for one in unjudged.frames))
