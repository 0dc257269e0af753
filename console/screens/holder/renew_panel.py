"""Renewing: an officer opens it, the owner's certified key signs its number, the job runner issues (R8)."""

from datetime import timedelta

import streamlit as st

from ca_core.application import Application
from ca_core.certificate import Certificate, Kind
from ca_core.errors import Refusal
from ca_core.identifiers import ApplicationId
from ca_core.issuance import renew
from ca_core.lifecycle import ApplicationState
from console import words
from console.screens.holder.page import Page, done
from console.widgets import certificate_table, refusals

_DONE = (ApplicationState.ISSUED, ApplicationState.ACCEPTED)


def draw(page: Page, found: Certificate) -> None:
    waiting = _open_one(page, found)
    if waiting is not None:
        _waits(page, waiting.number)
        return
    longer = found.not_after + page.service.policy.certificates.validity
    st.markdown(words.t("acts.renew.rule", until=longer.date()))
    if not st.button(words.t("acts.renew.confirm"), key=f"renew_{found.serial.hex}", type="primary"):
        return
    try:
        with page.service.work(by=page.staff, on=found.serial.hex) as work:
            renew.open_for_owner(work, actor=page.staff, serial=found.serial, now=page.service.now())
    except Refusal as refusal:
        refusals.show(refusal)
        return
    st.rerun()


def _open_one(page: Page, found: Certificate) -> Application | None:
    with page.service.look() as work:
        return work.applications.open_for_certificate(found.certificate_id, Kind.RENEWAL)


@st.fragment(run_every=timedelta(seconds=5))
def _waits(page: Page, number: ApplicationId) -> None:
    """Looks every five seconds, only while somebody waits here for the owner to sign."""
    with page.service.look() as work:
        wanted = work.applications.by_number(number)
        issued = work.certificates.of_application(number)
    if issued is not None and wanted is not None and wanted.state in _DONE:
        done(words.t("acts.renew.done", serial=certificate_table.short_serial(issued.serial.hex)))
        st.rerun(scope="app")
    signed = wanted is not None and wanted.state is ApplicationState.SUBMITTED
    st.markdown(words.t("acts.renew.number"))
    st.code(str(number), language=None)
    if signed:
        st.info(words.t("acts.renew.signed"), icon=":material/hourglass_top:")
    else:
        st.info(words.t("acts.renew.waits"), icon=":material/hourglass_empty:")
