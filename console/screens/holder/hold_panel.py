"""A hold by two officers on a fraud case (R10a)."""

import streamlit as st

from ca_core.certificate import Certificate
from ca_core.errors import Refusal
from ca_core.revocation import hold
from console import words
from console.screens.holder.page import Page, done
from console.widgets import certificate_table, refusals


def draw(page: Page, found: Certificate) -> None:
    st.caption(words.t("acts.hold.rule", at_most=page.service.policy.certificates.hold_at_most))
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
