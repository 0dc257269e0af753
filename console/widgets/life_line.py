"""The life line: every certificate of a person as a bar on one axis of time, with its state and what followed it.

Drawn in HTML of our own: a colour for each theme, an icon and a word beside each colour.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape

import streamlit as st

from ca_core import certificate
from ca_core.certificate import Certificate, Kind, Status
from console import words
from console.widgets import certificate_table, states
from console.widgets import format as formats

# On the light page and on the dark one; Streamlit tells the browser which of the two it draws.
_COLOURS = {
    Status.VALID: "light-dark(#2E7D32, #7BC67F)",
    Status.ON_HOLD: "light-dark(#1D5FBF, #7FB2F5)",
    Status.REVOKED: "light-dark(#C62828, #FF8A80)",
    Status.EXPIRED: "light-dark(#5F6E76, #A9B8BE)",
    Status.NOT_YET_VALID: "light-dark(#8A5200, #FFB74D)",
    Status.NOT_ISSUED: "light-dark(#5F6E76, #A9B8BE)",
}
_MARGIN = timedelta(days=20)
# A year that stands nearer to today than this would be written over it.
_LABEL_PER_CENT = 8


@dataclass(frozen=True, slots=True)
class Axis:
    """The stretch of time that is shown."""

    start: datetime
    end: datetime

    def at(self, instant: datetime) -> float:
        """Where an instant stands, in per cent, kept within the axis."""
        share = (instant - self.start) / (self.end - self.start)
        return round(100 * min(max(share, 0.0), 1.0), 2)


def axis(certificates: Sequence[Certificate], now: datetime) -> Axis:
    first = min(c.not_before for c in certificates)
    last = max(now, *(c.not_after for c in certificates))
    return Axis(first - _MARGIN, last + _MARGIN)


def show(certificates: Sequence[Certificate], *, now: datetime, chosen: str) -> None:
    """`chosen` is the serial that the page speaks of."""
    span = axis(certificates, now)
    rows = "".join(_row(c, certificates, span, now, c.serial.hex == chosen) for c in certificates)
    st.html(f'{_STYLE}<div class="ll">{_years(span, now)}{rows}</div>')


def _years(span: Axis, now: datetime) -> str:
    years = [
        datetime(year, 1, 1, tzinfo=now.tzinfo) for year in range(span.start.year + 1, span.end.year + 1)
    ]
    apart = [year for year in years if abs(span.at(year) - span.at(now)) > _LABEL_PER_CENT]
    marks = "".join(f'<i style="left:{span.at(year)}%">{year.year}</i>' for year in apart)
    today = f'<b style="left:{span.at(now)}%">{escape(words.t("holder.line.now"))}</b>'
    return f'<div></div><div class="ll-axis">{marks}{today}</div><div></div>'


def _row(c: Certificate, others: Sequence[Certificate], span: Axis, now: datetime, chosen: bool) -> str:
    status = certificate.status(c, now)
    look = states.CERTIFICATE[status]
    left, right = span.at(c.not_before), span.at(c.not_after)
    ended = span.at(c.revoked_at) if c.revoked_at else right
    colour = _COLOURS[status]
    bar = (
        f'<span class="ll-rest" style="left:{left}%;width:{right - left}%;border-color:{colour}"></span>'
        f'<span class="ll-bar" style="left:{left}%;width:{max(ended - left, 0.6)}%;background:{colour}"></span>'
        f'<span class="ll-now" style="left:{span.at(now)}%"></span>'
    )
    where = f"{certificate_table.named(c.facets.storage, 'storage')} · {certificate_table.short_serial(c.serial.hex)}"
    return (
        f'<div class="ll-name{" ll-chosen" if chosen else ""}">'
        f'<span style="color:{colour}">{look.icon}</span> {escape(where)}</div>'
        f'<div class="ll-track" title="{escape(_period(c))}">{bar}</div>'
        f'<div class="ll-what">{escape(_says(c, others, status))}</div>'
    )


def _period(c: Certificate) -> str:
    return f"{formats.local_day(c.not_before)} – {formats.local_day(c.not_after)}"


def _says(c: Certificate, others: Sequence[Certificate], status: Status) -> str:
    parts = [states.word(status)]
    if status is Status.VALID:
        parts.append(words.t("holder.line.until", day=formats.local_day(c.not_after)))
    elif status is Status.ON_HOLD and c.hold_until:
        parts.append(words.t("holder.line.until", day=formats.instant(c.hold_until)))
    elif status is Status.REVOKED and c.revoked_at:
        parts.append(formats.local_day(c.revoked_at))
    elif status is Status.EXPIRED:
        parts.append(formats.local_day(c.not_after))
    if c.mobile_only:
        parts.append(words.t("holder.line.mobile_only"))
    return " · ".join(parts + [successor(follower) for follower in followers(c, others)])


def followers(c: Certificate, others: Sequence[Certificate]) -> list[Certificate]:
    return [other for other in others if other.previous_id == c.certificate_id]


def successor(follower: Certificate) -> str:
    """→ renewed as 1A2B 3C4D, or → reissued as ..."""
    how = "renewed" if follower.facets.kind is Kind.RENEWAL else "reissued"
    return words.t(f"holder.line.{how}", serial=certificate_table.short_serial(follower.serial.hex))


_STYLE = """<style>
.ll { display: grid; grid-template-columns: minmax(200px, max-content) minmax(160px, 1fr) minmax(210px, max-content);
  column-gap: 14px; align-items: center; font-size: 0.875rem; }
.ll-axis { position: relative; height: 22px; border-bottom: 1px solid rgba(128,145,152,0.4); }
.ll-axis i, .ll-axis b { position: absolute; transform: translateX(-50%); font-style: normal; opacity: 0.75; }
.ll-axis b { top: -2px; font-weight: 600; opacity: 1;
  background: rgba(128,145,152,0.22); padding: 0 5px; border-radius: 3px; }
.ll-axis i { font-variant-numeric: tabular-nums; }
.ll-name, .ll-what { white-space: nowrap; line-height: 32px; font-variant-numeric: tabular-nums; }
.ll-chosen { font-weight: 600; }
.ll-chosen::after { content: " ◂"; opacity: 0.7; }
.ll-track { position: relative; height: 32px; }
.ll-bar, .ll-rest { position: absolute; top: 11px; height: 10px; border-radius: 2px; box-sizing: border-box; }
.ll-rest { border: 1px dashed; opacity: 0.6; }
.ll-now { position: absolute; top: 0; bottom: 0; border-left: 1px dotted currentColor; opacity: 0.6; }
</style>"""
