"""The passport panel: the still with the zone that was read, field by field beside the register, every check by name.

Each mark is an icon and a word, never a colour alone; what was not read is never shown as good (R1, R2).
"""

import base64
from collections.abc import Sequence
from datetime import date
from html import escape

import streamlit as st

from ca_core.call import Evidence
from ca_core.registration.passport import Field, Finding, Mark, Test
from console import words
from console.widgets import format as formats
from runtime.calling import Read

_ORDER = (
    Field.NAME, Field.NUMBER, Field.IIN, Field.BIRTH, Field.SEX, Field.EXPIRY, Field.STATE, Field.COMPOSITE,
)  # fmt: skip
_ICONS = {Mark.GOOD: "✓", Mark.BAD: "✕", Mark.DOUBTFUL: "≈", Mark.UNKNOWN: "?"}
_DATES = (Field.BIRTH, Field.EXPIRY)

_STYLE = """<style>
.qb-passport { display: grid; grid-template-columns: minmax(200px, 5fr) 8fr; gap: 8px 14px; }
.qb-passport .zone { grid-column: 1 / -1; font-family: monospace; font-size: 0.8125rem; line-height: 1.5;
  letter-spacing: 0.03em; overflow-x: auto; white-space: pre; padding: 4px 8px; border-radius: 4px;
  background: rgba(128, 128, 128, 0.14); }
.qb-passport mark { background: #ffb300; color: #000; padding: 0 1px; border-radius: 2px;
  text-decoration: underline wavy; }
.qb-passport .seen { position: relative; align-self: start; border-radius: 4px; overflow: hidden;
  background: rgba(128, 128, 128, 0.18); }
.qb-passport .seen img { width: 100%; display: block; }
.qb-passport .outline { position: absolute; inset: 0; background-size: 100% 100%; }
.qb-passport table { border-collapse: collapse; width: 100%; font-size: 0.8125rem; line-height: 1.35;
  align-self: start; font-variant-numeric: tabular-nums; }
.qb-passport th { text-align: left; font-weight: 600; opacity: 0.7; }
.qb-passport th, .qb-passport td { padding: 3px 8px 3px 0; vertical-align: top; overflow-wrap: anywhere;
  border-bottom: 1px solid rgba(128, 128, 128, 0.25); }
.qb-passport .what { opacity: 0.75; white-space: nowrap; }
.qb-mark { display: block; border-radius: 3px; } .qb-mark i { font-style: normal; font-weight: 700; }
.qb-mark.good i { color: light-dark(#2e7d32, #7bc67f); } .qb-mark.bad i { color: light-dark(#c62828, #ff8a80); }
.qb-mark.doubtful i, .qb-mark.unknown i { color: light-dark(#8a5200, #ffb74d); }
.qb-mark.bad, .qb-mark.doubtful, .qb-mark.unknown { font-weight: 600; padding: 0 4px; margin-left: -4px; }
.qb-mark.bad { background: rgba(224, 82, 74, 0.16); }
.qb-mark.doubtful, .qb-mark.unknown { background: rgba(201, 131, 24, 0.18); }
/* Beside the dock on a narrow screen: picture and zone side by side, the fields below in their full width. */
@media (max-width: 1300px) {
  .qb-passport { grid-template-columns: 1fr 2fr; grid-template-areas: "seen zone" "table table"; }
  .qb-passport .seen { grid-area: seen; } .qb-passport table, .qb-passport > p { grid-area: table; margin: 0; }
  .qb-passport .zone { grid-area: zone; align-self: start; font-size: 0.71875rem; letter-spacing: 0; }
  .qb-passport th, .qb-passport td { padding-block: 1px; }
  .qb-mark { display: inline-block; margin-right: 10px; }
  .qb-mark.bad, .qb-mark.doubtful, .qb-mark.unknown { margin-left: 0; }
}
</style>"""


def draw(read: Read, still: Evidence, *, address: str) -> None:
    """`address` of the still."""
    st.markdown(_summary(read))
    zone = _zone(read)
    body = f'<div class="seen">{_picture(read, still, address)}</div>{_table(read.verdict.findings)}{zone}'
    st.html(f'{_STYLE}<div class="qb-passport">{body}</div>')
    st.caption(_how(read))


def named(field: Field, test: Test) -> str:
    """For sentences about what did not hold: "expires: expired"."""
    return f"{words.t(f'passport.field.{field.value}')}: {words.t(f'passport.not.{test.value}')}"


def _summary(read: Read) -> str:
    verdict = read.verdict
    if verdict.holds:
        return f":green-badge[✓ {words.t('passport.holds')}]"
    if _is_unread(verdict.findings):
        hints = " ".join(words.t(f"passport.flaw.{flaw.value}") for flaw in read.reading.flaws)
        return f":orange-badge[? {words.t('passport.unread')}] {hints or words.t('passport.unread_next')}"
    return f":red-badge[✕ {words.t('passport.not_good', n=len(verdict.worst))}]"


def _is_unread(findings: Sequence[Finding]) -> bool:
    return len(findings) == 1 and findings[0].mark is Mark.UNKNOWN


def _picture(read: Read, still: Evidence, address: str) -> str:
    alt = escape(words.t(f"calls.still.name.{still.kind.value}"))
    width, height = still.width_px or 1280, still.height_px or 720
    return (
        f'<img src="{escape(address)}" alt="{alt}" style="aspect-ratio:{width}/{height}">'
        f"{_outline(read, width, height)}"
    )


def _outline(read: Read, width: int, height: int) -> str:
    """The zone's box over the picture; as an image, for drawings within the page are taken out of it."""
    if not read.reading.box:
        return ""
    points = " ".join(f"{point.x},{point.y}" for point in read.reading.box)
    drawing = (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" preserveAspectRatio="none">'
        f'<polygon points="{points}" fill="none" stroke="#ffb300" stroke-width="7"/></svg>'
    )
    source = base64.b64encode(drawing.encode()).decode()
    return f'<div class="outline" style="background-image:url(\'data:image/svg+xml;base64,{source}\')"></div>'


def _zone(read: Read) -> str:
    """The lines as they were read; characters that a check digit put right are marked one by one."""
    if not read.reading.lines:
        return ""
    repaired = {(position.line, position.column): position.read for position in read.reading.repaired}
    drawn = []
    for number, line in enumerate(read.reading.lines):
        drawn.append(
            "".join(
                f'<mark title="{escape(words.t("passport.repaired_from", read=repaired[number, column]))}">'
                f"{escape(character)}</mark>"
                if (number, column) in repaired
                else escape(character)
                for column, character in enumerate(line)
            )
        )
    return f'<div class="zone" tabindex="0">{chr(10).join(drawn)}</div>'


def _how(read: Read) -> str:
    parts = [words.t("passport.took", seconds=round(read.reading.took_ms / 1000, 1))]
    if read.reading.repaired:
        parts.append(words.t("passport.repaired", n=len(read.reading.repaired)))
    if read.reading.upside_down:
        parts.append(words.t("passport.upside_down"))
    return " ".join(parts)


def _table(findings: Sequence[Finding]) -> str:
    if _is_unread(findings):
        return f"<p>{escape(words.t('passport.nothing'))}</p>"
    heads = "".join(f"<th>{escape(words.t(f'passport.column.{name}'))}</th>" for name in _COLUMNS)
    rows = "".join(_row(field, [f for f in findings if f.field is field]) for field in (Field.ZONE, *_ORDER))
    return f"<table><thead><tr>{heads}</tr></thead><tbody>{rows}</tbody></table>"


_COLUMNS = ("field", "document", "register", "checks")


def _row(field: Field, findings: Sequence[Finding]) -> str:
    if not findings:
        return ""
    values = [f for f in findings if f.test not in (Test.CHECK_DIGIT, Test.READ)]
    document = next((f.document for f in values if f.document), "")
    register = next((f.register for f in values if f.register), "")
    cells = (_value(field, document), _value(field, register), "".join(_check(f) for f in findings))
    name = escape(words.t(f"passport.field.{field.value}"))
    return f'<tr><td class="what">{name}</td>' + "".join(f"<td>{cell}</td>" for cell in cells) + "</tr>"


def _value(field: Field, text: str) -> str:
    if field in _DATES and text:
        return escape(formats.day(date.fromisoformat(text)))
    return escape(text)


def _check(finding: Finding) -> str:
    """What does not hold has words of its own: "expired", not a struck "not expired"."""
    holds = finding.mark is Mark.GOOD
    word = words.t(f"passport.{'test' if holds else 'not'}.{finding.test.value}")
    if finding.test is Test.CHECK_DIGIT and " = " in finding.document:
        read, expected = finding.document.split(" = ")
        word = words.t("passport.digit_wrong", read=read, expected=expected)
    state = words.t(f"passport.mark.{finding.mark.value}")
    return (
        f'<span class="qb-mark {finding.mark.value}" title="{escape(state)}">'
        f"<i>{_ICONS[finding.mark]}</i> {escape(word)}</span>"
    )
