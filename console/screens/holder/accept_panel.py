"""The owner took the certificate over (RFC 3647 4.4): until then it counts as unused (R12)."""

import streamlit as st

from ca_core.certificate import Certificate
from ca_core.errors import Refusal
from ca_core.issuance import accept
from console import words
from console.screens.holder.page import Page, done
from console.widgets import certificate_table, refusals


def draw(page: Page, found: Certificate) -> None:
    st.caption(words.t("acts.accept.rule"))
    if not st.button(words.t("acts.accept.confirm"), key=f"accept_{found.serial.hex}", type="primary"):
        return
    try:
        with page.service.work(by=page.staff, on=found.serial.hex) as work:
            accept.by_owner(work, actor=page.staff, serial=found.serial, now=page.service.now())
    except Refusal as refusal:
        refusals.show(refusal)
        return
    done(words.t("acts.accept.done", serial=certificate_table.short_serial(found.serial.hex)))
    st.rerun()
