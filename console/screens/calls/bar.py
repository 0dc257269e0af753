"""The decision, always in view: what is missing, each a jump; register, refuse, escalate."""

import streamlit as st

from ca_core.call import Call
from console import words
from console.screens.calls import decision_step, stepper
from console.screens.calls.snapshot import Snapshot, is_on_the_line


def draw(snapshot: Snapshot, call: Call) -> None:
    with (
        st.bottom,
        st.container(key="call_bar", horizontal=True, vertical_alignment="center", gap="small"),
    ):
        _missing(snapshot)
        _decisions(snapshot, call)


def _missing(snapshot: Snapshot) -> None:
    missing = snapshot.missing
    with st.container(key="call_missing", horizontal=True, vertical_alignment="center"):
        if not missing:
            st.markdown(f":green[✓ {words.t('calls.bar.complete')}]")
            return
        st.markdown(words.t("calls.bar.missing"), width="content")
        for gate in missing:
            st.button(
                words.t(f"calls.step.{gate.value}"),
                key=f"missing_{gate.value}",
                type="tertiary",
                on_click=stepper.jump,
                args=(gate.value,),
            )


def _decisions(snapshot: Snapshot, call: Call) -> None:
    for name in (decision_step.REFUSE, decision_step.ESCALATE):
        st.button(
            words.t(f"calls.bar.{name}"),
            key=f"bar_{name}",
            on_click=decision_step.open_,
            args=(name,),
            shortcut={"refuse": "X", "escalate": "E"}[name],
        )
    missing = snapshot.missing
    st.button(
        words.t("calls.bar.register"),
        key="register",
        type="primary",
        icon=":material/how_to_reg:",
        shortcut="Ctrl+Enter",
        disabled=bool(missing) or not is_on_the_line(call),
        help=words.t("calls.bar.register_off" if missing else "calls.bar.register_help"),
        on_click=decision_step.register,
        args=(snapshot, call.call_id),
    )
