"""One certificate: what stands in it, how it came to be, and how the world learns of its state."""

import ssl
from datetime import timedelta
from html import escape

import streamlit as st

from ca_core import lookup
from ca_core.certificate import Certificate, Status
from ca_core.identifiers import ApplicationId
from ca_core.lookup import RevealReason
from ca_core.revocation import status
from ca_core.revocation.reasons import Reason
from console import words
from console.screens.holder import header
from console.screens.holder.page import Page
from console.widgets import certificate_table, life_line, states
from console.widgets import format as formats

_STYLE = """<style>
.qb-facts, .qb-facts dt, .qb-facts dd { margin: 0 !important; padding: 0 !important; }
.qb-facts { display: grid; grid-template-columns: max-content 1fr; gap: 1px 14px; font-size: 0.875rem;
  line-height: 1.5; }
.qb-facts dt { opacity: 0.7; } .qb-facts dd { overflow-wrap: anywhere; font-variant-numeric: tabular-nums; }
.qb-facts code { font-size: 0.875rem; background: none; padding: 0; color: inherit; }
</style>"""


def draw(page: Page, found: Certificate) -> None:
    st.markdown(f"{states.badge(page.status(found))} **{_title(found)}**")
    lines = [line for line in _facts(page, found) if line[1]]
    drawn = "".join(
        f"<dt>{escape(words.t(f'holder.fact.{key}'))}</dt><dd>{value}</dd>" for key, value in lines
    )
    st.html(f'{_STYLE}<dl class="qb-facts">{drawn}</dl>')
    if header.shown(page) is not None:
        hand_over(page, found, RevealReason.OWNER_ON_LINE, key="details")


def _title(found: Certificate) -> str:
    kind = certificate_table.named(found.facets.kind, "kind")
    purpose = certificate_table.named(found.purpose, "purpose")
    return f"{purpose} · {kind}"


def _code(text: str) -> str:
    return f"<code>{escape(text)}</code>"


def _facts(page: Page, found: Certificate) -> list[tuple[str, str]]:
    facets = found.facets
    return [
        ("serial", _code(formats.grouped(found.serial.hex))),
        ("validity", escape(f"{formats.instant(found.not_before)} – {formats.instant(found.not_after)}")),
        ("published", escape(_published(page, found))),
        ("hold_until", escape(_instant(found.hold_until))),
        ("revoked", escape(_revoked(found))),
        ("lost", escape(_instant(found.lost_reported_at))),
        ("storage", escape(_storage(found))),
        ("channel", escape(certificate_table.named(facets.channel, "channel"))),
        ("method", escape(certificate_table.named(facets.method, "method"))),
        ("region", escape(words.region(facets.region))),
        ("application", _code(str(ApplicationId.of(found.application_id)))),
        ("accepted", escape(_instant(found.accepted_at) or words.t("holder.not_accepted"))),
        ("chain", escape(_chain(page, found))),
        ("policy", _code(found.policy_version)),
        ("fingerprint", _code(formats.grouped(found.fingerprint.hex()))),
    ]


def _instant(at: object) -> str:
    return formats.anything(at) if at else ""


def _storage(found: Certificate) -> str:
    storage = certificate_table.named(found.facets.storage, "storage")
    return f"{storage} · {words.t('holder.line.mobile_only')}" if found.mobile_only else storage


def _revoked(found: Certificate) -> str:
    if found.revoked_at is None or found.reason is None:
        return ""
    return f"{formats.instant(found.revoked_at)} · {certificate_table.named(Reason(found.reason), 'reason')}"


def _chain(page: Page, found: Certificate) -> str:
    previous = page.by_id(found.previous_id)
    parts = [life_line.successor(c) for c in life_line.followers(found, page.holder.certificates)]
    if previous is not None:
        serial = certificate_table.short_serial(previous.serial.hex)
        parts.insert(0, words.t("holder.line.follows", serial=serial))
    return " · ".join(parts)


def _published(page: Page, found: Certificate) -> str:
    """R10: OCSP at once, the list within its time."""
    standing = status.standing(found)
    if standing is None or page.status(found) is Status.EXPIRED:
        return words.t("holder.published.none")
    if standing.revoked_at is None:
        return words.t("holder.published.good")
    newest = page.newest_list
    if newest is not None and newest.this_update >= standing.revoked_at:
        return words.t("holder.published.listed", number=newest.number)
    by = standing.revoked_at + _list_within(page)
    return words.t("holder.published.soon", at=formats.clock(by))


def _list_within(page: Page) -> timedelta:
    return page.service.policy.publication.crl_at_most_every


def hand_over(page: Page, found: Certificate, reason: RevealReason, *, key: str) -> None:
    """The certificate as a file: it holds the person's name and IIN, so taking it is written down (R14)."""

    def content() -> bytes:
        with page.service.work(by=page.staff, on=found.serial.hex) as work:
            lookup.reveal(
                work,
                actor=page.staff,
                subscriber_id=found.subscriber_id,
                reason=reason,
                note=f"certificate {found.serial.hex}",
                now=page.service.now(),
            )
            der = work.certificates.der(found.certificate_id) or b""
            return ssl.DER_cert_to_PEM_cert(der).encode()

    st.download_button(
        words.t("holder.download"),
        data=content,
        file_name=f"{found.serial.hex[:16]}.pem",
        mime="application/x-pem-file",
        key=f"download_{key}_{found.serial.hex}",
        icon=":material/download:",
    )
