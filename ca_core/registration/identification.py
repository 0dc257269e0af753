"""The codes of the citizen's way (F1, R4): the one that signs in (steps 4 and 6), and the one that identifies (9).

Both go to the BMG phone alone, are typed by the applicant alone, and hold for the page of this dossier only.
"""

import hmac
from dataclasses import replace
from datetime import datetime

from ca_core import roles
from ca_core.dossier import Dossier, Step
from ca_core.errors import Refusal
from ca_core.identifiers import Iin, Phone
from ca_core.ports import Work
from ca_core.registration import bmg, sms_code
from ca_core.registration import dossier as dossiers
from ca_core.registration.sms_code import CodePurpose, PhoneNotInBmg, Sent, Try


class IdentityDiffers(Refusal):
    """IIN and phone are not those of the dossier and of the BMG; which of them is not said."""

    code = "dossier.identity_differs"


_STEPS = {
    CodePurpose.SIGN_IN: (Step.CODE, Step.CODE_AFTER_CALL),
    CodePurpose.IDENTIFY: (Step.IDENTIFY,),
}


def send_sign_in(work: Work, *, dossier: Dossier, now: datetime) -> Sent:
    """Steps 4 and 6. Raises OutOfOrder, PhoneNotInBmg, CodeTooSoon, TooManyCodes."""
    dossiers.require(work, dossier, *_STEPS[CodePurpose.SIGN_IN])
    return _send(work, dossier, CodePurpose.SIGN_IN, now)


def send_identify(work: Work, *, dossier: Dossier, iin: Iin, phone: Phone, now: datetime) -> Sent:
    """Step 9: the applicant enters phone and IIN again, and they are the right ones. A wrong guess is counted.

    Raises OutOfOrder, IdentityDiffers, TooManyLookUps, PhoneNotInBmg, CodeTooSoon, TooManyCodes.
    """
    way = dossiers.require(work, dossier, *_STEPS[CodePurpose.IDENTIFY])
    registered = way.registration.phone.digits if way.registration else ""
    same = hmac.compare_digest(registered, phone.digits)
    if iin != dossier.iin or not same:
        _count_guess(work, dossier, iin, now)
        raise IdentityDiffers
    return _send(work, dossier, CodePurpose.IDENTIFY, now)


def on_its_way(work: Work, *, dossier: Dossier, purpose: CodePurpose, now: datetime) -> bool:
    """A code that this page asked for can still be typed: also in a browser that was closed and opened again."""
    registration = work.bmg.of_iin(dossier.iin) if dossier.iin is not None else None
    sent = work.codes.latest(purpose=purpose.value, subject=_subject(work, dossier))
    if registration is None or sent is None:
        return False
    mine = sent.page == _page(dossier) and sent.phone == registration.phone
    return mine and now < sent.expires_at and sent.tries_left > 0


def take_try(work: Work, *, dossier: Dossier, purpose: CodePurpose, now: datetime) -> Try:
    """To be committed in a work of its own. Raises OutOfOrder and as `sms_code.take_try`."""
    dossiers.require(work, dossier, *_STEPS[purpose])
    return sms_code.take_try(
        work,
        actor=roles.OWNER,
        purpose=purpose,
        subject=_subject(work, dossier),
        page=_page(dossier),
        now=now,
    )


def confirm_sign_in(
    work: Work,
    *,
    dossier: Dossier,
    attempt: Try,
    typed: str,
    fresh_digest: bytes = b"",
    now: datetime,
) -> Dossier:
    """The browser is that of the IIN's owner from now on. Raises OutOfOrder and as `sms_code.confirm`.

    `fresh_digest`: of the secret that the browser has from now on; whoever knew the one before has nothing.
    """
    _confirm(work, dossier, CodePurpose.SIGN_IN, attempt, typed, now)
    signed_in = replace(dossier, signed_in_at=now, token_digest=fresh_digest or dossier.token_digest)
    return dossiers.save(work, signed_in, expected=dossier, now=now)


def confirm_identify(work: Work, *, dossier: Dossier, attempt: Try, typed: str, now: datetime) -> Dossier:
    """Phone, code and IIN are the same person's; the face comes next. Raises OutOfOrder and as `sms_code.confirm`."""
    _confirm(work, dossier, CodePurpose.IDENTIFY, attempt, typed, now)
    return dossiers.save(work, replace(dossier, confirmed_at=now), expected=dossier, now=now)


def _confirm(
    work: Work, dossier: Dossier, purpose: CodePurpose, attempt: Try, typed: str, now: datetime
) -> None:
    dossiers.require(work, dossier, *_STEPS[purpose])
    sms_code.confirm(
        work, actor=roles.OWNER, attempt=attempt, purpose=purpose, subject=_subject(work, dossier), page=_page(dossier),
        typed=typed, now=now,
    )  # fmt: skip
    dossiers.note(work, dossier, f"{purpose.value}:done", now=now)


def _send(work: Work, dossier: Dossier, purpose: CodePurpose, now: datetime) -> Sent:
    registration = work.bmg.of_iin(dossier.iin) if dossier.iin is not None else None
    if registration is None:
        raise PhoneNotInBmg
    return sms_code.dispatch(
        work,
        actor=roles.OWNER,
        phone=registration.phone,
        purpose=purpose,
        subject=_subject(work, dossier),
        page=_page(dossier),
        language=dossier.language,
        subscriber_id=None,
        now=now,
    )


def _count_guess(work: Work, dossier: Dossier, iin: Iin, now: datetime) -> None:
    """Raises TooManyLookUps when there were too many already; else this one is counted, whatever is undone."""
    bmg.require_few_look_ups(work, iin=iin, device=dossier.token_digest, now=now)
    work.after_refusal(lambda later: bmg.count_look_up(later, iin=iin, device=dossier.token_digest, now=now))


def _subject(work: Work, dossier: Dossier) -> str:
    """The dossier and the IIN that it has now: a code that was sent for one IIN is none for another."""
    iin = dossier.iin.digits if dossier.iin is not None else ""
    return f"dossier/{dossier.dossier_id}/{work.code_seal.seal(iin, 'subject of a code').hex()[:16]}"


def _page(dossier: Dossier) -> str:
    return dossier.token_digest.hex()
