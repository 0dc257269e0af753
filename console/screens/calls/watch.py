"""Looks whether desk or call changed, every two seconds, with one short query or two: the page never stands still
because a signal of the dock was missed.
"""

from datetime import timedelta

import streamlit as st

from ca_core.call import DeskState
from console.screens.calls.snapshot import Snapshot

_EVERY = timedelta(seconds=2)


@st.fragment(run_every=_EVERY)
def over(snapshot: Snapshot) -> None:
    with snapshot.service.look() as work:
        place = work.desks.by_id(snapshot.desk.staff_id)
        call_id = place.call_id if place is not None else None
        found = work.calls.by_id(call_id) if call_id is not None else None
    state = place.state if place is not None else DeskState.OFFLINE
    mark = (state.value, place.version if place is not None else 0, found.version if found is not None else 0)
    if mark != snapshot.mark:
        st.rerun(scope="app")
