"""The agent's decision: refuse with the text that the citizen will read, escalate with a note; what came of it.

An open panel, no window: the page is drawn anew whenever the call changes, and nothing typed may be lost by that.
"""

import streamlit as st

from ca_core.call import Call, Decision
from ca_core.registration import decide
from ca_core.registration.decide import Reason
from console import words
from console.screens.calls import attempts, refusing, stepper
from console.screens.calls.snapshot import Snapshot
from console.widgets import typed

REFUSE = "refuse"
ESCALATE = "escalate"
_MODE = "calls.decision"
_LOOKS = {
    Decision.REGISTERED: ("✓", "green"),
    Decision.REFUSED_RETRY: ("✕", "red"),
    Decision.REFUSED_FINAL: ("✕", "red"),
    Decision.ESCALATED: ("◔", "orange"),
    Decision.INTERRUPTED: ("○", "gray"),
}


def open_(mode: str) -> None:
    st.session_state[_MODE] = mode
    stepper.jump(stepper.DECISION)


def close() -> None:
    st.session_state.pop(_MODE, None)


def register(snapshot: Snapshot, call_id: int) -> None:
    attempts.act(
        snapshot, call_id, stepper.DECISION,
        lambda work: decide.register(
            work, actor=snapshot.staff, call_id=call_id, now=snapshot.service.now()
        ),
    )  # fmt: skip


def draw(snapshot: Snapshot, call: Call) -> None:
    mode = st.session_state.get(_MODE)
    if mode == REFUSE:
        _refuse(snapshot, call)
    elif mode == ESCALATE:
        _escalate(snapshot, call)
    else:
        missing = ", ".join(words.t(f"calls.step.{gate.value}") for gate in snapshot.missing)
        st.markdown(
            words.t("calls.decide.missing", what=missing) if missing else words.t("calls.decide.ready")
        )
        with st.container(horizontal=True):
            for name in (REFUSE, ESCALATE):
                st.button(words.t(f"calls.bar.{name}"), key=f"decide_{name}", on_click=open_, args=(name,))


def _refuse(snapshot: Snapshot, call: Call) -> None:
    st.markdown(f"**{words.t('calls.decide.refuse')}**")
    reason = refusing.choose(call.call_id, prefix=REFUSE)
    refusing.note(call.call_id, prefix=REFUSE, label=words.t("calls.decide.note"))
    if reason is not None:
        refusing.what_they_read(call, reason)
    with st.container(horizontal=True):
        st.button(
            words.t("calls.decide.refuse_now"),
            key="refuse_confirm",
            type="primary",
            icon=":material/block:",
            disabled=reason is None,
            help=None if reason else words.t("calls.decide.reason_first"),
            on_click=_refused,
            args=(snapshot, call.call_id),
        )
        st.button(words.t("calls.decide.back"), key="decide_back", on_click=_back)


def _refused(snapshot: Snapshot, call_id: int) -> None:
    chosen = refusing.chosen(call_id, prefix=REFUSE)
    if chosen is None:
        return
    note = refusing.noted(call_id, prefix=REFUSE)
    attempts.act(
        snapshot, call_id, stepper.DECISION,
        lambda work: decide.refuse(
            work, actor=snapshot.staff, call_id=call_id, reason=chosen.reason, final=chosen.final,
            note=note, now=snapshot.service.now(),
        ),
    )  # fmt: skip


def _escalate(snapshot: Snapshot, call: Call) -> None:
    st.markdown(f"**{words.t('calls.decide.escalate')}**")
    st.caption(words.t("calls.decide.escalate_rule"))
    refusing.note(call.call_id, prefix=ESCALATE, label=words.t("calls.decide.escalate_note"))
    with st.container(horizontal=True):
        st.button(
            words.t("calls.decide.escalate_now"),
            key="escalate_confirm",
            type="primary",
            icon=":material/supervisor_account:",
            on_click=_escalated,
            args=(snapshot, call.call_id),
        )
        st.button(words.t("calls.decide.back"), key="decide_back", on_click=_back)


def _escalated(snapshot: Snapshot, call_id: int) -> None:
    note = refusing.noted(call_id, prefix=ESCALATE)
    attempts.act(
        snapshot, call_id, stepper.DECISION,
        lambda work: decide.escalate(
            work, actor=snapshot.staff, call_id=call_id, note=note, now=snapshot.service.now()
        ),
    )  # fmt: skip


def _back() -> None:
    close()
    stepper.go_on()


def done(snapshot: Snapshot, call: Call) -> None:
    """What was decided, what the citizen was told, and what is left to do."""
    decision = call.decision or Decision.INTERRUPTED
    icon, colour = _LOOKS[decision]
    name = decision.name.lower()
    with st.container(border=True, key="call_done"):
        st.markdown(f"### :{colour}[{icon}] {words.t(f'calls.decision.{name}')}")
        st.markdown(words.t(f"calls.done.{name}", phone=call.phone.masked))
        if call.decision_reason:
            refusing.what_they_read(call, Reason(call.decision_reason))
        if call.decision_note:
            st.caption(words.t("calls.done.note", note=typed.plain(call.decision_note)))
        st.info(_what_is_left(snapshot, call), icon=":material/call_end:")


def _what_is_left(snapshot: Snapshot, call: Call) -> str:
    if call.ended_at is not None:
        return words.t("calls.done.finish")
    help_too = snapshot.identified and snapshot.holder_id is not None
    return " ".join(
        [words.t("calls.done.goodbye"), *([words.t("calls.done.certificates")] if help_too else [])]
    )
