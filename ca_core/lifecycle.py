"""THE LIFE: one table a life. States change only through a transition listed here.

RFC 3647 4.1-4.9 name the stages. `docs/lifecycle.md` is generated from these tables.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from enum import IntEnum, StrEnum
from typing import Generic, TypeVar

from ca_core.errors import Refusal

S = TypeVar("S", bound=IntEnum)


class TransitionRefused(Refusal):
    """The object is in a state that this act does not start from. Facts: life, state, act."""

    code = "life.transition_refused"


class ApplicationState(IntEnum):
    STARTED = 1
    IDENTIFIED = 2
    IN_REVIEW = 3
    AGREED = 4
    SUBMITTED = 5
    ISSUED = 6
    ACCEPTED = 7
    WITHDRAWN = 8
    REJECTED = 9
    EXPIRED = 10


class CertificateState(IntEnum):
    RESERVED = 1
    PREPARED = 2
    ISSUED = 3
    ACCEPTED = 4
    ON_HOLD = 5
    REVOKED = 6
    ABANDONED = 7


class ReviewState(IntEnum):
    WAITING = 1
    CLAIMED = 2
    DECIDED = 3
    WITHDRAWN = 4
    APPLIED = 5


class CallState(IntEnum):
    QUEUED = 1
    RINGING = 2
    ACTIVE = 3
    RECONNECTING = 4
    HELD = 5
    ENDED = 6


class Who(StrEnum):
    OWNER = "owner"
    OWNER_WITH_OFFICER = "owner with officer"
    TWO_OFFICERS = "two officers"
    OFFICER = "officer"
    MODERATOR = "moderator"
    AGENT = "agent"
    CALLER = "caller"
    SYSTEM = "system"


@dataclass(frozen=True, slots=True)
class Transition(Generic[S]):
    act: str
    origins: tuple[S, ...]
    target: S
    who: tuple[Who, ...]
    function: str
    clause: str


@dataclass(frozen=True, slots=True)
class Life(Generic[S]):
    name: str
    first: S
    transitions: tuple[Transition[S], ...]

    def after(self, act: str, state: S) -> S:
        """The state that `act` leads to. Raises TransitionRefused."""
        for transition in self.transitions:
            if transition.act == act and state in transition.origins:
                return transition.target
        raise TransitionRefused(life=self.name, state=state.name, act=act)

    def allows(self, act: str, state: S) -> bool:
        return any(t.act == act and state in t.origins for t in self.transitions)

    def acts_from(self, state: S) -> Sequence[str]:
        return [t.act for t in self.transitions if state in t.origins]


_A = ApplicationState
_C = CertificateState

APPLICATION = Life(
    "application",
    _A.STARTED,
    (
        Transition("identify", (_A.STARTED,), _A.IDENTIFIED, (Who.SYSTEM,),
                   "ca_core.registration.verification.record", "3.2.3"),
        Transition("send_to_review", (_A.STARTED,), _A.IN_REVIEW, (Who.SYSTEM,),
                   "ca_core.registration.verification.record", "3.2.3"),
        Transition("pass_review", (_A.IN_REVIEW,), _A.IDENTIFIED, (Who.MODERATOR,),
                   "ca_core.registration.review_effect.apply", "3.2.3"),
        Transition("new_photo", (_A.IN_REVIEW,), _A.STARTED, (Who.MODERATOR,),
                   "ca_core.registration.review_effect.apply", "3.2.3"),
        # R4: a code proves who has the phone. What was proven on another device is proven anew.
        Transition("prove_again", (_A.IDENTIFIED, _A.IN_REVIEW, _A.AGREED), _A.STARTED, (Who.OWNER,),
                   "ca_core.registration.dossier.resume", "3.2.3"),
        Transition("reject", (_A.IN_REVIEW,), _A.REJECTED, (Who.MODERATOR,),
                   "ca_core.registration.review_effect.apply", "4.2.2"),
        Transition("agree", (_A.IDENTIFIED,), _A.AGREED, (Who.OWNER,),
                   "ca_core.registration.terms.give_contact", "4.1.2"),
        Transition("submit", (_A.AGREED,), _A.SUBMITTED, (Who.OWNER,), "ca_core.issuance.submit.by_owner", "4.1.2"),
        Transition("submit_in_person", (_A.STARTED,), _A.SUBMITTED, (Who.OWNER_WITH_OFFICER,),
                   "ca_core.issuance.submit.with_request", "4.1.2"),
        Transition("confirm_renewal", (_A.STARTED,), _A.SUBMITTED, (Who.OWNER,),
                   "ca_core.issuance.renew.confirm", "4.6.2"),
        Transition("issue", (_A.SUBMITTED,), _A.ISSUED, (Who.SYSTEM,), "ca_core.issuance.issue.store", "4.3"),
        Transition("give_up", (_A.SUBMITTED,), _A.REJECTED, (Who.SYSTEM,), "ca_core.issuance.issue.give_up", "4.2.2"),
        Transition("accept", (_A.ISSUED,), _A.ACCEPTED, (Who.OWNER, Who.OWNER_WITH_OFFICER),
                   "ca_core.issuance.accept.by_owner", "4.4"),
        # R10: there is nothing left to take.
        Transition("end_untaken", (_A.ISSUED,), _A.REJECTED,
                   (Who.OWNER, Who.OWNER_WITH_OFFICER, Who.TWO_OFFICERS), "ca_core.revocation.revoke.record",
                   "4.9.3"),
        Transition("withdraw", (_A.STARTED, _A.IDENTIFIED, _A.IN_REVIEW, _A.AGREED), _A.WITHDRAWN,
                   (Who.OWNER, Who.OWNER_WITH_OFFICER), "ca_core.issuance.submit.withdraw", "4.2.2"),
        Transition("expire", (_A.STARTED, _A.IDENTIFIED, _A.IN_REVIEW, _A.AGREED), _A.EXPIRED,
                   (Who.SYSTEM,), "ca_core.issuance.submit.expire", "4.2.3"),
    ),
)  # fmt: skip

CERTIFICATE = Life(
    "certificate",
    _C.RESERVED,
    (
        Transition("prepare", (_C.RESERVED,), _C.PREPARED, (Who.SYSTEM,), "ca_core.issuance.issue.prepare", "4.3.1"),
        Transition("issue", (_C.PREPARED,), _C.ISSUED, (Who.SYSTEM,), "ca_core.issuance.issue.store", "4.3"),
        Transition("abandon", (_C.RESERVED, _C.PREPARED), _C.ABANDONED, (Who.SYSTEM,),
                   "ca_core.issuance.issue.abandon", "4.3.1"),
        Transition("accept", (_C.ISSUED,), _C.ACCEPTED, (Who.OWNER, Who.OWNER_WITH_OFFICER),
                   "ca_core.issuance.accept.by_owner", "4.4"),
        # R10a: the file was being written while the hold was set; the hold stands.
        Transition("accept_held", (_C.ON_HOLD,), _C.ON_HOLD, (Who.OWNER, Who.OWNER_WITH_OFFICER),
                   "ca_core.issuance.accept.by_owner", "4.4"),
        Transition("hold", (_C.ISSUED, _C.ACCEPTED), _C.ON_HOLD,
                   (Who.OWNER, Who.OWNER_WITH_OFFICER, Who.TWO_OFFICERS),
                   "ca_core.revocation.hold.place", "4.9.13"),
        Transition("release_hold", (_C.ON_HOLD,), _C.ACCEPTED, (Who.OWNER, Who.TWO_OFFICERS, Who.SYSTEM),
                   "ca_core.revocation.hold.lift", "4.9.16"),
        Transition("release_hold_unaccepted", (_C.ON_HOLD,), _C.ISSUED, (Who.OWNER, Who.TWO_OFFICERS, Who.SYSTEM),
                   "ca_core.revocation.hold.lift", "4.9.16"),
        Transition("revoke", (_C.PREPARED, _C.ISSUED, _C.ACCEPTED, _C.ON_HOLD), _C.REVOKED,
                   (Who.OWNER, Who.OWNER_WITH_OFFICER, Who.TWO_OFFICERS), "ca_core.revocation.revoke.record", "4.9.3"),
    ),
)  # fmt: skip

_L = CallState

CALL = Life(
    "call",
    _L.QUEUED,
    (
        Transition("offer", (_L.QUEUED,), _L.RINGING, (Who.SYSTEM,), "ca_core.registration.call.offer", "3.2.3"),
        Transition("give_back", (_L.RINGING,), _L.QUEUED, (Who.AGENT, Who.SYSTEM),
                   "ca_core.registration.call.give_back", "3.2.3"),
        Transition("connect", (_L.RINGING,), _L.ACTIVE, (Who.SYSTEM,),
                   "ca_core.registration.call.connected", "3.2.3"),
        Transition("hold", (_L.ACTIVE,), _L.HELD, (Who.AGENT,), "ca_core.registration.call.hold", "3.2.3"),
        Transition("resume", (_L.HELD,), _L.ACTIVE, (Who.AGENT,), "ca_core.registration.call.resume", "3.2.3"),
        Transition("lose", (_L.ACTIVE, _L.HELD), _L.RECONNECTING, (Who.SYSTEM,),
                   "ca_core.registration.call.lost", "3.2.3"),
        Transition("come_back", (_L.RECONNECTING,), _L.ACTIVE, (Who.SYSTEM,),
                   "ca_core.registration.call.came_back", "3.2.3"),
        Transition("come_back_held", (_L.RECONNECTING,), _L.HELD, (Who.SYSTEM,),
                   "ca_core.registration.call.came_back", "3.2.3"),
        Transition("end", (_L.QUEUED, _L.RINGING, _L.ACTIVE, _L.RECONNECTING, _L.HELD), _L.ENDED,
                   (Who.AGENT, Who.CALLER, Who.SYSTEM), "ca_core.registration.call.end", "3.2.3"),
    ),
)  # fmt: skip

_R = ReviewState

REVIEW = Life(
    "review",
    _R.WAITING,
    (
        # Also one whose lease has run out.
        Transition("claim", (_R.WAITING, _R.CLAIMED), _R.CLAIMED, (Who.MODERATOR,),
                   "ca_core.registration.review.claim_next", "3.2.3"),
        Transition("release", (_R.CLAIMED,), _R.WAITING, (Who.MODERATOR,),
                   "ca_core.registration.review.release", "3.2.3"),
        Transition("decide", (_R.CLAIMED,), _R.DECIDED, (Who.MODERATOR,),
                   "ca_core.registration.review.decide", "3.2.3"),
        Transition("undo", (_R.DECIDED,), _R.CLAIMED, (Who.MODERATOR,), "ca_core.registration.review.undo", "3.2.3"),
        Transition("pass_on", (_R.DECIDED,), _R.WAITING, (Who.SYSTEM,),
                   "ca_core.registration.review_effect.apply", "3.2.3"),
        Transition("apply", (_R.DECIDED,), _R.APPLIED, (Who.SYSTEM,),
                   "ca_core.registration.review_effect.apply", "4.2.1"),
        Transition("withdraw", (_R.WAITING, _R.CLAIMED, _R.DECIDED), _R.WITHDRAWN, (Who.SYSTEM, Who.OWNER),
                   "ca_core.registration.review_effect.withdraw", "4.2.2"),
    ),
)  # fmt: skip

LIVES: tuple[Life[ApplicationState] | Life[CertificateState] | Life[CallState] | Life[ReviewState], ...] = (
    APPLICATION,
    CERTIFICATE,
    CALL,
    REVIEW,
)
