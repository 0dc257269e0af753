"""A supervisor's decision on an escalated call: what the agent asks, what is open, register or refuse, the outcome.

Drawn below the evidence, and only for whoever said why they look at it (R14).
"""

from collections.abc import Callable
from html import escape
from urllib.parse import quote

import streamlit as st

from ca_core import roles
from ca_core.call import STILLS, Decision, EvidenceKind, Gate, Settlement
from ca_core.errors import Refusal
from ca_core.ports import Work
from ca_core.registration import checklist, decide, settle
from ca_core.registration.checklist import GatesMissing
from ca_core.registration.decide import Reason
from ca_core.roles import Permission
from console import words
from console.screens.calls import lists, refusing, stills
from console.screens.calls.case import File
from console.widgets import format as formats
from console.widgets import refusals, typed

_PREFIX = "settle"
_REFUSED = "calls.settle.refused"


def draw(file: File) -> None:
    if file.settlement is not None:
        st.subheader(words.t("calls.settle.title"), anchor=False)
        _done(file, file.settlement)
    elif file.call.decision is Decision.ESCALATED and roles.may(file.staff, Permission.SETTLE_CALLS):
        st.subheader(words.t("calls.settle.title"), anchor=False)
        _open(file)


def _open(file: File) -> None:
    hindered = _asked(file, settle.require_open)
    if hindered is not None:
        st.warning(refusals.as_help(hindered), icon=":material/block:")
        return
    with st.container(border=True, key="call_settle"):
        st.caption(words.t("calls.settle.lead"))
        st.markdown(words.t("calls.settle.agent_note", note=f"**{typed.plain(file.call.decision_note)}**"))
        _faces(file)
        judged = [gate for gate in checklist.missing(file.checks) if gate in settle.JUDGED]
        if judged:
            st.markdown(words.t("calls.settle.judged", what=_steps(*judged)))
        elif not checklist.missing(file.checks):
            st.markdown(words.t("calls.settle.all_passed"))
        refusing.note(file.call.call_id, prefix=_PREFIX, label=words.t("calls.settle.note"))
        left, right = st.columns([2, 3], gap="large")
        with left:
            _register(file)
        with right:
            _refuse(file)
        _told_no(file)


def _faces(file: File) -> None:
    """What the judgement about the face is made on: the newest of each, beside the register's portrait."""
    newest = {item.kind: item for item in file.evidence if item.kind in STILLS}
    reason = quote(file.reason)
    figures = []
    for name, kind in (("face", EvidenceKind.FACE), ("document", EvidenceKind.DOCUMENT_FRONT)):
        if kind in newest:
            address = f"/evidence/stills/{newest[kind].evidence_id}?reason={reason}"
            figures.append((name, stills.picture(newest[kind], height_px=230, address=address)))
    alt = escape(words.t("calls.face.of.register"))
    address = f"/evidence/portrait/{file.call.call_id}?reason={reason}"
    figures.append(("register", f'<div class="qb-still"><img src="{address}" alt="{alt}"></div>'))
    drawn = "".join(
        f'<figure class="{name}">{picture}'
        f"<figcaption>{escape(words.t(f'calls.face.of.{name}'))}</figcaption></figure>"
        for name, picture in figures
    )
    st.html(f'<div class="qb-faces">{drawn}</div>')


def _asked(file: File, rule: Callable[..., object], **facts: object) -> Refusal | None:
    """What the core would say now; it is asked again at the click."""
    with file.service.look() as work:
        try:
            rule(work, actor=file.staff, call_id=file.call.call_id, **facts)
        except Refusal as refusal:
            return refusal
    return None


def _register(file: File) -> None:
    off = _asked(file, settle.require_registrable, now=file.now)
    why = _why(file, off) if off is not None else ""
    st.button(
        words.t("calls.settle.register"),
        key="settle_register",
        type="primary",
        icon=":material/how_to_reg:",
        disabled=off is not None,
        help=why or None,
        on_click=_registered,
        args=(file,),
    )
    if off is not None:
        st.markdown(f":orange[◔] {why}")
    elif file.call.decided_at is not None:
        until = formats.instant(file.call.decided_at + settle.WITHIN)
        st.caption(words.t("calls.settle.register_rule", phone=file.call.phone.masked, at=until))


def _why(file: File, off: Refusal) -> str:
    if isinstance(off, GatesMissing):
        what = _steps(*checklist.missing(file.checks, besides=settle.JUDGED))
        return words.t("calls.settle.cannot", what=what)
    return words.t("calls.settle.off", why=refusals.as_help(off))


def _steps(*gates: Gate) -> str:
    return ", ".join(words.t(f"calls.step.{gate.value}") for gate in gates)


def _refuse(file: File) -> None:
    call = file.call
    reason = refusing.choose(call.call_id, prefix=_PREFIX, reasons=settle.REASONS)
    if reason is not None:
        refusing.what_they_read(call, reason)
        proven = decide.is_phone_proven(file.checks)
        st.caption(words.t("calls.settle.sms" if proven else "calls.settle.no_sms"))
    st.button(
        words.t("calls.decide.refuse_now"),
        key="settle_refuse",
        icon=":material/block:",
        disabled=reason is None,
        help=None if reason else words.t("calls.decide.reason_first"),
        on_click=_refused,
        args=(file,),
    )


def _registered(file: File) -> None:
    note = refusing.noted(file.call.call_id, prefix=_PREFIX)
    _act(
        file,
        lambda work: settle.register(
            work, actor=file.staff, call_id=file.call.call_id, note=note, now=file.service.now()
        ),
    )


def _refused(file: File) -> None:
    call_id = file.call.call_id
    chosen = refusing.chosen(call_id, prefix=_PREFIX)
    if chosen is None:
        return
    note = refusing.noted(call_id, prefix=_PREFIX)
    _act(
        file,
        lambda work: settle.refuse(
            work, actor=file.staff, call_id=call_id, reason=chosen.reason, final=chosen.final, note=note,
            now=file.service.now(),
        ),
    )  # fmt: skip


def _act(file: File, do: Callable[[Work], Settlement]) -> None:
    st.session_state.pop(_REFUSED, None)
    try:
        with file.service.work(by=file.staff, on=f"call/{file.call.call_id}") as work:
            do(work)
    except Refusal as refusal:
        st.session_state[_REFUSED] = (file.call.call_id, refusal)


def _told_no(file: File) -> None:
    """Stays until the next act."""
    of, refusal = st.session_state.get(_REFUSED, (0, None))
    if refusal is not None and of == file.call.call_id:
        refusals.show(refusal)


def _done(file: File, settlement: Settlement) -> None:
    with st.container(border=True, key="call_settled"):
        st.markdown(f"### {lists.named(settlement.decision)}")
        who = typed.plain(settlement.by)
        st.markdown(words.t("calls.settle.done", name=who, at=formats.instant(settlement.at)))
        if settlement.reason:
            refusing.what_they_read(file.call, Reason(settlement.reason))
        st.caption(words.t("calls.done.note", note=typed.plain(settlement.note)))
