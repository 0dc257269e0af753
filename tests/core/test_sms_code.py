"""One-time codes (R4): only to the BMG phone, bound to purpose, object and page, few tries, short life."""

from collections.abc import Callable
from typing import Any

import pytest

from ca_core import roles
from ca_core.consent import OwnerConsent
from ca_core.identifiers import Phone
from ca_core.registration import sms_code
from ca_core.registration.sms_code import CodePurpose
from ca_core.subscriber import Subscriber
from tests import builders
from tests.builders import OFFICER
from tests.fakes import House

# Codes that an officer may send for an owner's act; the one to register a phone is the call agent's, and those of
# the citizen's own way are nobody's but the citizen's.
OF_AN_OWNER = [
    purpose
    for purpose in CodePurpose
    if purpose not in (CodePurpose.REGISTER, CodePurpose.SIGN_IN, CodePurpose.IDENTIFY)
]
BOUND = {"purpose": CodePurpose.REVOKE, "subject": "ab12", "page": "page-1"}


def send(here: House, owner: Subscriber, **different: Any) -> sms_code.Sent:
    with here.work() as work:
        return sms_code.send(work, owner=owner, **{**BOUND, "actor": OFFICER, "now": here.now, **different})


def confirm(here: House, typed: str, **different: Any) -> OwnerConsent:
    bound = {**BOUND, "actor": OFFICER, "now": here.now, **different}
    with here.work() as work:
        attempt = sms_code.take_try(work, **bound)
    with here.work() as work:
        return sms_code.confirm(work, attempt=attempt, typed=typed, **bound)


def test_a_code_has_six_digits_lives_three_minutes_and_goes_to_the_bmg_phone() -> None:
    here = builders.house()
    owner = builders.register(here)
    sent = send(here, owner)
    assert (sent.expires_at - here.now).total_seconds() == 180
    assert (sent.resend_at - here.now).total_seconds() == 60
    notice = here.memory.notices[-1]
    assert (notice.recipient, notice.secret) == (builders.PHONE.digits, True)
    assert len(builders.newest_code(here)) == 6


def test_a_code_rests_as_a_seal_and_is_not_in_the_audit_log() -> None:
    here = builders.house()
    send(here, builders.register(here))
    code = builders.newest_code(here)
    stored = here.memory.codes[1]
    assert code.encode() not in stored.seal
    assert code not in repr(here.memory.audit)


def test_the_right_code_is_the_owners_consent() -> None:
    here = builders.house()
    send(here, builders.register(here))
    consent = confirm(here, f" {builders.newest_code(here)} ")
    assert (consent.purpose, consent.subject, consent.given_at) == ("revoke", "ab12", here.now)


def test_a_code_works_once() -> None:
    here = builders.house()
    send(here, builders.register(here))
    confirm(here, builders.newest_code(here))
    with pytest.raises(sms_code.CodeUsedUp):
        confirm(here, builders.newest_code(here))


def test_three_wrong_tries_use_the_code_up_although_each_refusal_is_rolled_back() -> None:
    here = builders.house()
    send(here, builders.register(here))
    code = builders.newest_code(here)
    for left in (2, 1, 0):
        with pytest.raises(sms_code.CodeWrong) as refused:
            confirm(here, builders.wrong(code))
        assert refused.value.facts == {"tries_left": left}
    with pytest.raises(sms_code.CodeUsedUp):
        confirm(here, code)
    assert builders.events(here).count("sms_code:confirm:refused") == 3


def test_a_code_expires() -> None:
    here = builders.house()
    send(here, builders.register(here))
    here.later(minutes=3)
    with pytest.raises(sms_code.CodeExpired):
        confirm(here, builders.newest_code(here))


def test_a_code_whose_time_is_over_costs_no_try_and_is_not_compared() -> None:
    """R4: whoever types it late hears that it is late, not that it was wrong."""
    here = builders.house()
    send(here, builders.register(here))
    here.later(minutes=3)
    with pytest.raises(sms_code.CodeExpired), here.work() as work:
        sms_code.take_try(work, **BOUND, actor=OFFICER, now=here.now)
    assert here.memory.codes[1].tries_left == here.policy.codes.tries


@pytest.mark.parametrize(
    "elsewhere", [{"purpose": CodePurpose.REISSUE}, {"subject": "cd34"}, {"page": "page-2"}]
)
def test_a_code_is_bound_to_purpose_object_and_page(elsewhere: dict[str, Any]) -> None:
    here = builders.house()
    send(here, builders.register(here))
    with pytest.raises(sms_code.NoCodeSent):
        confirm(here, builders.newest_code(here), **elsewhere)


def test_no_code_was_sent() -> None:
    here = builders.house()
    with pytest.raises(sms_code.NoCodeSent):
        confirm(here, "123456")


def test_a_fresh_code_makes_the_earlier_one_lapse() -> None:
    here = builders.house()
    owner = builders.register(here)
    send(here, owner)
    first = builders.newest_code(here)
    here.later(seconds=60)
    send(here, owner)
    if builders.newest_code(here) == first:
        pytest.skip("one in a million: both codes are equal")
    with pytest.raises(sms_code.CodeWrong):
        confirm(here, first)


def test_resent_after_sixty_seconds() -> None:
    here = builders.house()
    owner = builders.register(here)
    send(here, owner)
    here.later(seconds=59)
    with pytest.raises(sms_code.CodeTooSoon) as refused:
        send(here, owner)
    assert refused.value.facts == {"wait_seconds": 1}
    here.later(seconds=1)
    send(here, owner)


def test_a_code_for_something_else_does_not_wait() -> None:
    """R4: who asked to sign in and now wants to revoke is sent another code, not the same one again."""
    here = builders.house()
    owner = builders.register(here)
    send(here, owner, purpose=CodePurpose.RELEASE_HOLD)
    send(here, owner, purpose=CodePurpose.REVOKE)
    with pytest.raises(sms_code.CodeTooSoon):
        send(here, owner, purpose=CodePurpose.RELEASE_HOLD)


def test_five_codes_an_hour_whatever_their_purpose() -> None:
    here = builders.house()
    owner = builders.register(here)
    for number in range(5):
        send(here, owner, purpose=OF_AN_OWNER[number % len(OF_AN_OWNER)], page=f"page-{number}")
        here.later(seconds=60)
    with pytest.raises(sms_code.TooManyCodes):
        send(here, owner)
    here.later(minutes=56)
    send(here, owner)


def test_without_a_phone_in_the_bmg_no_code_is_sent() -> None:
    here = builders.house()
    owner = builders.register(here, phone=None)
    with pytest.raises(sms_code.PhoneNotInBmg):
        send(here, owner)


def test_an_earlier_phone_of_the_owner_gets_no_code() -> None:
    """R3, R4: the BMG's current phone, not the one kept with the subscriber."""
    here = builders.house()
    owner = builders.register(here)
    current = builders.Phone.parse("+7 702 765 43 21")
    here.memory.bmg[owner.iin] = builders.MobileRegistration(owner.iin, current, here.now, "counter")
    assert send(here, owner).phone == current


def test_policy_may_leave_the_typing_to_the_caller_alone() -> None:
    """Policy `2026`: an officer never types the owner's code, not even the right one."""
    here = builders.house(codes={"typed_by_caller_only": True})
    send(here, builders.register(here))
    with pytest.raises(sms_code.CodeTypedByCallerOnly):
        confirm(here, builders.newest_code(here))


def test_no_code_is_sent_for_somebody_elses_certificate() -> None:
    """R9: the owner of this certificate, nobody else."""
    here = builders.house()
    owned = builders.issued(here)
    stranger = builders.register(here, iin=builders.iin(number=500), phone=Phone.parse("+7 702 000 00 01"))
    with pytest.raises(sms_code.NotTheOwner):
        send(here, stranger, subject=owned.certificate.serial.hex)


@pytest.mark.parametrize("act", [send, lambda here, _owner, **who: confirm(here, "123456", **who)])
def test_who_may_not_do_the_act_gets_no_code_for_it(act: Callable[..., object]) -> None:
    here = builders.house()
    owner = builders.register(here)
    with pytest.raises(roles.NotAllowed):
        act(here, owner, actor=builders.ANALYST)


def test_no_officer_asks_for_the_code_that_registers_a_phone() -> None:
    """F2: it belongs to a call, and to the agent of that call."""
    here = builders.house()
    owner = builders.register(here)
    with pytest.raises(roles.NotAllowed):
        send(here, owner, purpose=CodePurpose.REGISTER)
    with pytest.raises(roles.NotAllowed):
        confirm(here, "123456", purpose=CodePurpose.REGISTER)


def test_a_typing_that_the_policy_refuses_costs_the_owner_no_try() -> None:
    here = builders.house(codes={"typed_by_caller_only": True})
    send(here, builders.register(here))
    for _ in range(3):
        with pytest.raises(sms_code.CodeTypedByCallerOnly):
            confirm(here, builders.newest_code(here))
    assert here.memory.codes[1].tries_left == 3
    assert confirm(here, builders.newest_code(here), actor=roles.OWNER).purpose == "revoke"
