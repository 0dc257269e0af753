"""The citizen's way (F1): each step follows from facts, is done in its order, and is found again."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from ca_core import records
from ca_core.certificate import Channel, Kind, Method
from ca_core.dossier import AgreementKind, Camera, Company, Dossier, Step, Way, step
from ca_core.identifiers import Iin, Phone
from ca_core.lifecycle import ApplicationState, TransitionRefused
from ca_core.records import ChangedMeanwhile
from ca_core.registration import bmg, terms
from ca_core.registration import dossier as dossiers
from ca_core.subscriber import MobileRegistration
from tests import builders
from tests import dossiers as ways
from tests.core.x509.authorities import NOW
from tests.fakes import House

LATER = NOW + timedelta(hours=1)


@pytest.fixture
def here() -> House:
    house = builders.house()
    builders.register(house)
    return house


def registered(since: Any = NOW) -> MobileRegistration:
    return MobileRegistration(builders.person().iin, builders.PHONE, since, "demo")


def dossier(**different: Any) -> Dossier:
    """Signed in, with a key agent; what differs."""
    default = Dossier(
        dossier_id=1,
        token_digest=ways.token(),
        language="ru",
        channel=Channel.EGOV,
        opened_at=NOW,
        changed_at=NOW,
        camera=Camera.WORKS,
        company=Company.MYSELF,
        iin=builders.person().iin,
        signed_in_at=NOW,
        agent_at=NOW,
    )
    return replace(default, **different)


@pytest.mark.parametrize(
    ("facts", "registration", "expected"),
    [
        ({"camera": None, "iin": None, "signed_in_at": None, "agent_at": None}, None, Step.CAMERA),
        ({"iin": None, "signed_in_at": None, "agent_at": None}, None, Step.IIN),
        ({"signed_in_at": None, "agent_at": None}, registered(), Step.CODE),
        ({"signed_in_at": None, "without_phone_at": NOW}, None, Step.CALL),
        ({"signed_in_at": None, "without_phone_at": LATER}, registered(NOW), Step.CALL),
        ({"signed_in_at": None, "without_phone_at": NOW}, registered(LATER), Step.CODE_AFTER_CALL),
        ({"signed_in_at": None, "without_phone_at": NOW}, registered(NOW), Step.CODE_AFTER_CALL),
        ({"agent_at": None, "without_phone_at": NOW}, registered(LATER), Step.AGENT),
        ({"agent_at": None}, None, Step.AGENT),
        # Signed in is signed in, whatever became of the phone meanwhile.
        ({"agent_at": None, "without_phone_at": NOW}, None, Step.AGENT),
        ({}, None, Step.PROCEED),
    ],
)
def test_step_before_there_is_an_application(
    facts: dict[str, Any], registration: MobileRegistration | None, expected: Step
) -> None:
    assert step(Way(dossier(**facts), registration)) is expected


BOTH = frozenset(AgreementKind)


@pytest.mark.parametrize(
    ("state", "facts", "accepted", "expected"),
    [
        (ApplicationState.STARTED, {}, frozenset(), Step.IDENTIFY),
        (ApplicationState.STARTED, {"confirmed_at": NOW}, frozenset(), Step.FACE),
        (ApplicationState.IN_REVIEW, {"confirmed_at": NOW}, frozenset(), Step.FACE),
        (ApplicationState.IDENTIFIED, {}, frozenset(), Step.ACCESS),
        (ApplicationState.IDENTIFIED, {}, frozenset({AgreementKind.TERMS}), Step.ACCESS),
        (ApplicationState.IDENTIFIED, {}, frozenset({AgreementKind.ACCESS}), Step.AGREEMENT),
        (ApplicationState.IDENTIFIED, {}, BOTH, Step.CONTACT),
        (ApplicationState.AGREED, {}, BOTH, Step.KEY),
        (ApplicationState.SUBMITTED, {}, BOTH, Step.STATUS),
        (ApplicationState.ISSUED, {}, BOTH, Step.PASSWORD),
        (ApplicationState.ACCEPTED, {}, BOTH, Step.DONE),
        (ApplicationState.WITHDRAWN, {}, BOTH, Step.STATUS),
        (ApplicationState.REJECTED, {}, frozenset(), Step.STATUS),
        (ApplicationState.EXPIRED, {}, frozenset(), Step.STATUS),
    ],
)
def test_step_of_an_application(
    here: House,
    state: ApplicationState,
    facts: dict[str, Any],
    accepted: frozenset[AgreementKind],
    expected: Step,
) -> None:
    [owner] = here.memory.subscribers.values()
    wanted = builders.application(owner, builders.new_key(), NOW, state=state)
    assert step(Way(dossier(**facts), None, wanted, accepted)) is expected


def test_every_state_of_an_application_has_a_step(here: House) -> None:
    [owner] = here.memory.subscribers.values()
    wanted = builders.application(owner, builders.new_key(), NOW)
    for state in ApplicationState:
        assert step(Way(dossier(), None, replace(wanted, state=state))) >= Step.IDENTIFY


WALK: list[tuple[Callable[..., Any], Step]] = [
    (ways.begun, Step.CAMERA),
    (ways.with_camera, Step.IIN),
    (ways.with_iin, Step.CODE),
    (ways.signed_in, Step.AGENT),
    (ways.with_agent, Step.PROCEED),
    (ways.started, Step.IDENTIFY),
    (ways.confirmed, Step.FACE),
    (ways.identified, Step.ACCESS),
    (ways.with_access, Step.AGREEMENT),
    (ways.with_terms, Step.CONTACT),
    (ways.agreed, Step.KEY),
    (ways.submitted, Step.STATUS),
    (lambda here: ways.issued(here)[0], Step.PASSWORD),
    (ways.accepted, Step.DONE),
]


@pytest.mark.parametrize(("walked", "expected"), WALK, ids=[expected.name for _, expected in WALK])
def test_a_closed_browser_finds_its_step_again(
    here: House, walked: Callable[..., Any], expected: Step
) -> None:
    """F1: every step can be left and taken up again; within an hour nothing but the cookie is needed."""
    walked(here)
    here.later(minutes=59)
    with here.work() as work:
        found = dossiers.find(work, token_digest=ways.token(), now=here.now)
        assert dossiers.step_of(work, found) is expected


def test_beginning_twice_in_one_browser_is_one_dossier(here: House) -> None:
    assert ways.begun(here) == ways.begun(here)
    assert len(here.memory.own_dossiers) == 1


def test_another_cookie_finds_nothing_of_it(here: House) -> None:
    ways.agreed(here)
    with pytest.raises(dossiers.DossierUnknown), here.work() as work:
        dossiers.find(work, token_digest=ways.token("another browser"), now=here.now)


@pytest.mark.parametrize("walked", [w for w, s in WALK if s > Step.CODE_AFTER_CALL])
def test_an_act_out_of_its_order_is_refused_and_names_the_step(
    here: House, walked: Callable[..., Any]
) -> None:
    """Two tabs, the back button, a form sent twice: the way goes on from where it is."""
    walked(here)
    with here.work() as work:
        found = dossiers.find(work, token_digest=ways.token(), now=here.now)
        current = dossiers.step_of(work, found)
    with pytest.raises(dossiers.OutOfOrder) as refused, here.work() as work:
        dossiers.enter_iin(
            work, dossier=found, iin=builders.iin(number=50), company=Company.MYSELF, now=here.now
        )
    assert refused.value.facts == {"step": int(current)}


def test_two_tabs_that_proceed_at_once_open_one_application(here: House) -> None:
    stale = ways.with_agent(here)
    with here.work() as work:
        dossiers.proceed(work, dossier=stale, now=here.now)
    with pytest.raises(ChangedMeanwhile), here.work() as work:
        dossiers.proceed(work, dossier=stale, now=here.now)
    assert len(here.memory.applications) == 1


def test_who_is_told_what_to_press_is_stopped_before_the_iin_counts(here: House) -> None:
    """R13: somebody elsewhere directs the applicant; the refusal is on record, the IIN is not looked up."""
    begun = ways.with_camera(here)
    with pytest.raises(dossiers.UnderDirection), here.work() as work:
        dossiers.enter_iin(work, dossier=begun, iin=builders.person().iin, company=Company.TOLD, now=here.now)
    assert here.memory.look_ups == []
    assert here.memory.audit[-1].event == "dossier:iin:refused"
    assert ways.step_of(here, begun) is Step.IIN


def test_a_helper_beside_the_applicant_is_noted_and_stops_nothing(here: House) -> None:
    begun = ways.with_camera(here)
    with here.work() as work:
        entered = dossiers.enter_iin(
            work, dossier=begun, iin=builders.person().iin, company=Company.HELPER, now=here.now
        )
    assert entered.company is Company.HELPER
    assert ways.step_of(here, entered) is Step.CODE


def test_an_iin_without_a_phone_leads_to_the_call_and_from_it_to_the_code(here: House) -> None:
    """F1, 5 and 6: the agent registers the phone; the same dossier goes on."""
    other = builders.person(iin=builders.iin(number=700), document_number="N00000002")
    here.memory.persons[other.iin] = other
    entered = ways.with_iin(here, other.iin)
    assert ways.step_of(here, entered) is Step.CALL
    here.later(minutes=7)
    phone = Phone.parse("+7 705 000 11 22")
    with here.work() as work:
        work.bmg.enter(MobileRegistration(other.iin, phone, here.now, "agent"), call_id=1)
    assert ways.step_of(here, entered) is Step.CODE_AFTER_CALL


def test_a_lost_phone_leads_to_the_call_though_the_bmg_has_one(here: House) -> None:
    entered = ways.with_iin(here)
    here.later(minutes=1)
    with ways.opened(here, entered) as (work, found):
        dossiers.say_phone_lost(work, dossier=found, now=here.now)
    assert ways.step_of(here, entered) is Step.CALL
    with ways.opened(here, entered) as (work, found):
        dossiers.say_phone_found(work, dossier=found, now=here.now)
    assert ways.step_of(here, entered) is Step.CODE


def test_a_mistyped_iin_can_be_corrected_until_the_code(here: House) -> None:
    wrong = builders.iin(number=900)
    entered = ways.with_iin(here, wrong)
    assert ways.step_of(here, entered) is Step.CALL
    with ways.opened(here, entered) as (work, found):
        dossiers.enter_iin(
            work, dossier=found, iin=builders.person().iin, company=Company.MYSELF, now=here.now
        )
    assert ways.step_of(here, entered) is Step.CODE


def look_up(here: House, iin: Iin, device: bytes) -> None:
    with here.work() as work:
        bmg.look_up(work, iin=iin, device=device, now=here.now)


def test_look_ups_from_one_browser_are_few_an_hour(here: House) -> None:
    """R14: who guesses IINs must be slow, whichever process answers."""
    for number in range(builders.policy().identification.look_ups_of_a_browser):
        look_up(here, builders.iin(number=100 + 20 * number), ways.token())
    with pytest.raises(bmg.TooManyLookUps):
        look_up(here, builders.person().iin, ways.token())
    look_up(here, builders.person().iin, ways.token("another"))
    here.later(hours=1)
    look_up(here, builders.person().iin, ways.token())


def test_look_ups_of_one_iin_are_few_an_hour_from_wherever_they_come(here: House) -> None:
    for number in range(builders.policy().identification.look_ups_of_an_iin):
        look_up(here, builders.person().iin, ways.token(f"browser {number}"))
    with pytest.raises(bmg.TooManyLookUps):
        look_up(here, builders.person().iin, ways.token("one more"))


def test_a_counted_look_up_keeps_no_iin(here: House) -> None:
    """R14: what strangers type is not kept in clear."""
    ways.with_iin(here)
    assert builders.person().iin.digits not in repr(here.memory.look_ups)


def test_the_application_has_a_number_and_belongs_to_the_register_s_person(here: House) -> None:
    """R5: formed by the system at step 8; the entry is kept."""
    found = ways.started(here)
    assert found.number is not None
    wanted = here.memory.applications[found.number.digits]
    assert (wanted.kind, wanted.channel, wanted.state) == (Kind.NEW, Channel.EGOV, ApplicationState.STARTED)
    assert here.memory.subscribers[wanted.subscriber_id].iin == builders.person().iin
    assert builders.events(here)[-1] == "application:start:done"


@pytest.mark.parametrize(
    ("different", "refusal"),
    [
        ({"deceased_on": builders.date(2020, 1, 1)}, records.PersonDeceased),
        ({"document_expires_on": builders.date(2020, 1, 1)}, records.DocumentExpired),
    ],
)
def test_no_application_for_whom_the_register_refuses(
    here: House, different: dict[str, Any], refusal: type[Exception]
) -> None:
    """R1, R2: asked at step 8, so that nobody goes on for nothing."""
    found = ways.with_agent(here)
    here.memory.persons[builders.person().iin] = builders.person(**different)
    with pytest.raises(refusal), here.work() as work:
        dossiers.proceed(work, dossier=found, now=here.now)


def test_on_another_device_iin_and_code_take_it_up_and_the_old_cookie_ends(here: House) -> None:
    earlier = ways.agreed(here)
    here.later(hours=2)
    other = ways.signed_in(here, browser="at home")
    with ways.opened(here, other) as (work, found):
        [waiting] = dossiers.resumable(work, dossier=found)
        mine = replace(found, language="en", camera=Camera.NONE, company=Company.HELPER, agent_at=LATER)
        mine = dossiers.save(work, mine, expected=found, now=here.now)
        moved = dossiers.resume(work, dossier=mine, number=waiting.number, now=here.now)
    assert moved.number == earlier.number
    # What was found out on this device counts here; the rest is the application's.
    for name in ("token_digest", "language", "camera", "company", "signed_in_at", "agent_at"):
        assert getattr(moved, name) == getattr(mine, name), name
    assert (moved.opened_at, moved.iin) == (earlier.opened_at, earlier.iin)
    with here.work() as work:
        assert dossiers.of_token(work, token_digest=ways.token("one browser"), now=here.now) is None


def test_another_persons_application_is_not_taken_up(here: House) -> None:
    theirs = ways.agreed(here)
    other = builders.person(iin=builders.iin(number=700), document_number="N00000002")
    builders.register(here, iin=other.iin, phone=Phone.parse("+7 705 000 11 22"))
    mine = ways.signed_in(here, other.iin, browser="a stranger's")
    assert theirs.number is not None
    with ways.opened(here, mine) as (work, found):
        assert dossiers.resumable(work, dossier=found) == []
    with pytest.raises(records.ApplicationUnknown), ways.opened(here, mine) as (work, found):
        dossiers.resume(work, dossier=found, number=theirs.number, now=here.now)


def test_before_the_code_nothing_is_said_of_other_applications(here: House) -> None:
    ways.agreed(here)
    entered = ways.with_iin(here, browser="at home")
    with ways.opened(here, entered) as (work, found):
        assert dossiers.resumable(work, dossier=found) == []


def test_a_person_may_have_several_applications(here: House) -> None:
    """R5: the NCA may not limit how many."""
    ways.agreed(here)
    here.later(hours=2)
    ways.started(here, browser="at home")
    assert len(here.memory.applications) == 2


def test_the_owner_withdraws_and_begins_again(here: House) -> None:
    first = ways.agreed(here)
    with ways.opened(here, first) as (work, found):
        dossiers.withdraw(work, dossier=found, now=here.now)
    with ways.opened(here, first) as (work, found):
        standing = dossiers.standing(work, dossier=found)
    assert (standing.state, standing.key_is_void) == (ApplicationState.WITHDRAWN, True)
    assert ways.step_of(here, first) is Step.STATUS
    with ways.opened(here, first) as (work, found):
        again = dossiers.begin_again(work, dossier=found, now=here.now)
    assert (again.number, ways.step_of(here, again)) == (None, Step.CODE)


def test_what_was_sent_off_is_withdrawn_no_more(here: House) -> None:
    sent = ways.submitted(here)
    with pytest.raises(TransitionRefused), ways.opened(here, sent) as (work, found):
        dossiers.withdraw(work, dossier=found, now=here.now)


def test_a_living_application_is_not_left_behind(here: House) -> None:
    living = ways.agreed(here)
    with pytest.raises(dossiers.OutOfOrder), ways.opened(here, living) as (work, found):
        dossiers.begin_again(work, dossier=found, now=here.now)


def test_a_new_photo_leads_back_to_the_face_alone(here: House) -> None:
    """F3: phone and code stay proven."""
    reviewed = ways.move(here, ways.confirmed(here), "send_to_review")
    ways.move(here, reviewed, "new_photo")
    assert ways.step_of(here, reviewed) is Step.FACE


def test_a_rejected_application_says_why_and_its_key_is_void(here: House) -> None:
    reviewed = ways.move(here, ways.confirmed(here), "send_to_review")
    ways.move(here, reviewed, "reject", reason="another_person")
    with ways.opened(here, reviewed) as (work, found):
        standing = dossiers.standing(work, dossier=found)
    assert (standing.reason, standing.key_is_void, standing.serial) == ("another_person", True, None)


def test_the_standing_of_an_issued_one_names_its_certificate(here: House) -> None:
    found, made = ways.issued(here)
    with ways.opened(here, found) as (work, again):
        standing = dossiers.standing(work, dossier=again)
    assert (standing.serial, standing.not_after, standing.key_is_void) == (made.serial, made.not_after, False)


def test_the_key_s_name_is_kept_once(here: House) -> None:
    ready = ways.agreed(here)
    with ways.opened(here, ready) as (work, found):
        dossiers.keep_key(work, dossier=found, reference="key-1", now=here.now)
    with ways.opened(here, ready) as (work, found):
        assert dossiers.keep_key(work, dossier=found, reference="key-1", now=here.now) == found
    # The owner chose another folder: step 16 looks for the key that is there.
    with ways.opened(here, ready) as (work, found):
        assert (
            dossiers.keep_key(work, dossier=found, reference="key-2", now=here.now).key_reference == "key-2"
        )


@pytest.mark.parametrize("reference", ["key-1", ""])
def test_no_key_is_noted_before_its_step(here: House, reference: str) -> None:
    early = ways.with_terms(here)
    with pytest.raises(dossiers.OutOfOrder), ways.opened(here, early) as (work, found):
        dossiers.keep_key(work, dossier=found, reference=reference, now=here.now)


def test_without_an_application_there_is_no_standing(here: House) -> None:
    early = ways.signed_in(here)
    with pytest.raises(dossiers.DossierUnknown), ways.opened(here, early) as (work, found):
        dossiers.standing(work, dossier=found)


def test_a_hold_after_it_was_taken_keeps_nobody_from_installing(here: House) -> None:
    """R10a: only what is held before it was taken waits for its owner."""
    found, made = ways.issued(here)
    held_until = here.now + timedelta(days=3)
    for accepted_at, told in ((None, held_until), (here.now, None)):
        here.memory.certificates[made.certificate_id] = replace(
            made, hold_until=held_until, accepted_at=accepted_at
        )
        with ways.opened(here, found) as (work, again):
            assert dossiers.standing(work, dossier=again).held_until == told


def test_dossiers_and_look_ups_are_erased_when_their_time_is_over(here: House) -> None:
    """R14: kept for a set term."""
    ways.with_iin(here)
    here.later(days=30)
    with here.work() as work:
        assert dossiers.of_token(work, token_digest=ways.token(), now=here.now) is None
        assert dossiers.forget(work, actor=builders.JOB, now=here.now, limit=10) == 1
    assert (here.memory.own_dossiers, here.memory.look_ups) == ({}, [])


def test_method_before_the_proof_is_the_way_that_is_tried(here: House) -> None:
    found = ways.started(here)
    assert found.number is not None
    assert here.memory.applications[found.number.digits].method is Method.AUTOMATIC_FACE


def test_storage_kinds_of_other_flows_are_not_offered() -> None:
    """F4, F5: telephone and cloud have flows of their own."""
    assert {kind.name for kind in terms.STORAGES} == {"FILE", "SMART_CARD", "ID_CARD", "USB_TOKEN"}
