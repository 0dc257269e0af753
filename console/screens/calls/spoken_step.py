"""IIN and phone as the caller says them, typed blind: never filled in, cleared after; only "agrees" or not is shown."""

import streamlit as st

from ca_core.call import Call, Gate
from ca_core.identifiers import Iin, Phone
from ca_core.ports import Work
from ca_core.registration import spoken
from ca_core.registration.spoken import Agreement
from console import words
from console.screens.calls import attempts, say
from console.screens.calls.snapshot import Snapshot

# Room for the blanks that people type between groups.
_LONGEST = 20


def draw(snapshot: Snapshot, call: Call) -> None:
    say.sentence(call, "spoken")
    _last(snapshot)
    with st.form(key=f"spoken_{call.call_id}", border=False, enter_to_submit=True):
        left, right = st.columns(2)
        with left:
            st.text_input(
                words.t("calls.spoken.iin"), key="spoken_iin", max_chars=_LONGEST, autocomplete="off"
            )
        with right:
            st.text_input(
                words.t("calls.spoken.phone"), key="spoken_phone", max_chars=_LONGEST, autocomplete="off"
            )
        st.form_submit_button(
            words.t("calls.spoken.compare"),
            key="spoken_compare",
            type="primary",
            icon=":material/compare_arrows:",
            on_click=_compare,
            args=(snapshot, call.call_id),
        )
    st.caption(words.t("calls.spoken.rule"))


def _last(snapshot: Snapshot) -> None:
    newest = snapshot.newest.get(Gate.SPOKEN)
    if newest is None or "iin" not in newest.facts:
        return
    parts = []
    for name in ("iin", "phone"):
        agrees = newest.facts[name] == str(True)
        word = words.t("calls.spoken.agrees" if agrees else "calls.spoken.differs")
        parts.append(
            f":{'green' if agrees else 'red'}-badge[{'✓' if agrees else '✕'} {word}] {words.t(f'calls.spoken.{name}')}"
        )
    st.markdown(" · ".join(parts))


def _compare(snapshot: Snapshot, call_id: int) -> None:
    """What was typed leaves the page whatever comes of it."""
    iin, phone = str(st.session_state.get("spoken_iin", "")), str(st.session_state.get("spoken_phone", ""))

    def compare(work: Work) -> Agreement:
        return spoken.compare(
            work, actor=snapshot.staff, call_id=call_id, iin=Iin.parse(iin), phone=Phone.parse(phone),
            now=snapshot.service.now(),
        )  # fmt: skip

    attempts.act(snapshot, call_id, Gate.SPOKEN.value, compare)
    st.session_state["spoken_iin"] = ""
    st.session_state["spoken_phone"] = ""
