"""The evidence of a call (R14): a reason first, then stills, both parties' recordings, events, the checklist's history.

Everything that is looked at bears the viewer's name; each look at a piece is an entry of the audit log.
"""

from urllib.parse import quote

import streamlit as st

from ca_core import roles
from ca_core.call import STILLS, Check, Decision, Evidence, EvidenceKind, Gate
from ca_core.errors import Refusal
from ca_core.lookup import RevealReason
from console import words
from console.components import film_player, listening
from console.screens.calls import (
    case,
    event_table,
    file_check,
    line_table,
    lists,
    settle_panel,
    stepper,
    stills,
    style,
)
from console.screens.calls.case import File
from console.widgets import format as formats
from console.widgets import passport_panel, refusals, tables, typed, watermark
from runtime import calling
from runtime.service import Service

_REREAD = "calls.file.reread"
_REASONS = (RevealReason.COMPLAINT, RevealReason.FRAUD_CASE, RevealReason.COURT_ORDER)
_QUALITY = "quality"
_ESCALATED = "escalated"


def draw(service: Service, staff: roles.Actor, call_id: int) -> None:
    st.html(style.CSS)
    if st.button(words.t("calls.file.back"), key="file_back", icon=":material/arrow_back:", type="tertiary"):
        st.query_params.clear()
        st.rerun()
    try:
        file = case.read(service, staff, call_id)
    except Refusal as refusal:
        refusals.show(refusal)
        return
    _heading(file)
    _seal(file)
    _history(file)
    if not file.reason:
        _ask_why(file)
        return
    st.caption(words.t("calls.file.shown_for", reason=_said(file.reason)))
    st.html(watermark.over_the_page(staff, file.now))
    _listening(file)
    file_check.draw(file)
    _stills(file)
    _recordings(file)
    line_table.draw(file)
    event_table.draw(file)
    settle_panel.draw(file)


def _said(reason: str) -> str:
    """As it was chosen, in the reader's language, and what was written to it."""
    chosen, colon, written = reason.partition(": ")
    return words.t(f"calls.file.reason.{chosen}") + typed.plain(f"{colon}{written}")


def _heading(file: File) -> None:
    call = file.call
    st.subheader(words.t("calls.file.title", number=str(call.call_id)), anchor=False)
    parts = [
        formats.instant(call.opened_at),
        words.t(f"calls.in.{call.language}"),
        f"{words.t('calls.caller.iin')} {call.iin.masked}",
        f"{words.t('calls.caller.phone')} {call.phone.masked}",
        f"{words.t('calls.column.agent')}: {typed.plain(file.agent)}" if file.agent else "",
        words.t(f"calls.cause.{call.cause.name.lower()}") if call.cause else "",
        f"{words.t('calls.file.policy')} {typed.plain(call.policy_version)}",
    ]
    st.markdown(" · ".join(part for part in parts if part))
    if call.decision is not None:
        said = words.t(f"calls.decision.{call.decision.name.lower()}")
        why = words.t(f"calls.reason.{call.decision_reason}") if call.decision_reason else ""
        told = (f"**{words.t('calls.column.decision')}: {said}**", why, typed.plain(call.decision_note))
        st.markdown(" — ".join(part for part in told if part))
    if file.settlement is not None:
        who = words.t(
            "calls.settle.done", name=typed.plain(file.settlement.by), at=formats.instant(file.settlement.at)
        )
        st.markdown(f"**→ {lists.named(file.settlement.decision)}** — {who}")


def _seal(file: File) -> None:
    """Whether checklist, decision and the list of files are those of the sealing; the files are another question."""
    if file.call.sealed_at is None:
        st.info(words.t("calls.sealed.wait"), icon=":material/hourglass_empty:")
    elif file.still_sealed:
        st.success(words.t("calls.sealed.holds", at=file.call.sealed_at), icon=":material/verified:")
    else:
        st.error(words.t("calls.sealed.broken"), icon=":material/gpp_bad:")


def _ask_why(file: File) -> None:
    st.info(words.t("calls.file.why_first"), icon=":material/visibility:")
    waits = file.call.decision is Decision.ESCALATED and file.settlement is None
    options = [*([_ESCALATED] if waits else []), *(reason.value for reason in _REASONS), _QUALITY]
    reason = st.radio(
        words.t("reveal.why"), options, index=None, key=f"file_why_{file.call.call_id}", horizontal=True,
        format_func=lambda name: words.t(f"calls.file.reason.{name}"),
    )  # fmt: skip
    st.text_input(words.t("reveal.note"), key=f"file_note_{file.call.call_id}", max_chars=200)
    st.button(
        words.t("calls.file.show"),
        key="file_show",
        type="primary",
        disabled=reason is None,
        help=None if reason else words.t("reveal.reason_first"),
        on_click=_give_reason,
        args=(file.call.call_id,),
    )


def _give_reason(call_id: int) -> None:
    """As the words stand now: a click right after typing comes before the page is drawn with them."""
    reason = st.session_state.get(f"file_why_{call_id}")
    if reason is None:
        return
    written = " ".join(str(st.session_state.get(f"file_note_{call_id}") or "").split())
    case.give_reason(call_id, f"{reason}: {written}" if written else str(reason))
    event_table.forget()
    file_check.forget()
    st.session_state.pop(_REREAD, None)


def _listening(file: File) -> None:
    if file.is_on_the_line and roles.may(file.staff, roles.Permission.LISTEN_IN):
        st.subheader(words.t("listening.title"), anchor=False)
        listening.mount(call_id=file.call.call_id, reason=file.reason)


def _stills(file: File) -> None:
    st.subheader(words.t("calls.file.stills"), anchor=False)
    found = [item for item in file.evidence if item.kind in STILLS]
    if not found:
        st.info(words.t("calls.file.no_stills"), icon=":material/inbox:")
    for start in range(0, len(found), 3):
        for column, item in zip(st.columns(3), found[start : start + 3], strict=False):
            with column:
                st.html(stills.picture(item, height_px=220, address=_still_address(file, item)))
                st.caption(f"{words.t(f'calls.still.name.{item.kind.value}')} · {stills.remark(item)}")
                st.caption(
                    f"SHA-256 {formats.grouped(item.sha256.hex()[:16])} · {typed.plain(item.asked_by)}"
                )
                if item.kind is not EvidenceKind.FACE:
                    _reread_button(file, item)
    _reread_shown(file)


def _still_address(file: File, item: Evidence) -> str:
    return f"/evidence/stills/{item.evidence_id}?reason={quote(file.reason)}"


def _reread_button(file: File, item: Evidence) -> None:
    """The passport panel over stored evidence: decides nothing, leaves an entry."""
    if not st.button(
        words.t("calls.file.reread"), key=f"reread_{item.evidence_id}", icon=":material/document_scanner:"
    ):
        return
    try:
        with st.spinner(words.t("calls.reading.reading")):
            read = calling.reread(
                file.service, actor=file.staff, call_id=file.call.call_id, evidence_id=item.evidence_id,
                reason=file.reason,
            )  # fmt: skip
    except Refusal as refusal:
        refusals.show(refusal)
        return
    st.session_state[_REREAD] = (item, read)


def _reread_shown(file: File) -> None:
    item, read = st.session_state.get(_REREAD, (None, None))
    if item is None or item.call_id != file.call.call_id:
        return
    with st.container(border=True):
        passport_panel.draw(read, item, address=_still_address(file, item))


def _recordings(file: File) -> None:
    st.subheader(words.t("calls.file.recordings"), anchor=False)
    parts = [item for item in file.evidence if item.kind is EvidenceKind.RECORDING]
    if not parts:
        st.info(words.t("calls.file.no_recordings"), icon=":material/inbox:")
    for item in parts:
        if not item.closed:
            said = "being_recorded" if file.is_on_the_line else "not_closed"
            st.caption(words.t(f"calls.file.{said}"))
        st.caption(formats.clock(item.taken_at))
        film_player.mount(
            evidence_id=item.evidence_id, reason=file.reason, is_spoken_into=file.is_spoken_into
        )


def _history(file: File) -> None:
    """Every line of the checklist: what was passed, what was opened again, and by whom."""
    with st.expander(words.t("calls.file.checklist", n=len(file.checks)), expanded=not file.reason):
        tables.show(
            {
                words.t("calls.column.at"): [formats.clock(check.at) for check in file.checks],
                words.t("calls.column.gate"): [
                    words.t(f"calls.step.{check.gate.value}") for check in file.checks
                ],
                words.t("calls.column.outcome"): [_outcome(check) for check in file.checks],
                words.t("calls.column.by"): [_by(check) for check in file.checks],
                words.t("calls.column.facts"): [_told(check) for check in file.checks],
            },
            empty=words.t("calls.file.no_checks"),
            key="file_checks",
        )


def _outcome(check: Check) -> str:
    icon, _ = stepper.LOOKS[check.outcome]
    return f"{icon} {words.t(f'calls.outcome.{check.outcome.value}')}"


def _by(check: Check) -> str:
    return _worded("by", check.by)


def _told(check: Check) -> str:
    """Digests help nobody who reads this."""
    shown = {name: fact for name, fact in check.facts.items() if fact and not name.endswith("sha256")}
    if check.gate is Gate.SPOKEN:
        return ", ".join(
            f"{words.t(f'calls.spoken.{name}')}: {_agreed(fact)}" for name, fact in shown.items()
        )
    return ", ".join(
        f"{_worded('fact', name)}: {_worded('fact_value', fact)}" for name, fact in shown.items()
    )


def _agreed(fact: str) -> str:
    return words.t("calls.spoken.agrees" if fact == str(True) else "calls.spoken.differs")


def _worded(section: str, name: str) -> str:
    """The words for a stored name; what was written by people is shown as it is."""
    key = f"calls.{section}.{name}"
    return words.t(key) if words.has(key) else name
