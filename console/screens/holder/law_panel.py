"""Revoking by law: death, court order, error of the CA, proven compromise; two officers and a document (R9)."""

import streamlit as st

from ca_core.certificate import Certificate
from ca_core.errors import Refusal
from ca_core.revocation import reasons, revoke
from ca_core.revocation.reasons import Reason
from console import words
from console.screens.holder.page import Page, done
from console.widgets import certificate_table, refusals


def draw(page: Page, found: Certificate) -> None:
    serial = found.serial.hex
    st.caption(words.t("acts.by_law.rule"))
    reason = st.radio(
        words.t("acts.by_law.reason"),
        reasons.BY_LAW,
        format_func=lambda r: words.t(f"acts.by_law.because.{r.name.lower()}"),
        index=None,
        key=f"law_reason_{serial}",
    )
    document = st.text_input(
        words.t("acts.by_law.document"),
        key=f"law_document_{serial}",
        max_chars=200,
        placeholder=words.t("acts.by_law.document_form"),
    )
    if (
        st.button(
            words.t("acts.propose"),
            key=f"law_propose_{serial}",
            type="primary",
            icon=":material/gavel:",
            disabled=reason is None,
            help=None if reason else words.t("acts.by_law.reason_first"),
        )
        and reason is not None
    ):
        _propose(page, found, reason, document)


def _propose(page: Page, found: Certificate, reason: Reason, document: str) -> None:
    try:
        with page.service.work(by=page.staff, on=found.serial.hex) as work:
            revoke.propose_by_law(
                work,
                actor=page.staff,
                serial=found.serial,
                reason=reason,
                document=document,
                now=page.service.now(),
            )
    except Refusal as refusal:
        refusals.show(refusal)
        return
    done(words.t("acts.proposed", serial=certificate_table.short_serial(found.serial.hex)))
    st.rerun()
