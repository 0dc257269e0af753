"""Photos that wait for a moderator in the demo: rendered people before the camera, some of them not the applicant.

The files are sealed before anything is stored; those of a load that failed belong to nobody, and nobody can open them.
"""

import hashlib
import io
import secrets
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from PIL import Image, ImageDraw, ImageEnhance, ImageFilter

from ca_core.application import Application
from ca_core.face_attempt import AttemptOutcome, Band, FaceAttempt, Flag, Move, StoredPicture
from ca_core.identifiers import Iin
from ca_core.lifecycle import ReviewState
from ca_core.policy import Policy
from ca_core.registration import review as reviews
from ca_core.review import Review
from ca_core.subscriber import Subscriber
from runtime.demo import rendered
from runtime.demo.dice import Dice
from runtime.demo.rendered import RenderedPerson
from video import evidence

Picture = Image.Image

_KIND = "face"
_QUALITY = 86
# Every so many-th shows somebody else than the register's portrait.
_ANOTHER_EVERY = 3


@dataclass(frozen=True, slots=True)
class Taken:
    """One flagged photo, with what the register shows of the person whose application it is."""

    iin: Iin
    portrait: bytes
    attempt: FaceAttempt
    review: Review


def _as_it_is(picture: Picture) -> Picture:
    return picture


def _dark(picture: Picture) -> Picture:
    return ImageEnhance.Brightness(picture).enhance(0.38)


def _blurred(picture: Picture) -> Picture:
    return picture.filter(ImageFilter.GaussianBlur(4))


def _far(picture: Picture) -> Picture:
    """The face takes a third of what it should, before the wall that is seen beside it."""
    width, height = picture.size
    wall = picture.crop((width * 9 // 10, 0, width, height)).resize(picture.size)
    small = picture.resize((width // 3, height // 3), Image.Resampling.LANCZOS)
    seam = Image.new("L", small.size, 0)
    ImageDraw.Draw(seam).rectangle((12, 12, small.width - 12, small.height), fill=255)
    wall.paste(small, (width // 3, height - small.height), seam.filter(ImageFilter.GaussianBlur(6)))
    ImageDraw.Draw(wall).text((10, height - 20), "SPECIMEN", fill=(90, 20, 20))
    return wall


def _glare(picture: Picture) -> Picture:
    light = Image.new("L", picture.size, 0)
    width, height = picture.size
    ImageDraw.Draw(light).ellipse((width * 0.36, height * 0.16, width * 0.66, height * 0.62), fill=235)
    spot = light.filter(ImageFilter.GaussianBlur(38))
    return Image.composite(Image.new("RGB", picture.size, (255, 255, 250)), picture, spot)


_CONDITIONS: tuple[tuple[Flag, Callable[[Picture], Picture]], ...] = (
    (Flag.DOUBTFUL, _as_it_is),
    (Flag.TOO_DARK, _dark),
    (Flag.MOVE_MISSING, _as_it_is),
    (Flag.BLURRED, _blurred),
    (Flag.FACE_TOO_SMALL, _far),
    (Flag.GLARE, _glare),
    (Flag.CHECK_OFF, _as_it_is),
)


def taken(
    applications: Sequence[Application],
    subjects: Sequence[Subscriber],
    *,
    seed: int,
    policy: Policy,
    folder: Path,
    secret: bytes,
) -> list[Taken]:
    """One for each application in review; the pictures go sealed into the folder of evidence."""
    known = {one.subscriber_id: one for one in subjects}
    made = []
    for place, application in enumerate(applications):
        subject = known[application.subscriber_id]
        alike = [one for one in rendered.PEOPLE if one.person.sex is subject.sex]
        # In steps that differ, so that who it is does not go with how it was taken.
        who = alike[place // 2 % len(alike)]
        other = alike[(place // 2 + 1) % len(alike)]
        shown = other if place % _ANOTHER_EVERY == _ANOTHER_EVERY - 1 else who
        flag, change = _CONDITIONS[place % len(_CONDITIONS)]
        pictures = _pictures(shown, change, folder=folder, secret=secret)
        attempt = _attempt(application, pictures, flag, is_other=shown is not who, dice=Dice(seed + 7, place))
        made.append(Taken(subject.iin, who.portrait(), attempt, _review(application, attempt, policy)))
    return made


def _attempt(
    application: Application, pictures: Sequence[StoredPicture], flag: Flag, *, is_other: bool, dice: Dice
) -> FaceAttempt:
    flags = (flag, Flag.OTHER_PERSON_SUSPECTED) if is_other else (flag,)
    off = flag is Flag.CHECK_OFF
    thousandths = dice.whole(652, 780) if is_other else dice.whole(455, 590)
    band = Band.OTHER if is_other else Band.DOUBTFUL
    return FaceAttempt(
        attempt_id=0,
        number=application.number,
        at=application.changed_at,
        moves=(Move.TURN_LEFT, Move.COME_CLOSER),
        outcome=AttemptOutcome.REVIEW,
        band=Band.NOT_COMPARABLE if off else band,
        distance=None if off else thousandths / 1000,
        flags=(flag,) if off else flags,
        live=pictures[0],
        frames=tuple(pictures[1:]),
        counted=not off,
        policy_version=application.policy_version,
    )


def _review(application: Application, attempt: FaceAttempt, policy: Policy) -> Review:
    risk = reviews.risk_of(attempt.flags)
    return Review(
        review_id=0,
        number=application.number,
        attempt_id=0,
        state=ReviewState.WAITING,
        risk=risk,
        flags=attempt.flags,
        opened_at=application.changed_at,
        due_at=application.changed_at + reviews.due_in(policy, risk),
    )


def _pictures(
    shown: RenderedPerson, change: Callable[[Picture], Picture], *, folder: Path, secret: bytes
) -> list[StoredPicture]:
    """The photo, and two of the moments around it."""
    live = Image.open(io.BytesIO(shown.live())).convert("RGB")
    moments = (live, _moved(live, -14, 5), _moved(live, 11, -6))
    return [_sealed(change(moment), folder=folder, secret=secret) for moment in moments]


def _moved(picture: Picture, right_px: int, down_px: int) -> Picture:
    moved = picture.copy()
    moved.paste(picture, (right_px, down_px))
    return moved


def _sealed(picture: Picture, *, folder: Path, secret: bytes) -> StoredPicture:
    kept = io.BytesIO()
    picture.save(kept, "JPEG", quality=_QUALITY)
    name = f"faces/{secrets.token_hex(16)}"
    path = folder / name
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    evidence.keep(path, secret, _KIND, kept.getvalue())
    return StoredPicture(name, hashlib.sha256(kept.getvalue()).digest(), picture.width, picture.height)
