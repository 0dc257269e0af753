"""The call begins: consent and recording, which come about by themselves; greeting and purpose; pressure (R13)."""

import streamlit as st

from ca_core.call import Call, Gate
from ca_core.registration import checklist
from ca_core.registration.checklist import Answer, Question
from console import words
from console.screens.calls import attempts, say
from console.screens.calls.snapshot import Snapshot
from console.widgets import format as formats


def consent(snapshot: Snapshot, call: Call) -> None:
    """Given by the caller on their own page, before the queue."""
    del snapshot
    st.markdown(
        words.t("calls.consent.given", at=formats.instant(call.consent_at), version=call.consent_version)
    )


def recording(snapshot: Snapshot, call: Call) -> None:
    if call.recording_problem:
        st.error(words.t("calls.recording.problem"), icon=":material/error:")
    elif snapshot.passed(Gate.RECORDING) and call.recording_since is not None:
        st.markdown(words.t("calls.recording.since", at=formats.clock(call.recording_since)))
    else:
        st.info(words.t("calls.recording.begins"), icon=":material/hourglass_empty:")
    say.sentence(call, "recording")


def greeting(snapshot: Snapshot, call: Call) -> None:
    number = f"{snapshot.staff.staff_id or 0:03d}"
    say.sentence(call, "greeting", number=number, phrase=call.phrase)
    st.caption(words.t("calls.greeting.phrase", phrase=call.phrase))
    st.button(
        words.t("calls.greeting.done"),
        key="greeted",
        type="primary",
        icon=":material/check:",
        shortcut="G",
        on_click=_greeted,
        args=(snapshot, call.call_id),
    )


def _greeted(snapshot: Snapshot, call_id: int) -> None:
    attempts.act(
        snapshot, call_id, Gate.GREETING.value,
        lambda work: checklist.greeted(
            work, actor=snapshot.staff, call_id=call_id, now=snapshot.service.now()
        ),
    )  # fmt: skip


def pressure(snapshot: Snapshot, call: Call) -> None:
    """Questions that a bystander cannot read from a yes or no; the answers are what the agent understood."""
    newest = snapshot.newest.get(Gate.PRESSURE)
    if newest is not None and any(answer == Answer.DOUBTFUL.value for answer in newest.facts.values()):
        st.warning(words.t("calls.pressure.doubtful"), icon=":material/person_alert:")
    with st.container(key="call_pressure"):
        _questions(call)
    st.button(
        words.t("calls.pressure.done"),
        key="pressure_done",
        type="primary",
        icon=":material/check:",
        shortcut="G",
        help=words.t("calls.pressure.help"),
        on_click=_pressure,
        args=(snapshot, call.call_id),
    )


def _questions(call: Call) -> None:
    """Nothing is chosen for the agent."""
    for question in Question:
        say.sentence(call, f"pressure.{question.value}", headed=question is Question.PURPOSE)
        st.segmented_control(
            words.t(f"calls.pressure.question.{question.value}"),
            list(Answer),
            format_func=lambda answer: words.t(f"calls.pressure.answer.{answer.value}"),
            key=_answer_key(question, call.call_id),
            label_visibility="collapsed",
        )


def _answer_key(question: Question, call_id: int) -> str:
    return f"pressure_{question.value}_{call_id}"


def _answers(call_id: int) -> dict[Question, Answer]:
    """As they are chosen now: a quick click comes before the page is drawn with the last one."""
    chosen = {question: st.session_state.get(_answer_key(question, call_id)) for question in Question}
    return {question: answer for question, answer in chosen.items() if answer is not None}


def _pressure(snapshot: Snapshot, call_id: int) -> None:
    answers = _answers(call_id)
    attempts.act(
        snapshot, call_id, Gate.PRESSURE.value,
        lambda work: checklist.pressure(
            work, actor=snapshot.staff, call_id=call_id, answers=answers, now=snapshot.service.now()
        ),
    )  # fmt: skip
