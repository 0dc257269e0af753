"""The code that proves the phone being registered (R3, R4): right or wrong is all that the agent sees."""

from typing import Any

import pytest

from ca_core import records, roles
from ca_core.call import Gate
from ca_core.identifiers import Phone
from ca_core.registration import call, phone_code, sms_code
from ca_core.registration.sms_code import CodePurpose
from ca_core.subscriber import MobileRegistration
from tests import builders
from tests.builders import AGENT, SECOND_AGENT
from tests.core import lines
from tests.core.lines import CALLER
from tests.fakes import House

OTHER_IIN = builders.iin(number=500)


def spoken(here: House) -> None:
    """On the line, the number typed and said alike."""
    lines.connected(here)
    builders.checks_passed(here, 1, Gate.SPOKEN)


def send(here: House, actor: roles.Actor = AGENT) -> sms_code.Sent:
    with here.work() as work:
        return phone_code.send(work, actor=actor, call_id=1, now=here.now)


def confirm(here: House, typed: str, actor: roles.Actor = roles.OWNER, call_id: int = 1) -> None:
    with here.work() as work:
        attempt = phone_code.take_try(work, actor=actor, call_id=call_id, now=here.now)
    with here.work() as work:
        phone_code.confirm(work, actor=actor, call_id=call_id, attempt=attempt, typed=typed, now=here.now)


def sent(here: House) -> str:
    spoken(here)
    send(here)
    return builders.newest_code(here)


def test_the_code_goes_to_the_phone_being_registered() -> None:
    """R4: while registering, and to no earlier phone of the owner."""
    here = lines.house()
    earlier = Phone.parse("+7 702 765 43 21")
    here.memory.bmg[CALLER.iin] = MobileRegistration(CALLER.iin, earlier, here.now, "counter")
    spoken(here)
    assert send(here).phone == builders.PHONE
    (notice,) = here.memory.notices
    assert (notice.recipient, notice.language, notice.subscriber_id) == (builders.PHONE.digits, "ru", None)
    assert notice.secret


def test_the_number_is_compared_before_a_code_goes_to_it() -> None:
    here = lines.house()
    lines.connected(here)
    with pytest.raises(phone_code.SpokenFirst):
        send(here)
    with here.work() as work:
        work.checks.add(builders.Check(1, Gate.SPOKEN, builders.Outcome.FAILED, here.now, "agent"))
    with pytest.raises(phone_code.SpokenFirst):
        send(here)
    assert here.memory.codes == {}


def test_no_code_goes_to_the_phone_of_another() -> None:
    """R3: it may have become another's since it was compared."""
    here = lines.house()
    spoken(here)
    here.memory.bmg[OTHER_IIN] = MobileRegistration(OTHER_IIN, builders.PHONE, here.now, "counter")
    with pytest.raises(records.PhoneOfAnother):
        send(here)


def test_the_callers_right_code_passes_the_gate() -> None:
    here = lines.house()
    code = sent(here)
    confirm(here, code)
    assert lines.gate(here, 1, Gate.CODE) == "passed"
    assert here.memory.checks[-1].facts == {"typed_by": "caller"}


def test_policy_article_lets_the_agent_type_what_the_caller_says() -> None:
    here = lines.house()
    code = sent(here)
    confirm(here, code, AGENT)
    assert lines.gate(here, 1, Gate.CODE) == "passed"
    assert here.memory.checks[-1].facts == {"typed_by": "agent"}


def test_policy_2026_lets_the_caller_alone_type() -> None:
    here = lines.house(codes={"typed_by_caller_only": True})
    code = sent(here)
    with pytest.raises(sms_code.CodeTypedByCallerOnly):
        confirm(here, code, AGENT)
    assert lines.gate(here, 1, Gate.CODE) == ""
    confirm(here, code)
    assert lines.gate(here, 1, Gate.CODE) == "passed"


def test_a_refused_typing_of_the_agent_costs_the_caller_no_try() -> None:
    here = lines.house(codes={"typed_by_caller_only": True})
    code = sent(here)
    for _ in range(3):
        with pytest.raises(sms_code.CodeTypedByCallerOnly):
            confirm(here, code, AGENT)
    confirm(here, code)


def test_a_wrong_code_is_counted_and_shown() -> None:
    here = lines.house()
    code = sent(here)
    for left in (2, 1, 0):
        with pytest.raises(sms_code.CodeWrong) as refused:
            confirm(here, builders.wrong(code))
        assert refused.value.facts == {"tries_left": left}
        assert lines.gate(here, 1, Gate.CODE) == "failed"
        assert here.memory.checks[-1].facts == {"refused": "sms_code.wrong", "tries_left": str(left)}
    with pytest.raises(sms_code.CodeUsedUp):
        confirm(here, code)


def test_what_was_typed_is_kept_nowhere() -> None:
    here = lines.house()
    code = sent(here)
    with pytest.raises(sms_code.CodeWrong):
        confirm(here, builders.wrong(code))
    confirm(here, code)
    kept = repr(here.memory.checks) + repr(here.memory.audit)
    assert code not in kept
    assert builders.wrong(code) not in kept


def test_a_late_code_is_refused() -> None:
    here = lines.house()
    code = sent(here)
    here.later(minutes=3)
    with pytest.raises(sms_code.CodeExpired):
        confirm(here, code)


def test_a_code_works_once() -> None:
    here = lines.house()
    code = sent(here)
    confirm(here, code)
    with pytest.raises(sms_code.CodeUsedUp):
        confirm(here, code)
    assert lines.gate(here, 1, Gate.CODE) == "passed"


def test_of_two_who_type_the_right_code_at_once_one_uses_it() -> None:
    here = lines.house()
    code = sent(here)
    attempts = []
    for _ in range(2):
        with here.work() as work:
            attempts.append(phone_code.take_try(work, actor=roles.OWNER, call_id=1, now=here.now))
    typed = {"actor": roles.OWNER, "call_id": 1, "typed": code, "now": here.now}
    with here.work() as work:
        phone_code.confirm(work, attempt=attempts[0], **typed)
    with pytest.raises(sms_code.CodeUsedUp), here.work() as work:
        phone_code.confirm(work, attempt=attempts[1], **typed)


def test_a_code_for_another_purpose_is_refused() -> None:
    """R4: a code to revoke registers nobody, and the reverse."""
    here = lines.house()
    spoken(here)
    with here.work() as work:
        sms_code.dispatch(
            work,
            actor=AGENT,
            phone=builders.PHONE,
            purpose=CodePurpose.REVOKE,
            subject=phone_code.subject(1),
            page=lines.PAGE.hex(),
            language="ru",
            subscriber_id=None,
            now=here.now,
        )
    with pytest.raises(sms_code.NoCodeSent):
        confirm(here, builders.newest_code(here))


def test_a_code_of_another_call_is_refused() -> None:
    here = lines.house()
    code = sent(here)
    builders.on_the_line(here, agent=SECOND_AGENT, iin=OTHER_IIN)
    with pytest.raises(sms_code.NoCodeSent):
        confirm(here, code, call_id=2)
    with pytest.raises(sms_code.NoCodeSent):
        confirm(here, code, SECOND_AGENT, call_id=2)


def test_a_code_of_the_pages_earlier_call_is_refused() -> None:
    """Another call is another identification, and another agent."""
    here = lines.house()
    code = sent(here)
    lines.hang_up(here, 1)
    builders.on_the_line(here, agent=SECOND_AGENT, page_digest=lines.PAGE)
    with pytest.raises(sms_code.NoCodeSent):
        confirm(here, code, call_id=2)


def test_a_code_of_another_page_is_refused() -> None:
    """R4: bound to the page that asked."""
    here = lines.house()
    code = sent(here)
    here.memory.calls[1] = builders.replace(here.memory.calls[1], page_digest=b"another page")
    with pytest.raises(sms_code.NoCodeSent):
        confirm(here, code)


def test_no_code_was_sent() -> None:
    here = lines.house()
    spoken(here)
    with pytest.raises(sms_code.NoCodeSent):
        confirm(here, "123456")


def test_codes_to_one_phone_are_few_whoever_asks() -> None:
    """R4: resent after sixty seconds, five an hour."""
    here = lines.house()
    spoken(here)
    for _ in range(5):
        send(here)
        with pytest.raises(sms_code.CodeTooSoon):
            send(here)
        here.later(seconds=60)
    with pytest.raises(sms_code.TooManyCodes):
        send(here)


def test_after_the_call_no_code_is_typed() -> None:
    here = lines.house()
    code = sent(here)
    lines.hang_up(here, 1)
    for actor in (roles.OWNER, AGENT):
        with pytest.raises(call.NotConnected):
            confirm(here, code, actor)


def test_another_agent_neither_sends_nor_types() -> None:
    here = lines.house()
    code = sent(here)
    here.later(seconds=60)
    refusals: dict[roles.Actor, Any] = {
        SECOND_AGENT: call.NotYourCall,
        builders.OFFICER: roles.NotAllowed,
        builders.SUPERVISOR: roles.NotAllowed,
    }
    for actor, refusal in refusals.items():
        with pytest.raises(refusal):
            send(here, actor)
        with pytest.raises(refusal):
            confirm(here, code, actor)
