"""Staff accounts: who may sign in, what waits for a second administrator, and the acts of one and of two."""

from collections.abc import Callable
from datetime import datetime

import streamlit as st

from ca_core import roles, staff, staff_rights
from ca_core.approval import Proposal
from ca_core.errors import Refusal
from ca_core.roles import Role
from ca_core.staff_rights import Member
from console import words
from console.widgets import format as formats
from console.widgets import refusals, tables, typed
from runtime.service import Service


def show(service: Service, by: roles.Actor) -> None:
    now = service.now()
    with service.look() as work:
        found = staff_rights.everybody(work, by=by, now=now)
    st.title(words.t("staff.title"), anchor=False)
    st.caption(words.t("staff.rule"))
    for proposal in found.waiting:
        _waiting(service, by, proposal)
    _list(found.members, now)
    st.subheader(words.t("staff.change"), anchor=False)
    others = {one.login: one for one in found.members if one.staff_id != by.staff_id}
    chosen = st.selectbox(
        words.t("staff.person"),
        others,
        index=None,
        format_func=lambda login: f"{typed.plain(others[login].name)} ({login})",
        placeholder=words.t("staff.choose"),
        key="staff_person",
    )
    if chosen is None:
        return
    if others[chosen].left_at is not None:
        _left(service, by, others[chosen])
    else:
        _active(service, by, others[chosen])


def _list(members: tuple[Member, ...], now: datetime) -> None:
    tables.show(
        {
            words.t("staff.column.login"): [one.login for one in members],
            words.t("staff.column.name"): [one.name for one in members],
            words.t("staff.column.role"): [words.t(f"role.{one.role}") for one in members],
            words.t("staff.column.state"): [_state(one) for one in members],
            words.t("staff.column.signed_in"): [
                formats.instant(one.signed_in_at) if one.signed_in_at else words.t("staff.never")
                for one in members
            ],
        },
        empty=words.t("staff.empty"),
        key="staff",
    )


def _state(one: Member) -> str:
    if one.left_at is not None:
        return words.t("staff.state.left", at=formats.instant(one.left_at))
    if one.locked_until is not None:
        return words.t("staff.state.locked", until=formats.clock(one.locked_until))
    return words.t("staff.state.active")


def _waiting(service: Service, by: roles.Actor, proposal: Proposal) -> None:
    asked = dict(proposal.payload)
    mine = proposal.asked_by == by.staff_id
    number = proposal.proposal_id
    with st.container(border=True):
        what = words.t(
            f"staff.act.{proposal.act}",
            name=typed.plain(asked["name"]),
            role=words.t(f"role.{asked['to']}"),
            old=words.t(f"role.{asked['from']}"),
        )
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
                _do(
                    service, by, proposal.subject, "staff.agreed",
                    lambda work: staff_rights.agree(work, by=by, proposal_id=number, now=service.now()),
                )  # fmt: skip
            if st.button(words.t("staff.take_back" if mine else "staff.decline"), key=f"decline_{number}"):
                _do(
                    service, by, proposal.subject, "staff.declined",
                    lambda work: staff_rights.turn_down(work, by=by, proposal_id=number, now=service.now()),
                )  # fmt: skip


def _left(service: Service, by: roles.Actor, one: Member) -> None:
    if st.button(words.t("staff.ask_return"), key="staff_return", help=words.t("staff.two")):
        _do(
            service, by, f"staff/{one.staff_id}", "staff.proposed",
            lambda work: staff_rights.propose_return(work, by=by, login=one.login, now=service.now()),
        )  # fmt: skip


def _active(service: Service, by: roles.Actor, one: Member) -> None:
    subject = f"staff/{one.staff_id}"
    role = st.selectbox(
        words.t("staff.new_role"),
        [role for role in Role if role is not one.role],
        index=None,
        format_func=lambda role: words.t(f"role.{role}"),
        placeholder=words.t("staff.choose"),
        key=f"staff_role_{one.staff_id}",
    )
    sure = st.checkbox(words.t("staff.sure", name=typed.plain(one.name)), key=f"staff_sure_{one.staff_id}")
    with st.container(horizontal=True):
        asks = st.button(
            words.t("staff.ask_role"), key="staff_ask", disabled=role is None, help=words.t("staff.two")
        )
        if asks and role is not None:
            _do(
                service, by, subject, "staff.proposed",
                lambda work: staff_rights.propose_role(
                    work, by=by, login=one.login, role=role, now=service.now()
                ),
            )  # fmt: skip
        if one.locked_until is not None and st.button(words.t("staff.unlock"), key="staff_unlock"):
            _do(
                service, by, subject, "staff.unlocked",
                lambda work: staff_rights.unlock(work, by=by, login=one.login, now=service.now()),
            )  # fmt: skip
        if st.button(words.t("staff.leave"), key="staff_leave", disabled=not sure):
            _do(
                service, by, subject, "staff.left",
                lambda work: staff.disable(work, by=by, login=one.login, now=service.now()),
            )  # fmt: skip


def _do(service: Service, by: roles.Actor, subject: str, said: str, act: Callable[..., object]) -> None:
    try:
        with service.work(by=by, on=subject) as work:
            act(work)
    except Refusal as refusal:
        refusals.show(refusal)
        return
    st.toast(words.t(said))
    st.rerun()
