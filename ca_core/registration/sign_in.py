"""Who opens the cabinet: the IIN, and the code that its phone in the BMG got (R4).

Whether an IIN is known, has a phone, or got a code a moment ago is not told: sending is silent, and every code that
does not fit is refused in the same words.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime

from ca_core import owner_session, roles
from ca_core.consent import OwnerConsent
from ca_core.errors import Refusal
from ca_core.identifiers import Iin
from ca_core.ports import Work
from ca_core.registration import bmg, sms_code
from ca_core.registration.sms_code import CodePurpose, Try


class SignInRefused(Refusal):
    """The code does not fit, is over or used up, or there was none."""

    code = "sign_in.refused"


_NOT_NOW = (sms_code.CodeTooSoon, sms_code.TooManyCodes)
_NO = (sms_code.NoCodeSent, sms_code.CodeExpired, sms_code.CodeWrong, sms_code.CodeUsedUp)


def send(work: Work, *, iin: Iin, page: str, device: bytes, language: str, now: datetime) -> None:
    """To the IIN's BMG phone where there is one, at most as often as R4 allows; silent in any case.

    Raises TooManyLookUps, whoever the IIN belongs to.
    """
    bmg.require_few_look_ups(work, iin=iin, device=device, now=now)
    bmg.count_look_up(work, iin=iin, device=device, now=now)
    registration = work.bmg.of_iin(iin)
    if registration is None:
        return
    known = work.subscribers.by_iin(iin)
    try:
        sms_code.dispatch(
            work,
            actor=roles.OWNER,
            phone=registration.phone,
            purpose=CodePurpose.SIGN_IN,
            subject=owner_session.subject(iin, work.code_seal.seal),
            page=page,
            language=known.language if known else language,
            subscriber_id=known.subscriber_id if known else None,
            now=now,
        )
    except _NOT_NOW:
        return


def take_try(work: Work, *, iin: Iin, page: str, now: datetime) -> Try:
    """To be committed in a work of its own, as `sms_code.take_try`. Raises SignInRefused."""
    with _in_the_same_words():
        return sms_code.take_try(
            work,
            actor=roles.OWNER,
            purpose=CodePurpose.SIGN_IN,
            subject=owner_session.subject(iin, work.code_seal.seal),
            page=page,
            now=now,
        )


def confirm(work: Work, *, iin: Iin, page: str, attempt: Try, typed: str, now: datetime) -> OwnerConsent:
    """The owner's consent to a session, in the session's own work. Raises SignInRefused."""
    with _in_the_same_words():
        return sms_code.confirm(
            work,
            actor=roles.OWNER,
            attempt=attempt,
            purpose=CodePurpose.SIGN_IN,
            subject=owner_session.subject(iin, work.code_seal.seal),
            page=page,
            typed=typed,
            now=now,
        )


@contextmanager
def _in_the_same_words() -> Iterator[None]:
    try:
        yield
    except _NO as refusal:
        raise SignInRefused from refusal
