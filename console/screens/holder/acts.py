"""What can be done with a certificate: each act as a button, and why it is off where it is.

Whether an act is possible is asked of the core; the open act's panel stands below the buttons.
"""

from collections.abc import Callable
from enum import StrEnum

import streamlit as st

from ca_core import lifecycle, roles
from ca_core.certificate import Certificate
from ca_core.errors import Refusal
from ca_core.issuance import reissue, renew
from ca_core.ports import Work
from ca_core.revocation import hold, revoke
from ca_core.roles import Permission, Role
from console import words
from console.screens.holder import (
    accept_panel,
    hold_panel,
    law_panel,
    proposals,
    reissue_panel,
    release_panel,
    renew_panel,
    revoke_panel,
)
from console.screens.holder.page import Page, act_open_for, close_act, open_act
from console.widgets import refusals


class Act(StrEnum):
    REVOKE = "revoke"
    RENEW = "renew"
    REISSUE = "reissue"
    ACCEPT = "accept"
    HOLD = "hold"
    RELEASE = "release"
    BY_LAW = "by_law"


_PERMISSIONS = {
    Act.REVOKE: Permission.REVOKE_WITH_OWNER,
    Act.RENEW: Permission.OPEN_RENEWAL,
    Act.REISSUE: Permission.REISSUE,
    Act.ACCEPT: Permission.REISSUE,
    Act.HOLD: Permission.REVOKE_WITH_OWNER,
    Act.RELEASE: Permission.REVOKE_WITH_OWNER,
    Act.BY_LAW: Permission.PROPOSE_BY_LAW,
}
_PANELS: dict[Act, Callable[[Page, Certificate], None]] = {
    Act.REVOKE: revoke_panel.draw,
    Act.RENEW: renew_panel.draw,
    Act.REISSUE: reissue_panel.draw,
    Act.ACCEPT: accept_panel.draw,
    Act.HOLD: hold_panel.draw,
    Act.RELEASE: release_panel.draw,
    Act.BY_LAW: law_panel.draw,
}
_ICONS = {
    Act.REVOKE: ":material/block:",
    Act.RENEW: ":material/update:",
    Act.REISSUE: ":material/key:",
    Act.ACCEPT: ":material/done_all:",
    Act.HOLD: ":material/pause:",
    Act.RELEASE: ":material/play_arrow:",
    Act.BY_LAW: ":material/gavel:",
}


def _toggle(act: Act, serial: str) -> None:
    if act_open_for(serial) == act:
        close_act()
    else:
        open_act(act.value, serial)


def shown(staff: roles.Actor) -> list[Act]:
    """A call agent sees what a call agent may do; other roles also what is off for them, with the reason."""
    if staff.role is not Role.CALL_AGENT:
        return list(Act)
    return [act for act in Act if roles.may(staff, _PERMISSIONS[act])]


def buttons(page: Page, found: Certificate) -> dict[Act, Refusal | None]:
    """One row of buttons; why each act is off, or None where it is possible."""
    off = _off(page, found)
    opened = act_open_for(found.serial.hex)
    with st.container(horizontal=True, gap="small"):
        for act in shown(page.staff):
            refused = off[act]
            st.button(
                words.t(f"acts.{act.value}.button"),
                key=f"act_{act.value}",
                icon=_ICONS[act],
                type="primary" if opened == act else "secondary",
                disabled=refused is not None,
                help=refusals.as_help(refused) if refused else words.t(f"acts.{act.value}.help"),
                on_click=_toggle,
                args=(act, found.serial.hex),
            )
    return off


def panel(page: Page, found: Certificate, off: dict[Act, Refusal | None]) -> None:
    """What waits for a second officer, and the panel of the open act."""
    proposals.draw(page, found)
    opened = act_open_for(found.serial.hex)
    if opened is None:
        st.caption(words.t("acts.none_open"))
        _why_off(page, off)
        return
    act = Act(opened)
    refused = off[act]
    if refused is not None:
        refusals.show(refused)
        return
    with st.container(border=True):
        st.markdown(f"**{words.t(f'acts.{act.value}.title')}**")
        _PANELS[act](page, found)


def _why_off(page: Page, off: dict[Act, Refusal | None]) -> None:
    """In words beside the buttons too: what is off takes no focus, so its hint is for a mouse alone."""
    refused = {act: off[act] for act in shown(page.staff)}
    lines = [
        f"- **{words.t(f'acts.{act.value}.button').rstrip('…')}:** {refusals.as_help(why)}"
        for act, why in refused.items()
        if why
    ]
    if lines:
        st.caption("\n".join([words.t("acts.off_now"), "", *lines]))


def _off(page: Page, found: Certificate) -> dict[Act, Refusal | None]:
    """Why each act is off, or None where it is possible; all asked in one snapshot."""
    with page.service.look() as work:
        return {act: _refusal(act, page, found, work) for act in Act}


def _refusal(act: Act, page: Page, found: Certificate, work: Work) -> Refusal | None:
    try:
        roles.require(page.staff, _PERMISSIONS[act])
        _require(act, page, found, work)
    except Refusal as refused:
        return refused
    return None


def _require(act: Act, page: Page, found: Certificate, work: Work) -> None:
    match act:
        case Act.REVOKE | Act.BY_LAW:
            revoke.require_revocable(found, now=page.now)
        case Act.HOLD:
            hold.require_holdable(found, now=page.now)
        case Act.RELEASE:
            hold.require_on_hold(found)
        case Act.RENEW:
            _require_renewable_or_open(page, found, work)
        case Act.REISSUE:
            reissue.require_replaceable(work, found, now=page.now)
        case Act.ACCEPT:
            lifecycle.CERTIFICATE.after("accept", found.state)


def _require_renewable_or_open(page: Page, found: Certificate, work: Work) -> None:
    """An open renewal is looked at, not opened again."""
    try:
        renew.require_renewable(work, found, now=page.now)
    except renew.RenewalAlreadyOpen:
        return
