"""The citizen's way to a certificate in seventeen steps (F1): what is kept of it, and which step is next.

The step is computed from facts and never stored: whoever closes the browser finds the same step again.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import IntEnum, StrEnum
from typing import Protocol

from ca_core import lifecycle
from ca_core.application import Application
from ca_core.certificate import Certificate, Channel
from ca_core.identifiers import ApplicationId, Iin
from ca_core.lifecycle import ApplicationState, CertificateState
from ca_core.subscriber import MobileRegistration


class Step(IntEnum):
    """The seventeen steps of the public procedure, by their numbers."""

    START = 1
    CAMERA = 2
    IIN = 3
    CODE = 4
    CALL = 5
    CODE_AFTER_CALL = 6
    AGENT = 7
    PROCEED = 8
    IDENTIFY = 9
    FACE = 10
    ACCESS = 11
    AGREEMENT = 12
    CONTACT = 13
    KEY = 14
    STATUS = 15
    PASSWORD = 16
    DONE = 17


class Company(StrEnum):
    """Is somebody doing this for you? (R13). TOLD: somebody who is not there says what to press."""

    MYSELF = "myself"
    HELPER = "helper"
    TOLD = "told"


class Camera(StrEnum):
    """What the page found at step 2."""

    WORKS = "works"
    NONE = "none"


class AgreementKind(StrEnum):
    """Two different wills: that the CA reads the person's data (step 11), and the subscriber terms (step 12)."""

    ACCESS = "access"
    TERMS = "terms"


@dataclass(frozen=True, slots=True)
class AgreementText:
    """A text as it was shown: its version, its language, and the SHA-256 of the very octets."""

    kind: AgreementKind
    version: str
    language: str
    sha256: bytes


@dataclass(frozen=True, slots=True)
class Acceptance:
    """The applicant of this application accepted this text at this moment."""

    number: ApplicationId
    text: AgreementText
    at: datetime


@dataclass(frozen=True, slots=True)
class Dossier:
    """One way through the steps. `token_digest` is the SHA-256 of the secret in the browser's cookie."""

    dossier_id: int
    token_digest: bytes
    language: str
    channel: Channel
    opened_at: datetime
    changed_at: datetime
    camera: Camera | None = None
    company: Company | None = None
    iin: Iin | None = None
    # The IIN had no phone in the BMG then, or its owner said that the phone is lost: a call registers one.
    without_phone_at: datetime | None = None
    signed_in_at: datetime | None = None
    agent_at: datetime | None = None
    number: ApplicationId | None = None
    confirmed_at: datetime | None = None
    # What the key agent calls the key that waits for its certificate.
    key_reference: str = ""
    version: int = 0


@dataclass(frozen=True, slots=True)
class Way:
    """All the facts that the step follows from."""

    dossier: Dossier
    registration: MobileRegistration | None = None
    application: Application | None = None
    accepted: frozenset[AgreementKind] = field(default_factory=frozenset)
    # The one that is out and waits for its owner.
    certificate: Certificate | None = None


def step(way: Way) -> Step:
    """The first step that is not done. What waits for its owner waits for the code first, where that is due again."""
    if way.application is None or (not _signed_in(way) and _waits(way.application)):
        return next((number for number, done in _BEFORE if not done(way)), Step.PROCEED)
    return _WITH_APPLICATION[way.application.state](way)


def _waits(application: Application) -> bool:
    return bool(lifecycle.APPLICATION.acts_from(application.state))


def _phone_is_there(way: Way) -> bool:
    lost_at, registered = way.dossier.without_phone_at, way.registration
    return lost_at is None or (registered is not None and registered.since >= lost_at)


def _signed_in(way: Way) -> bool:
    return way.dossier.signed_in_at is not None


# Until there is an application: the steps in their order, and when each is done.
_BEFORE: tuple[tuple[Step, Callable[[Way], bool]], ...] = (
    (Step.CAMERA, lambda way: way.dossier.camera is not None),
    (Step.IIN, lambda way: way.dossier.iin is not None),
    (Step.CALL, lambda way: _signed_in(way) or _phone_is_there(way)),
    (Step.CODE, lambda way: _signed_in(way) or way.dossier.without_phone_at is not None),
    (Step.CODE_AFTER_CALL, _signed_in),
    (Step.AGENT, lambda way: way.dossier.agent_at is not None),
)


def _started(way: Way) -> Step:
    return Step.FACE if way.dossier.confirmed_at is not None else Step.IDENTIFY


def _identified(way: Way) -> Step:
    if AgreementKind.ACCESS not in way.accepted:
        return Step.ACCESS
    return Step.CONTACT if AgreementKind.TERMS in way.accepted else Step.AGREEMENT


def _issued(way: Way) -> Step:
    """R10a: what is on hold is not installed; when the hold is lifted, it is."""
    held = way.certificate is not None and way.certificate.state is CertificateState.ON_HOLD
    return Step.STATUS if held else Step.PASSWORD


_WITH_APPLICATION: dict[ApplicationState, Callable[[Way], Step]] = {
    ApplicationState.STARTED: _started,
    ApplicationState.IN_REVIEW: lambda _: Step.FACE,
    ApplicationState.IDENTIFIED: _identified,
    ApplicationState.AGREED: lambda _: Step.KEY,
    ApplicationState.SUBMITTED: lambda _: Step.STATUS,
    ApplicationState.ISSUED: _issued,
    ApplicationState.ACCEPTED: lambda _: Step.DONE,
    # What ended says so where one asks how it stands.
    ApplicationState.WITHDRAWN: lambda _: Step.STATUS,
    ApplicationState.REJECTED: lambda _: Step.STATUS,
    ApplicationState.EXPIRED: lambda _: Step.STATUS,
}


class OwnDossiers(Protocol):
    """The dossiers of those who are on their way."""

    def by_digest(self, token_digest: bytes) -> Dossier | None: ...
    def by_number(self, number: ApplicationId) -> Dossier | None: ...
    def of_iin(self, iin: Iin) -> list[Dossier]:
        """Those whose way came to an application, newest first."""
        ...

    def add(self, dossier: Dossier) -> int:
        """Raises ChangedMeanwhile where the cookie has a dossier already."""
        ...

    def save(self, dossier: Dossier, *, expected: Dossier) -> Dossier:
        """Writes the changed record with the next version. Raises ChangedMeanwhile unless `expected` is stored."""
        ...

    def erase(self, dossier: Dossier) -> None:
        """Raises ChangedMeanwhile unless it is stored as it is here."""
        ...

    def untouched_since(self, instant: datetime, limit: int) -> list[Dossier]: ...
    def accept(self, acceptance: Acceptance) -> None: ...
    def acceptances(self, number: ApplicationId) -> Sequence[Acceptance]:
        """Oldest first."""
        ...


class LookUps(Protocol):
    """Who asked the BMG about whom, counted for an hour: IINs as seals, browsers as digests (R14)."""

    def add(self, *, subject: bytes, device: bytes, at: datetime) -> None: ...
    def of_subject(self, subject: bytes, *, since: datetime) -> int: ...
    def of_device(self, device: bytes, *, since: datetime) -> int: ...
    def forget_before(self, instant: datetime) -> None: ...
