"""The list of found certificates: masked holders (R14), a state with icon and word, a row that opens the holder."""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import Enum

import pandas as pd
import streamlit as st

from ca_core import certificate, identifiers
from ca_core.ports import Found
from console import words
from console.widgets import format as formats
from console.widgets import states, tables

SERIAL_SHOWN = 8
# Room for the longest word of three languages, within 1280 px.
_WIDTHS_PX = {
    "holder": 180, "serial": 82, "status": 126, "issued": 90, "valid_to": 86, "channel": 124, "storage": 138,
    "kind": 112,
}  # fmt: skip


def short_serial(hexadecimal: str) -> str:
    """The first eight digits: enough to tell a person's certificates apart."""
    return formats.grouped(hexadecimal[:SERIAL_SHOWN])


def show(found: Sequence[Found], *, now: datetime, key: str) -> Found | None:
    """The row that was chosen, or None."""
    event = st.dataframe(
        pd.DataFrame({name: [value(one) for one in found] for name, value in _columns(now).items()}),
        hide_index=True,
        row_height=tables.ROW_HEIGHT_PX,
        height=min(len(found), 50) * tables.ROW_HEIGHT_PX + 40,
        width="stretch",
        # Guessed from the first rows otherwise; the region, needed least, gets what is left.
        column_config={
            words.t(f"certificates.column.{name}"): st.column_config.TextColumn(width=width)
            for name, width in _WIDTHS_PX.items()
        },
        on_select="rerun",
        selection_mode="single-cell",
        key=key,
    )
    cells = event["selection"]["cells"]
    row = cells[0][0] if cells else len(found)
    return found[row] if row < len(found) else None


def _columns(now: datetime) -> dict[str, Callable[[Found], str]]:
    return {
        words.t("certificates.column.holder"): masked_holder,
        words.t("certificates.column.serial"): lambda f: short_serial(f.certificate.serial.hex),
        words.t("certificates.column.status"): lambda f: states.plain(certificate.status(f.certificate, now)),
        words.t("certificates.column.issued"): lambda f: _day(f.certificate.issued_at),
        words.t("certificates.column.valid_to"): lambda f: formats.local_day(f.certificate.not_after),
        words.t("certificates.column.channel"): lambda f: named(f.certificate.facets.channel, "channel"),
        words.t("certificates.column.storage"): lambda f: named(f.certificate.facets.storage, "storage"),
        words.t("certificates.column.kind"): lambda f: named(f.certificate.facets.kind, "kind"),
        words.t("certificates.column.region"): lambda f: words.region(f.certificate.facets.region),
    }


def _day(at: datetime | None) -> str:
    return formats.local_day(at) if at else ""


def masked_holder(found: Found) -> str:
    person = found.subscriber
    return f"{identifiers.mask_name(person.surname, person.given_name)} · {person.iin.masked}"


def named(member: Enum, section: str) -> str:
    """The word for a member of an enumeration."""
    return words.t(f"{section}.{member.name.lower()}")
