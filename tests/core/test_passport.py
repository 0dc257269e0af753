"""The passport check (R1, R2): each finding can fail alone, and what could not be checked is never good."""

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from ca_core import records, roles
from ca_core.call import EvidenceKind, Gate
from ca_core.documents import mrz
from ca_core.documents.mrz import Mrz, Position
from ca_core.identifiers import Iin, Sex
from ca_core.registration import call, desk, evidence, passport
from ca_core.registration.passport import Field, Mark, Verdict
from ca_core.subscriber import DocumentKind, Person
from tests import builders
from tests.builders import AGENT, SECOND_AGENT
from tests.core import lines
from tests.core.lines import CALLER
from tests.fakes import House

TODAY = lines.AT.date()
CARD = replace(CALLER, document_kind=DocumentKind.ID_CARD, document_number="031234567")
# The same born on the same day, one number further: another man's valid IIN.
ANOTHER = builders.iin(number=500)
REPAIR = Position(line=1, column=3, read="O", repaired="0")


def examine(zone: Mrz | None = None, **different: Any) -> Verdict:
    known: dict[str, Any] = {
        "sure": True, "agreed": False, "typed": CALLER.iin, "person": CALLER, "today": TODAY,
        **different,
    }  # fmt: skip
    return passport.examine(zone or builders.zone(CALLER, TODAY), **known)


def worst(verdict: Verdict) -> set[tuple[Field, passport.Test, Mark]]:
    return {(finding.field, finding.test, finding.mark) for finding in verdict.worst}


def spoilt(line: int, column: int, character: str, whose: Person = CALLER) -> Mrz:
    """The zone with one character changed and nothing else put right."""
    rows = list(builders.td3(whose))
    assert rows[line][column] != character
    rows[line] = rows[line][:column] + character + rows[line][column + 1 :]
    return mrz.parse(rows, today=TODAY)


@pytest.mark.parametrize("whose", [CALLER, CARD], ids=["passport", "card"])
def test_a_true_document_holds_in_every_field(whose: Person) -> None:
    verdict = examine(builders.zone(whose, TODAY), person=whose)
    assert verdict.holds
    assert verdict.worst == ()
    assert {finding.field for finding in verdict.findings} == set(Field)


@pytest.mark.parametrize("whose", [CALLER, CARD], ids=["passport", "card"])
def test_each_check_digit_is_shown(whose: Person) -> None:
    """ICAO 9303: a passport has five, a card four."""
    zone = builders.zone(whose, TODAY)
    shown = [f for f in examine(zone, person=whose).findings if f.test is passport.Test.CHECK_DIGIT]
    assert len(shown) == (5 if whose is CALLER else 4)
    assert [f.document for f in shown] == [digit.read for digit in zone.digits]


def test_what_was_not_read_is_not_good() -> None:
    verdict = passport.examine(None, sure=True, agreed=True, typed=CALLER.iin, person=CALLER, today=TODAY)
    assert not verdict.holds
    assert worst(verdict) == {(Field.ZONE, passport.Test.READ, Mark.UNKNOWN)}


@pytest.mark.parametrize(
    ("line", "column", "character", "field"),
    [
        (1, 9, "0", Field.NUMBER),
        (1, 19, "0", Field.BIRTH),
        (1, 27, "0", Field.EXPIRY),
        (1, 42, "0", Field.IIN),
        (1, 43, "0", Field.COMPOSITE),
    ],
)
def test_each_wrong_check_digit_is_found(line: int, column: int, character: str, field: Field) -> None:
    verdict = examine(spoilt(line, column, character))
    found = {item for item in worst(verdict) if item[1] is passport.Test.CHECK_DIGIT}
    shown = {f.field: f.document for f in verdict.findings if f.test is passport.Test.CHECK_DIGIT}
    assert shown[field] == f"{character} = {builders.td3(CALLER)[line][column]}"
    # The composite digit covers the other digits too.
    assert found == {
        (field, passport.Test.CHECK_DIGIT, Mark.BAD),
        (Field.COMPOSITE, passport.Test.CHECK_DIGIT, Mark.BAD),
    }
    assert not verdict.holds


def test_a_document_of_another_country_is_refused() -> None:
    """R2."""
    verdict = examine(builders.zone(CALLER, TODAY, state="UZB"))
    assert (Field.STATE, passport.Test.ISSUED_IN_KAZAKHSTAN, Mark.BAD) in worst(verdict)


@pytest.mark.parametrize(
    ("expires", "good"),
    [(date(2026, 11, 21), False), (date(2026, 11, 22), True)],
)
def test_an_expired_document_is_refused_and_its_last_day_is_good(expires: date, good: bool) -> None:
    """R2."""
    whose = replace(CALLER, document_expires_on=expires)
    verdict = examine(builders.zone(whose, TODAY), person=whose)
    assert worst(verdict) == (set() if good else {(Field.EXPIRY, passport.Test.NOT_EXPIRED, Mark.BAD)})


def test_an_expiry_that_is_no_date_is_refused() -> None:
    verdict = examine(replace(builders.zone(CALLER, TODAY), expires_on=None))
    assert worst(verdict) == {(Field.EXPIRY, passport.Test.NOT_EXPIRED, Mark.BAD)}


def test_a_number_that_kazakhstan_does_not_write_is_refused() -> None:
    whose = replace(CALLER, document_number="X01234567")
    verdict = examine(builders.zone(whose, TODAY), person=whose)
    assert worst(verdict) == {(Field.NUMBER, passport.Test.FORM, Mark.BAD)}


def test_a_number_that_differs_from_the_register_is_refused() -> None:
    """An older passport of the same person, well read, is not the one in force."""
    verdict = examine(person=replace(CALLER, document_number="N07654321"))
    assert worst(verdict) == {(Field.NUMBER, passport.Test.AS_IN_REGISTER, Mark.BAD)}


def test_an_expiry_that_differs_from_the_register_is_refused() -> None:
    verdict = examine(person=replace(CALLER, document_expires_on=date(2031, 5, 5)))
    assert worst(verdict) == {(Field.EXPIRY, passport.Test.AS_IN_REGISTER, Mark.BAD)}


def test_an_iin_whose_own_digit_is_wrong_is_refused() -> None:
    """R1: even where every digit of the document's own agrees."""
    digits = CALLER.iin.digits
    broken = Iin(digits[:-1] + str((int(digits[-1]) + 1) % 10))
    verdict = examine(builders.zone(replace(CALLER, iin=broken), TODAY))
    assert (Field.IIN, passport.Test.IIN_DIGIT, Mark.BAD) in worst(verdict)


def test_an_iin_that_the_caller_did_not_type_is_refused() -> None:
    verdict = examine(typed=ANOTHER)
    assert (Field.IIN, passport.Test.AS_TYPED, Mark.BAD) in worst(verdict)


def test_the_register_is_silent_beside_another_persons_document() -> None:
    """R14: whoever types a stranger's IIN and shows their own passport learns nothing about the stranger."""
    verdict = examine(typed=ANOTHER, person=replace(CALLER, iin=ANOTHER, surname="ТАЙНОВ"))
    shown = [finding for finding in verdict.findings if finding.test is passport.Test.AS_IN_REGISTER]
    assert [finding.register for finding in shown] == [""] * len(shown)
    assert {finding.mark for finding in shown} == {Mark.UNKNOWN}


def test_a_birth_date_that_disagrees_with_the_iin_is_refused() -> None:
    """R1."""
    verdict = examine(builders.zone(replace(CALLER, born_on=date(1987, 3, 13)), TODAY))
    assert worst(verdict) == {(Field.BIRTH, passport.Test.AGREES_WITH_IIN, Mark.BAD)}


def test_a_birth_date_that_is_no_date_is_refused() -> None:
    verdict = examine(replace(builders.zone(CALLER, TODAY), born_on=None))
    assert worst(verdict) == {(Field.BIRTH, passport.Test.AGREES_WITH_IIN, Mark.BAD)}


@pytest.mark.parametrize("sex", ["F", "X"])
def test_a_sex_that_disagrees_with_the_iin_is_refused(sex: str) -> None:
    """R1; no check digit covers the sex."""
    verdict = examine(replace(builders.zone(CALLER, TODAY), sex=sex))
    assert worst(verdict) == {(Field.SEX, passport.Test.AGREES_WITH_IIN, Mark.BAD)}
    assert CALLER.iin.sex is Sex.MALE


def test_another_name_is_refused() -> None:
    verdict = examine(person=replace(CALLER, surname="ҚАЛИЕВ"))
    assert worst(verdict) == {(Field.NAME, passport.Test.AS_IN_REGISTER, Mark.BAD)}


def test_a_name_that_differs_by_a_letter_is_a_reason_to_look() -> None:
    verdict = examine(person=replace(CALLER, surname="ҮЛГІЕВА"))
    assert worst(verdict) == {(Field.NAME, passport.Test.AS_IN_REGISTER, Mark.DOUBTFUL)}
    assert not verdict.holds


@pytest.mark.parametrize("latin", ["ULGIEV", "ULGIYEV", "UELGYEV"])
def test_every_accepted_spelling_of_a_name_is_good(latin: str) -> None:
    assert examine(builders.zone(replace(CALLER, surname_latin=latin), TODAY)).holds


def test_whom_the_register_does_not_know_is_not_good() -> None:
    assert worst(examine(person=None)) == {
        (Field.NUMBER, passport.Test.AS_IN_REGISTER, Mark.UNKNOWN),
        (Field.NAME, passport.Test.AS_IN_REGISTER, Mark.UNKNOWN),
    }


def test_the_document_of_a_deceased_person_is_refused() -> None:
    verdict = examine(person=replace(CALLER, deceased_on=date(2025, 1, 1)))
    assert worst(verdict) == {(Field.NAME, passport.Test.ALIVE, Mark.BAD)}


def test_a_repaired_character_is_doubtful_until_a_second_still_says_the_same() -> None:
    zone = replace(builders.zone(CALLER, TODAY), repaired=(REPAIR,))
    alone = examine(zone)
    assert worst(alone) == {(Field.ZONE, passport.Test.READ, Mark.DOUBTFUL)}
    assert (alone.repaired, alone.holds) == (1, False)
    assert examine(zone, agreed=True).holds


def test_a_reader_in_doubt_is_doubtful_until_a_second_still_says_the_same() -> None:
    assert worst(examine(sure=False)) == {(Field.ZONE, passport.Test.READ, Mark.DOUBTFUL)}
    assert examine(sure=False, agreed=True).holds


def test_the_panel_shows_no_full_iin_but_in_the_lines_themselves() -> None:
    shown = [f for f in examine().findings if f.test is not passport.Test.READ]
    assert CALLER.iin.digits not in repr(shown)


# What follows writes it down.


def take(here: House, zone: Mrz | None, *, sure: bool = True, call_id: int = 1) -> Verdict:
    """A new still of the document and what was read from it."""
    evidence_id = lines.take_still(here, call_id)
    return record(here, evidence_id, zone, sure=sure, call_id=call_id)


def record(
    here: House,
    evidence_id: int,
    zone: Mrz | None,
    *,
    sure: bool = True,
    call_id: int = 1,
    actor: roles.Actor = AGENT,
) -> Verdict:
    with here.work() as work:
        return passport.record(
            work, actor=actor, call_id=call_id, evidence_id=evidence_id, zone=zone, sure=sure, now=here.now
        )


def test_a_good_reading_passes_its_gate() -> None:
    here = lines.house()
    lines.connected(here)
    assert take(here, builders.zone(CALLER, TODAY)).holds
    assert lines.gate(here, 1, Gate.READING) == "passed"
    line = here.memory.checks[-1]
    assert (line.evidence_id, line.facts["not_good"], line.facts["repaired"]) == (1, "", "0")
    assert here.memory.audit[-1].event == "passport:check:done"


def test_a_reading_that_does_not_hold_fails_its_gate_and_says_where() -> None:
    here = lines.house(caller=replace(CALLER, document_number="N07654321"))
    lines.connected(here)
    take(here, builders.zone(CALLER, TODAY))
    assert lines.gate(here, 1, Gate.READING) == "failed"
    assert here.memory.checks[-1].facts["not_good"] == "number:as_in_register"


def test_a_picture_without_a_document_fails_the_gate() -> None:
    here = lines.house()
    lines.connected(here)
    take(here, None)
    assert lines.gate(here, 1, Gate.READING) == "failed"


def test_the_checklist_keeps_nothing_that_identifies() -> None:
    """R14: the lines stay with the sealed still."""
    here = lines.house()
    lines.connected(here)
    take(here, builders.zone(CALLER, TODAY))
    kept = repr([(line.facts, line.by) for line in here.memory.checks]) + repr(here.memory.audit)
    assert all(secret not in kept for secret in (CALLER.iin.digits, "N01234567", "ULGIYEV"))


@pytest.mark.parametrize(("sure", "repaired"), [(False, ()), (True, (REPAIR,))])
def test_a_second_still_with_the_same_lines_settles_a_doubt(
    sure: bool, repaired: tuple[Position, ...]
) -> None:
    here = lines.house()
    lines.connected(here)
    zone = replace(builders.zone(CALLER, TODAY), repaired=repaired)
    assert not take(here, zone, sure=sure).holds
    assert take(here, zone, sure=sure).holds


def test_reading_the_same_still_again_settles_nothing() -> None:
    """One picture misread twice is still one picture."""
    here = lines.house()
    lines.connected(here)
    zone = builders.zone(CALLER, TODAY)
    evidence_id = lines.take_still(here, 1)
    for _ in range(2):
        assert not record(here, evidence_id, zone, sure=False).holds


def test_a_second_still_with_other_lines_settles_nothing() -> None:
    here = lines.house()
    lines.connected(here)
    take(here, builders.zone(replace(CALLER, surname_latin="ULGIEV"), TODAY), sure=False)
    assert not take(here, builders.zone(CALLER, TODAY), sure=False).holds


def test_another_calls_reading_settles_nothing() -> None:
    here = lines.house()
    lines.connected(here)
    zone = builders.zone(CALLER, TODAY)
    take(here, zone, sure=False)
    lines.hang_up(here, 1)
    with here.work() as work:
        desk.finish_wrap_up(work, actor=AGENT, now=here.now)
    lines.offer(here, lines.queued(here))
    lines.accept(here, 2)
    lines.answer(here, 2)
    lines.connect(here, 2)
    assert not take(here, zone, sure=False, call_id=2).holds


def test_a_document_is_read_against_what_the_citizen_typed() -> None:
    here = lines.house(caller=replace(CALLER, iin=ANOTHER))
    lines.offer(here, lines.queued(here, iin=ANOTHER), _ready(here))
    lines.accept(here, 1)
    lines.answer(here, 1)
    lines.connect(here, 1)
    verdict = take(here, builders.zone(CALLER, TODAY))
    assert (Field.IIN, passport.Test.AS_TYPED, Mark.BAD) in worst(verdict)


def _ready(here: House) -> roles.Actor:
    lines.ready(here)
    return AGENT


def test_a_document_expires_at_midnight_in_kazakhstan() -> None:
    """R2, R12: 19:00 UTC is the next day in Almaty."""
    last_day = replace(CALLER, document_expires_on=date(2026, 11, 22))
    here = lines.house(caller=last_day)
    lines.connected(here)
    here.now = datetime(2026, 11, 22, 18, 59, 59, tzinfo=UTC)
    assert take(here, builders.zone(last_day, TODAY)).holds
    here.later(seconds=1)
    assert not take(here, builders.zone(last_day, TODAY)).holds


def test_only_a_documents_still_of_this_call_is_read() -> None:
    here = lines.house()
    lines.connected(here)
    zone = builders.zone(CALLER, TODAY)
    face = lines.take_still(here, 1, EvidenceKind.FACE)
    with here.work() as work:
        elsewhere = work.evidence.add(builders.still(77, here.now))
    for evidence_id in (face, elsewhere, 99):
        with pytest.raises(passport.NoDocumentStill):
            record(here, evidence_id, zone)
    back = lines.take_still(here, 1, EvidenceKind.DOCUMENT_BACK)
    assert record(here, back, zone).holds


@pytest.mark.parametrize(
    ("way", "actor", "refusal"),
    [
        (lines.connected, SECOND_AGENT, call.NotYourCall),
        (lines.connected, builders.OFFICER, roles.NotAllowed),
        (lines.ended, AGENT, call.NotConnected),
    ],
)
def test_the_reading_is_the_agents_of_this_call(
    way: Callable[[House], Any], actor: roles.Actor, refusal: type[Exception]
) -> None:
    here = lines.house()
    way(here)
    with pytest.raises(refusal):
        record(here, 1, None, actor=actor)


def test_stored_evidence_is_examined_again_and_nothing_is_decided_by_it() -> None:
    here = lines.house()
    lines.connected(here)
    take(here, builders.zone(CALLER, TODAY))
    lines.hang_up(here, 1)
    before = list(here.memory.checks)
    with here.work() as work:
        verdict = passport.reexamine(
            work,
            actor=builders.SUPERVISOR,
            call_id=1,
            evidence_id=1,
            zone=builders.zone(CALLER, TODAY),
            sure=True,
            reason="complaint: letter 14",
            now=here.now,
        )
    assert verdict.holds
    assert here.memory.checks == before
    entry = here.memory.audit[-1]
    assert (entry.event, entry.actor, entry.reason) == (
        "passport:check:done",
        builders.SUPERVISOR,
        "complaint: letter 14",
    )


@pytest.mark.parametrize(
    ("actor", "call_id", "evidence_id", "refusal"),
    [
        (AGENT, 1, 1, roles.NotAllowed),
        (builders.OFFICER, 1, 1, roles.NotAllowed),
        (builders.AUDITOR, 9, 1, records.CallUnknown),
        (builders.AUDITOR, 1, 9, passport.NoDocumentStill),
    ],
)
def test_who_may_see_evidence_examines_it_again(
    actor: roles.Actor, call_id: int, evidence_id: int, refusal: type[Exception]
) -> None:
    here = lines.house()
    lines.connected(here)
    lines.take_still(here, 1)
    with pytest.raises(refusal), here.work() as work:
        passport.reexamine(
            work, actor=actor, call_id=call_id, evidence_id=evidence_id, zone=None, sure=True,
            reason="complaint", now=here.now,
        )  # fmt: skip


def test_stored_evidence_is_examined_again_for_a_reason() -> None:
    """R14."""
    here = lines.house()
    lines.connected(here)
    lines.take_still(here, 1)
    with pytest.raises(evidence.EvidenceReasonMissing), here.work() as work:
        passport.reexamine(
            work, actor=builders.AUDITOR, call_id=1, evidence_id=1, zone=None, sure=True, reason=" ",
            now=here.now,
        )  # fmt: skip


def test_a_still_that_was_replaced_while_it_was_read_passes_nothing() -> None:
    here = lines.house()
    lines.connected(here)
    first = lines.take_still(here, 1)
    lines.take_still(here, 1)
    with pytest.raises(passport.NewerStill), here.work() as work:
        passport.record(
            work, actor=AGENT, call_id=1, evidence_id=first, zone=builders.zone(CALLER, TODAY), sure=True,
            now=here.now,
        )  # fmt: skip


def test_the_registers_portrait_waits_for_the_callers_own_document() -> None:
    """R14."""
    here = lines.house()
    lines.connected(here)
    with pytest.raises(passport.ReadFirst), here.work() as work:
        passport.portrait(work, actor=AGENT, call_id=1, now=here.now)
    take(here, builders.zone(CALLER, TODAY))
    with here.work() as work:
        passport.portrait(work, actor=AGENT, call_id=1, now=here.now)
    assert here.memory.audit[-1].event == "register:portrait:seen"
