"""Lifting a hold: with the owner's code, or two officers (R10a)."""

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

_WAYS = ("owner", "two_officers")


def draw(page: Page, found: Certificate) -> None:
    way = "owner"
    if roles.may(page.staff, Permission.PROPOSE_BY_LAW):
        way = st.radio(
            words.t("acts.release.way"),
            _WAYS,
            format_func=lambda name: words.t(f"acts.release.by.{name}"),
            key=f"release_way_{found.serial.hex}",
            horizontal=True,
        )
    if way == "owner":
        _with_the_owner(page, found)
    else:
        _with_an_officer(page, found)


def _with_the_owner(page: Page, found: Certificate) -> None:
    serial = found.serial.hex
    st.caption(words.t("acts.never_ask"))
    typed = owner_code.draw(
        page.service, page.staff, owner=page.subscriber, purpose=CodePurpose.RELEASE_HOLD, subject=serial
    )
    if st.button(
        words.t("acts.release.confirm"),
        key=f"release_confirm_{serial}",
        type="primary",
        disabled=not owner_code.is_whole(typed),
        help=None if owner_code.is_whole(typed) else words.t("owner_code.first"),
    ):
        _release(page, found, typed)


def _release(page: Page, found: Certificate, typed: str) -> None:
    now = page.service.now()
    try:
        attempt = owner_code.take_try(
            page.service, page.staff, purpose=CodePurpose.RELEASE_HOLD, subject=found.serial.hex
        )
        with page.service.work(by=page.staff, on=found.serial.hex) as work:
            consent = owner_code.confirm(
                work,
                page.staff,
                attempt=attempt,
                purpose=CodePurpose.RELEASE_HOLD,
                subject=found.serial.hex,
                typed=typed,
                now=now,
            )
            hold.release_by_owner(work, actor=page.staff, serial=found.serial, owner=consent, now=now)
    except Refusal as refusal:
        owner_code.show(refusal, CodePurpose.RELEASE_HOLD, found.serial.hex, typed)
        return
    owner_code.forget(CodePurpose.RELEASE_HOLD, found.serial.hex)
    done(words.t("acts.release.done", serial=certificate_table.short_serial(found.serial.hex)))
    st.rerun()


def _with_an_officer(page: Page, found: Certificate) -> None:
    case = st.text_input(words.t("acts.hold.case"), key=f"release_case_{found.serial.hex}", max_chars=200)
    if not st.button(words.t("acts.propose"), key=f"release_propose_{found.serial.hex}", type="primary"):
        return
    try:
        with page.service.work(by=page.staff, on=found.serial.hex) as work:
            hold.propose_release(
                work, actor=page.staff, serial=found.serial, case=case, now=page.service.now()
            )
    except Refusal as refusal:
        refusals.show(refusal)
        return
    done(words.t("acts.proposed", serial=certificate_table.short_serial(found.serial.hex)))
    st.rerun()
