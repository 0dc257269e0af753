"""The face against the document's portrait and the register's: the agent decides first, then sees the machine's band.

What the machine thinks is told in bands with the error that was measured, never in percent of likeness.
"""

from html import escape

import streamlit as st

from ca_core.call import Call, Check, EvidenceKind, Gate
from ca_core.face_attempt import Band
from ca_core.registration import face
from ca_core.registration.face import Opinion
from console import words
from console.screens.calls import attempts, say, slow_acts, stepper, stills
from console.screens.calls.snapshot import Snapshot, is_on_the_line

_LOOKS = {
    Band.SAME: ("✓", "green"),
    Band.DOUBTFUL: ("≈", "orange"),
    Band.OTHER: ("✕", "red"),
    Band.NOT_COMPARABLE: ("?", "gray"),
}


def draw(snapshot: Snapshot, call: Call) -> None:
    last = snapshot.newest.get(Gate.FACE)
    say.sentence(call, "face")
    with st.container(horizontal=True, key="call_acts"):
        stills.show_button("face", "show_face")
        slow_acts.take_button(snapshot, call, EvidenceKind.FACE, stepper.FACE)
        if snapshot.passed(Gate.FACE):
            st.button(
                words.t("calls.next"),
                key="face_next",
                type="primary",
                icon=":material/arrow_forward:",
                shortcut="N",
                on_click=stepper.go_on,
            )
    if snapshot.still(EvidenceKind.FACE) is None:
        st.info(words.t("calls.face.none"), icon=":material/face:")
        return
    _pictures(snapshot, call)
    facts = last.facts if last is not None else {}
    if "opinion" not in facts:
        _ask(snapshot, call)
    elif "bands" not in facts:
        _compare_again(facts["opinion"])
    elif last is not None:
        _bands(snapshot, call, last)


def _pictures(snapshot: Snapshot, call: Call) -> None:
    face_still = snapshot.still(EvidenceKind.FACE)
    document = snapshot.still(EvidenceKind.DOCUMENT_FRONT)
    shown = [
        ("face", stills.picture(face_still, height_px=230) if face_still else ""),
        ("document", stills.picture(document, height_px=230) if document else ""),
        ("register", _portrait(call) if snapshot.passed(Gate.READING) else ""),
    ]
    figures = "".join(
        f'<figure class="{name}">{drawn}<figcaption>{escape(words.t(f"calls.face.of.{name}"))}</figcaption></figure>'
        for name, drawn in shown
    )
    st.html(f'<div class="qb-faces">{figures}</div>')


def _portrait(call: Call) -> str:
    """Handed out while the caller is on the line, and at no other time."""
    if not is_on_the_line(call):
        return '<div class="qb-still"></div>'
    alt = escape(words.t("calls.face.of.register"))
    return f'<div class="qb-still"><img src="/evidence/portrait/{call.call_id}" alt="{alt}"></div>'


def _ask(snapshot: Snapshot, call: Call) -> None:
    st.markdown(f"**{words.t('calls.face.ask')}**")
    with st.container(horizontal=True):
        for opinion, key in ((Opinion.SAME, "Y"), (Opinion.OTHER, "O"), (Opinion.UNSURE, "U")):
            st.button(
                words.t(f"calls.face.opinion.{opinion.value}"),
                key=f"opinion_{opinion.value}",
                shortcut=key,
                on_click=_decide,
                args=(snapshot, call.call_id, opinion),
            )
    st.caption(words.t("calls.face.first"))


def _decide(snapshot: Snapshot, call_id: int, opinion: Opinion) -> None:
    """The agent's opinion is stored before the machine is asked for its own."""
    done = attempts.act(
        snapshot, call_id, stepper.FACE,
        lambda work: face.decide(
            work, actor=snapshot.staff, call_id=call_id, opinion=opinion, now=snapshot.service.now()
        ),
    )  # fmt: skip
    if done:
        slow_acts.ask(slow_acts.Comparison())


def _compare_again(opinion: str) -> None:
    st.markdown(words.t("calls.face.you_said", opinion=words.t(f"calls.face.opinion.{opinion}")))
    st.button(
        words.t("calls.face.compare"),
        key="face_compare",
        type="primary",
        icon=":material/compare:",
        on_click=slow_acts.ask,
        args=(slow_acts.Comparison(),),
    )


def _bands(snapshot: Snapshot, call: Call, last: Check) -> None:
    st.markdown(
        words.t("calls.face.you_said", opinion=words.t(f"calls.face.opinion.{last.facts['opinion']}"))
    )
    for pair in last.facts["bands"].split(", "):
        against, _, name = pair.partition("=")
        band = Band(name)
        icon, colour = _LOOKS[band]
        st.markdown(
            f":{colour}-badge[{icon} {words.t(f'calls.face.band.{band.value}')}] "
            f"{words.t(f'calls.face.against.{against}')} — {words.t(f'calls.face.means.{band.value}')}"
        )
    if snapshot.passed(Gate.FACE):
        return
    if face.may_insist(last):
        _insist(snapshot, call)
    else:
        st.error(words.t("calls.face.no_way"), icon=":material/block:")


def _insist(snapshot: Snapshot, call: Call) -> None:
    st.text_input(
        words.t("calls.face.insist_why"), key=f"insist_{call.call_id}", max_chars=500, autocomplete="off"
    )
    st.button(
        words.t("calls.face.insist"),
        key="face_insist",
        icon=":material/gavel:",
        on_click=_insisted,
        args=(snapshot, call.call_id),
    )


def _insisted(snapshot: Snapshot, call_id: int) -> None:
    # As it stands in the field now: a click right after typing comes before the page is drawn with it.
    reason = str(st.session_state.get(f"insist_{call_id}") or "")
    attempts.act(
        snapshot, call_id, stepper.FACE,
        lambda work: face.insist(
            work, actor=snapshot.staff, call_id=call_id, reason=reason, now=snapshot.service.now()
        ),
    )  # fmt: skip
