"""The base of mobile citizens: one IIN has one current phone, one phone serves one IIN (R3)."""

from datetime import datetime

from ca_core import audit, notices, roles
from ca_core.identifiers import Iin, Phone
from ca_core.ports import Work
from ca_core.records import PhoneOfAnother
from ca_core.subscriber import MobileRegistration


def is_registered(work: Work, iin: Iin) -> bool:
    """Whether a code can be sent to the owner of this IIN."""
    return work.bmg.of_iin(iin) is not None


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
