"""What is done about somebody who is here, or was: rights, a lock, password and authenticator, a leave, a return."""

import streamlit as st

from ca_core import roles, staff_joining, staff_rights
from ca_core.registration import leaving
from ca_core.roles import Role
from ca_core.staff_rights import Member
from console import words
from console.screens.staff_accounts import acting, half
from console.widgets import typed
from runtime.service import Service


def show(service: Service, by: roles.Actor, members: tuple[Member, ...]) -> None:
    others = {one.login: one for one in members if one.staff_id != by.staff_id}
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
        _gone(service, by, others[chosen])
    else:
        _active(service, by, others[chosen])


def _gone(service: Service, by: roles.Actor, one: Member) -> None:
    if st.button(words.t("staff.ask_return"), key="staff_return", help=words.t("staff.two")):
        acting.do(
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
            acting.do(
                service, by, subject, "staff.proposed",
                lambda work: staff_rights.propose_role(
                    work, by=by, login=one.login, role=role, now=service.now()
                ),
            )  # fmt: skip
        if one.locked_until is not None and st.button(words.t("staff.unlock"), key="staff_unlock"):
            acting.do(
                service, by, subject, "staff.unlocked",
                lambda work: staff_rights.unlock(work, by=by, login=one.login, now=service.now()),
            )  # fmt: skip
        resets = st.button(
            words.t("staff.ask_reset"), key="staff_ask_reset", help=words.t("staff.reset_help")
        )
        if resets:
            acting.do(
                service, by, subject, "staff.proposed",
                lambda work: staff_joining.propose_reset(work, by=by, login=one.login, now=service.now()),
                lambda asked: half.keep(half.Half(asked.half, one.name, "first")),
            )  # fmt: skip
        if st.button(words.t("staff.leave"), key="staff_leave", disabled=not sure):
            acting.do(
                service, by, subject, "staff.given_back",
                lambda work: leaving.leave(work, by=by, login=one.login, now=service.now()),
            )  # fmt: skip
