"""Reissuing: a new key from the owner's own medium replaces a lost or damaged one, on the owner's code (R11, R6)."""

from datetime import timedelta

import streamlit as st

from ca_core.application import Application
from ca_core.certificate import Certificate, StorageKind
from ca_core.errors import Refusal
from ca_core.issuance import reissue
from ca_core.registration.sms_code import CodePurpose
from console import language as languages
from console import words
from console.screens.holder import reissued
from console.screens.holder.page import Page, done
from console.widgets import certificate_table, owner_code

_WAIT = timedelta(seconds=20)
_WHY = ("lost", "damaged")


def draw(page: Page, found: Certificate) -> None:
    serial = found.serial.hex
    st.caption(f"{words.t('acts.reissue.rule')} {words.t('acts.never_ask')}")
    left, right = st.columns(2, gap="medium")
    with left:
        why = st.radio(
            words.t("acts.reissue.why"),
            _WHY,
            format_func=lambda name: words.t(f"acts.reissue.because.{name}"),
            index=None,
            key=f"reissue_why_{serial}",
            horizontal=True,
        )
        storage = st.selectbox(
            words.t("acts.reissue.storage"),
            [kind for kind in StorageKind if kind not in (StorageKind.MOBILE_APP, StorageKind.CLOUD)],
            format_func=lambda kind: certificate_table.named(kind, "storage"),
            key=f"reissue_storage_{serial}_{languages.current()}",
        )
        request = st.text_area(
            words.t("acts.reissue.request"),
            key=f"reissue_request_{serial}",
            height=90,
            max_chars=16_384,
            placeholder="-----BEGIN CERTIFICATE REQUEST-----",
            help=words.t("acts.reissue.request_help"),
        )
    with right:
        typed = owner_code.draw(
            page.service, page.staff, owner=page.subscriber, purpose=CodePurpose.REISSUE, subject=serial
        )
    ready = bool(why and request.strip() and owner_code.is_whole(typed))
    if st.button(
        words.t("acts.reissue.confirm"),
        key=f"reissue_confirm_{serial}",
        type="primary",
        disabled=not ready,
        help=None if ready else words.t("acts.reissue.first"),
    ):
        _request(page, found, request, StorageKind(storage), why == "lost", typed)


def _request(
    page: Page, found: Certificate, request: str, storage: StorageKind, lost: bool, typed: str
) -> None:
    now = page.service.now()
    try:
        attempt = owner_code.take_try(
            page.service, page.staff, purpose=CodePurpose.REISSUE, subject=found.serial.hex
        )
        with page.service.work(by=page.staff, on=found.serial.hex) as work:
            consent = owner_code.confirm(
                work,
                page.staff,
                attempt=attempt,
                purpose=CodePurpose.REISSUE,
                subject=found.serial.hex,
                typed=typed,
                now=now,
            )
            wanted = reissue.request(
                work,
                actor=page.staff,
                serial=found.serial,
                raw_request=request.encode(),
                storage=storage,
                lost=lost,
                owner=consent,
                now=now,
            )
    except Refusal as refusal:
        owner_code.show(refusal, CodePurpose.REISSUE, found.serial.hex, typed)
        return
    owner_code.forget(CodePurpose.REISSUE, found.serial.hex)
    _wait(page, found, wanted)


def _wait(page: Page, found: Certificate, wanted: Application) -> None:
    """The job runner issues; the page is woken when it is done."""
    with st.spinner(words.t("acts.reissue.issuing", number=str(wanted.number)), show_time=True):
        page.service.wait_for(wanted.number.digits, _WAIT)
        with page.service.look() as work:
            fresh = work.certificates.of_application(wanted.number)
    if fresh is None or fresh.issued_at is None:
        done(words.t("acts.reissue.later", number=str(wanted.number)))
    else:
        reissued.ask_about(old=found.serial.hex, fresh=fresh.serial.hex)
    st.rerun()
