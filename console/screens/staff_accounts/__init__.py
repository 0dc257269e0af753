"""Staff accounts: who may sign in, what waits for a second administrator, and the acts of one and of two."""

from datetime import datetime

import streamlit as st

from ca_core import roles, staff_rights
from ca_core.staff_rights import Member
from console import words
from console.screens.staff_accounts import change, half, join, waiting
from console.widgets import alphabet, tables
from console.widgets import format as formats
from runtime.service import Service


def show(service: Service, by: roles.Actor) -> None:
    now = service.now()
    with service.look() as work:
        found = staff_rights.everybody(work, by=by, now=now)
    st.title(words.t("staff.title"), anchor=False)
    st.caption(words.t("staff.rule"))
    half.show()
    for proposal in found.waiting:
        waiting.show(service, by, proposal)
    members = tuple(sorted(found.members, key=lambda one: alphabet.place(one.name)))
    _list(members, now)
    for_change, for_join = st.tabs([words.t("staff.change"), words.t("staff.join.title")])
    with for_change:
        change.show(service, by, members)
    with for_join:
        join.show(service, by)


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
    if not one.is_enrolled:
        return words.t("staff.state.unenrolled")
    if one.locked_until is not None:
        return words.t("staff.state.locked", until=formats.clock(one.locked_until))
    return words.t("staff.state.active")
