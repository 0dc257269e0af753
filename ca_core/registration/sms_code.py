"""One-time codes (R4): only to the BMG phone, bound to purpose, object and page, few tries, short life."""

import hmac
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ca_core import audit, notices, records, roles
from ca_core.consent import OwnerConsent
from ca_core.errors import Refusal
from ca_core.identifiers import Iin, Phone, Serial, SerialInvalid
from ca_core.ports import StoredCode, Work
from ca_core.subscriber import Subscriber


class PhoneNotInBmg(Refusal):
    """The owner has no phone in the BMG: no code can be sent (R4)."""

    code = "sms_code.phone_not_in_bmg"


class CodeTooSoon(Refusal):
    """A code for the same purpose was sent to this phone moments ago. Facts: wait_seconds."""

    code = "sms_code.too_soon"


class TooManyCodes(Refusal):
    """The hourly number of codes to this phone is used up. Facts: per_hour."""

    code = "sms_code.too_many"


class NoCodeSent(Refusal):
    """No code was sent for this purpose, object and page."""

    code = "sms_code.not_sent"


class CodeExpired(Refusal):
    code = "sms_code.expired"


class CodeWrong(Refusal):
    """Facts: tries_left."""

    code = "sms_code.wrong"


class CodeUsedUp(Refusal):
    """Every try was used, or the code was used already."""

    code = "sms_code.used_up"


class CodeTypedByCallerOnly(Refusal):
    """Under this policy the owner types the code on a page of their own; staff never do."""

    code = "sms_code.caller_types"


class NotTheOwner(Refusal):
    """The certificate belongs to somebody else."""

    code = "sms_code.not_the_owner"


class CodePurpose(StrEnum):
    """Codes for different purposes are different codes."""

    REVOKE = "revoke"
    RELEASE_HOLD = "release_hold"
    REISSUE = "reissue"
    HOLD = "hold"
    REGISTER = "register"
    SIGN_IN = "sign_in"
    IDENTIFY = "identify"


# SIGN_IN and IDENTIFY stand in no row: the applicant alone asks for them and types them (F1).
_PERMISSIONS = {
    CodePurpose.REVOKE: roles.Permission.REVOKE_WITH_OWNER,
    CodePurpose.RELEASE_HOLD: roles.Permission.REVOKE_WITH_OWNER,
    CodePurpose.REISSUE: roles.Permission.REISSUE,
    CodePurpose.HOLD: roles.Permission.REVOKE_WITH_OWNER,
    CodePurpose.REGISTER: roles.Permission.TAKE_CALLS,
}


@dataclass(frozen=True, slots=True)
class Sent:
    phone: Phone
    expires_at: datetime
    resend_at: datetime


def _binding(purpose: CodePurpose, subject: str, page: str) -> str:
    return f"{purpose.value}|{subject}|{page}"


def _bmg_phone(work: Work, iin: Iin) -> Phone:
    registration = work.bmg.of_iin(iin)
    if registration is None:
        raise PhoneNotInBmg
    return registration.phone


def _require_pause(work: Work, phone: Phone, purpose: CodePurpose, now: datetime) -> None:
    """R4: a minute before the same purpose's code is sent again; the hour counts every code to this phone."""
    rules = work.policy.codes
    last = work.codes.last_sent_at(phone, purpose=purpose.value)
    if last is not None and now < last + rules.resend_after:
        raise CodeTooSoon(wait_seconds=int((last + rules.resend_after - now).total_seconds()))
    if work.codes.sent_since(phone, now - timedelta(hours=1)) >= rules.per_hour:
        raise TooManyCodes(per_hour=rules.per_hour)


def send(
    work: Work,
    *,
    actor: roles.Actor,
    owner: Subscriber,
    purpose: CodePurpose,
    subject: str,
    page: str,
    now: datetime,
) -> Sent:
    """Sends a fresh code to the owner's BMG phone; earlier codes for the same purpose and object lapse.

    Raises NotAllowed, NotTheCaller, NotTheOwner, PhoneNotInBmg, CodeTooSoon, TooManyCodes.
    """
    _require_permission(actor, purpose)
    if actor.role is not None:
        records.require_for(work, actor, _PERMISSIONS[purpose], subscriber_id=owner.subscriber_id)
    _require_owned(work, owner, subject)
    return dispatch(
        work,
        actor=actor,
        phone=_bmg_phone(work, owner.iin),
        purpose=purpose,
        subject=subject,
        page=page,
        language=owner.language,
        subscriber_id=owner.subscriber_id,
        now=now,
    )


def dispatch(
    work: Work,
    *,
    actor: roles.Actor,
    phone: Phone,
    purpose: CodePurpose,
    subject: str,
    page: str,
    language: str,
    subscriber_id: int | None,
    now: datetime,
) -> Sent:
    """A fresh code to this phone, which the caller of this function has proven to be the right one.

    Raises CodeTooSoon, TooManyCodes.
    """
    _require_pause(work, phone, purpose, now)
    code = f"{secrets.randbelow(1_000_000):06d}"
    expires_at = now + work.policy.codes.validity
    work.codes.add(
        StoredCode(
            code_id=0,
            purpose=purpose.value,
            subject=subject,
            page=page,
            phone=phone,
            seal=work.code_seal.seal(code, _binding(purpose, subject, page)),
            sent_at=now,
            expires_at=expires_at,
            tries_left=work.policy.codes.tries,
        )
    )
    work.outbox.add(
        [
            notices.Notice(
                kind=notices.NoticeKind.CODE,
                medium=notices.Medium.SMS,
                recipient=phone.digits,
                subscriber_id=subscriber_id,
                language=language,
                at=now,
                words={"code": code, "purpose": purpose.value},
                secret=True,
            )
        ]
    )
    work.audit.add(audit.Entry(now, actor, "sms_code:send:done", subject, details={"purpose": purpose.value}))
    return Sent(phone=phone, expires_at=expires_at, resend_at=now + work.policy.codes.resend_after)


@dataclass(frozen=True, slots=True)
class Try:
    """One of the few tries, taken and committed before anything is compared."""

    code_id: int
    tries_left: int


def take_try(
    work: Work, *, actor: roles.Actor, purpose: CodePurpose, subject: str, page: str, now: datetime
) -> Try:
    """To be committed in a work of its own: guesses that come at once are counted one by one.

    Raises NotAllowed, CodeTypedByCallerOnly, NoCodeSent, CodeExpired, CodeUsedUp.
    """
    _require_permission(actor, purpose)
    _require_typist(work, actor)
    stored = work.codes.latest(purpose=purpose.value, subject=subject)
    if stored is None or not hmac.compare_digest(stored.page.encode(), page.encode()):
        raise NoCodeSent
    if now >= stored.expires_at:
        raise CodeExpired
    if not work.codes.take_try(stored.code_id):
        raise CodeUsedUp
    return Try(stored.code_id, stored.tries_left - 1)


def confirm(
    work: Work,
    *,
    actor: roles.Actor,
    attempt: Try,
    purpose: CodePurpose,
    subject: str,
    page: str,
    typed: str,
    now: datetime,
) -> OwnerConsent:
    """The owner's consent for one act, in the act's own work; uses the code up.

    Raises NotAllowed, CodeTypedByCallerOnly, NoCodeSent, CodeExpired, CodeWrong, CodeUsedUp.
    """
    _require_permission(actor, purpose)
    _require_typist(work, actor)
    stored = work.codes.latest(purpose=purpose.value, subject=subject)
    if stored is None or stored.code_id != attempt.code_id or stored.page != page:
        raise NoCodeSent
    if now >= stored.expires_at:
        raise CodeExpired
    # R3, R4: the phone may have been replaced while its code was on the way.
    if purpose is not CodePurpose.REGISTER and work.bmg.of_phone(stored.phone) is None:
        raise NoCodeSent
    seal = work.code_seal.seal(typed.strip(), _binding(purpose, subject, page))
    if not hmac.compare_digest(seal, stored.seal):
        work.after_refusal(lambda later: _note_wrong_try(later, stored, actor, now))
        raise CodeWrong(tries_left=attempt.tries_left)
    if not work.codes.spend(stored.code_id):
        raise CodeUsedUp
    return OwnerConsent(purpose=purpose.value, subject=subject, given_at=now, by="sms_code")


def _require_permission(actor: roles.Actor, purpose: CodePurpose) -> None:
    """Staff may ask for the codes of the acts that they may do; besides them the owner alone, at their own door."""
    if actor == roles.OWNER:
        return
    if purpose not in _PERMISSIONS:
        raise roles.NotAllowed(permission=f"sms_code:{purpose.value}")
    roles.require(actor, _PERMISSIONS[purpose])


def _require_typist(work: Work, actor: roles.Actor) -> None:
    if work.policy.codes.typed_by_caller_only and actor.role is not None:
        raise CodeTypedByCallerOnly


def _require_owned(work: Work, owner: Subscriber, subject: str) -> None:
    try:
        found = work.certificates.by_serial(Serial.parse(subject))
    except SerialInvalid:
        return
    if found is not None and found.subscriber_id != owner.subscriber_id:
        raise NotTheOwner


def _note_wrong_try(work: Work, stored: StoredCode, actor: roles.Actor, now: datetime) -> None:
    work.audit.add(
        audit.Entry(
            now, actor, "sms_code:confirm:refused", stored.subject, reason=CodeWrong.code,
            details={"purpose": stored.purpose},
        )
    )  # fmt: skip
