"""The codes of the citizen's way (R4): to the BMG phone, on the dossier's own page, typed by the applicant alone."""

from dataclasses import replace
from typing import Any

import pytest

from ca_core import roles
from ca_core.dossier import Dossier, Step
from ca_core.identifiers import Phone
from ca_core.registration import bmg, identification, sms_code
from ca_core.registration import dossier as dossiers
from ca_core.registration.sms_code import CodePurpose
from ca_core.subscriber import MobileRegistration
from tests import builders
from tests import dossiers as ways
from tests.fakes import House


@pytest.fixture
def here() -> House:
    house = builders.house()
    builders.register(house)
    return house


def send_sign_in(here: House, dossier: Dossier) -> sms_code.Sent:
    with ways.opened(here, dossier) as (work, found):
        return identification.send_sign_in(work, dossier=found, now=here.now)


def send_identify(here: House, dossier: Dossier, **different: Any) -> sms_code.Sent:
    given = {"iin": builders.person().iin, "phone": builders.PHONE, **different}
    with ways.opened(here, dossier) as (work, found):
        return identification.send_identify(work, dossier=found, now=here.now, **given)


def test_the_code_to_sign_in_goes_to_the_bmg_phone(here: House) -> None:
    sent = send_sign_in(here, ways.with_iin(here))
    assert sent.phone == builders.PHONE
    notice = here.memory.notices[-1]
    assert (notice.recipient, notice.words["purpose"]) == (builders.PHONE.digits, "sign_in")


def test_no_code_for_an_iin_without_a_phone(here: House) -> None:
    """F1, 5: the step is the call."""
    entered = ways.with_iin(here, builders.iin(number=900))
    with pytest.raises(dossiers.OutOfOrder) as refused:
        send_sign_in(here, entered)
    assert refused.value.step is Step.CALL
    assert here.memory.notices == []


def test_a_code_is_good_on_the_page_that_asked_and_on_no_other(here: House) -> None:
    """R4: who reads the message cannot use it in a dossier of their own."""
    mine = ways.with_iin(here)
    send_sign_in(here, mine)
    theirs = ways.with_iin(here, browser="a stranger's")
    with pytest.raises(sms_code.NoCodeSent), ways.opened(here, theirs) as (work, found):
        identification.take_try(work, dossier=found, purpose=CodePurpose.SIGN_IN, now=here.now)


def test_a_corrected_iin_takes_the_earlier_code_with_it_out_of_force(here: House) -> None:
    """A code sent for one person's IIN signs nobody in as another."""
    other = builders.person(iin=builders.iin(number=700), document_number="N00000002")
    builders.register(here, iin=other.iin, phone=Phone.parse("+7 705 000 11 22"))
    mine = ways.with_iin(here)
    send_sign_in(here, mine)
    code = builders.newest_code(here)
    with ways.opened(here, mine) as (work, found):
        dossiers.enter_iin(work, dossier=found, iin=other.iin, company=dossiers.Company.MYSELF, now=here.now)
    with pytest.raises(sms_code.NoCodeSent):
        ways.typed(here, mine, CodePurpose.SIGN_IN, code)


def test_a_wrong_code_is_refused_and_counted(here: House) -> None:
    mine = ways.with_iin(here)
    send_sign_in(here, mine)
    wrong = builders.wrong(builders.newest_code(here))
    for _ in range(here.policy.codes.tries):
        with pytest.raises(sms_code.CodeWrong):
            ways.typed(here, mine, CodePurpose.SIGN_IN, wrong)
    with pytest.raises(sms_code.CodeUsedUp):
        ways.typed(here, mine, CodePurpose.SIGN_IN, builders.newest_code(here))
    assert ways.step_of(here, mine) is Step.CODE


def test_the_code_that_signs_in_does_not_identify(here: House) -> None:
    """R4: codes for different purposes are different codes."""
    mine = ways.started(here)
    used = builders.newest_code(here)
    send_identify(here, mine)
    if builders.newest_code(here) == used:
        pytest.skip("one in a million: the two codes are equal")
    with pytest.raises(sms_code.CodeWrong):
        ways.typed(here, mine, CodePurpose.IDENTIFY, used)


def test_after_a_used_code_the_next_one_needs_no_pause_but_a_resending_does(here: House) -> None:
    """R4: 60 s lie between two sendings of a code, not between two steps."""
    mine = ways.started(here)
    send_identify(here, mine)
    with pytest.raises(sms_code.CodeTooSoon):
        send_identify(here, mine)
    here.later(seconds=60)
    send_identify(here, mine)


@pytest.mark.parametrize(
    "different", [{"iin": builders.iin(number=700)}, {"phone": Phone.parse("+7 705 000 11 22")}]
)
def test_whose_iin_or_phone_differs_is_refused_in_the_same_words_and_counted(
    here: House, different: dict[str, Any]
) -> None:
    mine = ways.started(here)
    before = len(here.memory.look_ups)
    with pytest.raises(identification.IdentityDiffers) as refused:
        send_identify(here, mine, **different)
    assert refused.value.facts == {}
    assert len(here.memory.look_ups) == before + 1


def test_guessing_the_phone_ends_soon(here: House) -> None:
    mine = ways.started(here)
    for number in range(builders.policy().identification.look_ups_of_a_browser - 1):
        with pytest.raises(identification.IdentityDiffers):
            send_identify(here, mine, phone=Phone.of(77050001100 + number))
    with pytest.raises(bmg.TooManyLookUps):
        send_identify(here, mine, phone=Phone.of(77050001199))


@pytest.mark.parametrize("purpose", [CodePurpose.SIGN_IN, CodePurpose.IDENTIFY])
def test_staff_ask_for_no_code_of_the_citizens_way(here: House, purpose: CodePurpose) -> None:
    """F1: typed by the applicant only."""
    [owner] = here.memory.subscribers.values()
    with pytest.raises(roles.NotAllowed), here.work() as work:
        sms_code.send(
            work,
            actor=builders.AGENT,
            owner=owner,
            purpose=purpose,
            subject="dossier/1",
            page="p",
            now=here.now,
        )
    with pytest.raises(roles.NotAllowed), here.work() as work:
        sms_code.take_try(
            work, actor=builders.OFFICER, purpose=purpose, subject="dossier/1", page="p", now=here.now
        )


def on_its_way(here: House, dossier: Dossier, purpose: CodePurpose = CodePurpose.SIGN_IN) -> bool:
    with ways.opened(here, dossier) as (work, found):
        return identification.on_its_way(work, dossier=found, purpose=purpose, now=here.now)


def test_a_code_is_on_its_way_until_it_is_used_or_its_time_is_over(here: House) -> None:
    """F1: whoever closes the browser after asking for a code finds the field for it again."""
    dossier = ways.with_iin(here)
    assert not on_its_way(here, dossier)
    send_sign_in(here, dossier)
    assert on_its_way(here, dossier)
    assert not on_its_way(here, dossier, CodePurpose.IDENTIFY)
    here.now += here.policy.codes.validity
    assert not on_its_way(here, dossier)


def test_a_code_whose_tries_are_used_up_is_not_on_its_way(here: House) -> None:
    dossier = ways.with_iin(here)
    send_sign_in(here, dossier)
    for _ in range(here.policy.codes.tries):
        with ways.opened(here, dossier) as (work, found):
            identification.take_try(work, dossier=found, purpose=CodePurpose.SIGN_IN, now=here.now)
    assert not on_its_way(here, dossier)


def test_a_code_that_another_page_asked_for_is_not_on_its_way(here: House) -> None:
    """R4: bound to the page; the field that this one would show could never be right."""
    dossier = ways.with_iin(here)
    send_sign_in(here, dossier)
    here.memory.codes[1] = replace(here.memory.codes[1], page="another")
    assert not on_its_way(here, dossier)


def test_a_code_to_the_phone_before_is_not_on_its_way(here: House) -> None:
    """R4: only to the BMG phone; a call may have registered another one since."""
    dossier = ways.with_iin(here)
    send_sign_in(here, dossier)
    builders.register(here, phone=Phone.parse("+7 701 999 88 77"))
    assert not on_its_way(here, dossier)


def test_a_code_to_a_phone_that_was_replaced_meanwhile_is_none(here: House) -> None:
    """R3, R4: whoever kept the old phone reads a code that the owner has just taken it away from."""
    dossier = ways.with_iin(here)
    with ways.opened(here, dossier) as (work, found):
        identification.send_sign_in(work, dossier=found, now=here.now)
    code = ways.code_sent(here)
    with here.work() as work:
        fresh = MobileRegistration(builders.person().iin, Phone.parse("+7 705 000 11 22"), here.now, "agent")
        work.bmg.enter(fresh, call_id=None)
    with pytest.raises(sms_code.NoCodeSent):
        ways.typed(here, dossier, CodePurpose.SIGN_IN, code)
