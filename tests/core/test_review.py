"""The photo review (F3): one moderator holds it, answers, decides, and may think again for ten seconds."""

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ca_core import roles
from ca_core.application import Application
from ca_core.certificate import Channel, Method
from ca_core.dossier import Dossier
from ca_core.face_attempt import Flag
from ca_core.identifiers import Phone
from ca_core.lifecycle import ApplicationState, ReviewState
from ca_core.notices import NoticeKind
from ca_core.ports import CommandKind
from ca_core.registration import review, review_effect, review_look, review_rules
from ca_core.review import Answers, Decision, Item, Lapse, Reason, Review, Risk, Round
from ca_core.staff import Account
from tests import builders, flagged
from tests.builders import JOB, MODERATOR, SECOND_MODERATOR
from tests.fakes import House
from tests.flagged import ANOTHER, IN_ORDER, UNCLEAR

THIRD_MODERATOR = replace(MODERATOR, name="Nurlan S.", staff_id=77)


@pytest.fixture
def here() -> House:
    return builders.house()


def claim(here: House, actor: roles.Actor = MODERATOR) -> Item:
    item = claim_if_any(here, actor)
    assert item is not None
    return item


def claim_if_any(here: House, actor: roles.Actor = MODERATOR) -> Item | None:
    with here.work() as work:
        return review.claim_next(work, actor=actor, now=here.now)


def decide(
    here: House,
    item: Item,
    decision: Decision = Decision.APPROVE,
    answers: Answers = IN_ORDER,
    actor: roles.Actor = MODERATOR,
    **more: Any,
) -> Review:
    with here.work() as work:
        return review.decide(
            work,
            actor=actor,
            review_id=item.review_id,
            fence=item.fence,
            answers=answers,
            decision=decision,
            now=here.now,
            **more,
        )


def undo(here: House, review_id: int, actor: roles.Actor = MODERATOR) -> Item:
    with here.work() as work:
        return review.undo(work, actor=actor, review_id=review_id, now=here.now)


def apply(here: House, review_id: int, draw: int = 9_999) -> None:
    with here.work() as work:
        review_effect.apply(work, actor=JOB, review_id=review_id, now=here.now, draw=lambda _: draw)


def stored(here: House, review_id: int) -> Review:
    return here.memory.reviews[review_id]


def application(here: House, review_id: int) -> Application:
    return here.memory.applications[stored(here, review_id).number.digits]


def decided(here: House, decision: Decision, answers: Answers, **more: Any) -> int:
    """Flagged, claimed, decided and applied; whose photo it was reads the outcome."""
    review_id = flagged.flagged(here)
    decide(here, claim(here), decision, answers, **more)
    here.later(seconds=10)
    apply(here, review_id)
    return review_id


def test_risk_says_by_when_somebody_looks(here: House) -> None:
    ordinary, high = flagged.flagged(here), flagged.flagged(here, Flag.BLURRED, Flag.ANOTHER_FACE)

    assert (stored(here, ordinary).risk, stored(here, high).risk) == (Risk.ORDINARY, Risk.HIGH)
    assert stored(here, ordinary).due_at == here.now + timedelta(minutes=60)
    assert stored(here, high).due_at == here.now + timedelta(minutes=15)


@pytest.mark.parametrize("flag", Flag)
def test_what_speaks_of_another_person_or_a_picture_is_a_high_risk_and_poor_light_is_none(flag: Flag) -> None:
    """F3: signs that somebody tries something, and what no machine has looked at, are seen first."""
    somebody_tries = {"another_face", "flat_picture", "picture_jumped", "too_early", "face_differs"}
    suspected = {"other_person_suspected", "tried_before", "check_off"}
    high = flag.value in somebody_tries | suspected
    assert review.risk_of(("blurred", flag.value)) is (Risk.HIGH if high else Risk.ORDINARY)


def test_same_photo_is_sent_to_review_once(here: House) -> None:
    review_id = flagged.flagged(here)
    with here.work() as work:
        again = review.open_(
            work, number=stored(here, review_id).number, attempt_id=1, flags=(Flag.BLURRED,), now=here.now
        )
    assert again == review_id


def test_due_first_comes_first_and_then_the_riskier(here: House) -> None:
    later = flagged.flagged(here)
    here.later(minutes=45)
    risky = flagged.flagged(here, Flag.OTHER_PERSON_SUSPECTED)
    with here.work() as work:
        # Due at the same second as the first.
        assert stored(here, risky).due_at == stored(here, later).due_at
        assert [c.review.review_id for c in work.reviews.claimable(now=here.now, last_for=0, limit=9)] == [
            risky,
            later,
        ]


def test_what_is_held_nobody_else_gets(here: House) -> None:
    flagged.flagged(here)
    claim(here)
    assert claim_if_any(here, SECOND_MODERATOR) is None


def test_moderator_holds_one_at_a_time(here: House) -> None:
    """The page loaded anew, or a second one: the same review, the same claim, and the lease begins anew."""
    flagged.flagged(here)
    flagged.flagged(here, owner=flagged.subject(here, 2, phone=Phone.parse("+7 702 765 43 21")))
    first = claim(here)
    here.later(seconds=60)
    again = claim(here)
    assert (again.review_id, again.fence) == (first.review_id, first.fence)
    assert again.lease_until == here.now + timedelta(seconds=120)


def test_item_says_nothing_of_the_machines_opinion(here: House) -> None:
    flagged.flagged(here, Flag.OTHER_PERSON_SUSPECTED)
    shown = set(Item.__dataclass_fields__)
    assert not shown & {"flags", "risk", "band", "distance", "opinions", "note"}
    # Between these two lies the risk.
    assert not shown & {"opened_at", "due_at"}
    assert claim(here).frames == 2


def test_item_says_for_how_long_it_may_be_held_at_most(here: House) -> None:
    flagged.flagged(here)
    claimed_at = here.now
    claim(here)
    here.later(seconds=60)
    assert claim(here).held_until == claimed_at + timedelta(minutes=15)


def applies_in(here: House, review_id: int, language: str) -> None:
    """The pages on which the applicant came speak this language."""
    dossier = Dossier(
        1, b"d" * 32, language, Channel.EGOV, here.now, here.now, number=stored(here, review_id).number
    )
    with here.work() as work:
        work.own_dossiers.add(dossier)


@pytest.mark.parametrize("language", ["ru", "kk", "en"])
def test_applicant_is_told_in_the_language_that_the_moderator_saw_first(here: House, language: str) -> None:
    """That of the pages they use, whatever the register says."""
    review_id = flagged.flagged(here)
    applies_in(here, review_id, language)
    item = claim(here)
    assert item.language == language
    decide(here, item, Decision.REJECT, ANOTHER, reason=Reason.ANOTHER_PERSON)
    here.later(seconds=10)
    apply(here, review_id)
    assert {notice.language for notice in here.memory.notices} == {language}


def test_applicant_whose_pages_nobody_knows_is_told_in_the_registers_language(here: House) -> None:
    flagged.flagged(here)
    assert claim(here).language == here.memory.subscribers[1].language


def test_heartbeat_keeps_the_lease(here: House) -> None:
    flagged.flagged(here)
    item = claim(here)
    here.later(seconds=119)
    with here.work() as work:
        kept = review.keep(work, actor=MODERATOR, review_id=item.review_id, fence=item.fence, now=here.now)
    assert kept.lease_until == here.now + timedelta(seconds=120)


def test_desk_that_was_left_open_holds_nothing_for_ever(here: House) -> None:
    """A page that goes on saying that it is there is no moderator."""
    flagged.flagged(here)
    item = claim(here)
    for _ in range(15):
        with here.work() as work:
            kept = review.keep(
                work, actor=MODERATOR, review_id=item.review_id, fence=item.fence, now=here.later(seconds=59)
            )
    assert kept.lease_until is not None
    assert kept.lease_until - here.now == timedelta(seconds=15)


def test_abandoned_one_returns_by_itself(here: House) -> None:
    flagged.flagged(here)
    first, claimed_at = claim(here), here.now
    here.later(seconds=120)
    second = claim(here, SECOND_MODERATOR)
    assert second.review_id == first.review_id
    assert second.fence == first.fence + 1
    assert here.memory.lapses == [Lapse(first.review_id, MODERATOR.staff_id or 0, claimed_at, here.now)]


def test_late_decision_is_refused(here: House) -> None:
    """Nobody else took it yet, and still: whoever was away that long may have been looked over the shoulder."""
    flagged.flagged(here)
    item = claim(here)
    here.later(seconds=120)
    with pytest.raises(review.LeaseLost):
        decide(here, item)


def test_decision_with_an_old_fence_is_refused(here: House) -> None:
    """Away, back and claimed again: what the old page still sends is not about what is seen now."""
    flagged.flagged(here)
    old = claim(here)
    here.later(seconds=121)
    new = claim(here)
    with pytest.raises(review.LeaseLost):
        decide(here, old)
    assert decide(here, new).state is ReviewState.DECIDED


def test_heartbeat_of_another_is_refused(here: House) -> None:
    flagged.flagged(here)
    item = claim(here)
    with pytest.raises(review.LeaseLost), here.work() as work:
        review.keep(work, actor=SECOND_MODERATOR, review_id=item.review_id, fence=item.fence, now=here.now)


def test_released_one_comes_back_to_the_same_moderator_last(here: House) -> None:
    first = flagged.flagged(here)
    here.later(seconds=1)
    second = flagged.flagged(here)
    item = claim(here)
    with here.work() as work:
        review.release(work, actor=MODERATOR, review_id=item.review_id, fence=item.fence, now=here.now)
    back = here.memory.reviews[item.review_id]
    assert (back.holder_id, back.claimed_at, back.lease_until) == (None, None, None)
    assert claim(here, SECOND_MODERATOR).review_id == first
    assert claim(here).review_id == second


@pytest.mark.parametrize("role", [role for role in roles.Role if role is not roles.Role.MODERATOR])
def test_only_a_moderator_judges(here: House, role: roles.Role) -> None:
    flagged.flagged(here)
    with pytest.raises(roles.NotAllowed):
        claim_if_any(here, replace(MODERATOR, role=role))


def test_agent_of_the_subjects_call_never_judges_the_photo(here: House) -> None:
    flagged.flagged(here)
    with here.work() as work:
        owner = work.subscribers.by_id(1)
        assert owner is not None
        work.calls.add(builders.call(here.now, iin=owner.iin, agent_id=MODERATOR.staff_id))
    assert claim_if_any(here) is None
    assert claim_if_any(here, SECOND_MODERATOR) is not None


def test_one_that_the_moderator_may_not_have_is_passed_over(here: House) -> None:
    flagged.flagged(here)
    another = flagged.subject(here, 2, phone=Phone.parse("+7 702 765 43 21"))
    next_one = flagged.flagged(here, owner=another)
    with here.work() as work:
        work.calls.add(
            builders.call(here.now, iin=here.memory.subscribers[1].iin, agent_id=MODERATOR.staff_id)
        )
    assert claim(here).review_id == next_one


def test_nobody_judges_their_own_photo(here: House) -> None:
    flagged.flagged(here)
    theirs = here.memory.subscribers[1].iin
    here.memory.accounts[8] = Account(
        8, "timur", MODERATOR.name, roles.Role.MODERATOR, "hash", "secret", 19, iin=theirs
    )
    assert claim_if_any(here) is None


def test_who_judged_the_application_never_judges_it_again(here: House) -> None:
    """Its next photo is somebody else's."""
    review_id = decided(here, Decision.NEW_PHOTO, UNCLEAR, reason=Reason.BLURRED)
    number = stored(here, review_id).number
    was = here.memory.applications[number.digits]
    here.memory.applications[number.digits] = replace(was, state=ApplicationState.IN_REVIEW)
    with here.work() as work:
        review.open_(work, number=number, attempt_id=1, flags=(Flag.BLURRED,), now=here.now)
    assert claim_if_any(here) is None
    assert claim_if_any(here, SECOND_MODERATOR) is not None


def test_withdrawn_application_is_nobodys_work(here: House) -> None:
    review_id = flagged.flagged(here)
    was = application(here, review_id)
    here.memory.applications[was.number.digits] = replace(was, state=ApplicationState.WITHDRAWN)
    assert claim_if_any(here) is None
    with here.work() as work:
        stale = work.reviews.stale(9)
        review_effect.withdraw(work, actor=JOB, review_id=stale[0].review_id, now=here.now)
    assert stored(here, review_id).state is ReviewState.WITHDRAWN


def test_application_withdrawn_under_the_moderators_eyes_makes_room_for_the_next(here: House) -> None:
    first = flagged.flagged(here)
    here.later(seconds=1)
    second = flagged.flagged(here)
    claim(here)
    was = application(here, first)
    here.memory.applications[was.number.digits] = replace(was, state=ApplicationState.WITHDRAWN)
    assert claim(here).review_id == second
    assert stored(here, first).state is ReviewState.WITHDRAWN


@pytest.mark.parametrize(
    ("decision", "answers", "more", "refusal"),
    [
        (Decision.APPROVE, Answers(0, True, True), {}, review_rules.AnswersMissing),
        (Decision.APPROVE, Answers(6, True, True), {}, review_rules.AnswersMissing),
        (Decision.APPROVE, Answers(3, True, True), {}, review_rules.AnswersContradict),
        (Decision.APPROVE, Answers(5, False, True), {}, review_rules.AnswersContradict),
        (Decision.APPROVE, Answers(5, True, False), {}, review_rules.AnswersContradict),
        (Decision.APPROVE, IN_ORDER, {"reason": Reason.OTHER}, review_rules.ReasonUnfit),
        (Decision.REJECT, ANOTHER, {}, review_rules.ReasonUnfit),
        (Decision.REJECT, ANOTHER, {"reason": Reason.TOO_DARK}, review_rules.ReasonUnfit),
        (Decision.REJECT, IN_ORDER, {"reason": Reason.ANOTHER_PERSON}, review_rules.AnswersContradict),
        (Decision.REJECT, UNCLEAR, {"reason": Reason.ANOTHER_PERSON}, review_rules.AnswersContradict),
        (Decision.REJECT, ANOTHER, {"reason": Reason.NOT_LIVE}, review_rules.AnswersContradict),
        (Decision.REJECT, ANOTHER, {"reason": Reason.OTHER}, review_rules.NoteMissing),
        (Decision.NEW_PHOTO, IN_ORDER, {"reason": Reason.BLURRED}, review_rules.AnswersContradict),
        (Decision.NEW_PHOTO, UNCLEAR, {"reason": Reason.ANOTHER_PERSON}, review_rules.ReasonUnfit),
        (Decision.SECOND_MODERATOR, UNCLEAR, {}, review_rules.NoteMissing),
        (Decision.SECOND_MODERATOR, UNCLEAR, {"remark": " \n "}, review_rules.NoteMissing),
    ],
)
def test_decision_that_does_not_follow_from_the_answers_is_refused(
    here: House, decision: Decision, answers: Answers, more: dict[str, Any], refusal: type[Exception]
) -> None:
    review_id = flagged.flagged(here)
    item = claim(here)
    with pytest.raises(refusal):
        decide(here, item, decision, answers, **more)
    assert stored(here, review_id).state is ReviewState.CLAIMED


def test_nobody_is_recognised_without_a_portrait(here: House) -> None:
    """A comparison that could not be made is no approval, whatever was answered."""
    review_id = flagged.flagged(here)
    item = claim(here)
    here.memory.portraits.clear()
    with pytest.raises(review_rules.NothingToCompare):
        decide(here, item)
    assert stored(here, review_id).state is ReviewState.CLAIMED
    decide(here, item, Decision.REJECT, UNCLEAR, reason=Reason.PORTRAIT_UNFIT)


@pytest.mark.parametrize(
    ("decision", "answers", "more"),
    [
        (Decision.APPROVE, Answers(4, True, True), {}),
        (Decision.REJECT, Answers(2, True, True), {"reason": Reason.ANOTHER_PERSON}),
        (Decision.REJECT, Answers(5, False, True), {"reason": Reason.NOT_LIVE}),
        (Decision.REJECT, IN_ORDER, {"reason": Reason.UNDER_DIRECTION}),
        (Decision.REJECT, IN_ORDER, {"reason": Reason.OTHER, "remark": "A mask"}),
        (Decision.NEW_PHOTO, UNCLEAR, {"reason": Reason.GLARE}),
        (Decision.NEW_PHOTO, Answers(5, False, True), {"reason": Reason.NOT_LIVE}),
        (Decision.SECOND_MODERATOR, IN_ORDER, {"remark": "Twins?"}),
    ],
)
def test_decision_that_follows_is_stored_at_once(
    here: House, decision: Decision, answers: Answers, more: dict[str, Any]
) -> None:
    review_id = flagged.flagged(here)
    found = decide(here, claim(here), decision, answers, **more)
    assert (found.state, found.decision) == (ReviewState.DECIDED, decision)
    assert found.effective_at == here.now + timedelta(seconds=10)
    opinion = here.memory.opinions[1]
    assert (opinion.answers, opinion.decision, opinion.staff_id) == (answers, decision, MODERATOR.staff_id)
    asked = list(here.memory.commands.values())
    assert [(c.kind, c.subject, c.due_at) for c in asked] == [
        (CommandKind.APPLY_REVIEW, str(review_id), found.effective_at)
    ]


def test_nothing_happens_before_the_time_for_undoing_is_over(here: House) -> None:
    review_id = flagged.flagged(here)
    decide(here, claim(here))
    here.later(seconds=9)
    apply(here, review_id)
    assert application(here, review_id).state is ApplicationState.IN_REVIEW
    assert here.memory.notices == []


def test_approved_application_goes_on_as_identified_by_a_moderator(here: House) -> None:
    review_id = decided(here, Decision.APPROVE, IN_ORDER)
    found = application(here, review_id)
    assert (found.state, found.method) == (ApplicationState.IDENTIFIED, Method.MODERATOR)
    assert [n.kind for n in here.memory.notices if n.medium == "sms"] == [NoticeKind.REVIEW_PASSED]


def test_rejected_application_stops_and_its_owner_reads_why(here: House) -> None:
    review_id = decided(here, Decision.REJECT, ANOTHER, reason=Reason.ANOTHER_PERSON)
    found = application(here, review_id)
    assert (found.state, found.reason) == (ApplicationState.REJECTED, "another_person")
    told = here.memory.notices[0]
    assert (told.kind, told.words["reason"]) == (NoticeKind.REVIEW_REJECTED, "another_person")


def test_new_photo_leads_back_to_the_camera(here: House) -> None:
    review_id = decided(here, Decision.NEW_PHOTO, UNCLEAR, reason=Reason.TOO_DARK)
    found = application(here, review_id)
    assert (found.state, found.reason, found.method) == (
        ApplicationState.STARTED, "too_dark", Method.AUTOMATIC_FACE,
    )  # fmt: skip
    assert here.memory.notices[0].kind is NoticeKind.NEW_PHOTO


def test_decision_takes_effect_once_however_often_the_job_runs(here: House) -> None:
    review_id = decided(here, Decision.APPROVE, IN_ORDER)
    told = len(here.memory.notices)
    apply(here, review_id)
    apply(here, review_id)
    assert len(here.memory.notices) == told
    assert stored(here, review_id).state is ReviewState.APPLIED


def test_undone_decision_gives_the_review_back_with_a_fresh_lease(here: House) -> None:
    review_id = flagged.flagged(here)
    item = claim(here)
    decide(here, item)
    here.later(seconds=9)
    back = undo(here, review_id)
    assert (back.review_id, back.fence) == (review_id, item.fence + 1)
    assert back.lease_until == here.now + timedelta(seconds=120)
    assert here.memory.opinions[1].undone_at == here.now
    here.later(seconds=1)
    apply(here, review_id)
    assert application(here, review_id).state is ApplicationState.IN_REVIEW
    assert here.memory.notices == []


def test_decision_after_an_undone_one_counts_from_its_own_time(here: House) -> None:
    """The job that was asked for first comes too early for the second decision."""
    review_id = flagged.flagged(here)
    decide(here, claim(here), Decision.REJECT, ANOTHER, reason=Reason.ANOTHER_PERSON)
    here.later(seconds=5)
    decide(here, undo(here, review_id))
    here.later(seconds=5)
    apply(here, review_id)
    assert application(here, review_id).state is ApplicationState.IN_REVIEW
    here.later(seconds=5)
    apply(here, review_id)
    assert application(here, review_id).state is ApplicationState.IDENTIFIED
    assert len(here.memory.commands) == 2


def test_undo_sends_the_next_one_back_to_the_queue(here: House) -> None:
    first = flagged.flagged(here)
    here.later(seconds=1)
    second = flagged.flagged(here)
    decide(here, claim(here))
    claim(here)
    undo(here, first)
    assert stored(here, second).state is ReviewState.WAITING
    assert stored(here, second).released_by is None


@pytest.mark.parametrize("seconds", [10, 3600])
def test_undo_is_over_after_ten_seconds(here: House, seconds: int) -> None:
    """Whether or not the job has come to it."""
    review_id = flagged.flagged(here)
    decide(here, claim(here))
    here.later(seconds=seconds)
    with pytest.raises(review.UndoOver):
        undo(here, review_id)


def test_nobody_undoes_anothers_decision(here: House) -> None:
    review_id = flagged.flagged(here)
    decide(here, claim(here))
    with pytest.raises(review.UndoOver):
        undo(here, review_id, SECOND_MODERATOR)


def passed_on(here: House) -> int:
    return decided(here, Decision.SECOND_MODERATOR, UNCLEAR, remark="Perhaps a twin")


def test_second_moderator_is_another_person_who_knows_that_they_are_second(here: House) -> None:
    review_id = passed_on(here)
    assert application(here, review_id).state is ApplicationState.IN_REVIEW
    assert here.memory.notices == []
    assert claim_if_any(here) is None
    assert claim(here, SECOND_MODERATOR).round is Round.SECOND


def test_second_moderator_decides_and_both_opinions_are_kept(here: House) -> None:
    review_id = passed_on(here)
    item = claim(here, SECOND_MODERATOR)
    with pytest.raises(review_rules.SecondDecides):
        decide(here, item, Decision.SECOND_MODERATOR, UNCLEAR, SECOND_MODERATOR, remark="I wonder")
    decide(here, item, actor=SECOND_MODERATOR)
    here.later(seconds=10)
    apply(here, review_id)
    assert application(here, review_id).state is ApplicationState.IDENTIFIED
    assert [o.decision for o in here.memory.opinions.values()] == [
        Decision.SECOND_MODERATOR,
        Decision.APPROVE,
    ]


def reveal(here: House, review_id: int, actor: roles.Actor = MODERATOR) -> Any:
    with here.work() as work:
        return review_look.revealed(work, actor=actor, review_id=review_id, now=here.now)


def test_machines_opinion_is_shown_only_after_ones_own_stands(here: House) -> None:
    """Neither while deciding nor while the decision can be taken back: it would be taken back because of it."""
    review_id = flagged.flagged(here, Flag.FACE_DIFFERS)
    item = claim(here)
    with pytest.raises(review_look.NotDecidedYet):
        reveal(here, review_id)
    decide(here, item)
    here.later(seconds=9)
    with pytest.raises(review_look.NotDecidedYet):
        reveal(here, review_id)
    here.later(seconds=1)
    shown = reveal(here, review_id)
    assert (shown.band, shown.distance, shown.flags) == ("doubtful", 0.52, ("face_differs",))


def test_firsts_opinion_is_shown_to_the_second_only_after_their_own_stands(here: House) -> None:
    review_id = passed_on(here)
    item = claim(here, SECOND_MODERATOR)
    with pytest.raises(review_look.NotDecidedYet):
        reveal(here, review_id, SECOND_MODERATOR)
    decide(here, item, actor=SECOND_MODERATOR)
    here.later(seconds=10)
    assert [o.by for o in reveal(here, review_id, SECOND_MODERATOR).opinions] == ["Timur Q.", "Aliya Z."]


def test_supervisor_sees_what_it_rested_on_when_it_has_ended(here: House) -> None:
    review_id = flagged.flagged(here)
    with pytest.raises(review_look.NotDecidedYet):
        reveal(here, review_id, builders.SUPERVISOR)
    decide(here, claim(here))
    here.later(seconds=10)
    apply(here, review_id)
    assert reveal(here, review_id, builders.SUPERVISOR).band == "doubtful"


def test_pictures_are_for_whoever_holds_the_review(here: House) -> None:
    """R14: each look is one audit entry about the person."""
    review_id = flagged.flagged(here)
    with pytest.raises(review.LeaseLost), here.work() as work:
        review_look.live(work, actor=MODERATOR, review_id=review_id, now=here.now)
    claim(here)
    with here.work() as work:
        kept = review_look.live(work, actor=MODERATOR, review_id=review_id, now=here.now)
        seen = review_look.portrait(work, actor=MODERATOR, review_id=review_id, now=here.now)
        other = review_look.frame(work, actor=MODERATOR, review_id=review_id, place=1, now=here.now)
    assert kept.name.endswith("live")
    assert seen == flagged.PORTRAIT
    assert other.name.endswith("/1")
    with pytest.raises(review_look.PictureMissing), here.work() as work:
        review_look.frame(work, actor=MODERATOR, review_id=review_id, place=2, now=here.now)
    looks = [e for e in here.memory.audit if e.event == "review:picture:seen"]
    assert [e.details["picture"] for e in looks] == ["live", "portrait", "frame 1"]
    assert {e.subject for e in looks} == {"subscriber/1"}


def test_pictures_are_closed_once_decided(here: House) -> None:
    review_id = flagged.flagged(here)
    decide(here, claim(here))
    with pytest.raises(review.LeaseLost), here.work() as work:
        review_look.portrait(work, actor=MODERATOR, review_id=review_id, now=here.now)


def test_share_of_the_decided_ones_is_judged_again_and_changes_nothing(here: House) -> None:
    review_id = flagged.flagged(here)
    decide(here, claim(here))
    here.later(seconds=10)
    apply(here, review_id, draw=499)
    told = len(here.memory.notices)
    assert claim_if_any(here) is None
    again = claim(here, SECOND_MODERATOR)
    assert stored(here, again.review_id).recheck_of == review_id
    decide(here, again, Decision.REJECT, ANOTHER, SECOND_MODERATOR, reason=Reason.ANOTHER_PERSON)
    here.later(seconds=10)
    apply(here, again.review_id, draw=0)
    assert application(here, review_id).state is ApplicationState.IDENTIFIED
    assert len(here.memory.notices) == told
    assert stored(here, again.review_id).state is ReviewState.APPLIED
    assert len(here.memory.reviews) == 2
    assert [o.decision.name for o in reveal(here, again.review_id, SECOND_MODERATOR).opinions] == [
        "APPROVE",
        "REJECT",
    ]


def test_most_decided_ones_are_not_judged_again(here: House) -> None:
    review_id = flagged.flagged(here)
    decide(here, claim(here))
    here.later(seconds=10)
    apply(here, review_id, draw=500)
    assert list(here.memory.reviews) == [review_id]


def test_only_the_job_makes_a_decision_take_effect(here: House) -> None:
    review_id = flagged.flagged(here)
    with pytest.raises(roles.NotAllowed), here.work() as work:
        review_effect.apply(work, actor=MODERATOR, review_id=review_id, now=here.now)
    with pytest.raises(roles.NotAllowed), here.work() as work:
        review_effect.withdraw(work, actor=MODERATOR, review_id=review_id, now=here.now)


def test_every_step_is_in_the_audit_log(here: House) -> None:
    review_id = flagged.flagged(here)
    decide(here, claim(here), Decision.REJECT, ANOTHER, reason=Reason.ANOTHER_PERSON)
    undo(here, review_id)
    events = [e.event for e in here.memory.audit if e.subject == f"review/{review_id}"]
    assert events == ["review:open:done", "review:claim:done", "review:reject:done", "review:undo:done"]


@pytest.mark.parametrize(
    ("decision", "answers", "effect"),
    [(Decision.APPROVE, IN_ORDER, "apply"), (Decision.SECOND_MODERATOR, UNCLEAR, "pass_on")],
)
def test_what_follows_from_a_decision_is_in_the_audit_log(
    here: House, decision: Decision, answers: Answers, effect: str
) -> None:
    more = {"remark": "not sure at all"} if decision is Decision.SECOND_MODERATOR else {}
    review_id = decided(here, decision, answers, **more)
    events = [e.event for e in here.memory.audit if e.subject == f"review/{review_id}"]
    assert events[-1] == f"review:{effect}:done"


def test_unknown_review_is_refused(here: House) -> None:
    with pytest.raises(review.ReviewUnknown), here.work() as work:
        review.keep(work, actor=MODERATOR, review_id=404, fence=1, now=here.now)
