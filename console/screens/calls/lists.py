"""The list of calls for supervisors and auditors: newest first, what nobody settled yet on top, nobody's data."""

from collections.abc import Callable
from datetime import timedelta

import streamlit as st

from ca_core import overview, roles
from ca_core.call import Decision
from ca_core.overview import CallLine, CallList, CallsNow
from console import words
from console.components import row_list
from console.components.row_list import Row
from console.widgets import format as formats
from runtime.service import Service

_BEFORE = "calls.before"
_MOST_ROWS = 15
_LIVE_EVERY = timedelta(seconds=5)

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
    _live(service, staff)
    if found.escalated:
        st.subheader(words.t("calls.escalated"), anchor=False)
        _table(found.escalated, "escalated")
    if found.lines:
        st.subheader(words.t("calls.all"), anchor=False)
    else:
        st.info(words.t("calls.none"), icon=":material/inbox:")
        return
    _table(found.lines, "calls")
    _paging(found, before)


@st.fragment(run_every=_LIVE_EVERY)
def _live(service: Service, staff: roles.Actor) -> None:
    """What waits and who talks, as it is now; the lists below stand still while somebody reads them."""
    with service.look() as work:
        found = overview.calls_now(work, actor=staff)
    _figures(service, found)
    if found.connected:
        st.subheader(words.t("calls.live"), anchor=False)
        _table(found.connected, "live")


def _figures(service: Service, found: CallsNow) -> None:
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
    rows = [
        Row(
            str(line.call_id),
            f"/calls?call={line.call_id}",
            tuple(value(line) for value in _COLUMNS.values()),
        )
        for line in lines
    ]
    headings = [words.t(f"calls.column.{column}") for column in _COLUMNS]
    opened = row_list.draw(headings, rows, key=f"calls_{name}", most_rows=_MOST_ROWS)
    if opened:
        st.query_params["call"] = opened
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


_COLUMNS: dict[str, Callable[[CallLine], str]] = {
    "number": lambda line: str(line.call_id),
    "at": lambda line: formats.instant(line.opened_at),
    "agent": lambda line: line.agent,
    "language": lambda line: words.t(f"calls.in.{line.language}"),
    "state": state,
    "decision": decision,
    "reason": reason,
    "cause": cause,
    "took": lambda line: formats.span(line.took) if line.took else "",
    "sealed": lambda line: words.t("calls.sealed.yes" if line.sealed_at else "calls.sealed.not_yet"),
}
