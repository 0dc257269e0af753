"""The agent's decision: refuse with the text that the citizen will read, escalate with a note; what came of it.

An open panel, no window: the page is drawn anew whenever the call changes, and nothing typed may be lost by that.
"""

from html import escape

import streamlit as st

from ca_core.call import Call, Decision
from ca_core.registration import decide
from ca_core.registration.decide import Reason
from console import language as languages
from console import words
from console.screens.calls import attempts, stepper
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
    left, right = st.columns([3, 2], gap="medium")
    with left:
        reason = st.selectbox(
            words.t("calls.decide.reason"),
            list(Reason),
            format_func=lambda one: words.t(f"calls.reason.{one.value}"),
            index=None,
            placeholder=words.t("calls.decide.reason_first"),
            key=_reason_key(call.call_id),
        )
    with right:
        # What is usual with this reason is chosen already; another reason asks anew.
        st.radio(
            words.t("calls.decide.kind"),
            (False, True),
            index=int(reason in decide.USUALLY_FINAL),
            format_func=lambda one: words.t("calls.decide.final" if one else "calls.decide.retry"),
            key=_final_key(call.call_id, reason),
            horizontal=True,
        )
    st.text_input(
        words.t("calls.decide.note"), key=_note_key(REFUSE, call.call_id), max_chars=500, autocomplete="off"
    )
    if reason is not None:
        _what_they_read(call, reason)
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


def _what_they_read(call: Call, reason: Reason) -> None:
    """In their language, large; in the agent's own, small."""
    key = f"calls.citizen.{reason.value}"
    own = f'<div class="small">{escape(words.t(key))}</div>' if languages.current() != call.language else ""
    st.html(
        f'<div class="qb-say"><div class="what">{escape(words.t("calls.decide.they_read"))}</div>'
        f'<div class="large" lang="{escape(call.language)}">{escape(words.say(call.language, key))}</div>{own}</div>'
    )


def _reason_key(call_id: int) -> str:
    return f"refuse_reason_{call_id}"


def _final_key(call_id: int, reason: Reason | None) -> str:
    return f"refuse_final_{call_id}_{reason.value if reason else ''}"


def _note_key(mode: str, call_id: int) -> str:
    return f"{mode}_note_{call_id}"


def _note(mode: str, call_id: int) -> str:
    """As it stands in the field now: a click right after typing comes before the page is drawn with it."""
    return str(st.session_state.get(_note_key(mode, call_id)) or "")


def _refused(snapshot: Snapshot, call_id: int) -> None:
    reason = st.session_state.get(_reason_key(call_id))
    if reason is None:
        return
    final = st.session_state.get(_final_key(call_id, reason), reason in decide.USUALLY_FINAL)
    note = _note(REFUSE, call_id)
    attempts.act(
        snapshot, call_id, stepper.DECISION,
        lambda work: decide.refuse(
            work, actor=snapshot.staff, call_id=call_id, reason=reason, final=bool(final), note=note,
            now=snapshot.service.now(),
        ),
    )  # fmt: skip


def _escalate(snapshot: Snapshot, call: Call) -> None:
    st.markdown(f"**{words.t('calls.decide.escalate')}**")
    st.caption(words.t("calls.decide.escalate_rule"))
    st.text_input(
        words.t("calls.decide.escalate_note"), key=_note_key(ESCALATE, call.call_id), max_chars=500,
        autocomplete="off",
    )  # fmt: skip
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
    note = _note(ESCALATE, call_id)
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
            _what_they_read(call, Reason(call.decision_reason))
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
