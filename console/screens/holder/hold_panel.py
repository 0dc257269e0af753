"""A hold: two officers on a fraud case, or the owner's code while the owner is on the line or at the counter (R10a)."""

import streamlit as st

from ca_core import roles
from ca_core.certificate import Certificate
from ca_core.errors import Refusal
from ca_core.registration.sms_code import CodePurpose
from ca_core.revocation import hold
from ca_core.roles import Permission
from console import words
from console.screens.holder.page import Page, done
from console.widgets import certificate_table, owner_code, refusals

_WAYS = ("two_officers", "owner")


def draw(page: Page, found: Certificate) -> None:
    st.caption(words.t("acts.hold.rule", at_most=page.service.policy.certificates.hold_at_most))
    way = "owner"
    if roles.may(page.staff, Permission.PROPOSE_BY_LAW):
        way = st.radio(
            words.t("acts.hold.way"),
            _WAYS,
            format_func=lambda name: words.t(f"acts.hold.by.{name}"),
            key=f"hold_way_{found.serial.hex}",
            horizontal=True,
        )
    if way == "owner":
        _with_the_owner(page, found)
    else:
        _with_an_officer(page, found)


def _with_an_officer(page: Page, found: Certificate) -> None:
    case = st.text_input(words.t("acts.hold.case"), key=f"hold_case_{found.serial.hex}", max_chars=200)
    if st.button(
        words.t("acts.propose"),
        key=f"hold_propose_{found.serial.hex}",
        type="primary",
        icon=":material/pause:",
    ):
        _propose(page, found, case)


def _propose(page: Page, found: Certificate, case: str) -> None:
    try:
        with page.service.work(by=page.staff, on=found.serial.hex) as work:
            hold.propose(work, actor=page.staff, serial=found.serial, case=case, now=page.service.now())
    except Refusal as refusal:
        refusals.show(refusal)
        return
    done(words.t("acts.proposed", serial=certificate_table.short_serial(found.serial.hex)))
    st.rerun()


def _with_the_owner(page: Page, found: Certificate) -> None:
    serial = found.serial.hex
    st.caption(words.t("acts.never_ask"))
    typed = owner_code.draw(
        page.service, page.staff, owner=page.subscriber, purpose=CodePurpose.HOLD, subject=serial
    )
    if st.button(
        words.t("acts.hold.confirm"),
        key=f"hold_confirm_{serial}",
        type="primary",
        icon=":material/pause:",
        disabled=not owner_code.is_whole(typed),
        help=None if owner_code.is_whole(typed) else words.t("owner_code.first"),
    ):
        _hold(page, found, typed)


def _hold(page: Page, found: Certificate, typed: str) -> None:
    now, serial = page.service.now(), found.serial.hex
    try:
        attempt = owner_code.take_try(page.service, page.staff, purpose=CodePurpose.HOLD, subject=serial)
        with page.service.work(by=page.staff, on=serial) as work:
            consent = owner_code.confirm(
                work,
                page.staff,
                attempt=attempt,
                purpose=CodePurpose.HOLD,
                subject=serial,
                typed=typed,
                now=now,
            )
            hold.with_owner(work, actor=page.staff, serial=found.serial, owner=consent, now=now)
    except Refusal as refusal:
        owner_code.show(refusal, CodePurpose.HOLD, serial, typed)
        return
    owner_code.forget(CodePurpose.HOLD, serial)
    done(words.t("acts.hold.done", serial=certificate_table.short_serial(serial)))
    st.rerun()
