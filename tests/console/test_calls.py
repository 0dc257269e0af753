"""The calls page without a browser: gates in order, the decision, blind fields, whose call, evidence for a reason."""

import hashlib
import json
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from ca_core import overview, roles
from ca_core.call import Call, Decision, Evidence, EvidenceKind, Gate, Leg, LineQuality, Need, Outcome
from ca_core.documents import mrz
from ca_core.documents.mrz import Mrz
from ca_core.identifiers import Phone
from ca_core.lifecycle import CallState, CertificateState
from ca_core.overview import Figure
from ca_core.ports import Work
from ca_core.registration import call, checklist, decide, desk, evidence, face, passport, phone_code, spoken
from ca_core.registration.checklist import Answer, Feature, Question
from ca_core.roles import Role
from console.screens.calls import stepper, stills
from console.widgets import passport_panel
from runtime import calling
from runtime.service import Service
from tests import builders
from tests.console.conftest import Person, listed, person
from video.vision import wire

# Desk, call, checklist, evidence, who the caller is, their holder page, the code; then the watch. More is a decision.
QUERIES_IN_A_CALL = 12
GATEWAY = roles.Actor("calls", None, roles.Door.JOB)
DOCUMENT_NUMBER = "N12345678"


def _script() -> None:
    import streamlit as st

    from ca_core.errors import Refusal
    from console.screens import calls
    from console.widgets import refusals

    try:
        calls.show(st.session_state["service"], st.session_state["actor"])
    except Refusal as refusal:
        refusals.show(refusal)


Draw = Callable[..., AppTest]


@pytest.fixture
def draw(service: Service, monkeypatch: pytest.MonkeyPatch) -> Draw:
    def drawn(actor: roles.Actor, language: str = "en", **query: str) -> AppTest:
        monkeypatch.setattr("console.language.current", lambda: language)
        test = AppTest.from_function(_script, default_timeout=20)
        for name, value in (("service", service), ("actor", actor)):
            test.session_state[name] = value
        for name, asked in query.items():
            test.query_params[name] = asked
        return test.run()

    return drawn


def said(test: AppTest) -> str:
    parts: list[Any] = [
        *test.title, *test.subheader, *test.info, *test.error, *test.success, *test.warning, *test.markdown,
        *test.caption, *test.get("html"),
    ]  # fmt: skip
    return "\n".join(str(getattr(part, "value", None) or part.proto.body) for part in parts)


def zone(number: str = DOCUMENT_NUMBER) -> Mrz:
    """The zone of the passport of `builders.person`, every check digit computed."""
    known, digit = builders.person(), mrz.check_digit
    iin = known.iin.digits.ljust(14, "<")
    expires = "351231"
    checked = [number, "870312", expires, iin]
    whole = "".join(part + digit(part) for part in checked)
    born, until, last = digit("870312"), digit(expires), digit(iin) + digit(whole)
    second = f"{number}{digit(number)}KAZ870312{born}M{expires}{until}{iin}{last}"
    first = f"P<KAZ{known.surname_latin}<<{known.given_name_latin}".ljust(44, "<")
    return mrz.parse((first, second), today=date(2026, 11, 22))


@dataclass
class Line:
    """A caller on the line with an agent, and how far the checklist is."""

    service: Service
    agent: roles.Actor
    call_id: int

    def do(self, act: Callable[..., object], **facts: Any) -> Any:
        with self.service.work() as work:
            return act(work, actor=self.agent, call_id=self.call_id, now=self.service.now(), **facts)

    def look(self) -> Call:
        with self.service.look() as work:
            found = work.calls.by_id(self.call_id)
        assert found is not None
        return found

    def still(self, kind: EvidenceKind) -> int:
        now = self.service.now()
        taken = Evidence(
            self.call_id, kind, f"{kind.value}-{now.timestamp()}-{self.call_id}", b"\x01" * 32, 9, now,
            self.agent.name, 1280, 720,
        )  # fmt: skip
        with self.service.work() as work:
            return evidence.took_still(work, actor=self.agent, still=taken, now=now)

    def outcome(self, gate: Gate) -> Outcome | None:
        with self.service.look() as work:
            newest = checklist.newest(work.checks.of_call(self.call_id)).get(gate)
        return newest.outcome if newest is not None else None

    def up_to(self, gate: Gate) -> None:
        """Every gate before this one is passed, by the core's own operations."""
        steps: list[tuple[Gate, Callable[[], object]]] = [
            (Gate.GREETING, lambda: self.do(checklist.greeted)),
            (
                Gate.PRESSURE,
                lambda: self.do(checklist.pressure, answers=dict.fromkeys(Question, Answer.CLEAR)),
            ),
            (Gate.DOCUMENT, lambda: self.still(EvidenceKind.DOCUMENT_FRONT)),
            (Gate.READING, self.read),
            (Gate.FEATURES, lambda: self.do(checklist.features, seen=list(Feature)[:3])),
            (Gate.FACE, self.compare),
            (Gate.SPOKEN, lambda: self.do(spoken.compare, iin=builders.iin(), phone=builders.PHONE)),
        ]
        for name, pass_it in steps:
            if list(Gate).index(name) < list(Gate).index(gate):
                pass_it()

    def read(self) -> passport.Verdict:
        with self.service.look() as work:
            still = work.evidence.of_call(self.call_id)[-1]
        verdict = self.do(passport.record, evidence_id=still.evidence_id, zone=zone(), sure=True)
        assert isinstance(verdict, passport.Verdict)
        return verdict

    def newest_stills(self) -> tuple[int, int]:
        with self.service.look() as work:
            newest = {item.kind: item.evidence_id for item in work.evidence.of_call(self.call_id)}
        return newest[EvidenceKind.FACE], newest[EvidenceKind.DOCUMENT_FRONT]

    def compare(self, distance: float = 0.31) -> None:
        self.still(EvidenceKind.FACE)
        self.do(face.decide, opinion=face.Opinion.SAME)
        sides = tuple(face.Measured(name, distance, 120) for name in ("document", "portrait"))
        self.do(face.compared, measured=sides, stills=self.newest_stills())

    def send_code(self) -> str:
        self.do(phone_code.send)
        with self.service.look() as work:
            words = work.connection.exec_driver_sql(
                "SELECT words FROM outbox WHERE kind = 'code' ORDER BY notice_id DESC"
            ).scalar()
        return str(json.loads(str(words))["code"])


@pytest.fixture
def agent(service: Service) -> Person:
    return person(service, Role.CALL_AGENT)


def connect(service: Service, agent: roles.Actor, page: bytes = b"page", until: str = "line") -> Line:
    """From the queue to the line, or to a state before it."""
    wish = call.Wish(builders.iin(), builders.PHONE, "kk", Need.NONE, "2026-11")
    with service.work() as work:
        desk.go_available(work, actor=agent, languages=("kk", "ru"), now=service.now())
        digest = hashlib.sha256(page).digest()
        opened = call.open_(work, wish=wish, consented=True, page_digest=digest, now=service.now())
    line = Line(service, agent, opened.call_id)
    steps: tuple[tuple[str, Callable[[Work], object]], ...] = (
        ("offered", lambda work: _offer(work, line)),
        ("ringing", lambda work: call.accept(work, actor=agent, call_id=line.call_id, now=service.now())),
        ("answered", lambda work: call.answer(work, call_id=line.call_id, now=service.now())),
        ("line", lambda work: call.connected(work, actor=GATEWAY, call_id=line.call_id, now=service.now())),
    )
    for name, step in steps:
        with service.work() as work:
            step(work)
        if name == until:
            return line
    with service.work() as work:
        call.recording(work, actor=GATEWAY, call_id=line.call_id, now=service.now())
    return line


def _offer(work: Work, line: Line) -> None:
    opened, place = work.calls.by_id(line.call_id), work.desks.by_id(line.agent.staff_id or 0)
    assert opened is not None
    assert place is not None
    call.offer(work, actor=GATEWAY, call=opened, to=place, now=line.service.now())


@pytest.fixture
def line(service: Service, agent: Person) -> Line:
    builders.register(
        service, phone=None, document_number=DOCUMENT_NUMBER, document_expires_on=date(2035, 12, 31)
    )
    return connect(service, agent.actor(), until="recorded")


def test_without_a_call_the_page_says_how_to_begin(draw: Draw, agent: Person) -> None:
    text = said(draw(agent.actor()))
    assert "You are offline" in text
    assert "You do not pick a caller" in text


@pytest.mark.parametrize(("until", "sentence"), [("offered", "is offered to you"), ("ringing", "is ringing")])
def test_before_the_line_nothing_is_known_of_the_caller(
    service: Service, draw: Draw, agent: Person, until: str, sentence: str
) -> None:
    connect(service, agent.actor(), until=until)
    test = draw(agent.actor())
    assert sentence in said(test)
    assert "step_greeting" not in [b.key for b in test.button]
    assert builders.iin().masked not in said(test)


def test_the_first_missing_gate_is_open_and_passes_on_to_the_next(draw: Draw, line: Line) -> None:
    test = draw(line.agent)
    test.button(key="greeted").click().run()
    assert line.outcome(Gate.GREETING) is Outcome.PASSED
    for question in Question:
        test.segmented_control(key=f"pressure_{question.value}_{line.call_id}").set_value(Answer.CLEAR).run()
    test.button(key="pressure_done").click().run()
    assert line.outcome(Gate.PRESSURE) is Outcome.PASSED
    assert "take_document_front" in [b.key for b in test.button]


def test_the_caller_is_spoken_to_in_their_language(draw: Draw, line: Line) -> None:
    text = said(draw(line.agent, "ru"))
    assert "Сәлеметсіз бе" in text
    assert "Здравствуйте" in text


def test_an_unanswered_question_is_refused_and_the_answers_stay(draw: Draw, line: Line) -> None:
    line.up_to(Gate.PRESSURE)
    test = draw(line.agent)
    purpose = f"pressure_purpose_{line.call_id}"
    test.segmented_control(key=purpose).set_value(Answer.CLEAR).run()
    test.button(key="pressure_done").click().run()
    assert "checklist.answers_missing" in said(test)
    assert test.segmented_control(key=purpose).value == Answer.CLEAR


def test_a_doubtful_answer_keeps_the_gate_shut(draw: Draw, line: Line) -> None:
    """R13: and the step stays open to ask again."""
    line.up_to(Gate.PRESSURE)
    test = draw(line.agent)
    for question in Question:
        answer = Answer.DOUBTFUL if question is Question.WHO_IS_THERE else Answer.CLEAR
        test.segmented_control(key=f"pressure_{question.value}_{line.call_id}").set_value(answer).run()
    test.button(key="pressure_done").click().run()
    assert line.outcome(Gate.PRESSURE) is Outcome.FAILED
    assert "One answer was doubtful" in said(test)


def test_register_is_off_and_what_is_missing_is_named_each_a_jump(draw: Draw, line: Line) -> None:
    line.up_to(Gate.FACE)
    test = draw(line.agent)
    assert test.button(key="register").disabled
    named = {str(b.key) for b in test.button if str(b.key).startswith("missing_")}
    assert named == {"missing_face", "missing_spoken", "missing_code"}
    test.button(key="missing_code").click().run()
    assert "code_send" in [b.key for b in test.button]


def test_a_still_that_did_not_come_about_is_refused_and_nothing_is_lost(draw: Draw, line: Line) -> None:
    """No media worker carries this call."""
    line.up_to(Gate.DOCUMENT)
    test = draw(line.agent)
    test.button(key="take_document_front").click().run()
    assert "media.unavailable" in said(test)
    assert line.outcome(Gate.DOCUMENT) is None
    assert line.outcome(Gate.PRESSURE) is Outcome.PASSED


def test_show_the_document_is_a_command_with_a_growing_number(draw: Draw, line: Line) -> None:
    line.up_to(Gate.DOCUMENT)
    test = draw(line.agent)
    test.button(key="show_document").click().run()
    test.button(key="show_document").click().run()
    assert test.session_state["call_dock.command"] == {"n": 2, "op": "show", "what": "document"}


def test_too_few_features_are_refused(draw: Draw, line: Line) -> None:
    line.up_to(Gate.FEATURES)
    test = draw(line.agent)
    test.checkbox(key=f"feature_ghost_image_{line.call_id}").check().run()
    test.button(key="features_done").click().run()
    assert "Too few security features: 1 of the 3 needed" in said(test)
    assert line.outcome(Gate.FEATURES) is None


def test_what_was_read_before_the_page_was_loaded_anew_is_told_without_fields(draw: Draw, line: Line) -> None:
    """What is not at hand is not shown as good: the outcome is, and how to see the fields."""
    line.up_to(Gate.FEATURES)
    test = draw(line.agent)
    test.button(key="step_reading").click().run()
    assert "Read before: every check passed" in said(test)
    assert "read_again" in [b.key for b in test.button]


def test_the_machines_opinion_is_not_shown_before_the_agents(draw: Draw, line: Line) -> None:
    line.up_to(Gate.FACE)
    line.still(EvidenceKind.FACE)
    test = draw(line.agent)
    assert "You decide first" in said(test)
    assert "1.1 %" not in said(test)
    line.do(face.decide, opinion=face.Opinion.SAME)
    line.do(
        face.compared,
        measured=(face.Measured("document", 0.31, 120), face.Measured("portrait", 0.3, 99)),
        stills=line.newest_stills(),
    )
    stepper_open = draw(line.agent)
    stepper_open.button(key="step_face").click().run()
    assert "the error is at most 1.1 %" in said(stepper_open)


def test_in_doubt_the_agent_insists_with_a_reason(draw: Draw, line: Line) -> None:
    line.up_to(Gate.FACE)
    line.compare(distance=0.5)
    test = draw(line.agent)
    assert "in doubt" in said(test)
    test.text_input(key=f"insist_{line.call_id}").set_value("short").run()
    test.button(key="face_insist").click().run()
    assert "face.reason_missing" in said(test)
    test.text_input(key=f"insist_{line.call_id}").set_value("same scar over the left eyebrow").run()
    test.button(key="face_insist").click().run()
    assert line.outcome(Gate.FACE) is Outcome.PASSED


def test_against_a_clear_other_nobody_insists(draw: Draw, line: Line) -> None:
    line.up_to(Gate.FACE)
    line.compare(distance=0.8)
    test = draw(line.agent)
    assert "face_insist" not in [b.key for b in test.button]
    assert "The check of the face is not passed" in said(test)


def test_blind_fields_are_never_filled_in_and_are_cleared(draw: Draw, line: Line) -> None:
    """R1, R3: agreement alone is shown, neither what was typed nor what it is compared with."""
    line.up_to(Gate.SPOKEN)
    test = draw(line.agent)
    assert test.text_input(key="spoken_iin").value == ""
    assert test.text_input(key="spoken_phone").value == ""
    test.text_input(key="spoken_iin").set_value(builders.iin().digits)
    test.text_input(key="spoken_phone").set_value("+7 701 999 99 99")
    test.button(key="spoken_compare").click().run()
    assert test.text_input(key="spoken_iin").value == ""
    assert line.outcome(Gate.SPOKEN) is Outcome.FAILED
    text = said(test)
    assert "agrees" in text
    assert "differs" in text
    for hidden in (builders.iin().digits, "701 999", builders.PHONE.full):
        assert hidden not in text


def test_a_phone_of_somebody_else_is_refused_in_words(service: Service, draw: Draw, line: Line) -> None:
    """R3."""
    other = builders.iin(date(1991, 5, 4))
    builders.register(service, iin=other, born_on=date(1991, 5, 4))
    line.up_to(Gate.SPOKEN)
    test = draw(line.agent)
    test.text_input(key="spoken_iin").set_value(builders.iin().digits)
    test.text_input(key="spoken_phone").set_value(builders.PHONE.full)
    test.button(key="spoken_compare").click().run()
    assert "bmg.phone_of_another" in said(test)
    assert line.outcome(Gate.SPOKEN) is None


def test_a_said_code_is_typed_blind_and_counted(draw: Draw, line: Line) -> None:
    """R4, policy `article`: wrong counts, right passes, neither stays in the field."""
    line.up_to(Gate.CODE)
    code = line.send_code()
    test = draw(line.agent)
    test.text_input(key="code_said").set_value(builders.wrong(code))
    test.button(key="code_check").click().run()
    assert "Tries left: 2" in said(test)
    assert test.text_input(key="code_said").value == ""
    test.text_input(key="code_said").set_value(code)
    test.button(key="code_check").click().run()
    assert line.outcome(Gate.CODE) is Outcome.PASSED
    assert code not in said(test)
    assert not test.button(key="register").disabled


def test_under_policy_2026_only_the_caller_types(service: Service, draw: Draw, line: Line) -> None:
    line.up_to(Gate.CODE)
    line.send_code()
    service.policy = builders.policy(codes={"typed_by_caller_only": True})
    test = draw(line.agent)
    assert "only the caller types the code" in said(test)
    assert "code_said" not in [field.key for field in test.text_input]


def register(line: Line, draw: Draw) -> AppTest:
    line.up_to(Gate.CODE)
    code = line.send_code()
    attempt = line.do(phone_code.take_try)
    line.do(phone_code.confirm, attempt=attempt, typed=code)
    return draw(line.agent).button(key="register").click().run()


def test_a_registration_says_what_happened_and_enters_the_phone(
    service: Service, draw: Draw, line: Line
) -> None:
    test = register(line, draw)
    assert "serves this IIN from now on" in said(test)
    with service.look() as work:
        entered = work.bmg.of_iin(builders.iin())
    assert entered is not None
    assert entered.phone == builders.PHONE
    assert "register" not in [b.key for b in test.button]


def test_a_refusal_shows_the_text_that_the_citizen_will_read(draw: Draw, line: Line) -> None:
    test = draw(line.agent, "ru")
    test.button(key="bar_refuse").click().run()
    assert test.button(key="refuse_confirm").disabled
    test.selectbox(key=f"refuse_reason_{line.call_id}").set_value(decide.Reason.DOCUMENT_FOREIGN).run()
    text = said(test)
    assert "ХҚКО-ға барыңыз" in text
    assert "обратитесь в ЦОН" in text
    test.button(key="refuse_confirm").click().run()
    decided = line.look()
    assert (decided.decision, decided.decision_reason) == (Decision.REFUSED_FINAL, "document_foreign")


def test_escalating_needs_a_note(draw: Draw, line: Line) -> None:
    test = draw(line.agent)
    test.button(key="bar_escalate").click().run()
    test.button(key="escalate_confirm").click().run()
    assert "decide.note_missing" in said(test)
    test.text_input(key=f"escalate_note_{line.call_id}").set_value("the photo looks pasted").run()
    test.button(key="escalate_confirm").click().run()
    assert line.look().decision is Decision.ESCALATED


def test_in_the_wrap_up_the_decision_can_still_be_made(service: Service, draw: Draw, line: Line) -> None:
    with service.work() as work:
        call.leave(work, call_id=line.call_id, now=service.now())
    test = draw(line.agent)
    assert "the caller hung up" in said(test)
    test.button(key="decide_refuse").click().run()
    test.selectbox(key=f"refuse_reason_{line.call_id}").set_value(decide.Reason.POOR_LINE).run()
    test.button(key="refuse_confirm").click().run()
    assert line.look().decision is Decision.REFUSED_RETRY


def test_a_lost_line_is_said_with_its_side(service: Service, draw: Draw, line: Line) -> None:
    with service.work() as work:
        call.lost(work, actor=GATEWAY, call_id=line.call_id, leg=Leg.CITIZEN, why="silent", now=service.now())
    text = said(draw(line.agent))
    assert "The line is lost: caller" in text


def test_another_agent_sees_nothing_of_the_call(service: Service, draw: Draw, line: Line) -> None:
    other = person(service, Role.CALL_AGENT, "other")
    test = draw(other.actor(), call=str(line.call_id))
    text = said(test)
    assert "You are offline" in text
    assert builders.iin().masked not in text
    assert [b.key for b in test.button if b.key] == []


def test_the_way_to_the_certificates_opens_with_the_identification(
    service: Service, draw: Draw, line: Line
) -> None:
    """R9, F2."""
    line.up_to(Gate.FACE)
    assert "call_holder" not in [b.key for b in draw(line.agent).button]
    line.compare()
    assert "call_holder" in [b.key for b in draw(line.agent).button]


def test_what_was_typed_for_one_call_is_not_there_in_the_next(
    service: Service, draw: Draw, line: Line
) -> None:
    test = draw(line.agent)
    test.button(key="bar_refuse").click().run()
    line.do(decide.refuse, reason=decide.Reason.POOR_LINE, final=False, note="")
    with service.work() as work:
        call.leave(work, call_id=line.call_id, now=service.now())
    connect(service, line.agent, b"another page", until="recorded")
    test.run()
    assert "greeted" in [b.key for b in test.button]
    test.button(key="step_decision").click().run()
    assert "refuse_confirm" not in [b.key for b in test.button]


def _holder_script() -> None:
    import streamlit as st

    from console.screens import holder

    holder.show(st.session_state["service"], st.session_state["actor"])


def holder_page(service: Service, actor: roles.Actor, subscriber_id: int) -> AppTest:
    test = AppTest.from_function(_holder_script, default_timeout=20)
    test.session_state["service"], test.session_state["actor"] = service, actor
    test.query_params["subscriber"] = str(subscriber_id)
    return test.run()


def test_an_agent_opens_the_callers_page_and_nobody_elses(
    service: Service, line: Line, monkeypatch: pytest.MonkeyPatch
) -> None:
    """R9: and sees there what a call agent may do, and no more."""
    monkeypatch.setattr("console.language.current", lambda: "en")
    with service.look() as work:
        caller = work.subscribers.by_iin(builders.iin())
    assert caller is not None
    builders.issued(service, caller)
    stranger = builders.register(
        service,
        iin=builders.iin(date(1991, 5, 4)),
        born_on=date(1991, 5, 4),
        phone=Phone.parse("87012223344"),
    )
    early = holder_page(service, line.agent, caller.subscriber_id)
    assert "call.not_the_caller" in said(early)
    line.up_to(Gate.SPOKEN)
    own = holder_page(service, line.agent, caller.subscriber_id)
    acts = {str(b.key) for b in own.button if str(b.key).startswith("act_")}
    assert acts == {"act_revoke", "act_renew", "act_reissue", "act_accept", "act_hold", "act_release"}
    assert own.button(key="holder_back").label == "Back to the call"
    other = holder_page(service, line.agent, stranger.subscriber_id)
    assert "call.not_the_caller" in said(other)


def test_a_hold_on_the_owners_code(service: Service, line: Line, monkeypatch: pytest.MonkeyPatch) -> None:
    """R10a, R4: the code goes to the phone that the BMG has."""
    monkeypatch.setattr("console.language.current", lambda: "en")
    # The registration's own code went to this phone a moment ago.
    service.policy = builders.policy(codes={"resend_after": timedelta(0)})
    register(line, lambda actor: _drawn(service, actor))
    with service.look() as work:
        caller = work.subscribers.by_iin(builders.iin())
    assert caller is not None
    owned = builders.issued(service, caller)
    serial = owned.certificate.serial.hex
    test = holder_page(service, line.agent, caller.subscriber_id)
    test.button(key="act_hold").click().run()
    test.button(key=f"send_hold_{serial}").click().run()
    with service.look() as work:
        words = work.connection.exec_driver_sql(
            "SELECT words FROM outbox WHERE kind = 'code' ORDER BY notice_id DESC"
        ).scalar()
    test.text_input(key=f"code_hold_{serial}").set_value(json.loads(str(words))["code"]).run()
    test.button(key=f"hold_confirm_{serial}").click().run()
    with service.look() as work:
        held = work.certificates.by_id(owned.certificate.certificate_id)
    assert held is not None
    assert held.state is CertificateState.ON_HOLD


def _drawn(service: Service, actor: roles.Actor) -> AppTest:
    test = AppTest.from_function(_script, default_timeout=20)
    test.session_state["service"], test.session_state["actor"] = service, actor
    return test.run()


def test_a_supervisor_says_why_before_anything_is_shown(service: Service, draw: Draw, line: Line) -> None:
    """R14: the reason goes with each look."""
    line.up_to(Gate.FACE)
    supervisor = person(service, Role.SUPERVISOR).actor()
    test = draw(supervisor, call=str(line.call_id))
    assert "/evidence/stills/" not in said(test)
    assert builders.iin().masked in said(test)
    assert test.button(key="file_show").disabled
    test.radio(key=f"file_why_{line.call_id}").set_value("complaint").run()
    test.text_input(key=f"file_note_{line.call_id}").set_value("letter 14").run()
    test.button(key="file_show").click().run()
    assert "/evidence/stills/1?reason=complaint%3A%20letter%2014" in said(test)
    assert "Shown for: complaint" in said(test)
    assert "qb-watermark" in said(test)


def test_the_file_says_how_the_lines_were_and_who_may_listen(
    service: Service, draw: Draw, line: Line
) -> None:
    quality = LineQuality(
        line.call_id, Leg.CITIZEN, service.now(), service.now() + timedelta(seconds=75), 12_300, 40, None, 612,
        1280, 720, 2, 1300,
    )  # fmt: skip
    with service.work() as work:
        call.measured(work, actor=GATEWAY, quality=quality)
    for role, may_listen in ((Role.SUPERVISOR, True), (Role.AUDITOR, False)):
        test = draw(person(service, role).actor(), call=str(line.call_id))
        test.radio(key=f"file_why_{line.call_id}").set_value("quality").run()
        test.button(key="file_show").click().run()
        assert ("Listen in" in said(test)) is may_listen
        handed = [drawn.proto.json for drawn in test.get("bidi_component")]
        paths = [text for text in handed if f"/calls/{line.call_id}/listening?reason=quality" in text]
        assert len(paths) == may_listen
        (table,) = [frame.value for frame in test.dataframe if "Freezes" in frame.value.columns]
        row = [str(value) for value in table.iloc[0]]
        assert row[2:] == ["1\u00a0min 15\u00a0s", "1.23 %", "40", "—", "612", "1280×720", "2, 1.30 s in all"]
    with service.work() as work:
        call.hang_up(work, actor=line.agent, call_id=line.call_id, now=service.now())
    test = draw(person(service, Role.SUPERVISOR, login="other").actor(), call=str(line.call_id))
    test.radio(key=f"file_why_{line.call_id}").set_value("quality").run()
    test.button(key="file_show").click().run()
    assert "Listen in" not in said(test)


def test_the_seal_is_checked_where_the_evidence_is_shown(service: Service, draw: Draw, line: Line) -> None:
    with service.work() as work:
        call.leave(work, call_id=line.call_id, now=service.now())
    with service.work() as work:
        desk.finish_wrap_up(work, actor=line.agent, now=service.now())
        evidence.seal(work, actor=GATEWAY, call_id=line.call_id, now=service.now())
    auditor = person(service, Role.AUDITOR).actor()
    assert "checklist, decision and the list of files are those" in said(
        draw(auditor, call=str(line.call_id))
    )
    with service.work() as work:
        work.connection.exec_driver_sql("UPDATE call SET decision_note = 'changed'")
    assert "The seal does not hold" in said(draw(auditor, call=str(line.call_id)))


def test_the_list_shows_escalated_calls_on_top_and_nobodys_data(
    service: Service, draw: Draw, line: Line
) -> None:
    line.do(decide.escalate, note="look at the photo")
    test = draw(person(service, Role.SUPERVISOR).actor())
    tables = [str(rows) for rows in listed(test)]
    assert len(tables) == 3, "those who talk, the escalated ones, all"
    assert all("escalated" in table for table in tables)
    assert not any(builders.iin().digits[:6] in table for table in tables)


def test_an_unknown_call_is_refused_with_a_way_back(service: Service, draw: Draw) -> None:
    test = draw(person(service, Role.AUDITOR).actor(), call="404")
    assert "call.unknown" in said(test)
    assert "file_back" in [b.key for b in test.button]


def test_an_officer_has_no_calls_page(service: Service, draw: Draw, officer: Person) -> None:
    assert "role.not_allowed" in said(draw(officer.actor()))


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
def test_every_step_draws_in_every_language(draw: Draw, line: Line, language: str) -> None:
    line.up_to(Gate.CODE)
    line.send_code()
    test = draw(line.agent, language)
    for step in stepper.STEPS:
        test.button(key=f"step_{step}").click().run()
        assert not test.exception, step


def test_number_of_queries_is_pinned(service: Service, draw: Draw, line: Line) -> None:
    line.up_to(Gate.SPOKEN)
    test = draw(line.agent)
    asked: list[str] = []

    def note(*given: Any) -> None:
        if str(given[2]).lstrip().upper().startswith("SELECT"):
            asked.append(given[2])

    sa.event.listen(service.store.engine, "before_cursor_execute", note)
    test.run()
    sa.event.remove(service.store.engine, "before_cursor_execute", note)
    assert len(asked) <= QUERIES_IN_A_CALL, asked


def read_as(*, mark_bad: bool) -> calling.Read:
    """What a reading gives; when bad, of a document with another number."""
    known = builders.person(document_number=DOCUMENT_NUMBER, document_expires_on=date(2035, 12, 31))
    verdict = passport.examine(
        zone("N87654321" if mark_bad else DOCUMENT_NUMBER), sure=True, agreed=False, typed=known.iin,
        person=known, today=date(2026, 11, 22),
    )  # fmt: skip
    return calling.Read(verdict, _reading())


def _reading() -> wire.Reading:
    return wire.Reading(wire.Outcome.READ, zone().lines)


def test_each_finding_bears_an_icon_and_a_word_never_a_colour_alone(line: Line) -> None:
    drawn = passport_panel._table(read_as(mark_bad=True).verdict.findings)
    assert "<i>✕</i> расходится с регистром" in drawn
    assert "<i>✓</i> не просрочен" in drawn


def test_nothing_unread_is_shown_as_good() -> None:
    verdict = passport.examine(
        None,
        sure=False,
        agreed=False,
        typed=builders.iin(),
        person=builders.person(),
        today=date(2026, 11, 22),
    )
    drawn = passport_panel._table(verdict.findings)
    assert "✓" not in drawn
    assert not verdict.holds


def test_repaired_characters_are_marked_in_the_lines() -> None:
    reading = replace(_reading(), repaired=(mrz.Position(1, 0, "M", "N"),))
    drawn = passport_panel._zone(calling.Read(read_as(mark_bad=False).verdict, reading))
    assert drawn.count("<mark") == 1
    assert ">N</mark>12345678" in drawn


def test_small_stills_say_what_to_do() -> None:
    item = Evidence(1, EvidenceKind.FACE, "n", b"", 1, builders.house().now, "a", 640, 360)
    assert "Снимок мелкий" in stills.remark(item)


def test_a_call_that_is_over_leaves_the_desk_to_the_next(service: Service, draw: Draw, line: Line) -> None:
    with service.work() as work:
        call.leave(work, call_id=line.call_id, now=service.now())
        desk.finish_wrap_up(work, actor=line.agent, now=service.now())
    test = draw(line.agent)
    assert line.look().state is CallState.ENDED
    assert "You are available" in said(test)
    assert len(test.dataframe[0].value) == 1


def test_the_home_tile_counts_who_waits_for_those_who_may_see_it(service: Service, agent: Person) -> None:
    """A caller on the line does not wait."""
    wish = call.Wish(builders.iin(), builders.PHONE, "kk", Need.NONE, "2026-11")
    with service.work() as work:
        call.open_(work, wish=wish, consented=True, page_digest=b"w" * 32, now=service.now())
    officer = person(service, Role.RA_OFFICER).actor()
    with service.look() as work:
        seen = {tile.figure: tile.n for tile in overview.home(work, actor=agent.actor(), now=service.now())}
        hidden = [tile.figure for tile in overview.home(work, actor=officer, now=service.now())]
    assert seen == {Figure.CALLERS_WAITING: 1}
    assert Figure.CALLERS_WAITING not in hidden
