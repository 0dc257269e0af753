"""What another officer asked for, exactly as it was frozen: agree to it or not (R9, R10a)."""

import streamlit as st

from ca_core import approval, roles
from ca_core.approval import Proposal
from ca_core.certificate import Certificate
from ca_core.errors import Refusal
from ca_core.revocation import hold, revoke
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
    with st.container(border=True):
        st.markdown(f":orange-badge[◔ {words.t('acts.proposal.waits')}] **{_asked(proposal)}**")
        st.markdown(
            words.t(
                "acts.proposal.by",
                name=typed.plain(proposal.asked_by_name),
                at=formats.instant(proposal.asked_at),
                until=formats.instant(proposal.expires_at),
            )
        )
        st.caption(words.t("acts.proposal.digest", digest=formats.grouped(proposal.digest[:16])))
        with st.container(horizontal=True):
            if st.button(
                words.t("acts.proposal.agree"),
                key=f"agree_{proposal.proposal_id}",
                type="primary",
                disabled=refused is not None,
                help=refusals.as_help(refused) if refused else None,
            ):
                _agree(page, proposal)
            mine = proposal.asked_by == page.staff.staff_id
            if st.button(
                words.t("acts.proposal.take_back" if mine else "acts.proposal.decline"),
                key=f"decline_{proposal.proposal_id}",
                disabled=not roles.may(page.staff, Permission.AGREE_TO_PROPOSAL),
            ):
                _turn_down(page, proposal)


def _asked(proposal: Proposal) -> str:
    payload = dict(proposal.payload)
    what = words.t(f"proposals.act.{proposal.act}")
    if proposal.act != revoke.ACT_BY_LAW:
        return f"{what}: {typed.plain(payload['case'])}"
    reason = certificate_table.named(Reason(int(payload["reason"])), "reason")
    return f"{what}: {reason}; {typed.plain(payload['document'])}"


def _why_not(page: Page, proposal: Proposal) -> Refusal | None:
    try:
        roles.require(page.staff, Permission.AGREE_TO_PROPOSAL)
        approval.require_agreeable(proposal, second=page.staff.staff_id, now=page.now)
    except Refusal as refused:
        return refused
    return None


_AGREED = {
    revoke.ACT_BY_LAW: revoke.agree_by_law,
    hold.ACT_HOLD: hold.agree,
    hold.ACT_RELEASE: hold.agree_release,
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


def _turn_down(page: Page, proposal: Proposal) -> None:
    try:
        with page.service.work(by=page.staff, on=proposal.subject) as work:
            revoke.turn_down(work, actor=page.staff, proposal_id=proposal.proposal_id, now=page.service.now())
    except Refusal as refusal:
        refusals.show(refusal)
        return
    done(words.t("acts.proposal.turned_down"))
    st.rerun()
