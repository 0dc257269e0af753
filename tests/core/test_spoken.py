"""IIN and phone as said aloud, typed blind, compared by the server (R1, R3)."""

from collections.abc import Callable
from typing import Any

import pytest

from ca_core import records, roles
from ca_core.call import Gate
from ca_core.identifiers import Iin, Phone
from ca_core.registration import call, spoken
from ca_core.registration.spoken import Agreement
from ca_core.subscriber import MobileRegistration
from tests import builders
from tests.builders import AGENT, SECOND_AGENT
from tests.core import lines
from tests.core.lines import CALLER
from tests.fakes import House

OTHER_PHONE = Phone.parse("+7 702 765 43 21")
OTHER_IIN = builders.iin(number=500)


def compare(
    here: House, iin: Iin = CALLER.iin, phone: Phone = builders.PHONE, actor: roles.Actor = AGENT
) -> Agreement:
    with here.work() as work:
        return spoken.compare(work, actor=actor, call_id=1, iin=iin, phone=phone, now=here.now)


def read(here: House) -> None:
    """On the line, the document read."""
    lines.connected(here)
    builders.checks_passed(here, 1, Gate.READING)


def test_what_agrees_passes() -> None:
    here = lines.house()
    read(here)
    assert compare(here) == Agreement(iin=True, phone=True)
    assert lines.gate(here, 1, Gate.SPOKEN) == "passed"


@pytest.mark.parametrize(
    ("iin", "phone", "expected"),
    [
        (OTHER_IIN, builders.PHONE, Agreement(iin=False, phone=True)),
        (CALLER.iin, OTHER_PHONE, Agreement(iin=True, phone=False)),
        (OTHER_IIN, OTHER_PHONE, Agreement(iin=False, phone=False)),
    ],
)
def test_the_agent_learns_what_does_not_agree_and_never_the_value(
    iin: Iin, phone: Phone, expected: Agreement
) -> None:
    here = lines.house()
    read(here)
    assert compare(here, iin, phone) == expected
    assert lines.gate(here, 1, Gate.SPOKEN) == "failed"
    kept = repr(here.memory.checks) + repr(here.memory.audit[-1])
    secrets = (CALLER.iin.digits, OTHER_IIN.digits, builders.PHONE.digits, OTHER_PHONE.digits)
    assert all(secret not in kept for secret in secrets)


def test_the_document_is_read_first() -> None:
    here = lines.house()
    lines.connected(here)
    with pytest.raises(spoken.ReadingFirst):
        compare(here)
    builders.checks_passed(here, 1, Gate.READING)
    lines.take_still(here, 1)
    with pytest.raises(spoken.ReadingFirst):
        compare(here)


def test_the_phone_of_another_is_refused() -> None:
    """R3."""
    here = lines.house()
    read(here)
    here.memory.bmg[OTHER_IIN] = MobileRegistration(OTHER_IIN, builders.PHONE, here.now, "counter")
    with pytest.raises(records.PhoneOfAnother):
        compare(here)
    assert lines.gate(here, 1, Gate.SPOKEN) == ""


def test_whose_phone_a_number_is_that_the_caller_did_not_type_is_not_told() -> None:
    """The agent cannot look up by typing whether a number is somebody's."""
    here = lines.house()
    read(here)
    here.memory.bmg[OTHER_IIN] = MobileRegistration(OTHER_IIN, OTHER_PHONE, here.now, "counter")
    assert not compare(here, phone=OTHER_PHONE).phone


def test_ones_own_phone_may_be_registered_again() -> None:
    here = lines.house()
    read(here)
    here.memory.bmg[CALLER.iin] = MobileRegistration(CALLER.iin, builders.PHONE, here.now, "counter")
    assert compare(here).phone


@pytest.mark.parametrize(
    ("way", "actor", "refusal"),
    [
        (lines.connected, SECOND_AGENT, call.NotYourCall),
        (lines.connected, builders.OFFICER, roles.NotAllowed),
        (lines.ended, AGENT, call.NotConnected),
    ],
)
def test_the_comparison_is_the_agents_of_this_call(
    way: Callable[[House], Any], actor: roles.Actor, refusal: type[Exception]
) -> None:
    here = lines.house()
    way(here)
    with pytest.raises(refusal):
        compare(here, actor=actor)
