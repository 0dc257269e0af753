"""An agent without a caller on the line: what happens here, how it stands, and their own calls of today."""

import streamlit as st

from ca_core.call import DeskState
from ca_core.overview import QueueNow
from console import words
from console.screens.calls import lists, style, watch
from console.screens.calls.snapshot import Snapshot
from console.widgets import format as formats
from console.widgets import tables

# Something is about to happen: the page says what, and nothing else moves.
_ABOUT_TO = (DeskState.OFFERED, DeskState.IN_CALL)


def draw(snapshot: Snapshot) -> None:
    st.html(style.CSS)
    st.title(words.t("page.calls"), anchor=False)
    if snapshot.desk.state in _ABOUT_TO:
        _about_to(snapshot)
    else:
        _idle(snapshot)
    watch.over(snapshot)


def _about_to(snapshot: Snapshot) -> None:
    ringing = snapshot.desk.state is DeskState.IN_CALL
    name = "ringing" if ringing else "offered"
    with st.container(key=f"call_{name}"):
        st.info(words.t(f"calls.{name}"), icon=":material/ring_volume:")
        st.markdown(words.t(f"calls.{name}_next"))
        st.caption(words.t("home.never_ask"))


def _idle(snapshot: Snapshot) -> None:
    state = snapshot.desk.state.value
    st.info(words.t(f"calls.desk.{state}"), icon=":material/headset_mic:")
    if snapshot.queue is not None:
        _queue(snapshot, snapshot.queue)
        _own_calls(snapshot.queue)


def _queue(snapshot: Snapshot, queue: QueueNow) -> None:
    left, right = st.columns([1, 2], gap="medium")
    with left:
        oldest = queue.waiting.oldest_at
        age = formats.span(snapshot.now - oldest) if oldest is not None else None
        st.metric(
            words.t("calls.waiting"),
            formats.number(queue.waiting.n),
            delta=words.t("calls.oldest", age=age) if age else None,
            delta_color="off",
            delta_arrow="off",
        )
    with right:
        st.markdown(words.t("calls.what_happens"))
        if snapshot.desk.state is not DeskState.AVAILABLE:
            st.markdown(words.t("calls.to_begin"))
        st.caption(words.t("home.never_ask"))


def _own_calls(queue: QueueNow) -> None:
    st.subheader(words.t("calls.own_today"), anchor=False)
    lines = queue.own
    tables.show(
        {
            words.t("calls.column.at"): [formats.clock(line.opened_at) for line in lines],
            words.t("calls.column.language"): [words.t(f"calls.in.{line.language}") for line in lines],
            words.t("calls.column.decision"): [lists.decision(line) for line in lines],
            words.t("calls.column.reason"): [lists.reason(line) for line in lines],
            words.t("calls.column.cause"): [lists.cause(line) for line in lines],
            words.t("calls.column.took"): [formats.span(line.took) if line.took else "" for line in lines],
        },
        empty=words.t("calls.own_none"),
        key="own_calls",
    )
