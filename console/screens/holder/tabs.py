"""What happened: history, applications, notices, and who looked at this person (R14)."""

import streamlit as st

from ca_core import identifiers
from ca_core.identifiers import Phone
from ca_core.notices import Medium
from ca_core.ports import SentNotice
from console import words
from console.screens.holder.page import Page
from console.widgets import certificate_table, notes, tables
from console.widgets import format as formats

# A case or a document, and who asked for it.
_NOTE_WIDTH_PX = 460
_NAMES = ("history", "applications", "notices", "views")


def draw(page: Page) -> None:
    holder = page.holder
    counts = (len(holder.history), len(holder.applications), len(holder.notices), len(holder.views))
    labels = [
        f"{words.t(f'holder.tab.{name}')} · {count}" for name, count in zip(_NAMES, counts, strict=True)
    ]
    history, applications, notices, views = st.tabs(labels)
    with history:
        _history(page)
    with applications:
        _applications(page)
    with notices:
        _notices(page)
    with views:
        _views(page)


def _column(name: str) -> str:
    return words.t(f"holder.column.{name}")


def _history(page: Page) -> None:
    lines = page.holder.history
    tables.show(
        {
            _column("at"): [formats.instant(line.at) for line in lines],
            _column("serial"): [certificate_table.short_serial(line.serial) for line in lines],
            _column("event"): [_worded("holder.event", line.event) for line in lines],
            _column("by"): [_worded("holder.by", line.by) for line in lines],
            _column("note"): [notes.worded(line.note) for line in lines],
        },
        empty=words.t("holder.empty.history"),
        config={_column("note"): st.column_config.TextColumn(width=_NOTE_WIDTH_PX)},
        key="holder_history",
    )


def _applications(page: Page) -> None:
    lines = page.holder.applications
    tables.show(
        {
            _column("number"): [str(line.number) for line in lines],
            _column("state"): [words.t(f"holder.application.{line.state.name.lower()}") for line in lines],
            _column("kind"): [certificate_table.named(line.kind, "kind") for line in lines],
            _column("channel"): [certificate_table.named(line.channel, "channel") for line in lines],
            _column("storage"): [certificate_table.named(line.storage, "storage") for line in lines],
            _column("opened"): [formats.instant(line.opened_at) for line in lines],
            _column("changed"): [formats.instant(line.changed_at) for line in lines],
            _column("by"): [_worded("holder.by", line.opened_by) for line in lines],
        },
        empty=words.t("holder.empty.applications"),
        key="holder_applications",
    )


def _notices(page: Page) -> None:
    lines = page.holder.notices
    tables.show(
        {
            _column("at"): [formats.instant(line.at) for line in lines],
            _column("notice"): [_worded("operations.notice", line.kind) for line in lines],
            _column("medium"): [_worded("operations.medium", line.medium) for line in lines],
            _column("recipient"): [_masked(line) for line in lines],
            _column("sent"): [_worded("holder.sent", line.state) for line in lines],
        },
        empty=words.t("holder.empty.notices"),
        key="holder_notices",
    )


def _masked(line: SentNotice) -> str:
    """Masked also while the person is shown: a list of addresses is more than was asked for."""
    if line.medium == Medium.SMS.value:
        return Phone(line.recipient).masked
    return identifiers.mask_email(line.recipient)


def _views(page: Page) -> None:
    lines = page.holder.views
    tables.show(
        {
            _column("at"): [formats.instant(line.at) for line in lines],
            _column("by"): [line.by for line in lines],
            _column("role"): [_worded("role", line.role) for line in lines],
            _column("event"): [_worded("holder.view", line.event.replace(":", "_")) for line in lines],
            _column("reason"): [_reason(line.reason) for line in lines],
        },
        empty=words.t("holder.empty.views"),
        key="holder_views",
    )


def _reason(reason: str) -> str:
    code, _, note = reason.partition(":")
    if not words.has(f"reveal.reason.{code}"):
        return reason
    return f"{words.t(f'reveal.reason.{code}')}:{note}" if note else words.t(f"reveal.reason.{code}")


def _worded(section: str, name: str) -> str:
    """The words for a stored name; a name without words is shown as it is."""
    return words.t(f"{section}.{name}") if words.has(f"{section}.{name}") else name
