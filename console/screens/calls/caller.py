"""Who is on the line, masked: number of the try, need, language; the way to their certificates once identified."""

from html import escape

import streamlit as st

from ca_core.call import Call, Need
from console import navigation, words
from console.screens.calls.snapshot import Snapshot


def draw(snapshot: Snapshot, call: Call) -> None:
    with st.container(horizontal=True, vertical_alignment="center", key="call_caller"):
        st.html(f'<div class="qb-caller">{"".join(_facts(call))}</div>')
        if snapshot.identified:
            _way_to_certificates(snapshot)


def _facts(call: Call) -> list[str]:
    shown = [
        ("language", words.t(f"calls.in.{call.language}")),
        ("iin", call.iin.masked),
        ("phone", call.phone.masked),
        ("attempt", words.t("calls.attempt", n=call.attempt)),
    ]
    if call.need is not Need.NONE:
        shown.append(("need", words.t(f"calls.need.{call.need.value}")))
    return [
        f"<span><i>{escape(words.t(f'calls.caller.{name}'))}</i> <b>{escape(text)}</b></span>"
        for name, text in shown
    ]


def _way_to_certificates(snapshot: Snapshot) -> None:
    """F2, R9: for the identified caller, in this call, and for nobody else."""
    if snapshot.holder_id is None:
        st.caption(words.t("calls.no_certificates"))
    elif st.button(words.t("calls.certificates"), key="call_holder", icon=":material/badge:"):
        navigation.go("holder", {"subscriber": str(snapshot.holder_id)})
