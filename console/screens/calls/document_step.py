"""The document before the camera: show it, take a still, take another; an ID card has its zone on the back."""

import streamlit as st

from ca_core.call import Call, EvidenceKind
from console import words
from console.screens.calls import say, slow_acts, stepper, stills
from console.screens.calls.snapshot import Snapshot

_HEIGHT_PX = 300


def draw(snapshot: Snapshot, call: Call) -> None:
    say.sentence(call, "document")
    with st.container(horizontal=True, key="call_acts"):
        stills.show_button("document", "show_document")
        slow_acts.take_button(snapshot, call, EvidenceKind.DOCUMENT_FRONT, "document")
        slow_acts.take_button(snapshot, call, EvidenceKind.DOCUMENT_BACK, stepper.READING, shortcut="B")
    taken = snapshot.still(EvidenceKind.DOCUMENT_FRONT)
    if taken is None:
        st.info(words.t("calls.document.none"), icon=":material/id_card:")
        return
    stills.picture_of(snapshot, EvidenceKind.DOCUMENT_FRONT, height_px=_HEIGHT_PX)
