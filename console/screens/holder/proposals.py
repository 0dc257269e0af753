"""What another officer asked for, exactly as frozen, and what the owner reported: answer, agree, or not (R9, R9a)."""

import streamlit as st

from ca_core import approval, roles
from ca_core.approval import Proposal
from ca_core.certificate import Certificate
from ca_core.errors import Refusal
from ca_core.revocation import hold, reports, revoke, two_officers
from ca_core.revocation.reasons import Reason
from ca_core.roles import Permission
from console import words
from console.screens.holder.page import Page, done
from console.widgets import certificate_table, refusals, typed
from console.widgets import format as formats


def draw(page: Page, found: Certificate) -> None:
    for proposal in page.holder.proposals:
        if proposal.subject == found.serial.hex:
            _one(page, proposal)
    elsewhere = sum(proposal.subject != found.serial.hex for proposal in page.holder.proposals)
    if elsewhere:
        st.caption(words.t("acts.proposal.elsewhere", n=elsewhere))


def _one(page: Page, proposal: Proposal) -> None:
    refused = _why_not(page, proposal)
    waits = words.t("acts.proposal.waits_first" if proposal.is_report else "acts.proposal.waits")
    step, take = ("take_up", _take_up) if proposal.is_report else ("agree", _agree)
    with st.container(border=True):
        st.markdown(f":orange-badge[◔ {waits}] **{_asked(proposal)}**")
        st.markdown(
            words.t(
                "acts.proposal.reported" if proposal.is_report else "acts.proposal.by",
                name=asker(proposal),
                at=formats.instant(proposal.asked_at),
                until=formats.instant(proposal.expires_at),
            )
        )
        st.caption(words.t("acts.proposal.digest", digest=formats.grouped(proposal.digest[:16])))
        with st.container(horizontal=True):
            if st.button(
                words.t(f"acts.proposal.{step}"),
                key=f"{step}_{proposal.proposal_id}",
                type="primary",
                disabled=refused is not None,
                help=refusals.as_help(refused) if refused else None,
            ):
                take(page, proposal)
            if not proposal.is_report:
                _decline_button(page, proposal)
        if proposal.is_report and refused is None:
            _dismissal(page, proposal)


def _decline_button(page: Page, proposal: Proposal) -> None:
    mine = proposal.asked_by == page.staff.staff_id
    if st.button(
        words.t("acts.proposal.take_back" if mine else "acts.proposal.decline"),
        key=f"decline_{proposal.proposal_id}",
        disabled=not roles.may(page.staff, Permission.AGREE_TO_PROPOSAL),
    ):
        _turn_down(page, proposal)


def _dismissal(page: Page, report: Proposal) -> None:
    """R9a: nobody turns a report down alone; this asks the second officer."""
    number = report.proposal_id
    why = st.text_input(words.t("acts.proposal.dismiss_why"), key=f"dismiss_why_{number}", max_chars=200)
    if st.button(words.t("acts.proposal.dismiss"), key=f"dismiss_{number}"):
        _propose_dismissal(page, report, why)


def asker(proposal: Proposal) -> str:
    """Who asks, or who told what no officer asks for yet: the owner, alone or with somebody of the staff."""
    if proposal.asked_by_name == roles.OWNER.name:
        return words.t("acts.proposal.owner")
    name = typed.plain(proposal.asked_by_name)
    return words.t("acts.proposal.owner_with", name=name) if proposal.is_report else name


def _asked(proposal: Proposal) -> str:
    payload = dict(proposal.payload)
    what = words.t(f"proposals.act.{proposal.act}")
    if proposal.act == approval.DISMISSAL:
        return f"{what}: {typed.plain(payload['why'])}"
    if proposal.act != revoke.ACT_BY_LAW:
        return f"{what}: {typed.plain(payload['case'])}"
    reason = certificate_table.named(Reason(int(payload["reason"])), "reason")
    return f"{what}: {reason}; {typed.plain(payload['document'])}"


def _why_not(page: Page, proposal: Proposal) -> Refusal | None:
    try:
        if proposal.is_report:
            roles.require(page.staff, Permission.PROPOSE_BY_LAW)
            approval.require_to_be_answered(proposal, page.holder.proposals, now=page.now)
            return None
        roles.require(page.staff, Permission.AGREE_TO_PROPOSAL)
        approval.require_agreeable(proposal, second=page.staff.staff_id, now=page.now)
    except Refusal as refused:
        return refused
    return None


_AGREED = {
    revoke.ACT_BY_LAW: revoke.agree_by_law,
    hold.ACT_HOLD: hold.agree,
    hold.ACT_RELEASE: hold.agree_release,
    approval.DISMISSAL: reports.agree_dismissal,
}


def _agree(page: Page, proposal: Proposal) -> None:
    try:
        with page.service.work(by=page.staff, on=proposal.subject) as work:
            _AGREED[proposal.act](
                work, actor=page.staff, proposal_id=proposal.proposal_id, now=page.service.now()
            )
    except Refusal as refusal:
        refusals.show(refusal)
        return
    done(
        words.t(f"acts.proposal.done.{proposal.act}", serial=certificate_table.short_serial(proposal.subject))
    )
    st.rerun()


def _take_up(page: Page, proposal: Proposal) -> None:
    try:
        with page.service.work(by=page.staff, on=proposal.subject) as work:
            reports.take_up(work, actor=page.staff, proposal_id=proposal.proposal_id, now=page.service.now())
    except Refusal as refusal:
        refusals.show(refusal)
        return
    done(words.t("acts.proposal.taken_up"))
    st.rerun()


def _propose_dismissal(page: Page, report: Proposal, why: str) -> None:
    try:
        with page.service.work(by=page.staff, on=report.subject) as work:
            reports.propose_dismissal(
                work, actor=page.staff, proposal_id=report.proposal_id, why=why, now=page.service.now()
            )
    except Refusal as refusal:
        refusals.show(refusal)
        return
    done(words.t("acts.proposal.dismissal_asked"))
    st.rerun()


def _turn_down(page: Page, proposal: Proposal) -> None:
    try:
        with page.service.work(by=page.staff, on=proposal.subject) as work:
            two_officers.turn_down(
                work, actor=page.staff, proposal_id=proposal.proposal_id, now=page.service.now()
            )
    except Refusal as refusal:
        refusals.show(refusal)
        return
    done(words.t("acts.proposal.turned_down"))
    st.rerun()
