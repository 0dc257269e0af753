"""A proposal about staff that waits for a second administrator."""

import streamlit as st

from ca_core import roles, staff_joining, staff_rights
from ca_core.approval import Proposal
from console import words
from console.screens.staff_accounts import acting, half
from console.widgets import format as formats
from console.widgets import typed
from runtime.service import Service


def show(service: Service, by: roles.Actor, proposal: Proposal) -> None:
    mine = proposal.asked_by == by.staff_id
    number = proposal.proposal_id
    with st.container(border=True):
        what = _what(proposal)
        st.markdown(f":orange-badge[◔ {words.t('staff.waits')}] **{what}**")
        st.caption(
            words.t(
                "staff.asked",
                name=typed.plain(proposal.asked_by_name),
                at=formats.instant(proposal.asked_at),
                until=formats.instant(proposal.expires_at),
            )
        )
        with st.container(horizontal=True):
            help_ = words.t("staff.second_needed") if mine else None
            label = words.t("staff.agree")
            if st.button(label, key=f"agree_{number}", type="primary", disabled=mine, help=help_):
                _agree(service, by, proposal)
            if st.button(words.t("staff.take_back" if mine else "staff.decline"), key=f"decline_{number}"):
                acting.do(
                    service, by, proposal.subject, "staff.declined",
                    lambda work: staff_rights.turn_down(work, by=by, proposal_id=number, now=service.now()),
                )  # fmt: skip


def _agree(service: Service, by: roles.Actor, proposal: Proposal) -> None:
    number = proposal.proposal_id
    if proposal.act in staff_joining.ACTS:
        name = dict(proposal.payload)["name"]
        acting.do(
            service, by, proposal.subject, "staff.agreed_code",
            lambda work: staff_joining.agree(work, by=by, proposal_id=number, now=service.now()),
            lambda letters: half.keep(half.Half(letters, name, "second")),
        )  # fmt: skip
        return
    acting.do(
        service, by, proposal.subject, "staff.agreed",
        lambda work: staff_rights.agree(work, by=by, proposal_id=number, now=service.now()),
    )  # fmt: skip


def _what(proposal: Proposal) -> str:
    asked = dict(proposal.payload)
    return words.t(
        f"staff.act.{proposal.act}",
        name=typed.plain(asked["name"]),
        login=typed.plain(asked["login"]),
        role=words.t(f"role.{asked['to']}"),
        old=words.t(f"role.{asked['from']}") if asked["from"] else "",
        region=words.region(int(asked["region"])) if "region" in asked else "",
    )
