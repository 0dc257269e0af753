"""The file of a call without a browser: what a supervisor settles, the check of the files, the events in words."""

from typing import Any

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from ca_core import overview, roles
from ca_core.call import Check, Decision, EvidenceKind, Gate, Outcome, Settlement
from ca_core.overview import Figure
from ca_core.registration import call, decide, desk, evidence, settle
from ca_core.registration.decide import Reason
from ca_core.roles import Role
from console import words
from console.screens.calls import event_table
from data import schema
from runtime.calling import CheckedFile
from runtime.service import Service
from tests import builders
from tests.console import test_calls
from tests.console.conftest import Person, listed, person
from tests.console.test_calls import GATEWAY, Draw, Line, said
from video.engine import EventKind
from video.inspection import Found

agent, draw, line = test_calls.agent, test_calls.draw, test_calls.line

NOTE = "the face is the same on the recording"


@pytest.fixture
def supervisor(service: Service) -> roles.Actor:
    return person(service, Role.SUPERVISOR).actor()


def leave_to_supervisor(line: Line, *failed: Gate) -> None:
    """Escalated with these gates not passed, over, wrapped up and sealed."""
    service = line.service
    builders.checks_passed(service, line.call_id)
    with service.work() as work:
        for gate in failed:
            work.checks.add(Check(line.call_id, gate, Outcome.FAILED, service.now(), line.agent.name))
        work.connection.execute(
            sa.insert(schema.portrait).values(iin=builders.iin().number, jpeg=b"portrait")
        )
    line.do(decide.escalate, note="is it [the same] face?")
    with service.work() as work:
        call.hang_up(work, actor=line.agent, call_id=line.call_id, now=service.now())
    with service.work() as work:
        desk.finish_wrap_up(work, actor=line.agent, now=service.now())
        evidence.seal(work, actor=GATEWAY, call_id=line.call_id, now=service.now())


def opened(draw: Draw, viewer: roles.Actor, line: Line, language: str = "en") -> AppTest:
    """The call's file, a reason given."""
    test = draw(viewer, language, call=str(line.call_id))
    options = test.radio(key=f"file_why_{line.call_id}").options
    test.radio(key=f"file_why_{line.call_id}").set_value("quality").run()
    assert len(options) >= 4
    return test.button(key="file_show").click().run()


def settlement(line: Line) -> Settlement | None:
    with line.service.look() as work:
        return work.calls.settlement(line.call_id)


def buttons(test: AppTest) -> list[str | None]:
    return [button.key for button in test.button]


def test_a_supervisor_registers_below_the_evidence(draw: Draw, line: Line, supervisor: roles.Actor) -> None:
    leave_to_supervisor(line, Gate.FACE)
    test = opened(draw, supervisor, line)
    text = said(test)
    assert "is it" in text
    assert "left to your judgement: Face" in text
    test.text_input(key=f"settle_note_{line.call_id}").set_value(NOTE).run()
    test.button(key="settle_register").click().run()
    done = settlement(line)
    assert done is not None
    assert (done.decision, done.note, done.staff_id) == (Decision.REGISTERED, NOTE, supervisor.staff_id)
    assert f"Decided by {supervisor.name}" in said(test)
    assert "settle_register" not in buttons(test)
    assert line.look().decision is Decision.ESCALATED


def test_nothing_is_settled_without_a_note(draw: Draw, line: Line, supervisor: roles.Actor) -> None:
    leave_to_supervisor(line, Gate.FACE)
    test = opened(draw, supervisor, line)
    test.button(key="settle_register").click().run()
    assert "decide.note_missing" in said(test)
    assert settlement(line) is None


def test_what_only_the_call_could_prove_is_named_and_registering_is_off(
    draw: Draw, line: Line, supervisor: roles.Actor
) -> None:
    leave_to_supervisor(line, Gate.FACE, Gate.SPOKEN, Gate.CODE)
    test = opened(draw, supervisor, line)
    assert test.button(key="settle_register").disabled
    assert "nothing seen afterwards replaces it: Said aloud, Code" in said(test)


def test_a_supervisor_refuses_and_sees_what_the_citizen_reads(
    draw: Draw, line: Line, supervisor: roles.Actor
) -> None:
    leave_to_supervisor(line, Gate.FACE)
    test = opened(draw, supervisor, line)
    assert test.button(key="settle_refuse").disabled
    reasons = test.selectbox(key=f"settle_reason_{line.call_id}")
    assert len(reasons.options) == len(settle.REASONS)
    reasons.set_value(Reason.DOCUMENT_DOUBTFUL).run()
    assert words.say("kk", "decide_reason.document_doubtful") in said(test)
    assert "goes to the phone by SMS" in said(test)
    test.text_input(key=f"settle_note_{line.call_id}").set_value(NOTE).run()
    test.button(key="settle_refuse").click().run()
    done = settlement(line)
    assert done is not None
    # What is usual with this reason was chosen already.
    assert (done.decision, done.reason) == (Decision.REFUSED_FINAL, "document_doubtful")


def test_no_sms_is_promised_to_a_phone_that_was_not_proven(
    draw: Draw, line: Line, supervisor: roles.Actor
) -> None:
    leave_to_supervisor(line, Gate.CODE)
    test = opened(draw, supervisor, line)
    test.selectbox(key=f"settle_reason_{line.call_id}").set_value(Reason.CODE_NOT_CONFIRMED).run()
    assert "no SMS goes out" in said(test)


def test_before_a_reason_is_given_nothing_is_decided(draw: Draw, line: Line, supervisor: roles.Actor) -> None:
    leave_to_supervisor(line, Gate.FACE)
    test = draw(supervisor, call=str(line.call_id))
    assert "settle_register" not in buttons(test)
    assert "escalated" in test.radio(key=f"file_why_{line.call_id}").options[0]


def test_an_auditor_looks_and_decides_nothing(service: Service, draw: Draw, line: Line) -> None:
    leave_to_supervisor(line, Gate.FACE)
    test = opened(draw, person(service, Role.AUDITOR).actor(), line)
    assert "settle_register" not in buttons(test)
    assert "settle_refuse" not in buttons(test)


def test_a_broken_seal_leaves_nothing_to_press(
    service: Service, draw: Draw, line: Line, supervisor: roles.Actor
) -> None:
    leave_to_supervisor(line, Gate.FACE)
    builders.checks_passed(service, line.call_id, Gate.FACE)
    test = opened(draw, supervisor, line)
    assert "The seal of the evidence does not hold" in said(test)
    assert "settle_register" not in buttons(test)


def test_two_supervisors_at_one_call_the_second_is_told(
    service: Service, draw: Draw, line: Line, supervisor: roles.Actor
) -> None:
    leave_to_supervisor(line, Gate.FACE)
    test = opened(draw, supervisor, line)
    test.text_input(key=f"settle_note_{line.call_id}").set_value(NOTE).run()
    other = person(service, Role.SUPERVISOR, "supervisor2").actor()
    with service.work() as work:
        settle.refuse(
            work, actor=other, call_id=line.call_id, reason=Reason.DATA_DIFFERS, final=False, note="seen",
            now=service.now(),
        )  # fmt: skip
    test.button(key="settle_register").click().run()
    done = settlement(line)
    assert done is not None
    assert done.staff_id == other.staff_id
    assert f"Decided by {other.name}" in said(test)


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_the_panel_draws_in_every_language_open_and_done(
    draw: Draw, line: Line, supervisor: roles.Actor, language: str
) -> None:
    leave_to_supervisor(line, Gate.FACE, Gate.CODE)
    test = opened(draw, supervisor, line, language)
    test.selectbox(key=f"settle_reason_{line.call_id}").set_value(Reason.FACE_NOT_CONFIRMED).run()
    test.text_input(key=f"settle_note_{line.call_id}").set_value(NOTE).run()
    test.button(key="settle_refuse").click().run()
    assert settlement(line) is not None
    assert not test.exception


def test_the_list_shows_what_waits_on_top_and_then_what_came_of_it(
    draw: Draw, line: Line, supervisor: roles.Actor
) -> None:
    leave_to_supervisor(line, Gate.FACE)
    assert len(listed(draw(supervisor))) == 2
    with line.service.work() as work:
        settle.register(work, actor=supervisor, call_id=line.call_id, note=NOTE, now=line.service.now())
    test = draw(supervisor)
    ((row,),) = listed(test)
    assert "◔ escalated → ● registered" in row
    assert next(metric.value for metric in test.metric if metric.label == "Escalated") == "0"


def test_the_home_tile_counts_what_nobody_settled_for_those_who_may(
    service: Service, line: Line, supervisor: roles.Actor
) -> None:
    leave_to_supervisor(line, Gate.FACE)

    def tile(viewer: roles.Actor) -> overview.Tile | None:
        with service.look() as work:
            tiles = overview.home(work, actor=viewer, now=service.now())
        return next((one for one in tiles if one.figure is Figure.CALLS_ESCALATED), None)

    waits = tile(supervisor)
    assert waits is not None
    assert (waits.n, waits.since) == (1, line.look().decided_at)
    assert tile(line.agent) is None
    assert tile(person(service, Role.AUDITOR).actor()) is None
    with service.work() as work:
        settle.register(work, actor=supervisor, call_id=line.call_id, note=NOTE, now=service.now())
    assert tile(supervisor) == overview.Tile(Figure.CALLS_ESCALATED)


def test_a_file_that_is_not_there_is_shown_red(draw: Draw, line: Line, supervisor: roles.Actor) -> None:
    """The seal over the list of files holds all the same."""
    line.still(EvidenceKind.DOCUMENT_FRONT)
    leave_to_supervisor(line, Gate.FACE)
    test = opened(draw, supervisor, line)
    test.button(key="file_check").click().run()
    (told,) = test.error
    assert "Not as stored: 1 of 1" in told.value
    assert "Document, front" in told.value
    assert "missing" in told.value
    assert "the list of files are those of the sealing" in said(test)


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_each_result_of_the_check_has_its_words(language: str) -> None:
    for found in Found:
        assert words.say(language, f"calls.files.found.{found.value}")
    for kind in EvidenceKind:
        assert words.say(language, f"calls.files.kind.{kind.value}")


def test_only_what_was_compared_and_is_the_same_is_good() -> None:
    item = builders.still(1, builders.house().now)
    good = {found for found in Found if CheckedFile(item, found).is_unchanged}
    bad = {found for found in Found if CheckedFile(item, found).is_bad}
    assert good == {Found.UNCHANGED}
    assert bad == set(Found) - {Found.UNCHANGED, Found.NO_DIGEST, Found.ERASED}


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_every_event_that_the_recorder_writes_has_its_words(
    monkeypatch: pytest.MonkeyPatch, language: str
) -> None:
    monkeypatch.setattr("console.language.current", lambda: language)
    names = [kind.value for kind in EventKind if kind is not EventKind.PROBE_ENDED] + ["film_closed"]
    assert [name for name in names if not words.has(f"calls.event.{name}")] == []


def test_an_event_is_told_by_time_side_and_facts(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("console.language.current", lambda: "en")
    lines: list[dict[str, Any]] = [
        {"n": 0, "call_id": 1, "part": 1, "since": "2026-11-22T10:00:00+00:00", "previous": "ab", "role": "agent",
         "at": "2026-11-22T10:00:01.5+00:00", "kind": "picture_size",
         "facts": {"width_px": 1280, "height_px": 720}},
        {"n": 1, "previous": "cd", "at": "2026-11-22T10:00:02+00:00", "kind": "leg_failed", "role": "citizen",
         "facts": {"cause": "connection_lost"}},
        {"n": 2, "previous": "ef", "kind": "film_closed", "sha256": "00", "size_bytes": 9},
        {"n": 3, "at": "2026-11-22T10:00:03+00:00", "kind": "of_tomorrow", "role": None, "facts": {"again": True}},
    ]  # fmt: skip
    shown = list(zip(*event_table.columns(lines).values(), strict=True))
    assert shown == [
        ("15:00:01", "size of the picture", "agent", "1280×720"),
        ("15:00:02", "connection failed", "caller", "because: connection lost"),
        ("", "recording written to its end", "system", ""),
        ("15:00:03", "of_tomorrow", "system", "again: yes"),
    ]


def test_the_agent_sees_in_the_days_list_what_came_of_an_escalation(
    draw: Draw, line: Line, supervisor: roles.Actor, agent: Person
) -> None:
    leave_to_supervisor(line, Gate.FACE)
    with line.service.work() as work:
        settle.register(work, actor=supervisor, call_id=line.call_id, note=NOTE, now=line.service.now())
    shown = draw(agent.actor()).dataframe[0].value.to_string()
    assert "◔ escalated → ● registered" in shown
    assert NOTE not in shown
