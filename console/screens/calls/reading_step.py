"""The passport check: the zone that the server read, field by field, beside the picture."""

import streamlit as st

from ca_core.call import Call, Check, EvidenceKind, Gate
from ca_core.registration.passport import Field, Test
from console import words
from console.screens.calls import say, slow_acts, stepper, stills
from console.screens.calls.snapshot import Snapshot
from console.widgets import passport_panel

_DOCUMENTS = (EvidenceKind.DOCUMENT_FRONT, EvidenceKind.DOCUMENT_BACK)


def draw(snapshot: Snapshot, call: Call) -> None:
    documents = [item for item in snapshot.evidence if item.kind in _DOCUMENTS]
    if not documents:
        st.info(words.t("calls.document.none"), icon=":material/id_card:")
        say.sentence(call, "document")
        _buttons(snapshot, call, None)
        return
    newest = snapshot.newest.get(Gate.READING)
    looked_at = next((item for item in documents if newest and item.evidence_id == newest.evidence_id), None)
    still = looked_at or documents[-1]
    found = stills.read_of(still.evidence_id)
    if found is None or not found.verdict.holds:
        _advice(call, newest)
    # Before the panel: at the foot of a long one they would be out of sight.
    _buttons(snapshot, call, still.evidence_id)
    if found is not None:
        passport_panel.draw(found, still, address=f"/evidence/stills/{still.evidence_id}")
    else:
        st.html(stills.picture(still, height_px=220))
        st.caption(stills.remark(still))
        _remembered(newest)


def _buttons(snapshot: Snapshot, call: Call, evidence_id: int | None) -> None:
    with st.container(horizontal=True, key="call_acts"):
        if snapshot.passed(Gate.READING):
            st.button(
                words.t("calls.next"),
                key="reading_next",
                type="primary",
                icon=":material/arrow_forward:",
                shortcut="N",
                on_click=stepper.go_on,
            )
        stills.show_button("document_back", "show_back")
        slow_acts.take_button(snapshot, call, EvidenceKind.DOCUMENT_FRONT, "document")
        slow_acts.take_button(snapshot, call, EvidenceKind.DOCUMENT_BACK, stepper.READING, shortcut="B")
        if evidence_id is not None:
            st.button(
                words.t("calls.reading.again"),
                key="read_again",
                icon=":material/document_scanner:",
                on_click=slow_acts.ask,
                args=(slow_acts.Reading(evidence_id),),
            )


def _remembered(newest: Check | None) -> None:
    """A page that was loaded anew has the outcome, not the fields: those are read again from the still."""
    if newest is None or "not_good" not in newest.facts:
        st.warning(words.t("calls.reading.not_read"), icon=":material/help:")
        return
    pairs = [pair.split(":") for pair in newest.facts["not_good"].split(", ") if ":" in pair]
    if not pairs:
        st.success(words.t("calls.reading.was_good"), icon=":material/check_circle:")
        return
    named = ", ".join(passport_panel.named(Field(field), Test(test)) for field, test in pairs)
    st.error(words.t("calls.reading.was_not_good", what=named), icon=":material/error:")


def _advice(call: Call, newest: Check | None) -> None:
    """An ID card has its zone on the back; a hand in the light is the usual cause of the rest."""
    if newest is None or f"{Field.ZONE.value}:{Test.READ.value}" in newest.facts.get("not_good", ""):
        say.sentence(call, "document_back")
