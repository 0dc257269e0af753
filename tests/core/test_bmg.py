"""The base of mobile citizens: one IIN one phone, one phone one IIN, both phones told (R3)."""

import pytest

from ca_core import records
from ca_core.identifiers import Phone
from ca_core.notices import NoticeKind
from ca_core.registration import bmg
from ca_core.subscriber import MobileRegistration
from tests import builders
from tests.builders import AGENT
from tests.core import lines
from tests.core.lines import CALLER
from tests.fakes import House

OTHER_PHONE = Phone.parse("+7 702 765 43 21")
OTHER_IIN = builders.iin(number=500)


def enter(here: House, phone: Phone = builders.PHONE) -> None:
    with here.work() as work:
        bmg.enter(work, actor=AGENT, iin=CALLER.iin, phone=phone, language="kk", call_id=1, now=here.now)


def told(here: House) -> list[tuple[NoticeKind, str]]:
    return [(notice.kind, notice.recipient) for notice in here.memory.notices]


def test_the_phone_serves_the_iin_from_now_on() -> None:
    here = lines.house()
    with here.work() as work:
        assert not bmg.look_up(work, iin=CALLER.iin, device=b"", now=here.now)
    enter(here)
    with here.work() as work:
        assert bmg.look_up(work, iin=CALLER.iin, device=b"", now=here.now)
    assert here.memory.bmg[CALLER.iin] == MobileRegistration(CALLER.iin, builders.PHONE, here.now, AGENT.name)
    assert told(here) == [(NoticeKind.PHONE_REGISTERED, builders.PHONE.digits)]


def test_a_look_up_is_counted_under_a_seal_of_its_own() -> None:
    """R14: no IIN rests there, nor anything by which a row of another table is known as the same person's."""
    here = lines.house()
    with here.work() as work:
        bmg.look_up(work, iin=CALLER.iin, device=b"browser", now=here.now)
        sealed = work.code_seal.seal(CALLER.iin.digits, "bmg look-up")
    assert here.memory.look_ups == [(sealed, b"browser", here.now)]


def test_a_change_of_phone_tells_both_phones_and_keeps_its_history() -> None:
    here = lines.house()
    enter(here)
    here.later(hours=1)
    enter(here, OTHER_PHONE)
    assert told(here)[1:] == [
        (NoticeKind.PHONE_REGISTERED, OTHER_PHONE.digits),
        (NoticeKind.PHONE_REPLACED, builders.PHONE.digits),
    ]
    # The old phone may be in other hands: it learns the new one masked only.
    assert here.memory.notices[-1].words == {"phone": OTHER_PHONE.masked}
    with here.work() as work:
        current, before = work.bmg.history(CALLER.iin)
    assert (current.phone, before.phone, before.ended_by) == (OTHER_PHONE, builders.PHONE, AGENT.name)


def test_the_same_phone_again_replaces_nothing() -> None:
    here = lines.house()
    enter(here)
    enter(here)
    assert [kind for kind, _ in told(here)] == [NoticeKind.PHONE_REGISTERED] * 2


def test_the_phone_of_another_is_refused() -> None:
    here = lines.house()
    here.memory.bmg[OTHER_IIN] = MobileRegistration(OTHER_IIN, builders.PHONE, here.now, "counter")
    with pytest.raises(records.PhoneOfAnother):
        enter(here)
    assert told(here) == []
    assert CALLER.iin not in here.memory.bmg


def test_a_subscriber_of_ours_gets_the_new_phone() -> None:
    here = builders.house()
    owner = builders.register(here, iin=CALLER.iin)
    enter(here, OTHER_PHONE)
    assert here.memory.subscribers[owner.subscriber_id].phone == OTHER_PHONE


def test_the_audit_log_has_the_phones_masked() -> None:
    """R14."""
    here = lines.house()
    enter(here)
    enter(here, OTHER_PHONE)
    entry = here.memory.audit[-1]
    assert (entry.event, entry.from_state, entry.to_state, entry.subject) == (
        "bmg:enter:done",
        builders.PHONE.masked,
        OTHER_PHONE.masked,
        "call/1",
    )
