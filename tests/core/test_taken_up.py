"""An application is taken up on another device by a code: what that code may and may not do (F1, R4)."""

from collections.abc import Callable
from dataclasses import replace

import pytest

from ca_core.dossier import Company, Dossier, Step
from ca_core.identifiers import Phone
from ca_core.issuance import submit
from ca_core.lifecycle import ApplicationState, ReviewState, TransitionRefused
from ca_core.records import ChangedMeanwhile
from ca_core.registration import challenge, identification, review, statement
from ca_core.registration import dossier as dossiers
from ca_core.registration.sms_code import CodePurpose
from tests import builders
from tests import dossiers as ways
from tests.fakes import House


@pytest.fixture
def here() -> House:
    house = builders.house()
    builders.register(house)
    return house


def resumed(here: House, earlier: Dossier) -> Dossier:
    """The same application in another browser, two hours later, on IIN and code alone."""
    here.later(hours=2)
    assert earlier.number is not None
    with ways.opened(here, ways.signed_in(here, browser="at home")) as (work, found):
        return dossiers.resume(work, dossier=found, number=earlier.number, now=here.now)


@pytest.mark.parametrize(
    ("left", "step"),
    [
        (ways.started, Step.IDENTIFY),
        (ways.confirmed, Step.FACE),
        (ways.identified, Step.FACE),
        (ways.with_terms, Step.FACE),
        (ways.agreed, Step.FACE),
    ],
)
def test_on_another_device_the_face_is_asked_for_again(
    here: House, left: Callable[[House], Dossier], step: Step
) -> None:
    """R4: a code proves who holds the phone; it does not take over whose face was seen."""
    moved = resumed(here, left(here))
    assert ways.step_of(here, moved) is step
    assert moved.number is not None
    assert here.memory.applications[moved.number.digits].state is ApplicationState.STARTED


def test_what_was_agreed_to_before_is_not_asked_for_again(here: House) -> None:
    moved = ways.move(here, resumed(here, ways.agreed(here)), "identify")
    assert ways.step_of(here, moved) is Step.CONTACT


def test_a_request_for_a_certificate_is_refused_until_the_face_was_seen_again(here: House) -> None:
    moved = resumed(here, ways.agreed(here))
    assert moved.number is not None
    with pytest.raises(TransitionRefused), here.work() as work:
        submit.by_owner(
            work, number=moved.number, raw_request=builders.request(builders.new_key()), now=here.now
        )


def test_no_moderator_lets_another_device_go_on_by_an_earlier_photo(here: House) -> None:
    """F3: the review of the photo that was taken on the first device ends with it."""
    earlier = ways.confirmed(here)
    assert earlier.number is not None
    ways.move(here, earlier, "send_to_review")
    with here.work() as work:
        review.open_(work, number=earlier.number, attempt_id=1, flags=("doubtful",), now=here.now)
    assert ways.step_of(here, resumed(here, earlier)) is Step.FACE
    assert [found.state for found in here.memory.reviews.values()] == [ReviewState.WITHDRAWN]


def test_a_check_that_runs_on_the_first_device_proves_nothing_for_the_second(here: House) -> None:
    """Else whoever takes the application up waits until its owner has shown their face."""
    earlier = ways.confirmed(here)
    with ways.opened(here, earlier) as (work, found):
        running = challenge.draw(work, dossier=found, checks_on=True, folder="a", now=here.now).challenge
    resumed(here, earlier)
    with pytest.raises(ChangedMeanwhile), here.work() as work:
        work.face_challenges.save(replace(running, judging_since=here.now), expected=running)
    assert here.memory.face_challenges[running.token_digest].ended_at == here.now


@pytest.mark.parametrize("sent", [ways.submitted, lambda here: ways.issued(here)[0]])
def test_after_the_key_was_sent_another_device_can_neither_stop_it_nor_void_the_key(
    here: House, sent: Callable[[House], Dossier]
) -> None:
    """The key lies where it was made. Whoever has the phone alone sees how it stands, as in the cabinet."""
    moved = resumed(here, sent(here))
    with ways.opened(here, moved) as (work, found):
        assert dossiers.standing(work, dossier=found).key_is_void is False
    with pytest.raises(TransitionRefused), ways.opened(here, moved) as (work, found):
        dossiers.withdraw(work, dossier=found, now=here.now)
    with pytest.raises(dossiers.OutOfOrder), ways.opened(here, moved) as (work, found):
        dossiers.begin_again(work, dossier=found, now=here.now)


def test_a_dossier_that_went_on_meanwhile_is_not_erased(here: House) -> None:
    """Its other tab sent the application off: that one would belong to nobody."""
    earlier = ways.started(here)
    seen = ways.with_agent(here, browser="at home")
    with ways.opened(here, seen) as (work, found):
        work.own_dossiers.save(found, expected=found)
    assert earlier.number is not None
    with pytest.raises(ChangedMeanwhile), here.work() as work:
        dossiers.resume(work, dossier=seen, number=earlier.number, now=here.now)


def found_again(here: House, **later: int) -> Dossier:
    here.later(**later)
    with here.work() as work:
        return dossiers.find(work, token_digest=ways.token(), now=here.now)


def step_of(here: House, found: Dossier) -> Step:
    with here.work() as work:
        return dossiers.step_of(work, found)


@pytest.mark.parametrize(
    ("left", "step"),
    [
        (ways.with_agent, Step.PROCEED),
        (ways.confirmed, Step.FACE),
        (ways.agreed, Step.KEY),
        (lambda here: ways.issued(here)[0], Step.PASSWORD),
    ],
)
def test_whoever_comes_back_to_the_same_browser_after_an_hour_shows_the_code_again(
    here: House, left: Callable[[House], Dossier], step: Step
) -> None:
    """R4: at a computer that others use too, the next one would make the key. The code leads on to where it was."""
    left(here)
    assert step_of(here, found_again(here, minutes=59)) is step
    away = found_again(here, minutes=1)
    assert step_of(here, away) is Step.CODE
    with here.work() as work:
        identification.send_sign_in(work, dossier=away, now=here.now)
    with here.work() as work:
        attempt = identification.take_try(work, dossier=away, purpose=CodePurpose.SIGN_IN, now=here.now)
    with here.work() as work:
        identification.confirm_sign_in(
            work, dossier=away, attempt=attempt, typed=ways.code_sent(here), now=here.now
        )
    assert step_of(here, found_again(here)) is step


def test_nobody_else_signs_in_to_an_application_that_was_left(here: House) -> None:
    """With an IIN and a phone of their own, at the computer where its owner was identified."""
    ways.agreed(here)
    other = builders.person(iin=builders.iin(number=700), document_number="N00000002")
    builders.register(here, iin=other.iin, phone=Phone.parse("+7 705 000 11 22"))
    away = found_again(here, hours=1)
    with pytest.raises(dossiers.OutOfOrder), here.work() as work:
        dossiers.enter_iin(work, dossier=away, iin=other.iin, company=Company.MYSELF, now=here.now)


def test_an_application_that_was_left_is_neither_read_nor_withdrawn_without_the_code(here: House) -> None:
    ways.agreed(here)
    away = found_again(here, hours=1)
    with pytest.raises(dossiers.OutOfOrder), here.work() as work:
        statement.of(work, dossier=away)
    with pytest.raises(dossiers.OutOfOrder), here.work() as work:
        dossiers.withdraw(work, dossier=away, now=here.now)


def test_what_ended_says_so_without_a_code(here: House) -> None:
    ways.accepted(here)
    assert step_of(here, found_again(here, hours=1)) is Step.DONE
