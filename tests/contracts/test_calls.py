"""One suite on the fakes and on both databases: what the call's operations assume of a unit of work is true."""

import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from ca_core.audit import Entry
from ca_core.call import (
    Call,
    CallBack,
    Check,
    Decision,
    Desk,
    DeskState,
    EndCause,
    EvidenceKind,
    Gate,
    Leg,
    LineQuality,
    Need,
    Offer,
    OfferOutcome,
    Outcome,
    Settlement,
    Ticket,
)
from ca_core.identifiers import Phone
from ca_core.lifecycle import CallState
from ca_core.records import ChangedMeanwhile, PhoneOfAnother
from ca_core.roles import Role
from ca_core.staff import Account
from ca_core.subscriber import MobileRegistration, PastRegistration
from data import engine as engines
from data.work import Store
from tests import builders, fakes
from tests.core.x509 import authorities
from tests.servers import databases

NOW = authorities.NOW
LATER = NOW + timedelta(seconds=1)
OTHER_PHONE = Phone.parse("+7 702 765 43 21")
OTHER_IIN = builders.iin(number=500)
Open = Callable[[], AbstractContextManager[Any]]


@pytest.fixture(params=["fake", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def work(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens units of work: on the fakes, on SQLite, on PostgreSQL."""
    if request.param == "fake":
        yield fakes.House(builders.policy(), NOW).work
        return
    with databases.fresh(request.param, tmp_path, request.getfixturevalue) as url:
        engine = engines.open_engine(url)
        yield opener(engine)
        engine.dispose()


def opener(engine: sa.Engine) -> Open:
    store = Store(engine, code_seal=fakes.CodeSeal())
    return lambda: store.write(policy=builders.policy(), now=NOW)


def staffed(work: Open, login: str = "agent1") -> int:
    with work() as opened:
        staff_id: int = opened.accounts.add(Account(0, login, "Agent", Role.CALL_AGENT, "hash", "secret", 18))
    return staff_id


def added(work: Open, **different: Any) -> Call:
    with work() as opened:
        call_id = opened.calls.add(builders.call(NOW, **different))
        found: Call = opened.calls.by_id(call_id)
    return found


def at_once(work: Open, *acts: Callable[[Any], object]) -> list[object]:
    """What each act gives when all begin their unit of work together; a refusal is its exception."""
    start = threading.Barrier(len(acts))
    given: list[object] = [None] * len(acts)

    def run(place: int, act: Callable[[Any], object]) -> None:
        start.wait(10)
        try:
            with work() as opened:
                given[place] = act(opened)
        except (ChangedMeanwhile, PhoneOfAnother) as refusal:
            given[place] = refusal

    threads = [threading.Thread(target=run, args=item) for item in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    return given


def test_call_is_found_again_as_stored(work: Open) -> None:
    agent = staffed(work)
    full = builders.call(
        NOW,
        state=CallState.ENDED,
        need=Need.SIGN_LANGUAGE,
        agent_id=agent,
        offered_at=NOW,
        accepted_at=NOW,
        answered_at=NOW,
        connected_at=NOW,
        missed=1,
        absent_since=NOW,
        lost_at=NOW,
        lost_leg=Leg.CITIZEN,
        lost_why="silent",
        held_at=NOW,
        worker="media-1",
        recording_since=NOW,
        recording_problem="disk_full",
        ended_at=NOW,
        cause=EndCause.LOST,
        decision=Decision.INTERRUPTED,
        decision_reason="poor_line",
        decision_note="Байланыс үзілді",
        decided_at=NOW,
        sealed_at=NOW,
        seal=b"seal",
    )
    with work() as opened:
        call_id = opened.calls.add(full)
    with work() as opened:
        assert opened.calls.by_id(call_id) == replace(full, call_id=call_id)
        assert opened.calls.by_id(call_id + 1) is None


def test_change_of_a_call_that_somebody_else_changed_is_refused(work: Open) -> None:
    """Two agents, or an agent and the caller, at one call: the second is told."""
    stored = added(work)
    with work() as opened:
        saved = opened.calls.save(replace(stored, worker="media-0"), expected=stored)
        assert saved == replace(stored, worker="media-0", version=stored.version + 1)
    with pytest.raises(ChangedMeanwhile), work() as opened:
        opened.calls.save(replace(stored, worker="media-1"), expected=stored)
    with work() as opened:
        assert opened.calls.by_id(stored.call_id) == saved
        assert opened.calls.save(replace(saved, worker="media-1"), expected=saved).version == 2


def test_change_of_a_call_that_is_not_there_is_refused(work: Open) -> None:
    with pytest.raises(ChangedMeanwhile), work() as opened:
        opened.calls.save(builders.call(NOW, call_id=77), expected=builders.call(NOW, call_id=77))


def test_living_calls_come_in_the_order_of_the_queue(work: Open) -> None:
    """Who came back keeps the place, whatever the number of the call."""
    third = added(work)
    first = added(work, queued_at=NOW - timedelta(minutes=5), iin=OTHER_IIN)
    fourth = added(work)
    added(work, state=CallState.ENDED, queued_at=NOW - timedelta(minutes=9))
    with work() as opened:
        assert opened.calls.living() == [first, third, fourth]
        assert opened.calls.living_of_iin(OTHER_IIN) == [first]
        assert [call.call_id for call in opened.calls.latest(2)] == [4, 3]


def test_a_page_has_one_living_call(work: Open) -> None:
    earlier = added(work, page_digest=b"page", state=CallState.ENDED)
    living = added(work, page_digest=b"page")
    with pytest.raises(ChangedMeanwhile), work() as opened:
        opened.calls.add(builders.call(NOW, page_digest=b"page"))
    with work() as opened:
        assert opened.calls.living_of_page(b"page") == living
        assert opened.calls.latest_of_page(b"page") == living
        assert opened.calls.living_of_page(b"other") is None
        ended = replace(living, state=CallState.ENDED)
        opened.calls.save(ended, expected=living)
    with work() as opened:
        assert opened.calls.living_of_page(b"page") is None
        assert opened.calls.latest_of_page(b"page").call_id > earlier.call_id
        assert opened.calls.latest_of_page(b"other") is None


def test_calls_of_an_iin_are_counted_from_an_instant_on(work: Open) -> None:
    added(work, opened_at=NOW - timedelta(hours=25))
    added(work, opened_at=NOW - timedelta(hours=24), state=CallState.ENDED)
    added(work, iin=OTHER_IIN)
    with work() as opened:
        assert opened.calls.opened_since(builders.iin(), NOW - timedelta(hours=24)) == 1


def test_who_looked_is_found_under_the_person_and_under_their_calls(work: Open) -> None:
    """R14: whoever has no certificate yet was seen in a call; the calls of others are not theirs."""
    mine, other = builders.iin(number=811), builders.iin(number=812)
    event, officer = "register:portrait:seen", builders.OFFICER
    for at, iin in enumerate((mine, other)):
        subject = f"call/{added(work, iin=iin, page_digest=bytes([at])).call_id}"
        with work() as opened:
            opened.audit.add(Entry(NOW, officer, event, subject, reason=iin.masked))
            opened.audit.add(Entry(NOW, officer, "call:accept:done", subject))
    with work() as opened:
        known = opened.subscribers.add(builders.person(iin=mine), phone=None, email="")
        opened.audit.add(Entry(NOW, officer, "subscriber:view:done", f"subscriber/{known.subscriber_id}"))
    with work() as opened:
        newest_first = opened.dossiers.looks(mine, (event, "subscriber:view:done"), 10)
        assert opened.dossiers.looks(mine, (event, "subscriber:view:done"), 1) == newest_first[:1]
    assert [(seen.event, seen.reason) for seen in newest_first] == [
        ("subscriber:view:done", ""),
        (event, mine.masked),
    ]


def test_ended_calls_wait_for_their_seal_oldest_first(work: Open) -> None:
    added(work)
    second = added(work, state=CallState.ENDED)
    first = added(work, state=CallState.ENDED, queued_at=NOW - timedelta(hours=1))
    added(work, state=CallState.ENDED, sealed_at=NOW)
    with work() as opened:
        assert opened.calls.ended_unsealed(10) == [first, second]
        assert opened.calls.ended_unsealed(1) == [first]


def test_an_offer_is_closed_once_and_the_history_of_offers_is_kept(work: Open) -> None:
    """Fairness can be looked up: who was offered the call, when, and what came of it."""
    call_id, one, two = added(work).call_id, staffed(work), staffed(work, "agent2")
    with work() as opened:
        opened.calls.add_offer(Offer(call_id, one, NOW, OfferOutcome.OPEN))
        opened.calls.close_offer(call_id, one, outcome=OfferOutcome.NOT_ACCEPTED, at=LATER)
        opened.calls.add_offer(Offer(call_id, two, LATER, OfferOutcome.OPEN))
    with work() as opened:
        opened.calls.close_offer(call_id, one, outcome=OfferOutcome.ACCEPTED, at=LATER)
        first, second = opened.calls.offers(call_id)
        assert (first.staff_id, first.outcome, first.ended_at) == (one, OfferOutcome.NOT_ACCEPTED, LATER)
        assert (second.staff_id, second.outcome, second.ended_at) == (two, OfferOutcome.OPEN, None)
        assert opened.calls.offers(call_id + 1) == []


def test_desk_is_found_again_as_stored(work: Open) -> None:
    full = Desk(
        staff_id=staffed(work),
        state=DeskState.WRAP_UP,
        languages=("kk", "ru", "en"),
        since=NOW,
        call_id=added(work).call_id,
        pause_next=True,
        wrap_up_until=LATER,
        wrap_up_extended=True,
        absent_since=NOW,
    )
    with work() as opened:
        opened.desks.add(full)
    with work() as opened:
        assert opened.desks.by_id(full.staff_id) == full
        assert opened.desks.by_id(full.staff_id + 1) is None


def test_an_agent_has_one_desk(work: Open) -> None:
    mine = builders.desk(NOW, staff_id=staffed(work))
    with work() as opened:
        opened.desks.add(mine)
    with pytest.raises(ChangedMeanwhile), work() as opened:
        opened.desks.add(mine)


def test_change_of_a_desk_that_somebody_else_changed_is_refused(work: Open) -> None:
    mine = builders.desk(NOW, staff_id=staffed(work))
    with work() as opened:
        opened.desks.add(mine)
        saved = opened.desks.save(replace(mine, state=DeskState.OFFERED), expected=mine)
        assert saved == replace(mine, state=DeskState.OFFERED, version=1)
    with pytest.raises(ChangedMeanwhile), work() as opened:
        opened.desks.save(replace(mine, state=DeskState.PAUSED), expected=mine)


def test_desks_are_those_not_offline(work: Open) -> None:
    ids = [staffed(work, f"agent{n}") for n in range(3)]
    states = (DeskState.PAUSED, DeskState.OFFLINE, DeskState.AVAILABLE)
    with work() as opened:
        for staff_id, state in zip(ids, states, strict=True):
            opened.desks.add(builders.desk(NOW, staff_id=staff_id, state=state))
        assert [desk.staff_id for desk in opened.desks.all()] == [ids[0], ids[2]]


def test_checks_come_oldest_first_with_their_facts(work: Open) -> None:
    """The newest of a gate counts: their order is the order of writing, not of the clock."""
    call_id, another = added(work).call_id, added(work).call_id
    first = Check(call_id, Gate.FACE, Outcome.FAILED, LATER, "Агент", {"opinion": "same"}, evidence_id=7)
    second = replace(first, outcome=Outcome.PASSED, at=NOW, facts={})
    with work() as opened:
        opened.checks.add(first)
        opened.checks.add(replace(first, call_id=another))
        opened.checks.add(second)
    with work() as opened:
        found = opened.checks.of_call(call_id)
        assert [replace(check, check_id=0) for check in found] == [first, second]
        assert found[0].check_id < found[1].check_id


def test_evidence_is_closed_once(work: Open) -> None:
    """What a recording's digest is, is said once; nobody says otherwise later."""
    call_id = added(work).call_id
    recording = builders.still(call_id, NOW, EvidenceKind.RECORDING, sha256=b"", size_bytes=0, closed=False)
    with work() as opened:
        evidence_id = opened.evidence.add(recording)
    with work() as opened:
        opened.evidence.close(evidence_id, sha256=b"digest", size_bytes=10)
        opened.evidence.close(evidence_id, sha256=b"another", size_bytes=20)
    closed = replace(recording, evidence_id=evidence_id, sha256=b"digest", size_bytes=10, closed=True)
    with work() as opened:
        assert opened.evidence.by_id(evidence_id) == closed
        assert opened.evidence.of_call(call_id) == [closed]
        assert opened.evidence.by_id(evidence_id + 1) is None


def test_a_still_is_never_overwritten(work: Open) -> None:
    call_id = added(work).call_id
    taken = builders.still(call_id, NOW)
    with work() as opened:
        evidence_id = opened.evidence.add(taken)
        opened.evidence.close(evidence_id, sha256=b"another", size_bytes=1)
        assert opened.evidence.by_id(evidence_id).sha256 == taken.sha256
    with pytest.raises((ValueError, sa.exc.IntegrityError)), work() as opened:
        opened.evidence.add(taken)


def test_a_ticket_is_spent_once(work: Open) -> None:
    ticket = Ticket(b"digest", Leg.AGENT, LATER, staff_id=3, session_digest=b"session")
    with work() as opened:
        opened.tickets.add(ticket)
        opened.tickets.add(Ticket(b"other", Leg.CITIZEN, LATER, call_id=9))
    with work() as opened:
        assert opened.tickets.by_digest(b"digest") == ticket
        assert opened.tickets.spend(b"digest", now=NOW)
        assert not opened.tickets.spend(b"digest", now=NOW)
        assert not opened.tickets.spend(b"unknown", now=NOW)
        assert opened.tickets.by_digest(b"digest") == replace(ticket, used_at=NOW)
        assert opened.tickets.by_digest(b"other").used_at is None
        assert opened.tickets.by_digest(b"unknown") is None


def test_old_tickets_are_erased_a_batch_at_a_time(work: Open) -> None:
    with work() as opened:
        for number in range(3):
            opened.tickets.add(Ticket(bytes([number]), Leg.CITIZEN, NOW, call_id=1))
        opened.tickets.add(Ticket(b"new", Leg.CITIZEN, LATER, call_id=1))
    with work() as opened:
        assert opened.tickets.erase(expired_before=NOW, limit=2) == 0
        assert opened.tickets.erase(expired_before=LATER, limit=2) == 2
        assert opened.tickets.erase(expired_before=LATER, limit=2) == 1
        assert opened.tickets.by_digest(b"new") is not None


def test_call_backs_are_erased_after_their_use_or_else_after_their_time(work: Open) -> None:
    with work() as opened:
        for name in (b"used", b"used long ago", b"not used"):
            opened.call_backs.add(CallBack(name, builders.PHONE, "kk", NOW))
        opened.call_backs.spend(b"used long ago", now=NOW)
        opened.call_backs.spend(b"used", now=LATER)
    with work() as opened:
        assert opened.call_backs.erase(used_before=LATER, asked_before=NOW, limit=9) == 1
        assert opened.call_backs.by_digest(b"used long ago") is None
        assert opened.call_backs.erase(used_before=NOW, asked_before=LATER, limit=0) == 0
        assert opened.call_backs.erase(used_before=NOW, asked_before=LATER, limit=9) == 1
        assert opened.call_backs.by_digest(b"not used") is None
        assert opened.call_backs.by_digest(b"used") is not None


def test_call_backs_wait_in_their_order_until_they_are_invited(work: Open) -> None:
    first = CallBack(b"1", builders.PHONE, "kk", NOW - timedelta(minutes=1))
    second = CallBack(b"2", OTHER_PHONE, "ru", NOW)
    with work() as opened:
        second = replace(second, call_back_id=opened.call_backs.add(second))
        first = replace(first, call_back_id=opened.call_backs.add(first))
    with work() as opened:
        assert opened.call_backs.waiting(10, since=NOW - timedelta(hours=24)) == [first, second]
        assert opened.call_backs.waiting(1, since=NOW - timedelta(hours=24)) == [first]
        assert opened.call_backs.living_of_phone(builders.PHONE, since=NOW - timedelta(hours=24)) == first
        opened.call_backs.renew(first, token_digest=b"fresh", invited_at=NOW)
    with work() as opened:
        assert opened.call_backs.waiting(10, since=NOW - timedelta(hours=24)) == [second]
        living = opened.call_backs.living_of_phone(builders.PHONE, since=NOW - timedelta(hours=24))
        assert living is not None
        assert opened.call_backs.living_of_phone(builders.PHONE, since=NOW) is None
        assert opened.call_backs.waiting(10, since=NOW + timedelta(seconds=1)) == []
        assert opened.call_backs.by_digest(b"1") is None
        assert opened.call_backs.by_digest(b"fresh") == replace(first, token_digest=b"fresh", invited_at=NOW)
        assert opened.call_backs.spend(b"fresh", now=LATER)
        assert not opened.call_backs.spend(b"fresh", now=LATER)
        assert opened.call_backs.by_digest(b"fresh").used_at == LATER


def entered(
    work: Open, phone: Phone, *, whose: Any = None, hours: int = 0, call_id: int | None = None
) -> None:
    registration = MobileRegistration(
        whose or builders.iin(), phone, NOW + timedelta(hours=hours), f"agent {hours}"
    )
    with work() as opened:
        opened.bmg.enter(registration, call_id=call_id)


def test_a_new_phone_moves_the_old_one_to_the_history(work: Open) -> None:
    """R3: changes keep their history and who made them."""
    entered(work, builders.PHONE, call_id=1)
    entered(work, OTHER_PHONE, hours=1, call_id=2)
    with work() as opened:
        assert opened.bmg.of_iin(builders.iin()).phone == OTHER_PHONE
        assert opened.bmg.of_phone(builders.PHONE) is None
        assert opened.bmg.history(builders.iin()) == [
            PastRegistration(OTHER_PHONE, NOW + timedelta(hours=1), "agent 1", 2),
            PastRegistration(
                builders.PHONE, NOW, "agent 0", 1, until=NOW + timedelta(hours=1), ended_by="agent 1"
            ),
        ]
        assert opened.bmg.history(OTHER_IIN) == []


def test_the_same_phone_again_is_one_current_entry(work: Open) -> None:
    entered(work, builders.PHONE)
    entered(work, builders.PHONE, hours=1)
    with work() as opened:
        current, before = opened.bmg.history(builders.iin())
        assert (current.until, before.until) == (None, NOW + timedelta(hours=1))
        assert opened.bmg.of_phone(builders.PHONE).registered_by == "agent 1"


def test_the_phone_of_another_is_refused_and_nothing_changes(work: Open) -> None:
    """R3: one phone serves one IIN."""
    entered(work, builders.PHONE)
    entered(work, OTHER_PHONE, whose=OTHER_IIN)
    with pytest.raises(PhoneOfAnother):
        entered(work, OTHER_PHONE, hours=1)
    with work() as opened:
        assert opened.bmg.of_phone(OTHER_PHONE).iin == OTHER_IIN
        assert opened.bmg.of_iin(builders.iin()).phone == builders.PHONE
        assert [line.until for line in opened.bmg.history(builders.iin())] == [None]


def test_a_phone_that_was_given_up_serves_another(work: Open) -> None:
    entered(work, builders.PHONE)
    entered(work, OTHER_PHONE, hours=1)
    entered(work, builders.PHONE, whose=OTHER_IIN, hours=2)
    with work() as opened:
        assert opened.bmg.of_phone(builders.PHONE).iin == OTHER_IIN


def test_nobody_has_no_portrait(work: Open) -> None:
    with work() as opened:
        assert opened.portraits.of_iin(builders.iin()) is None


def settled(call_id: int, staff_id: int, **different: Any) -> Settlement:
    found = Settlement(
        call_id, Decision.REFUSED_RETRY, "data_differs", "жазба көрілді", staff_id, "Marat B.", NOW
    )
    return replace(found, **different)


def test_the_quality_of_a_line_is_kept_once(work: Open) -> None:
    stored = added(work)
    with work() as opened:
        first = LineQuality(stored.call_id, Leg.CITIZEN, NOW, LATER, 1200, 40, 5, 612, 1280, 720, 2, 1300)
        unknown = LineQuality(stored.call_id, Leg.AGENT, NOW, LATER, None, None, None, 0, None, None, 0, 0)
        later = replace(first, began_at=LATER)
        for quality in (later, first, unknown, replace(first, freezes=9)):
            opened.calls.add_quality(quality)
    with work() as opened:
        assert opened.calls.qualities(stored.call_id) == [unknown, first, later]
        assert opened.calls.qualities(stored.call_id + 1) == []


def test_settlement_of_a_call_is_found_again_as_stored(work: Open) -> None:
    supervisor, stored = staffed(work), added(work)
    found = settled(stored.call_id, supervisor)
    with work() as opened:
        assert opened.calls.settlement(stored.call_id) is None
        opened.calls.settle(found)
    with work() as opened:
        assert opened.calls.settlement(stored.call_id) == found
        assert opened.calls.settlement(stored.call_id + 1) is None
        # The seal covers the call as the agent left it.
        assert opened.calls.by_id(stored.call_id) == stored


def test_call_is_settled_once(work: Open) -> None:
    supervisor, stored = staffed(work), added(work)
    first = settled(stored.call_id, supervisor)
    with work() as opened:
        opened.calls.settle(first)
    with pytest.raises(ChangedMeanwhile), work() as opened:
        opened.calls.settle(replace(first, decision=Decision.REGISTERED, reason="", at=LATER))
    with work() as opened:
        assert opened.calls.settlement(stored.call_id) == first


def test_of_two_who_settle_one_call_at_once_one_does(engine: sa.Engine) -> None:
    work = opener(engine)
    found = settled(added(work).call_id, staffed(work))
    given = at_once(work, *[lambda opened: opened.calls.settle(found)] * 2)
    assert {type(item) for item in given} == {type(None), ChangedMeanwhile}


def test_of_two_who_spend_one_ticket_at_once_one_does(engine: sa.Engine) -> None:
    work = opener(engine)
    with work() as opened:
        opened.tickets.add(Ticket(b"digest", Leg.CITIZEN, LATER, call_id=1))
    given = at_once(work, *[lambda opened: opened.tickets.spend(b"digest", now=NOW)] * 2)
    assert sorted(given, key=bool) == [False, True]


def test_of_two_who_change_one_call_at_once_one_does(engine: sa.Engine) -> None:
    work = opener(engine)
    stored = added(work)
    given = at_once(
        work, *[lambda opened: opened.calls.save(replace(stored, worker="media-0"), expected=stored)] * 2
    )
    assert {type(item) for item in given} == {Call, ChangedMeanwhile}


def test_of_two_pages_with_one_cookie_at_once_one_opens_a_call(engine: sa.Engine) -> None:
    work = opener(engine)
    given = at_once(work, *[lambda opened: opened.calls.add(builders.call(NOW, page_digest=b"page"))] * 2)
    assert {type(item) for item in given} == {int, ChangedMeanwhile}


def test_of_two_who_register_one_phone_at_once_one_does(engine: sa.Engine) -> None:
    """R3: two calls, two agents, one phone."""
    work = opener(engine)
    registrations = [
        MobileRegistration(iin, builders.PHONE, NOW, "agent") for iin in (builders.iin(), OTHER_IIN)
    ]

    def enter(registration: MobileRegistration) -> Callable[[Any], object]:
        return lambda opened: opened.bmg.enter(registration, call_id=1)

    given = at_once(work, *map(enter, registrations))
    assert {type(item) for item in given} == {type(None), PhoneOfAnother}
    with work() as opened:
        histories = [opened.bmg.history(registration.iin) for registration in registrations]
    assert sorted(len(history) for history in histories) == [0, 1]
