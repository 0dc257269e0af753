"""The seventeen steps in their order (F1): where the page of each is, and while which steps its form may be sent."""

from dataclasses import dataclass

from ca_core.dossier import Step


@dataclass(frozen=True, slots=True)
class Place:
    """`open_at`: what was entered here can be corrected as long as one of these is the step to do."""

    slug: str
    step: Step
    open_at: tuple[Step, ...]

    @property
    def address(self) -> str:
        return f"/get/{self.slug}"

    def number(self, at: Step) -> int:
        """The code has one page for its two steps: before the call it is the fourth, after it the sixth."""
        return int(at if self.slug == "code" and at in self.open_at else self.step)


PLACES = (
    Place("start", Step.START, ()),
    Place("camera", Step.CAMERA, (Step.CAMERA, Step.IIN)),
    Place("iin", Step.IIN, (Step.IIN, Step.CODE, Step.CALL, Step.CODE_AFTER_CALL)),
    Place("code", Step.CODE, (Step.CODE, Step.CODE_AFTER_CALL)),
    Place("call", Step.CALL, (Step.CALL,)),
    Place("agent", Step.AGENT, (Step.AGENT,)),
    Place("proceed", Step.PROCEED, (Step.PROCEED,)),
    Place("identify", Step.IDENTIFY, (Step.IDENTIFY,)),
    Place("face", Step.FACE, (Step.FACE,)),
    Place("access", Step.ACCESS, (Step.ACCESS,)),
    Place("agreement", Step.AGREEMENT, (Step.AGREEMENT,)),
    Place("contact", Step.CONTACT, (Step.CONTACT, Step.KEY)),
    Place("key", Step.KEY, (Step.KEY,)),
    Place("status", Step.STATUS, (Step.STATUS, Step.PASSWORD, Step.DONE)),
    Place("password", Step.PASSWORD, (Step.PASSWORD,)),
    Place("done", Step.DONE, (Step.DONE,)),
)
_BY_SLUG = {place.slug: place for place in PLACES}
_BY_STEP = {place.step: place for place in PLACES} | {Step.CODE_AFTER_CALL: _BY_SLUG["code"]}
# The call and the face leave nothing on a page of their own to look back at.
_LOOKED_BACK_AT = tuple(place for place in PLACES if place.slug not in ("call", "face"))


def named(slug: str) -> Place:
    return _BY_SLUG[slug]


def of(step: Step) -> Place:
    """Where this step is done."""
    return _BY_STEP[step]


def is_done(place: Place, at: Step) -> bool:
    """It lies behind. Whoever is at the call has passed the code's page by: there was no phone for a code."""
    return place.step < at and not (at is Step.CALL and place.step is Step.CODE)


def before(place: Place) -> Place | None:
    """The one to look back at."""
    earlier = [other for other in _LOOKED_BACK_AT if is_done(other, place.step)]
    return earlier[-1] if earlier else None
