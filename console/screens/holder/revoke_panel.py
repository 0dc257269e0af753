"""Revoking with the owner: reason, lost or not, the owner's code, and what follows (R9, R4, R10, R13)."""

import streamlit as st

from ca_core.certificate import Certificate
from ca_core.errors import Refusal
from ca_core.registration.sms_code import CodePurpose
from ca_core.revocation import reasons, revoke
from ca_core.revocation.reasons import Reason
from console import words
from console.screens.holder.page import Page, done
from console.widgets import certificate_table, owner_code


def draw(page: Page, found: Certificate) -> None:
    serial = found.serial.hex
    st.caption(f"{words.t('acts.revoke.final')} {words.t('acts.never_ask')}")
    left, right = st.columns(2, gap="medium")
    with left:
        reason = st.radio(
            words.t("acts.revoke.reason"),
            reasons.BY_OWNER,
            format_func=lambda r: certificate_table.named(r, "reason"),
            index=None,
            key=f"revoke_reason_{serial}",
        )
        what = _what_happened_to_the_key(serial) if reason is Reason.KEY_COMPROMISE else "nothing"
    with right:
        typed = owner_code.draw(
            page.service, page.staff, owner=page.subscriber, purpose=CodePurpose.REVOKE, subject=serial
        )
    why_not = _why_not(reason, what, typed)
    if (
        st.button(
            words.t("acts.revoke.confirm"),
            key=f"revoke_confirm_{serial}",
            type="primary",
            icon=":material/block:",
            disabled=why_not is not None,
            help=why_not,
        )
        and reason is not None
    ):
        _revoke(page, found, reason, what == "lost", typed)


def _what_happened_to_the_key(serial: str) -> str | None:
    """Asked only where it makes a difference: a lost key is counted apart from a stolen one (R12)."""
    return st.radio(
        words.t("acts.revoke.key"),
        ("lost", "stolen"),
        index=None,
        format_func=lambda name: words.t(f"acts.revoke.key_was.{name}"),
        key=f"revoke_key_{serial}",
        help=words.t("acts.revoke.key_help"),
    )


def _why_not(reason: Reason | None, what: str | None, typed: str) -> str | None:
    """What is still to be said before the button is on."""
    if reason is None:
        return words.t("acts.revoke.reason_first")
    if what is None:
        return words.t("acts.revoke.key_first")
    return None if owner_code.is_whole(typed) else words.t("owner_code.first")


def _revoke(page: Page, found: Certificate, reason: Reason, lost: bool, typed: str) -> None:
    now = page.service.now()
    try:
        attempt = owner_code.take_try(
            page.service, page.staff, purpose=CodePurpose.REVOKE, subject=found.serial.hex
        )
        with page.service.work(by=page.staff, on=found.serial.hex) as work:
            consent = owner_code.confirm(
                work,
                page.staff,
                attempt=attempt,
                purpose=CodePurpose.REVOKE,
                subject=found.serial.hex,
                typed=typed,
                now=now,
            )
            revoke.by_owner(
                work, actor=page.staff, serial=found.serial, owner=consent, reason=reason, lost=lost, now=now
            )
    except Refusal as refusal:
        owner_code.show(refusal, CodePurpose.REVOKE, found.serial.hex, typed)
        return
    owner_code.forget(CodePurpose.REVOKE, found.serial.hex)
    within = page.service.policy.publication.crl_at_most_every
    done(words.t("acts.revoke.done", serial=certificate_table.short_serial(found.serial.hex), within=within))
    st.rerun()
