"""Whatever is wrong with what the caller holds up, nobody is registered on it (F2; R1, R2).

One call in two real browsers; the caller's camera shows one document after another.
"""

import time

import pytest
from playwright.sync_api import Page, expect

from ca_core.call import Check, Gate, Outcome
from ca_core.registration import passport
from ca_core.registration.passport import Field
from runtime.demo import rendered
from runtime.demo.rendered.specimens import Fault
from tests.journeys import cameras, talking
from tests.journeys.conftest import House, Visits

pytestmark = pytest.mark.timeout(300)
CALLER = rendered.PEOPLE[2]
# What each is refused for, as the checklist keeps it.
REFUSED_FOR = {
    Fault.WRONG_DIGIT: (Field.NUMBER, passport.Test.CHECK_DIGIT),
    Fault.FOREIGN: (Field.STATE, passport.Test.ISSUED_IN_KAZAKHSTAN),
    Fault.EXPIRED: (Field.EXPIRY, passport.Test.NOT_EXPIRED),
    Fault.NONE: (Field.ZONE, passport.Test.READ),
    Fault.HALF_COVERED: (Field.ZONE, passport.Test.READ),
    Fault.ANOTHER_PERSON: (Field.IIN, passport.Test.AS_TYPED),
}


def test_no_wrong_document_registers_anybody(house: House, visit: Visits) -> None:
    """Each is refused for its own reason; another person's portrait is not the caller's face."""
    talking.clear(house)
    script = cameras.script(CALLER, *REFUSED_FOR, Fault.UPSIDE_DOWN, other=cameras.another(CALLER))
    citizen = talking.calling(visit, house, CALLER, script)
    agent = talking.at_desk(visit, 1)
    talking.take_calls(agent)
    talking.connect(agent, citizen)
    talking.go_to(agent, "reading")

    # Held the wrong way round the zone is still all there: it is read, and the panel says how it was held.
    assert read(house, agent, citizen, Fault.UPSIDE_DOWN).outcome is Outcome.PASSED
    expect(agent.get_by_text("Документ был перевёрнут")).to_be_visible()

    for fault, (field, test) in REFUSED_FOR.items():
        found = read(house, agent, citizen, fault)
        assert found.outcome is Outcome.FAILED, fault
        assert f"{field.value}:{test.value}" in found.facts["not_good"].split(", "), fault
        expect(agent.locator(".st-key-step_reading button").first).to_contain_text("✕")
        expect(agent.locator(".st-key-register button").first).to_be_disabled()

    # The last one, another person's, is still the newest: the agent is wrong, the machine is not.
    talking.show(citizen, "face")
    talking.go_to(agent, "face")
    agent.locator(".st-key-take_face button").first.click()
    agent.locator(".st-key-opinion_same button").first.click()
    compared = newest(house, Gate.FACE, having="bands")
    assert compared.outcome is Outcome.FAILED
    assert "document=same" not in compared.facts["bands"].split(", ")
    expect(agent.locator(".st-key-step_face button").first).to_contain_text("✕")
    expect(agent.locator(".st-key-register button").first).to_be_disabled()
    # The register's portrait is shown only while the caller is on the line.
    talking.go_to(agent, "document")
    expect(agent.locator("img[src*='/evidence/portrait/']")).to_have_count(0, timeout=20_000)
    talking.hang_up(agent)


def read(house: House, agent: Page, citizen: Page, fault: Fault) -> Check:
    """A new still of what is held up now, and what came of reading it."""
    talking.show(citizen, fault.value)
    before = len(written(house, Gate.READING, having="not_good"))
    agent.locator(".st-key-take_document_front button").first.click()
    found = newest(house, Gate.READING, having="not_good", after=before)
    # The page has drawn it: its buttons are those of the new still.
    expect(agent.get_by_test_id("stSpinner")).to_have_count(0, timeout=20_000)
    return found


def newest(house: House, gate: Gate, *, having: str, after: int = 0) -> Check:
    deadline = time.monotonic() + 120
    while len(found := written(house, gate, having=having)) <= after:
        assert time.monotonic() < deadline, f"{gate}: nothing with {having} was written down"
        time.sleep(0.2)
    return found[-1]


def written(house: House, gate: Gate, *, having: str) -> list[Check]:
    """The checklist's lines of this gate that say this."""
    call_id = talking.newest(house).call_id
    with house.service.look() as work:
        return [
            check for check in work.checks.of_call(call_id) if check.gate is gate and having in check.facts
        ]
