"""The procedure as data: one dated, versioned set of values; every decision stores the version it was made under."""

from dataclasses import dataclass
from datetime import date, timedelta

from ca_core.errors import Refusal


class PolicyInvalid(Refusal):
    """A policy file lacks a value, has an unknown one, or one out of range. Facts: name, problem."""

    code = "policy.invalid"


@dataclass(frozen=True, slots=True)
class Codes:
    """One-time codes (R4)."""

    validity: timedelta
    tries: int
    resend_after: timedelta
    per_hour: int
    typed_by_caller_only: bool


@dataclass(frozen=True, slots=True)
class Identification:
    """How people prove who they are (F2, F3)."""

    automatic_attempts: int
    counter_issues_directly: bool
    # An hour: who guesses IINs must be slow (R14).
    look_ups_of_an_iin: int
    look_ups_of_a_browser: int


@dataclass(frozen=True, slots=True)
class Calls:
    """The video call (F2): deadlines, and from which distance of two faces what is said about them."""

    offer: timedelta
    ring: timedelta
    connect: timedelta
    come_back: timedelta
    hold_at_most: timedelta
    wait_at_most: timedelta
    talk_at_most: timedelta
    wrap_up: timedelta
    away_opens_face: timedelta
    ticket: timedelta
    call_back: timedelta
    features_of_four: int
    # Euclidean distances of the face matcher: below the first the same person, above the second another one.
    face_same_below: float
    face_other_above: float
    face_portrait_px: int
    face_compared_px: int


@dataclass(frozen=True, slots=True)
class Verification:
    """The video verification of the face (F1, 10): how many moves, how long, how often before a moderator looks."""

    moves: int
    challenge: timedelta
    least_reaction: timedelta
    # Tries that fail for the light, the camera or the moves; comparisons are counted by `Identification`.
    tries: int
    # Of one person, an hour: who may ask for moves without end waits for those that were filmed before.
    draws_per_hour: int


@dataclass(frozen=True, slots=True)
class Reviews:
    """The photo review (F3): by when somebody looks, how long one holds it, and how many are judged twice."""

    due_high_risk: timedelta
    due_ordinary: timedelta
    lease: timedelta
    undo: timedelta
    recheck_share: float


@dataclass(frozen=True, slots=True)
class Certificates:
    """Life of a certificate (R8, R10a, R11, R12)."""

    validity: timedelta
    renewals: int
    hold_at_most: timedelta
    authentication_certificate: bool
    reissue_second_factor: bool
    unused_after: timedelta


@dataclass(frozen=True, slots=True)
class Publication:
    """How soon the world knows (R10)."""

    crl_at_most_every: timedelta
    crl_validity: timedelta
    ocsp_validity: timedelta


@dataclass(frozen=True, slots=True)
class Retention:
    """How long what is kept (R14)."""

    evidence: timedelta
    revoked_certificates: timedelta
    audit: timedelta
    proposals: timedelta


@dataclass(frozen=True, slots=True)
class Policy:
    name: str
    valid_from: date
    revision: int
    codes: Codes
    identification: Identification
    calls: Calls
    verification: Verification
    reviews: Reviews
    certificates: Certificates
    publication: Publication
    retention: Retention

    @property
    def version(self) -> str:
        """What is stored with each decision, for example article/2026-11-01/1."""
        return f"{self.name}/{self.valid_from.isoformat()}/{self.revision}"


def check(policy: Policy) -> None:
    """Refuses values under which the rules could not hold. Raises PolicyInvalid."""
    problems = {
        "codes.tries": 1 <= policy.codes.tries <= 5,
        "codes.validity": timedelta(minutes=1) <= policy.codes.validity <= timedelta(minutes=10),
        "codes.per_hour": 1 <= policy.codes.per_hour <= 20,
        "identification.automatic_attempts": 0 <= policy.identification.automatic_attempts <= 10,
        "identification.look_ups": 1
        <= policy.identification.look_ups_of_a_browser
        <= policy.identification.look_ups_of_an_iin
        <= 100,
        "calls.offer": timedelta(seconds=5) <= policy.calls.offer <= timedelta(seconds=60),
        "calls.ring": timedelta(seconds=10) <= policy.calls.ring <= timedelta(minutes=2),
        "calls.come_back": timedelta(seconds=10) <= policy.calls.come_back <= timedelta(minutes=5),
        # Longer than the warning before its end, and than the five minutes that a check takes.
        "calls.talk_at_most": timedelta(minutes=10) <= policy.calls.talk_at_most <= timedelta(hours=4),
        "calls.features_of_four": 1 <= policy.calls.features_of_four <= 4,
        "calls.face": 0 < policy.calls.face_same_below < policy.calls.face_other_above <= 1,
        "verification.moves": 1 <= policy.verification.moves <= 4,
        "verification.challenge": timedelta(seconds=30)
        <= policy.verification.challenge
        <= timedelta(minutes=5),
        "verification.least_reaction": timedelta(0)
        <= policy.verification.least_reaction
        <= timedelta(seconds=1),
        "verification.tries": 1 <= policy.verification.tries <= 10,
        "verification.draws_per_hour": policy.verification.tries <= policy.verification.draws_per_hour <= 60,
        "reviews.due": timedelta(0) < policy.reviews.due_high_risk <= policy.reviews.due_ordinary,
        "reviews.lease": timedelta(seconds=30) <= policy.reviews.lease <= timedelta(minutes=10),
        "reviews.undo": timedelta(0) <= policy.reviews.undo <= timedelta(minutes=1),
        "reviews.recheck_share": 0 <= policy.reviews.recheck_share <= 1,
        "certificates.validity": timedelta(days=1) <= policy.certificates.validity <= timedelta(days=1096),
        "certificates.renewals": 0 <= policy.certificates.renewals <= 1,
        "certificates.hold_at_most": timedelta(0) < policy.certificates.hold_at_most <= timedelta(hours=72),
        "publication.crl_at_most_every": policy.publication.crl_at_most_every <= timedelta(minutes=15),
        "publication.crl_validity": policy.publication.crl_validity > policy.publication.crl_at_most_every,
        "retention.revoked_certificates": policy.retention.revoked_certificates >= timedelta(days=5 * 365),
    }
    for name, holds in problems.items():
        if not holds:
            raise PolicyInvalid(name=name, problem="out of range")
