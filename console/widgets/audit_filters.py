"""The filters of the audit log: what it is about, who did it, on which object, on which days."""

from datetime import date

import streamlit as st

from ca_core import statistics
from ca_core.audit_view import Criteria
from console import language as languages
from console import words
from console.widgets import criteria_link

# The first words of events, as the wording names them.
ABOUT = (
    "application", "audit", "bmg", "call", "call_back", "certificate", "crl", "desk", "dossier", "evidence", "face",
    "operation", "owner", "passport", "proposal", "register", "review", "sms_code", "spoken", "staff", "statistics",
    "subscriber",
)  # fmt: skip
_ABOUT = "audit.about"
_WIDTHS = (2, 2, 2, 1, 1)


def draw() -> Criteria:
    about, actor, subject, since, until = st.columns(_WIDTHS, vertical_alignment="top")
    first, last = _day(since, "since"), _day(until, "until")
    return Criteria(
        about=_about(about),
        actor=_typed(actor, "actor"),
        subject=_typed(subject, "object"),
        since=statistics.start_of_day(first) if first else None,
        until=statistics.end_of_day(last) if last else None,
    )


def _about(column: st.delta_generator.DeltaGenerator) -> str:
    """A list of its own for each language: the browser answers with the words, and only the value is carried over."""
    key = f"audit_about_{languages.current()}"
    if key not in st.session_state:
        st.session_state[key] = st.session_state.get(_ABOUT, "")
    chosen: str = column.selectbox(
        words.t("audit.filter.about"),
        ("", *ABOUT),
        format_func=lambda name: words.t(f"audit.about.{name}" if name else "audit.filter.all"),
        key=key,
    )
    st.session_state[_ABOUT] = chosen
    return chosen


def _typed(column: st.delta_generator.DeltaGenerator, name: str) -> str:
    text: str = column.text_input(
        words.t(f"audit.filter.{name}"), help=words.t(f"audit.filter.{name}_help"), key=f"audit_{name}"
    )
    return text.strip()


def _day(column: st.delta_generator.DeltaGenerator, name: str) -> date | None:
    typed = column.text_input(
        words.t(f"audit.filter.{name}"), placeholder=words.t("audit.filter.day_form"), key=f"audit_{name}"
    )
    try:
        return criteria_link.typed_day(typed)
    except ValueError:
        column.caption(f":red[{words.t('audit.filter.no_day')}]")
        return None
