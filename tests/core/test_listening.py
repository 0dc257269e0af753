"""A supervisor listens in on a call: the role, a reason, an entry, and a pass for one page (R14)."""

import pytest

from ca_core import records, roles
from ca_core.call import EndCause, Leg
from ca_core.registration import call, evidence, listening, ticket
from tests import builders
from tests.builders import AGENT, AUDITOR, GATEWAY, SUPERVISOR
from tests.core import lines
from tests.fakes import House

SESSION = b"the digest of a session of the console"


def begin(here: House, actor: roles.Actor = SUPERVISOR, *, call_id: int = 1, reason: str = "quality") -> str:
    with here.work() as work:
        return listening.begin(
            work, actor=actor, call_id=call_id, reason=reason, session_digest=SESSION, now=here.now
        )


def test_a_supervisor_gets_a_pass_for_the_call_and_the_log_says_why() -> None:
    here = lines.house()
    lines.connected(here)
    secret = begin(here, reason="  quality:\n a new agent ")
    entry = here.memory.audit[-1]
    assert (entry.event, entry.actor, entry.subject) == ("call:listen:begun", SUPERVISOR, "call/1")
    assert entry.reason == "quality: a new agent"
    with here.work() as work:
        spent = ticket.spend(work, secret=secret, now=here.now)
    assert (spent.leg, spent.call_id, spent.staff_id) == (None, 1, SUPERVISOR.staff_id)
    assert spent.session_digest == SESSION


@pytest.mark.parametrize("reason", ["", "  ", "ok"])
def test_nobody_listens_without_a_reason(reason: str) -> None:
    here = lines.house()
    lines.connected(here)
    with pytest.raises(evidence.EvidenceReasonMissing):
        begin(here, reason=reason)
    assert not [entry for entry in here.memory.audit if "listen" in entry.event]


@pytest.mark.parametrize("actor", [AGENT, AUDITOR, builders.OFFICER, GATEWAY, roles.OWNER])
def test_nobody_else_listens(actor: roles.Actor) -> None:
    """Not even those who may see the recording afterwards."""
    here = lines.house()
    lines.connected(here)
    with pytest.raises(roles.NotAllowed):
        begin(here, actor)


def test_only_two_who_talk_are_listened_to() -> None:
    here = lines.house()
    with pytest.raises(records.CallUnknown):
        begin(here)
    lines.queued(here)
    with pytest.raises(call.NotConnected):
        begin(here)


def test_a_call_that_is_over_is_not_listened_to() -> None:
    here = lines.house()
    lines.connected(here)
    with here.work() as work:
        call.hang_up(work, actor=AGENT, call_id=1, now=here.now)
    assert here.memory.calls[1].cause is EndCause.AGENT_HUNG_UP
    with pytest.raises(call.NotConnected):
        begin(here)


def test_a_broken_line_is_listened_to() -> None:
    """The parties are expected back, and so is who listens."""
    here = lines.house()
    lines.connected(here)
    with here.work() as work:
        call.lost(work, actor=GATEWAY, call_id=1, leg=Leg.CITIZEN, why="silent", now=here.now)
    assert begin(here)


def speak(here: House, actor: roles.Actor, speech: listening.Speech) -> None:
    with here.work() as work:
        listening.speak(work, actor=actor, call_id=1, speech=speech, now=here.now)


@pytest.mark.parametrize("speech", listening.Speech)
def test_who_speaks_into_a_call_is_written_down(speech: listening.Speech) -> None:
    here = lines.house()
    lines.connected(here)
    speak(here, SUPERVISOR, speech)
    entry = here.memory.audit[-1]
    assert (entry.event, entry.actor, entry.subject) == (f"call:{speech}:begun", SUPERVISOR, "call/1")


def test_a_whisper_is_for_the_agent_alone() -> None:
    assert listening.Speech.WHISPER.audience == {Leg.AGENT}
    assert listening.Speech.JOIN.audience == set(Leg)


@pytest.mark.parametrize("actor", [AGENT, AUDITOR, builders.OFFICER, GATEWAY, roles.OWNER])
def test_nobody_else_speaks(actor: roles.Actor) -> None:
    here = lines.house()
    lines.connected(here)
    with pytest.raises(roles.NotAllowed):
        speak(here, actor, listening.Speech.WHISPER)


def test_nobody_speaks_where_nobody_talks() -> None:
    here = lines.house()
    lines.queued(here)
    with pytest.raises(call.NotConnected):
        speak(here, SUPERVISOR, listening.Speech.JOIN)
    assert not [entry for entry in here.memory.audit if "join" in entry.event]
