"""What follows from a video verification: bands and counts from the policy, no silent no, one review (F1, 10; F3)."""

from dataclasses import replace
from typing import Any

import pytest

from ca_core.certificate import Method
from ca_core.dossier import Dossier
from ca_core.errors import Refusal
from ca_core.face_attempt import AttemptOutcome, Band, Challenge, FaceAttempt, Flag
from ca_core.lifecycle import ApplicationState, TransitionRefused
from ca_core.policy import Policy
from ca_core.registration import challenge, verification
from ca_core.registration import dossier as registration
from ca_core.registration.challenge import Stage
from ca_core.registration.verification import Conclusion, Evidence
from tests import builders, dossiers, flagged
from tests.builders import policy
from tests.core import test_challenge as challenges
from tests.fakes import House

NOW = builders.house().now
NUMBER = builders.application(builders.register(builders.house()), builders.new_key(), NOW).number
GOOD = Evidence(checked=True, distance=0.30, smaller_face_px=120, has_portrait=True)
DOUBTFUL, OTHER = replace(GOOD, distance=0.52), replace(GOOD, distance=0.70)
SMALL = replace(GOOD, smaller_face_px=60)
THREE = policy(identification={"automatic_attempts": 3})
ONE = policy()
NOT_LOOKED_AT = Evidence(checked=False, smaller_face_px=0, has_portrait=True)


def attempt(**different: Any) -> FaceAttempt:
    default = {"outcome": AttemptOutcome.AGAIN, "counted": False, "band": Band.SAME}
    return flagged.attempt(NUMBER, NOW, **(default | different))


FAILED = attempt()
COMPARED = attempt(counted=True, band=Band.DOUBTFUL)
DIFFERED = attempt(counted=True, band=Band.OTHER)
REVIEWED = attempt(outcome=AttemptOutcome.REVIEW, counted=True, band=Band.DOUBTFUL)


def concluded(evidence: Evidence, *earlier: FaceAttempt, rules: Policy = ONE) -> tuple[str, tuple[Flag, ...]]:
    found = verification.conclude(evidence, earlier, rules)
    return found.outcome.value, found.flags


@pytest.mark.parametrize(
    ("evidence", "rules", "outcome", "flags"),
    [
        (GOOD, ONE, "passed", ()),
        (DOUBTFUL, ONE, "review", (Flag.DOUBTFUL,)),
        (SMALL, ONE, "review", (Flag.SMALL_PICTURE,)),
        (OTHER, ONE, "review", (Flag.FACE_DIFFERS,)),
        (replace(GOOD, distance=None, has_portrait=False), ONE, "review", (Flag.NO_PORTRAIT,)),
        # A portrait without a face in it is none either, and trying again does not help.
        (
            replace(GOOD, distance=None, smaller_face_px=0, has_portrait=False),
            THREE,
            "review",
            (Flag.NO_PORTRAIT,),
        ),
        (GOOD, THREE, "passed", ()),
        (DOUBTFUL, THREE, "again", (Flag.DOUBTFUL,)),
        (OTHER, THREE, "again", (Flag.FACE_DIFFERS,)),
        # The machine is not asked, or cannot look.
        (GOOD, policy(identification={"automatic_attempts": 0}), "review", (Flag.CHECK_OFF,)),
        (NOT_LOOKED_AT, THREE, "review", (Flag.CHECK_OFF,)),
        # A fault outweighs a match.
        (replace(GOOD, faults=(Flag.FLAT_PICTURE,)), ONE, "again", (Flag.FLAT_PICTURE,)),
        (replace(OTHER, faults=(Flag.TOO_DARK,)), ONE, "again", (Flag.TOO_DARK,)),
    ],
)
def test_a_first_attempt(evidence: Evidence, rules: Policy, outcome: str, flags: tuple[Flag, ...]) -> None:
    assert concluded(evidence, rules=rules) == (outcome, flags)


@pytest.mark.parametrize(
    ("evidence", "earlier", "rules"),
    [
        (NOT_LOOKED_AT, (), THREE),
        (GOOD, (), policy(identification={"automatic_attempts": 0})),
        (replace(GOOD, faults=(Flag.TOO_DARK,)), (), ONE),
        (replace(GOOD, faults=(Flag.TOO_DARK,)), (FAILED, FAILED), ONE),
    ],
)
def test_what_no_machine_compared_uses_up_no_attempt(
    evidence: Evidence, earlier: tuple[FaceAttempt, ...], rules: Policy
) -> None:
    """F1, 10: the policy's attempts are comparisons of faces."""
    assert not verification.conclude(evidence, earlier, rules).counted


def test_the_bands_come_from_the_policy() -> None:
    strict = policy(calls={"face_same_below": 0.2, "face_other_above": 0.29})
    assert concluded(GOOD, rules=strict) == ("review", (Flag.FACE_DIFFERS,))


def test_the_third_failed_try_goes_to_a_moderator() -> None:
    """Light, camera or moves: two hints, then somebody looks."""
    dark = replace(GOOD, faults=(Flag.TOO_DARK, Flag.MOVE_MISSING))
    assert concluded(dark, FAILED)[0] == "again"
    assert concluded(dark, FAILED, FAILED) == ("review", (Flag.TOO_DARK, Flag.MOVE_MISSING))


def test_poor_light_does_not_hide_another_face_from_the_queue() -> None:
    dark = replace(OTHER, faults=(Flag.TOO_DARK,))
    assert concluded(dark, FAILED, FAILED) == ("review", (Flag.TOO_DARK, Flag.FACE_DIFFERS))


def test_comparisons_are_counted_by_the_policy_and_failed_tries_are_not() -> None:
    assert concluded(DOUBTFUL, COMPARED, rules=THREE)[0] == "again"
    assert concluded(DOUBTFUL, FAILED, COMPARED, FAILED, rules=THREE)[0] == "again"
    assert concluded(DOUBTFUL, COMPARED, COMPARED, rules=THREE)[0] == "review"
    assert concluded(GOOD, COMPARED, COMPARED, rules=THREE)[0] == "passed"


def test_another_face_twice_is_suspected_and_never_refused_by_a_machine() -> None:
    assert concluded(OTHER, DIFFERED, rules=THREE) == ("review", (Flag.OTHER_PERSON_SUSPECTED,))
    assert concluded(OTHER, DIFFERED, REVIEWED) == ("review", (Flag.OTHER_PERSON_SUSPECTED,))
    assert concluded(DOUBTFUL, DIFFERED, rules=THREE)[1] == (Flag.DOUBTFUL,)


def test_a_face_that_differed_where_the_moves_failed_says_nothing() -> None:
    dark = attempt(band=Band.OTHER)
    assert concluded(OTHER, dark, rules=THREE) == ("again", (Flag.FACE_DIFFERS,))


def test_after_a_moderator_the_attempts_begin_anew() -> None:
    assert concluded(DOUBTFUL, COMPARED, COMPARED, REVIEWED, rules=THREE)[0] == "again"
    dark = replace(GOOD, faults=(Flag.TOO_DARK,))
    assert concluded(dark, FAILED, FAILED, REVIEWED)[0] == "again"
    assert concluded(dark, REVIEWED, FAILED)[0] == "again"
    assert concluded(dark, REVIEWED, FAILED, FAILED)[0] == "review"


@pytest.mark.parametrize(
    ("before", "rules", "outcome"),
    [
        # In the person's other applications of the last day, or in this one before it was taken up elsewhere.
        ([REVIEWED], ONE, "review"),
        ([FAILED, FAILED], ONE, "passed"),
        ([FAILED, FAILED, FAILED], ONE, "review"),
        ([REVIEWED], THREE, "passed"),
        ([COMPARED, COMPARED, REVIEWED], THREE, "review"),
        ([replace(COMPARED, outcome=AttemptOutcome.PASSED, band=Band.SAME)], ONE, "passed"),
    ],
)
def test_who_begins_anew_has_no_more_automatic_attempts(
    before: list[FaceAttempt], rules: Policy, outcome: str
) -> None:
    """Else the policy's attempts are as many as one likes: withdraw, apply again, until the machine errs."""
    found = verification.conclude(GOOD, [], rules, before=before)
    flags = (Flag.TRIED_BEFORE,) if outcome == "review" else ()
    assert (found.outcome.value, found.flags) == (outcome, flags)
    doubted = verification.conclude(DOUBTFUL, [], rules, before=before)
    assert Flag.TRIED_BEFORE not in doubted.flags, "why it is flagged is what was seen"
    assert (doubted.outcome is AttemptOutcome.REVIEW) == (outcome == "review" or rules is ONE)


def test_after_one_that_passed_the_attempts_begin_anew() -> None:
    """An application that is taken up on another device asks for the face again."""
    passed = replace(COMPARED, outcome=AttemptOutcome.PASSED, band=Band.SAME)
    assert concluded(DOUBTFUL, passed, rules=THREE)[0] == "again"


def test_what_failed_keeps_its_band_for_the_moderator() -> None:
    found = verification.conclude(replace(OTHER, faults=(Flag.TOO_DARK,)), [], ONE)
    assert found == Conclusion(AttemptOutcome.AGAIN, Band.OTHER, (Flag.TOO_DARK,), counted=False)


@pytest.fixture
def at_face() -> tuple[House, Dossier, Challenge]:
    here, dossier = challenges.house()
    return here, dossier, ready(here, dossier)


def ready(here: House, dossier: Dossier) -> Challenge:
    """Complete, and claimed."""
    drawn = challenges.draw(here, dossier).challenge
    complete = challenges.send(here, drawn, 100, stage=Stage.CLOSE)
    with here.work() as work:
        return challenge.claim(work, found=complete, now=here.now)


def record(here: House, found: Challenge, evidence: Evidence = GOOD) -> FaceAttempt:
    with here.work() as work:
        return verification.record(
            work,
            found=found,
            evidence=evidence,
            live=flagged.picture("faces/f/live"),
            frames=(flagged.picture("faces/f/0"),),
            now=here.now,
        )


def state(here: House, dossier: Dossier) -> ApplicationState:
    assert dossier.number is not None
    return here.memory.applications[dossier.number.digits].state


def test_who_passes_is_identified_by_the_machine(at_face: tuple[House, Dossier, Challenge]) -> None:
    """R5: the method is stamped into the certificate."""
    here, dossier, found = at_face
    made = record(here, found)
    assert (made.outcome, made.policy_version) == (AttemptOutcome.PASSED, "test/2023-01-01/1")
    assert state(here, dossier) is ApplicationState.IDENTIFIED
    assert dossier.number is not None
    assert here.memory.applications[dossier.number.digits].method is Method.AUTOMATIC_FACE
    assert here.memory.reviews == {}
    assert here.memory.face_attempts == {made.attempt_id: made}


def test_what_is_in_doubt_becomes_a_review_by_itself(at_face: tuple[House, Dossier, Challenge]) -> None:
    here, dossier, found = at_face
    made = record(here, found, OTHER)
    assert state(here, dossier) is ApplicationState.IN_REVIEW
    (opened,) = here.memory.reviews.values()
    assert (opened.number, opened.attempt_id, opened.flags) == (
        dossier.number,
        made.attempt_id,
        ("face_differs",),
    )


def test_what_is_tried_again_changes_nothing(at_face: tuple[House, Dossier, Challenge]) -> None:
    here, dossier, found = at_face
    record(here, found, replace(GOOD, faults=(Flag.BLURRED,)))
    assert state(here, dossier) is ApplicationState.STARTED
    assert here.memory.reviews == {}
    assert ready(here, dossier).ended_at is None


def test_a_challenge_is_judged_once(at_face: tuple[House, Dossier, Challenge]) -> None:
    here, dossier, found = at_face
    record(here, found, replace(GOOD, faults=(Flag.BLURRED,)))
    with pytest.raises(Refusal, match=r"record\.changed_meanwhile"):
        record(here, found)
    assert state(here, dossier) is ApplicationState.STARTED
    assert len(here.memory.face_attempts) == 1


def test_an_application_that_went_on_or_stopped_is_left_alone(
    at_face: tuple[House, Dossier, Challenge],
) -> None:
    here, dossier, found = at_face
    dossiers.move(here, dossier, "expire")
    with pytest.raises(TransitionRefused):
        record(here, found)
    assert here.memory.face_attempts == {}


@pytest.mark.parametrize(
    ("evidence", "outcome", "to"),
    [
        (GOOD, "passed", "IDENTIFIED"),
        (OTHER, "review", "IN_REVIEW"),
        (replace(GOOD, faults=(Flag.GLARE,)), "again", "STARTED"),
    ],
)
def test_one_entry_in_the_log_that_tells_no_distance(
    at_face: tuple[House, Dossier, Challenge], evidence: Evidence, outcome: str, to: str
) -> None:
    here, _, found = at_face
    record(here, found, evidence)
    (entry,) = [one for one in here.memory.audit if one.event.startswith("face:verify")]
    assert (entry.event, entry.from_state, entry.to_state) == (f"face:verify:{outcome}", "STARTED", to)
    assert entry.policy_version == "test/2023-01-01/1"
    assert "0.7" not in str(entry.details)
    assert entry.details["sha256"] == (b"\x01" * 32).hex()


def again_elsewhere(here: House, dossier: Dossier) -> tuple[Dossier, Challenge]:
    """Withdrawn, and another application of the same person in the same browser."""
    with dossiers.opened(here, dossier) as (work, found):
        registration.withdraw(work, dossier=found, now=here.now)
    here.later(hours=1)
    other = dossiers.confirmed(here, browser="at home")
    return other, ready(here, other)


def test_an_application_withdrawn_from_review_buys_no_other_attempt(
    at_face: tuple[House, Dossier, Challenge],
) -> None:
    here, dossier, found = at_face
    record(here, found, DOUBTFUL)
    other, found = again_elsewhere(here, dossier)
    assert record(here, found).flags == (Flag.TRIED_BEFORE,)
    assert state(here, other) is ApplicationState.IN_REVIEW


def test_after_a_day_the_machine_looks_again(at_face: tuple[House, Dossier, Challenge]) -> None:
    here, dossier, found = at_face
    record(here, found, DOUBTFUL)
    here.later(hours=24)
    _, found = again_elsewhere(here, dossier)
    assert record(here, found).outcome is AttemptOutcome.PASSED


def test_taking_it_up_on_another_device_buys_no_other_attempt(
    at_face: tuple[House, Dossier, Challenge],
) -> None:
    """The moderator was not asked for another photo: that one's answer was not waited for."""
    here, dossier, found = at_face
    record(here, found, DOUBTFUL)
    here.later(hours=2)
    assert dossier.number is not None
    with dossiers.opened(here, dossiers.signed_in(here, browser="at home")) as (work, mine):
        moved = registration.resume(work, dossier=mine, number=dossier.number, now=here.now)
    assert record(here, ready(here, moved)).flags == (Flag.TRIED_BEFORE,)


def test_a_new_photo_that_a_moderator_asked_for_is_judged_by_the_machine(
    at_face: tuple[House, Dossier, Challenge],
) -> None:
    here, dossier, found = at_face
    record(here, found, DOUBTFUL)
    dossiers.move(here, dossier, "new_photo", reason="too_dark")
    here.memory.reviews.clear()
    assert record(here, ready(here, dossier)).outcome is AttemptOutcome.PASSED
