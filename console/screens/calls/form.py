"""The checklist is the form: who calls, the steps, the open one with what to say and to do, the decision in view."""

import streamlit as st

from ca_core.call import Call
from ca_core.lifecycle import CallState
from console import words
from console.screens.calls import (
    attempts,
    bar,
    caller,
    code_step,
    decision_step,
    document_step,
    face_step,
    features_step,
    opening_steps,
    reading_step,
    slow_acts,
    spoken_step,
    stepper,
    stills,
    style,
    watch,
)
from console.screens.calls.snapshot import Snapshot, is_on_the_line, is_wrapping_up
from console.widgets import format as formats

_STEPS = {
    "consent": opening_steps.consent,
    "recording": opening_steps.recording,
    "greeting": opening_steps.greeting,
    "pressure": opening_steps.pressure,
    "document": document_step.draw,
    "reading": reading_step.draw,
    "features": features_step.draw,
    "face": face_step.draw,
    "spoken": spoken_step.draw,
    "code": code_step.draw,
    "decision": decision_step.draw,
}


def draw(snapshot: Snapshot, call: Call) -> None:
    if stepper.begin(call.call_id):
        attempts.forget()
        decision_step.close()
        stills.forget()
        slow_acts.forget()
    st.html(style.CSS)
    caller.draw(snapshot, call)
    _state(snapshot, call)
    if call.decided_at is not None:
        decision_step.done(snapshot, call)
    elif is_wrapping_up(snapshot.desk):
        decision_step.draw(snapshot, call)
        attempts.shown()
    else:
        opened = stepper.current(snapshot)
        stepper.draw(snapshot, opened)
        with st.container(border=True, key="call_step"):
            slow_acts.do(snapshot, call)
            _STEPS[opened](snapshot, call)
            attempts.shown()
        bar.draw(snapshot, call)
    watch.over(snapshot)


def _state(snapshot: Snapshot, call: Call) -> None:
    """Said only when the line is not simply up: nothing can be checked then, and nothing is lost."""
    if is_wrapping_up(snapshot.desk):
        until = snapshot.desk.wrap_up_until or snapshot.now
        cause = words.t(f"calls.cause.{call.cause.name.lower()}") if call.cause else ""
        st.info(words.t("calls.wrap_up", cause=cause, at=formats.clock(until)), icon=":material/call_end:")
    elif call.lost_at is not None:
        until = call.lost_at + snapshot.service.policy.calls.come_back
        side = words.t(f"calls.side.{call.lost_leg.value}") if call.lost_leg else ""
        st.warning(words.t("calls.lost", side=side, at=formats.clock(until)), icon=":material/wifi_off:")
    elif call.held_at is not None and call.state is not CallState.ENDED:
        until = call.held_at + snapshot.service.policy.calls.hold_at_most
        st.info(words.t("calls.held", at=formats.clock(until)), icon=":material/pause_circle:")
    elif not is_on_the_line(call):
        st.info(words.t("calls.over"), icon=":material/call_end:")
