"""What takes seconds: a still, a reading, a comparison. A button's callback asks for it, the page does it while drawn.

The page is drawn anew whenever the call changes, and that stops the drawing under way: an act that were nothing but a
pressed button would be lost. So what was asked for stays asked for until it is begun.
"""

from dataclasses import dataclass

import streamlit as st

from ca_core.call import Call, EvidenceKind
from console import words
from console.screens.calls import attempts, stepper, stills
from console.screens.calls.snapshot import Snapshot, is_on_the_line
from runtime import calling


@dataclass(frozen=True, slots=True)
class Still:
    """`step` is where a refusal is shown; a document's still is read at once."""

    kind: EvidenceKind
    step: str


@dataclass(frozen=True, slots=True)
class Reading:
    evidence_id: int


@dataclass(frozen=True, slots=True)
class Comparison:
    """The newest face against document and register."""


Act = Still | Reading | Comparison
_ASKED = "calls.asked"


def forget() -> None:
    st.session_state.pop(_ASKED, None)


def ask(act: Act) -> None:
    st.session_state[_ASKED] = [act]


def take_button(
    snapshot: Snapshot, call: Call, kind: EvidenceKind, step: str, *, shortcut: str = "S"
) -> None:
    again = snapshot.still(kind) is not None
    main = not again and kind is not EvidenceKind.DOCUMENT_BACK
    st.button(
        words.t(f"calls.still.{'again' if again else 'take'}.{kind.value}"),
        key=f"take_{kind.value}",
        type="primary" if main else "secondary",
        icon=":material/photo_camera:",
        shortcut=shortcut,
        disabled=not is_on_the_line(call),
        on_click=ask,
        args=(Still(kind, step),),
    )


def do(snapshot: Snapshot, call: Call) -> None:
    """What was asked for, if anything; then the page is drawn with what came of it."""
    asked: list[Act] = st.session_state.get(_ASKED, [])
    if not asked:
        return
    act = asked[0]
    match act:
        case Still():
            with st.spinner(words.t("calls.still.taking")):
                attempts.attempt(act.step, lambda: _take(snapshot, call, asked, act.kind))
        case Reading():
            with st.spinner(words.t("calls.reading.reading")):
                attempts.attempt(stepper.READING, lambda: _read(snapshot, call, asked, act.evidence_id))
        case Comparison():
            with st.spinner(words.t("calls.face.comparing")):
                attempts.attempt(stepper.FACE, lambda: _compare(snapshot, call, asked))
    st.rerun()


# From the moment that the act is begun until it is written down, Streamlit's state is not touched: each touch is
# a place where the drawing may be stopped. A plain list and a plain dict are none.


def _take(snapshot: Snapshot, call: Call, asked: list[Act], kind: EvidenceKind) -> None:
    asked.clear()
    taken = calling.take_still(snapshot.service, actor=snapshot.staff, call_id=call.call_id, kind=kind)
    if kind is EvidenceKind.FACE:
        stills.show_nothing()
    else:
        asked.append(Reading(taken.evidence_id))


def _read(snapshot: Snapshot, call: Call, asked: list[Act], evidence_id: int) -> None:
    reads = stills.reads()
    asked.clear()
    reads[evidence_id] = calling.read_document(
        snapshot.service, actor=snapshot.staff, call_id=call.call_id, evidence_id=evidence_id
    )


def _compare(snapshot: Snapshot, call: Call, asked: list[Act]) -> None:
    asked.clear()
    calling.compare_faces(snapshot.service, actor=snapshot.staff, call_id=call.call_id)
