"""Face in the call against document and register: the agent first, then the machine, in bands (F2)."""

from collections.abc import Callable
from typing import Any

import pytest

from ca_core import roles
from ca_core.call import EvidenceKind, Gate, Outcome
from ca_core.registration import call, face
from ca_core.registration.face import Band, Measured, Opinion
from tests import builders
from tests.builders import AGENT, SECOND_AGENT
from tests.core import lines
from tests.fakes import House

WIDE = 120


def measured(against: str = "document", distance: float | None = 0.30, px: int = WIDE) -> Measured:
    return Measured(against, distance, px)


SAME = (measured(), measured("register"))
DOUBTFUL = (measured(distance=0.50), measured("register"))
OTHER = (measured(distance=0.70), measured("register"))


def seen(here: House) -> None:
    """On the line, with a still of the document and one of the face."""
    lines.connected(here)
    lines.take_still(here, 1)
    lines.take_still(here, 1, EvidenceKind.FACE)


def decide(here: House, opinion: Opinion = Opinion.SAME, actor: roles.Actor = AGENT) -> None:
    with here.work() as work:
        face.decide(work, actor=actor, call_id=1, opinion=opinion, now=here.now)


def compare(here: House, found: tuple[Measured, ...] = SAME, actor: roles.Actor = AGENT) -> Outcome:
    with here.work() as work:
        newest = {item.kind: item.evidence_id for item in work.evidence.of_call(1)}
        stills = (newest.get(EvidenceKind.FACE, 0), newest.get(EvidenceKind.DOCUMENT_FRONT, 0))
        return face.compared(work, actor=actor, call_id=1, measured=found, stills=stills, now=here.now)


def insist(here: House, reason: str = "the same mole under the left eye", actor: roles.Actor = AGENT) -> None:
    with here.work() as work:
        face.insist(work, actor=actor, call_id=1, reason=reason, now=here.now)


@pytest.mark.parametrize(
    ("distance", "px", "expected"),
    [
        (0.00, 80, Band.SAME),
        (0.44, 80, Band.SAME),
        (0.45, 80, Band.DOUBTFUL),
        (0.60, 80, Band.DOUBTFUL),
        (0.61, 80, Band.OTHER),
        # Between 48 and 80 pixels a match is only a doubt.
        (0.30, 79, Band.DOUBTFUL),
        (0.61, 48, Band.OTHER),
        (0.30, 48, Band.DOUBTFUL),
        # Below, it is neither a match nor a mismatch.
        (0.30, 47, Band.NOT_COMPARABLE),
        (0.90, 47, Band.NOT_COMPARABLE),
        (None, 200, Band.NOT_COMPARABLE),
    ],
)
def test_a_distance_is_said_as_a_band(distance: float | None, px: int, expected: Band) -> None:
    assert face.band(measured(distance=distance, px=px), builders.policy()) is expected


def test_the_bands_follow_the_policy() -> None:
    strict = builders.policy(calls={"face_same_below": 0.2, "face_other_above": 0.29})
    assert face.band(measured(), strict) is Band.OTHER


def test_the_agent_decides_first() -> None:
    here = lines.house()
    seen(here)
    with pytest.raises(face.DecideFirst):
        compare(here)
    decide(here)
    assert lines.gate(here, 1, Gate.FACE) == "failed"
    assert compare(here) is Outcome.PASSED
    assert lines.gate(here, 1, Gate.FACE) == "passed"


def test_one_opinion_is_one_comparison() -> None:
    """Whoever saw the machine's opinion and asks again, says their own again first."""
    here = lines.house()
    seen(here)
    decide(here)
    compare(here, OTHER)
    with pytest.raises(face.DecideFirst):
        compare(here, SAME)


@pytest.mark.parametrize("missing", [EvidenceKind.FACE, EvidenceKind.DOCUMENT_FRONT])
def test_both_stills_come_first(missing: EvidenceKind) -> None:
    here = lines.house()
    lines.connected(here)
    for kind in {EvidenceKind.FACE, EvidenceKind.DOCUMENT_FRONT, EvidenceKind.DOCUMENT_BACK} - {missing}:
        lines.take_still(here, 1, kind)
    with pytest.raises(face.FaceStillMissing):
        decide(here)


@pytest.mark.parametrize(
    "found",
    [
        DOUBTFUL,
        OTHER,
        (measured(), measured("register", 0.50)),
        (measured(), measured("register", None)),
        (measured(distance=None), measured("register")),
        (measured(px=40), measured("register")),
        (measured(distance=None), measured("register", None)),
        (),
    ],
)
def test_what_is_not_clearly_the_same_does_not_pass(found: tuple[Measured, ...]) -> None:
    """What could not be compared is never good."""
    here = lines.house()
    seen(here)
    decide(here)
    assert compare(here, found) is Outcome.FAILED
    assert lines.gate(here, 1, Gate.FACE) == "failed"


@pytest.mark.parametrize("opinion", [Opinion.OTHER, Opinion.UNSURE])
def test_the_machine_alone_passes_nobody(opinion: Opinion) -> None:
    here = lines.house()
    seen(here)
    decide(here, opinion)
    assert compare(here, SAME) is Outcome.FAILED
    with pytest.raises(face.DecideFirst):
        insist(here)


def test_in_doubt_the_agent_may_insist_with_a_reason() -> None:
    here = lines.house()
    seen(here)
    decide(here)
    compare(here, DOUBTFUL)
    for reason in ("", "same   man ", "x" * 9):
        with pytest.raises(face.FaceReasonMissing):
            insist(here, reason)
    insist(here)
    assert lines.gate(here, 1, Gate.FACE) == "passed"
    line = here.memory.checks[-1]
    assert line.facts["insisted"] == "the same mole under the left eye"
    assert line.facts["bands"] == "document=doubtful, register=same"
    assert here.memory.audit[-1].reason == "the same mole under the left eye"


@pytest.mark.parametrize("found", [OTHER, (measured(distance=0.50), measured("register", 0.70))])
def test_against_a_clear_other_nobody_insists(found: tuple[Measured, ...]) -> None:
    here = lines.house()
    seen(here)
    decide(here)
    compare(here, found)
    with pytest.raises(face.DecideFirst):
        insist(here)
    assert lines.gate(here, 1, Gate.FACE) == "failed"


@pytest.mark.parametrize("found", [(), (measured(distance=None), measured("register", 0.20, 40))])
def test_where_nothing_could_be_compared_nobody_insists(found: tuple[Measured, ...]) -> None:
    here = lines.house()
    seen(here)
    decide(here)
    compare(here, found)
    with pytest.raises(face.DecideFirst):
        insist(here)


def test_where_one_side_was_comparable_the_agent_may_insist() -> None:
    """A small portrait in the document, a good one in the register."""
    here = lines.house()
    seen(here)
    decide(here)
    compare(here, (measured(px=30), measured("register")))
    insist(here)
    assert lines.gate(here, 1, Gate.FACE) == "passed"


@pytest.mark.parametrize("so_far", ["nothing", "opinion"])
def test_nobody_insists_before_the_comparison(so_far: str) -> None:
    here = lines.house()
    seen(here)
    if so_far == "opinion":
        decide(here)
    with pytest.raises(face.DecideFirst):
        insist(here)


def test_a_new_still_of_the_face_asks_for_a_new_opinion() -> None:
    here = lines.house()
    seen(here)
    decide(here)
    compare(here, DOUBTFUL)
    lines.take_still(here, 1, EvidenceKind.FACE)
    assert lines.gate(here, 1, Gate.FACE) == "open_again"
    for act in (compare, insist):
        with pytest.raises(face.DecideFirst):
            act(here)
    decide(here)
    assert compare(here) is Outcome.PASSED


def away(here: House) -> None:
    """The caller is gone for more than a moment, and back."""
    with here.work() as work:
        call.lost(work, actor=builders.GATEWAY, call_id=1, leg=call.Leg.CITIZEN, why="silent", now=here.now)
    here.later(seconds=20)
    with here.work() as work:
        call.came_back(work, actor=builders.GATEWAY, call_id=1, now=here.now)


def test_who_was_away_is_looked_at_on_a_new_still() -> None:
    """Whoever came back could be somebody else: the earlier still shows who it was before."""
    here = lines.house()
    seen(here)
    decide(here)
    compare(here)
    here.later(seconds=5)
    away(here)
    with pytest.raises(face.FaceStillMissing):
        decide(here)
    lines.take_still(here, 1, EvidenceKind.FACE)
    decide(here)
    assert compare(here) is Outcome.PASSED


def test_the_distances_are_kept_and_the_opinion_is_in_the_audit_log() -> None:
    here = lines.house()
    seen(here)
    decide(here)
    compare(here, (measured(distance=0.3456), measured("register", None)))
    facts = here.memory.checks[-1].facts
    assert facts == {
        "opinion": "same",
        "bands": "document=same, register=not_comparable",
        "stills": "2, 1",
        "distance_document": "0.346",
    }
    told = [(e.event, e.to_state) for e in here.memory.audit[-2:]]
    assert told == [("face:opinion:given", "same"), ("face:compare:done", "failed")]


@pytest.mark.parametrize("act", [decide, compare, insist])
@pytest.mark.parametrize(
    ("way", "actor", "refusal"),
    [
        (lines.connected, SECOND_AGENT, call.NotYourCall),
        (lines.connected, builders.SUPERVISOR, roles.NotAllowed),
        (lines.lost, AGENT, call.NotConnected),
        (lines.ended, AGENT, call.NotConnected),
    ],
)
def test_the_face_is_the_agents_of_this_call(
    act: Callable[..., object], way: Callable[[House], Any], actor: roles.Actor, refusal: type[Exception]
) -> None:
    here = lines.house()
    way(here)
    with pytest.raises(refusal):
        act(here, actor=actor)


def test_the_agent_decides_once_before_the_machine_speaks() -> None:
    """Another opinion after the bands needs another still."""
    here = lines.house()
    seen(here)
    decide(here, Opinion.OTHER)
    compare(here)
    with pytest.raises(face.AlreadyCompared):
        decide(here, Opinion.SAME)
    lines.take_still(here, 1, EvidenceKind.FACE)
    decide(here, Opinion.SAME)
    assert compare(here) is Outcome.PASSED


def test_an_opinion_may_be_changed_until_the_machine_speaks() -> None:
    here = lines.house()
    seen(here)
    for opinion in (Opinion.UNSURE, Opinion.SAME):
        here.later(seconds=5)
        decide(here, opinion)
    assert compare(here) is Outcome.PASSED


def test_a_comparison_of_stills_that_were_replaced_meanwhile_counts_for_nothing() -> None:
    here = lines.house()
    seen(here)
    decide(here)
    with pytest.raises(face.FaceStillMissing), here.work() as work:
        face.compared(work, actor=AGENT, call_id=1, measured=SAME, stills=(2, 7), now=here.now)
