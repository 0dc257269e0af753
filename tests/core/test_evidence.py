"""Evidence of a call: who takes it, who sees it and why, and the seal over all of it (F2, R14)."""

import hashlib
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from ca_core import records, roles
from ca_core.call import Call, Check, Decision, DeskState, Evidence, EvidenceKind, Gate, Outcome
from ca_core.registration import call, desk, evidence
from tests import builders
from tests.builders import AGENT, AUDITOR, GATEWAY, SECOND_AGENT, SUPERVISOR
from tests.core import lines
from tests.core.lines import CALLER
from tests.fakes import House


def look(here: House, evidence_id: int = 1, actor: roles.Actor = AGENT, reason: str = "") -> Evidence:
    with here.work() as work:
        return evidence.open_(work, actor=actor, evidence_id=evidence_id, reason=reason, now=here.now)


def recorded(here: House, kind: EvidenceKind = EvidenceKind.RECORDING) -> int:
    with here.work() as work:
        part = builders.still(1, here.now, kind, sha256=b"", size_bytes=0)
        return evidence.recording_began(work, actor=GATEWAY, recording=part, now=here.now)


def close(here: House, evidence_id: int) -> None:
    with here.work() as work:
        evidence.recording_closed(
            work, actor=GATEWAY, evidence_id=evidence_id, sha256=b"digest", size_bytes=10, now=here.now
        )


def seal(here: House, actor: roles.Actor = GATEWAY) -> bytes:
    with here.work() as work:
        return evidence.seal(work, actor=actor, call_id=1, now=here.now)


def is_sealable(here: House) -> bool:
    with here.work() as work:
        return evidence.is_sealable(work, here.memory.calls[1])


def finish_wrap_up(here: House) -> None:
    with here.work() as work:
        desk.finish_wrap_up(work, actor=AGENT, now=here.now)


def holds(here: House) -> bool:
    with here.work() as work:
        return evidence.still_sealed(work, here.memory.calls[1])


def over(here: House) -> Call:
    """A call with a still, a check that names it, and a decision; the wrap-up is over."""
    lines.connected(here)
    lines.take_still(here, 1)
    lines.take_still(here, 1)
    with here.work() as work:
        work.checks.add(
            Check(1, Gate.READING, Outcome.PASSED, here.now, AGENT.name, {"repaired": "0"}, evidence_id=1)
        )
    lines.hang_up(here, 1)
    here.later(seconds=20)
    lines.desk_tick(here)
    return lines.now_of(here, 1)


def test_a_still_is_written_down_with_its_digest_and_who_asked() -> None:
    here = lines.house()
    lines.connected(here)
    evidence_id = lines.take_still(here, 1)
    stored = here.memory.evidence[evidence_id]
    entry = here.memory.audit[-1]
    assert (stored.asked_by, stored.taken_at, stored.closed) == (AGENT.name, here.now, True)
    assert (entry.event, entry.actor) == ("evidence:still:taken", AGENT)
    assert entry.details == {
        "evidence": str(evidence_id),
        "kind": "document_front",
        "sha256": stored.sha256.hex(),
    }
    assert lines.gate(here, 1, Gate.DOCUMENT) == "passed"


@pytest.mark.parametrize("kind", [EvidenceKind.DOCUMENT_BACK, EvidenceKind.FACE])
def test_only_the_front_passes_the_gate_of_the_document(kind: EvidenceKind) -> None:
    here = lines.house()
    lines.connected(here)
    lines.take_still(here, 1, kind)
    assert lines.gate(here, 1, Gate.DOCUMENT) == ""


@pytest.mark.parametrize("kind", [EvidenceKind.RECORDING, EvidenceKind.LOG])
def test_a_recording_is_no_still(kind: EvidenceKind) -> None:
    here = lines.house()
    lines.connected(here)
    with pytest.raises(evidence.NoStill):
        lines.take_still(here, 1, kind)


@pytest.mark.parametrize(
    ("way", "actor", "refusal"),
    [
        (lines.connected, SECOND_AGENT, call.NotYourCall),
        (lines.connected, SUPERVISOR, roles.NotAllowed),
        (lines.accepted, AGENT, call.NotConnected),
        (lines.lost, AGENT, call.NotConnected),
        (lines.ended, AGENT, call.NotConnected),
    ],
)
def test_a_still_is_taken_by_the_agent_of_the_call_on_the_line(
    way: Callable[[House], Any], actor: roles.Actor, refusal: type[Exception]
) -> None:
    here = lines.house()
    way(here)
    with pytest.raises(refusal), here.work() as work:
        evidence.took_still(work, actor=actor, still=builders.still(1, here.now), now=here.now)
    assert here.memory.evidence == {}


def test_the_agent_sees_the_stills_of_their_own_call_and_its_wrap_up() -> None:
    here = lines.house()
    lines.connected(here)
    lines.take_still(here, 1)
    assert look(here).evidence_id == 1
    lines.hang_up(here, 1)
    look(here)
    assert builders.events(here).count("evidence:document_front:seen") == 2
    here.later(seconds=20)
    lines.desk_tick(here)
    with pytest.raises(roles.NotAllowed):
        look(here, reason="I want to see it again")


def test_who_is_no_agent_any_more_sees_nothing_by_an_old_desk() -> None:
    here = lines.house()
    lines.connected(here)
    lines.take_still(here, 1)
    moved = replace(builders.ANALYST, staff_id=AGENT.staff_id)
    with pytest.raises(roles.NotAllowed):
        look(here, actor=moved, reason="it was my call")


def test_an_offer_is_no_look_at_the_caller() -> None:
    """R14: of a call that came back to the queue an agent sees nothing before they take it."""
    here = lines.house()
    lines.offered(here)
    with here.work() as work:
        work.evidence.add(builders.still(1, here.now))
    with pytest.raises(roles.NotAllowed):
        look(here, reason="to know who calls")


def test_another_agent_sees_nothing_whatever_the_reason() -> None:
    here = lines.house()
    lines.connected(here)
    lines.take_still(here, 1)
    builders.on_the_line(here, agent=SECOND_AGENT, iin=builders.iin(number=500))
    with pytest.raises(roles.NotAllowed):
        look(here, actor=SECOND_AGENT, reason="curious about it")


@pytest.mark.parametrize("kind", [EvidenceKind.RECORDING, EvidenceKind.LOG])
def test_the_recording_is_not_for_the_agent(kind: EvidenceKind) -> None:
    here = lines.house()
    lines.connected(here)
    evidence_id = recorded(here, kind)
    with pytest.raises(roles.NotAllowed):
        look(here, evidence_id, reason="to hear it again")
    assert look(here, evidence_id, SUPERVISOR, "complaint 17").kind is kind


@pytest.mark.parametrize("actor", [SUPERVISOR, AUDITOR])
def test_others_look_for_a_reason_that_is_written_down(actor: roles.Actor) -> None:
    """R14."""
    here = lines.house()
    over(here)
    before = len(here.memory.audit)
    for reason in ("", " \n ", "ab"):
        with pytest.raises(evidence.EvidenceReasonMissing):
            look(here, actor=actor, reason=reason)
    assert len(here.memory.audit) == before
    look(here, actor=actor, reason="  complaint   17 ")
    entry = here.memory.audit[-1]
    assert (entry.event, entry.subject, entry.actor, entry.reason, entry.details) == (
        "evidence:document_front:seen",
        "call/1",
        actor,
        "complaint 17",
        {"evidence": "1"},
    )


@pytest.mark.parametrize(
    "actor", [builders.OFFICER, builders.ANALYST, GATEWAY, roles.OWNER], ids=lambda actor: actor.name
)
def test_nobody_else_looks(actor: roles.Actor) -> None:
    here = lines.house()
    over(here)
    with pytest.raises(roles.NotAllowed):
        look(here, actor=actor, reason="a good reason")
    with pytest.raises(roles.NotAllowed), here.work() as work:
        evidence.listed(work, actor=actor, call_id=1)


def test_what_does_not_exist_is_unknown() -> None:
    here = lines.house()
    with pytest.raises(evidence.EvidenceUnknown):
        look(here, 77, SUPERVISOR, "complaint 17")
    with pytest.raises(evidence.EvidenceUnknown):
        close(here, 77)


def test_the_list_is_for_who_may_look() -> None:
    here = lines.house()
    lines.connected(here)
    lines.take_still(here, 1)
    recorded(here)
    for actor in (AGENT, SUPERVISOR, AUDITOR):
        with here.work() as work:
            assert [item.evidence_id for item in evidence.listed(work, actor=actor, call_id=1)] == [1, 2]


def test_a_recording_is_known_when_it_begins_and_closed_with_its_digest() -> None:
    here = lines.house()
    lines.connected(here)
    evidence_id = recorded(here)
    assert not here.memory.evidence[evidence_id].closed
    close(here, evidence_id)
    stored = here.memory.evidence[evidence_id]
    assert (stored.closed, stored.sha256, stored.size_bytes) == (True, b"digest", 10)
    assert here.memory.audit[-1].event == "evidence:recording:closed"


@pytest.mark.parametrize("actor", [AGENT, SUPERVISOR, roles.OWNER])
def test_the_system_alone_records_and_seals(actor: roles.Actor) -> None:
    here = lines.house()
    over(here)
    part = builders.still(1, here.now, EvidenceKind.RECORDING)
    with pytest.raises(roles.NotAllowed), here.work() as work:
        evidence.recording_began(work, actor=actor, recording=part, now=here.now)
    with pytest.raises(roles.NotAllowed), here.work() as work:
        evidence.recording_closed(work, actor=actor, evidence_id=1, sha256=b"", size_bytes=0, now=here.now)
    with pytest.raises(roles.NotAllowed):
        seal(here, actor)


def test_a_call_is_sealed_when_its_wrap_up_is_over_and_every_file_closed() -> None:
    here = lines.house()
    lines.connected(here)
    evidence_id = recorded(here)
    assert not is_sealable(here)
    lines.hang_up(here, 1)
    assert not is_sealable(here)
    here.later(seconds=20)
    lines.desk_tick(here)
    assert not is_sealable(here)
    close(here, evidence_id)
    assert is_sealable(here)
    seal(here)
    assert not is_sealable(here)


def test_a_call_that_goes_on_is_not_sealed_though_nothing_is_open() -> None:
    here = lines.house()
    lines.connected(here)
    assert not is_sealable(here)


def test_in_the_wrap_up_nothing_is_sealed_though_nothing_is_open() -> None:
    """The agent may still refuse or escalate, and that belongs under the seal."""
    here = lines.house()
    lines.ended(here)
    assert not is_sealable(here)
    finish_wrap_up(here)
    assert is_sealable(here)


def test_a_call_that_no_agent_took_is_sealed_like_any_other() -> None:
    here = lines.house()
    lines.left(here, lines.queued(here).call_id)
    assert is_sealable(here)


def test_the_wrap_up_of_the_next_call_holds_up_no_seal() -> None:
    here = lines.house()
    over(here)
    here.memory.desks[5] = replace(lines.desk_of(here), state=DeskState.WRAP_UP, call_id=2)
    assert is_sealable(here)


def test_what_was_sealed_stays_sealed() -> None:
    here = lines.house()
    over(here)
    assert not holds(here)
    sealed = seal(here)
    stored = lines.now_of(here, 1)
    assert (stored.seal, stored.sealed_at) == (sealed, here.now)
    assert here.memory.audit[-1].details == {"seal": sealed.hex()}
    here.later(days=400)
    assert holds(here)


def test_nobody_seals_anew_what_was_sealed() -> None:
    """Whoever changed something could have it covered by a fresh seal."""
    here = lines.house()
    over(here)
    sealed = seal(here)
    here.memory.evidence[1] = replace(here.memory.evidence[1], sha256=b"another")
    assert seal(here) == sealed
    assert lines.now_of(here, 1).seal == sealed
    assert not holds(here)


def test_an_unknown_call_is_not_sealed() -> None:
    with pytest.raises(records.CallUnknown):
        seal(lines.house())


@pytest.mark.parametrize("decision", [None, Decision.INTERRUPTED])
def test_what_is_sealed_is_one_text_for_ever(decision: Decision | None) -> None:
    """Put together here without our code: another form of it would break the seal of every call there ever was."""
    here = lines.house()
    over(here)
    spoil_the_call(here, decision=decision, decision_note="Құжат күмәнді")
    del here.memory.evidence[2], here.memory.checks[:-1]
    found, file = here.memory.calls[1], here.memory.evidence[1]
    at = "2026-11-22T09:00:00+00:00"
    text = (
        f'[[[1,"document_front","{file.name}","{file.sha256.hex()}","{at}"]],'
        f'[["reading","passed","{at}","{AGENT.name}",1,[["repaired","0"]]]],'
        f'["{decision.name if decision else ""}","","Құжат күмәнді",5,"{CALLER.iin.digits}",'
        f'"{builders.PHONE.digits}","{found.policy_version}"]]'
    )
    with here.work() as work:
        assert evidence.manifest(work, found) == hashlib.sha256(text.encode()).hexdigest()


def spoil_a_file(here: House, **different: Any) -> None:
    here.memory.evidence[1] = replace(here.memory.evidence[1], **different)


def spoil_a_check(here: House, **different: Any) -> None:
    here.memory.checks[-1] = replace(here.memory.checks[-1], **different)


def spoil_the_call(here: House, **different: Any) -> None:
    here.memory.calls[1] = replace(here.memory.calls[1], **different)


@pytest.mark.parametrize(
    ("spoil", "different"),
    [
        (spoil_a_file, {"sha256": b"another"}),
        (spoil_a_file, {"name": "another.jpg"}),
        (spoil_a_file, {"kind": EvidenceKind.FACE}),
        (spoil_a_file, {"taken_at": lines.AT.replace(year=2025)}),
        (spoil_a_check, {"outcome": Outcome.FAILED}),
        (spoil_a_check, {"gate": Gate.FACE}),
        (spoil_a_check, {"facts": {"repaired": "1"}}),
        (spoil_a_check, {"by": "somebody else"}),
        (spoil_a_check, {"at": lines.AT.replace(year=2025)}),
        (spoil_a_check, {"evidence_id": 2}),
        (spoil_the_call, {"decision": Decision.REGISTERED}),
        (spoil_the_call, {"decision_reason": "poor_line"}),
        (spoil_the_call, {"decision_note": "another"}),
        (spoil_the_call, {"agent_id": 6}),
        (spoil_the_call, {"iin": builders.iin(number=500)}),
        (spoil_the_call, {"phone": builders.Phone.parse("+7 702 000 00 01")}),
        (spoil_the_call, {"policy_version": "2026/1"}),
        (spoil_the_call, {"seal": b""}),
        (spoil_the_call, {"seal": bytes(32)}),
    ],
)
def test_the_seal_breaks_when_anything_that_the_decision_rests_on_is_changed(
    spoil: Callable[..., None], different: dict[str, Any]
) -> None:
    here = lines.house()
    over(here)
    seal(here)
    assert holds(here)
    spoil(here, **different)
    assert not holds(here)


def test_the_seal_breaks_when_a_file_or_a_check_is_missing_or_added() -> None:
    here = lines.house()
    over(here)
    seal(here)
    file = here.memory.evidence.pop(2)
    assert not holds(here)
    here.memory.evidence[2] = file
    line = here.memory.checks.pop(0)
    assert not holds(here)
    here.memory.checks.insert(0, line)
    assert holds(here)
    here.memory.checks.append(line)
    assert not holds(here)


def test_a_seal_of_another_call_is_none() -> None:
    here = lines.house()
    found = over(here)
    sealed = seal(here)
    here.memory.calls[2] = replace(found, call_id=2, seal=sealed)
    with here.work() as work:
        assert not evidence.still_sealed(work, here.memory.calls[2])
