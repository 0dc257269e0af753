"""The list of found certificates: masked holders (R14), a state with icon and word, a row that opens the holder."""

from collections.abc import Callable, Sequence
from datetime import datetime
from enum import Enum

from ca_core import certificate, identifiers
from ca_core.ports import Found
from console import words
from console.components import row_list
from console.components.row_list import Row
from console.widgets import format as formats
from console.widgets import links, states

SERIAL_SHOWN = 8
# As many as stand above the fold; the others are scrolled to under their headings.
_MOST_ROWS = 22


def short_serial(hexadecimal: str) -> str:
    """The first eight digits: enough to tell a person's certificates apart."""
    return formats.grouped(hexadecimal[:SERIAL_SHOWN])


def show(found: Sequence[Found], *, now: datetime, key: str) -> Found | None:
    """The row that was chosen, or None."""
    columns = _columns(now)
    by_name = {one.certificate.serial.hex: one for one in found}
    rows = [
        Row(name, links.holder_address(one.subscriber.subscriber_id, name), _cells(columns, one))
        for name, one in by_name.items()
    ]
    chosen = row_list.draw(list(columns), rows, key=key, most_rows=_MOST_ROWS)
    return by_name[chosen] if chosen else None


def _cells(columns: dict[str, Callable[[Found], str]], one: Found) -> tuple[str, ...]:
    return tuple(value(one) for value in columns.values())


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
