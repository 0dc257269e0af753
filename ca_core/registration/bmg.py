"""The base of mobile citizens: one IIN has one current phone, one phone serves one IIN (R3)."""

from datetime import datetime, timedelta

from ca_core import audit, notices, roles
from ca_core.errors import Refusal
from ca_core.identifiers import Iin, Phone
from ca_core.ports import Work
from ca_core.records import PhoneOfAnother
from ca_core.subscriber import MobileRegistration

COUNTED_FOR = timedelta(hours=1)


class TooManyLookUps(Refusal):
    """So many look-ups of this IIN, or from this browser, within the hour: who guesses IINs must be slow (R14).
    Facts: wait_minutes.
    """

    code = "bmg.too_many_lookups"


def look_up(work: Work, *, iin: Iin, device: bytes, now: datetime) -> bool:
    """Whether a code can be sent to the owner of this IIN; counted for the IIN and for the browser that asks.

    The count is stored, so that all processes share it; the IIN in it is a seal. `device` is empty where a browser
    has no cookie of ours: its address is limited at the door. Raises TooManyLookUps.
    """
    require_few_look_ups(work, iin=iin, device=device, now=now)
    count_look_up(work, iin=iin, device=device, now=now)
    return work.bmg.of_iin(iin) is not None


def require_few_look_ups(work: Work, *, iin: Iin, device: bytes, now: datetime) -> None:
    """Raises TooManyLookUps."""
    since = now - COUNTED_FOR
    asked = work.look_ups.of_subject(_subject(work, iin), since=since)
    by_device = work.look_ups.of_device(device, since=since) if device else 0
    rules = work.policy.identification
    if asked >= rules.look_ups_of_an_iin or by_device >= rules.look_ups_of_a_browser:
        raise TooManyLookUps(wait_minutes=int(COUNTED_FOR.total_seconds()) // 60)


def count_look_up(work: Work, *, iin: Iin, device: bytes, now: datetime) -> None:
    """One more, also where it was a wrong guess."""
    work.look_ups.add(subject=_subject(work, iin), device=device, at=now)


def _subject(work: Work, iin: Iin) -> bytes:
    return work.code_seal.seal(iin.digits, "bmg look-up")


def require_free(work: Work, *, phone: Phone, iin: Iin) -> None:
    """Raises PhoneOfAnother."""
    holder = work.bmg.of_phone(phone)
    if holder is not None and holder.iin != iin:
        raise PhoneOfAnother


def enter(
    work: Work, *, actor: roles.Actor, iin: Iin, phone: Phone, language: str, call_id: int, now: datetime
) -> None:
    """The phone serves this IIN from now on; both phones are told. `decide` and `settle` alone call this.

    Raises PhoneOfAnother.
    """
    require_free(work, phone=phone, iin=iin)
    before = work.bmg.of_iin(iin)
    work.bmg.enter(MobileRegistration(iin, phone, now, actor.name), call_id=call_id)
    subscriber = work.subscribers.by_iin(iin)
    person = work.register.person(iin)
    if subscriber is not None and person is not None:
        work.subscribers.refresh(subscriber, person, phone=phone)
    told = [
        notices.to_phone(
            phone, kind=notices.NoticeKind.PHONE_REGISTERED, language=language, words={}, now=now
        )
    ]
    if before is not None and before.phone != phone:
        kind = notices.NoticeKind.PHONE_REPLACED
        words = {"phone": phone.masked}
        told.append(notices.to_phone(before.phone, kind=kind, language=language, words=words, now=now))
    work.outbox.add(told)
    work.audit.add(
        audit.Entry(
            now, actor, "bmg:enter:done", f"call/{call_id}",
            from_state=before.phone.masked if before else "", to_state=phone.masked,
            policy_version=work.policy.version,
        )
    )  # fmt: skip
