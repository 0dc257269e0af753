"""One act of the checklist: done before the page is drawn, its refusal shown in the step where it was asked for."""

from collections.abc import Callable

import streamlit as st

from ca_core.errors import Refusal
from ca_core.ports import Work
from console.screens.calls import stepper
from console.screens.calls.snapshot import Snapshot
from console.widgets import refusals

_REFUSED = "calls.refused"
_SAID = "calls.said"

Act = Callable[[Work], object]


def act(snapshot: Snapshot, call_id: int, step: str, do: Act) -> bool:
    """In a work of its own, as a button's callback. Whether it was done."""

    def in_work() -> None:
        with snapshot.service.work(by=snapshot.staff, on=f"call/{call_id}") as work:
            do(work)

    return attempt(step, in_work)


def attempt(step: str, do: Callable[[], object]) -> bool:
    """The same for acts that need more than one work."""
    st.session_state.pop(_REFUSED, None)
    stepper.acted(step)
    try:
        do()
    except Refusal as refusal:
        st.session_state[_REFUSED] = refusal
        return False
    return True


def say(sentence: str) -> None:
    """What came of it, shown once the page is drawn."""
    st.session_state[_SAID] = sentence


def forget() -> None:
    st.session_state.pop(_REFUSED, None)
    st.session_state.pop(_SAID, None)


def shown() -> None:
    """Both stay until the next act: who looked away reads them still."""
    refused = st.session_state.get(_REFUSED)
    if refused is not None:
        refusals.show(refused)
    sentence = st.session_state.pop(_SAID, None)
    if sentence:
        st.toast(sentence, icon=":material/check_circle:")
