"""The list of calls for supervisors and auditors: newest first, what nobody settled yet on top, nobody's data."""

import pandas as pd
import streamlit as st

from ca_core import overview, roles
from ca_core.call import Decision
from ca_core.overview import CallLine, CallList
from console import words
from console.widgets import format as formats
from console.widgets import tables
from runtime.service import Service

_BEFORE = "calls.before"
_OPENED = "calls.opened"

# ● done, ◔ somebody has to look, ○ over without a result; the word says the same.
_DECISIONS = {
    Decision.REGISTERED: "●",
    Decision.REFUSED_RETRY: "✕",
    Decision.REFUSED_FINAL: "✕",
    Decision.ESCALATED: "◔",
    Decision.INTERRUPTED: "○",
}


def draw(service: Service, staff: roles.Actor) -> None:
    before: int | None = st.session_state.get(_BEFORE)
    with service.look() as work:
        found = overview.calls(work, actor=staff, before=before)
    _figures(service, found)
    if found.escalated:
        st.subheader(words.t("calls.escalated"), anchor=False)
        _table(found.escalated, "escalated")
        st.subheader(words.t("calls.all"), anchor=False)
    if not found.lines:
        st.info(words.t("calls.none"), icon=":material/inbox:")
        return
    _table(found.lines, "calls")
    _paging(found, before)


def _figures(service: Service, found: CallList) -> None:
    now = service.now()
    oldest = found.waiting.oldest_at
    with st.container(horizontal=True):
        st.metric(
            words.t("calls.waiting"),
            formats.number(found.waiting.n),
            delta=words.t("calls.oldest", age=now - oldest) if oldest else None,
            delta_color="off",
            delta_arrow="off",
        )
        st.metric(
            words.t("calls.call_backs"),
            formats.number(found.call_backs.n),
            help=words.t("calls.call_backs_help"),
        )
        st.metric(words.t("calls.escalated"), formats.number(found.unsettled.n))


def _table(lines: tuple[CallLine, ...], name: str) -> None:
    # A row stays chosen until the table is another one: coming back would open it again.
    opened = st.session_state.get(_OPENED, 0)
    event = st.dataframe(
        pd.DataFrame(
            {
                words.t("calls.column.number"): [line.call_id for line in lines],
                words.t("calls.column.at"): [formats.instant(line.opened_at) for line in lines],
                words.t("calls.column.agent"): [line.agent for line in lines],
                words.t("calls.column.language"): [words.t(f"calls.in.{line.language}") for line in lines],
                words.t("calls.column.state"): [state(line) for line in lines],
                words.t("calls.column.decision"): [decision(line) for line in lines],
                words.t("calls.column.reason"): [reason(line) for line in lines],
                words.t("calls.column.cause"): [cause(line) for line in lines],
                words.t("calls.column.took"): [
                    formats.span(line.took) if line.took else "" for line in lines
                ],
                words.t("calls.column.sealed"): [
                    words.t("calls.sealed.yes" if line.sealed_at else "calls.sealed.not_yet")
                    for line in lines
                ],
            }
        ),
        hide_index=True,
        row_height=tables.ROW_HEIGHT_PX,
        height=(min(len(lines), 15) + 1) * tables.ROW_HEIGHT_PX + 4,
        width="stretch",
        on_select="rerun",
        selection_mode="single-cell",
        key=f"{name}_{opened}",
    )
    cells = event["selection"]["cells"]
    if cells and cells[0][0] < len(lines):
        st.session_state[_OPENED] = opened + 1
        st.query_params["call"] = str(lines[cells[0][0]].call_id)
        st.rerun()


def _paging(found: CallList, before: int | None) -> None:
    with st.container(horizontal=True):
        if before is not None:
            st.button(words.t("calls.newest"), key="calls_newest", on_click=_go, args=(None,))
        if found.before is not None:
            st.button(words.t("calls.older"), key="calls_older", on_click=_go, args=(found.before,))


def _go(before: int | None) -> None:
    st.session_state[_BEFORE] = before


def state(line: CallLine) -> str:
    return words.t(f"calls.state.{line.state.name.lower()}")


def decision(line: CallLine) -> str:
    """What the agent decided and, after it, what a supervisor settled."""
    return " → ".join(named(one) for one in (line.decision, line.settled) if one is not None)


def named(one: Decision) -> str:
    return f"{_DECISIONS[one]} {words.t(f'calls.decision.{one.name.lower()}')}"


def reason(line: CallLine) -> str:
    return words.t(f"calls.reason.{line.decision_reason}") if line.decision_reason else ""


def cause(line: CallLine) -> str:
    return words.t(f"calls.cause.{line.cause.name.lower()}") if line.cause is not None else ""
