"""Refusing, by an agent in the call or by a supervisor after it: the reason, may they try again, what they will read.

`prefix` keeps the fields of the two apart. What counts is what stands in the fields at the click: one right after
typing comes before the page is drawn with it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

import streamlit as st

from ca_core.call import Call
from ca_core.registration import decide
from ca_core.registration.decide import Reason
from console import language as languages
from console import words


@dataclass(frozen=True, slots=True)
class Chosen:
    reason: Reason
    final: bool


def choose(call_id: int, *, prefix: str, reasons: Sequence[Reason] = tuple(Reason)) -> Reason | None:
    """Both fields side by side; the reason that is chosen."""
    left, right = st.columns([3, 2], gap="medium")
    with left:
        reason = st.selectbox(
            words.t("calls.decide.reason"),
            list(reasons),
            format_func=lambda one: words.t(f"calls.reason.{one.value}"),
            index=None,
            placeholder=words.t("calls.decide.reason_first"),
            key=_reason_key(prefix, call_id),
        )
    with right:
        # What is usual with this reason is chosen already; another reason asks anew.
        st.radio(
            words.t("calls.decide.kind"),
            (False, True),
            index=int(reason in decide.USUALLY_FINAL),
            format_func=lambda one: words.t("calls.decide.final" if one else "calls.decide.retry"),
            key=_final_key(prefix, call_id, reason),
            horizontal=True,
        )
    return reason


def chosen(call_id: int, *, prefix: str) -> Chosen | None:
    reason: Reason | None = st.session_state.get(_reason_key(prefix, call_id))
    if reason is None:
        return None
    usual = reason in decide.USUALLY_FINAL
    return Chosen(reason, bool(st.session_state.get(_final_key(prefix, call_id, reason), usual)))


def note(call_id: int, *, prefix: str, label: str) -> None:
    st.text_input(label, key=_note_key(prefix, call_id), max_chars=500, autocomplete="off")


def noted(call_id: int, *, prefix: str) -> str:
    return str(st.session_state.get(_note_key(prefix, call_id)) or "")


def what_they_read(call: Call, reason: Reason) -> None:
    """In their language, large; in the reader's own, small."""
    key = f"decide_reason.{reason.value}"
    own = f'<div class="small">{escape(words.t(key))}</div>' if languages.current() != call.language else ""
    st.html(
        f'<div class="qb-say"><div class="what">{escape(words.t("calls.decide.they_read"))}</div>'
        f'<div class="large" lang="{escape(call.language)}">{escape(words.say(call.language, key))}</div>{own}</div>'
    )


def _reason_key(prefix: str, call_id: int) -> str:
    return f"{prefix}_reason_{call_id}"


def _final_key(prefix: str, call_id: int, reason: Reason | None) -> str:
    return f"{prefix}_final_{call_id}_{reason.value if reason else ''}"


def _note_key(prefix: str, call_id: int) -> str:
    return f"{prefix}_note_{call_id}"
