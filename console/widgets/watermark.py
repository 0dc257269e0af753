"""The viewer's number and name over what is shown: a photograph of the screen says who took it (R14)."""

import base64
from datetime import datetime
from html import escape

from ca_core import roles
from console.widgets import format as formats


def source(staff: roles.Actor, now: datetime) -> str:
    """A small drawing that repeats, as an address for CSS."""
    text = escape(f"{staff.staff_id} · {staff.name} · {formats.instant(now)}")
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="420" height="210">'
        '<text x="10" y="150" transform="rotate(-20 10 150)" font-family="sans-serif" font-size="15" '
        f'fill="#808080" fill-opacity="0.20">{text}</text></svg>'
    )
    return f"data:image/svg+xml;base64,{base64.b64encode(drawing.encode()).decode()}"


def over_the_page(staff: roles.Actor, now: datetime) -> str:
    return (
        "<style>.qb-watermark { position: fixed; inset: 0; pointer-events: none; z-index: 999980; "
        f'background: url("{source(staff, now)}"); }}</style><div class="qb-watermark"></div>'
    )


def over_a_picture(staff: roles.Actor, now: datetime) -> str:
    """For the pictures of a component, whose own tree no style of the page reaches: it lies on the picture itself."""
    return (
        '<div style="position:absolute;inset:0;pointer-events:none;'
        f"background:url('{_strong(staff, now)}')\"></div>"
    )


def over_every_picture(staff: roles.Actor, now: datetime) -> str:
    """Stills, portraits and recordings of every page, and by the variable the caller's picture in the dock.

    A style, apart from the pictures: one that is drawn anew because the minute changed would be another look.
    """
    return (
        f"<style>:root {{ --qb-mark: url('{_strong(staff, now)}'); }} "
        ".qb-still::after, .qb-passport .seen::after { content: ''; position: absolute; inset: 0; "
        "pointer-events: none; background: var(--qb-mark); }</style>"
    )


def _strong(staff: roles.Actor, now: datetime) -> str:
    """As an address for CSS."""
    text = escape(f"{staff.staff_id} · {staff.name} · {formats.instant(now)}")
    drawing = (
        '<svg xmlns="http://www.w3.org/2000/svg" width="320" height="120">'
        '<text x="8" y="96" transform="rotate(-14 8 96)" font-family="sans-serif" font-size="14" fill="#fff" '
        f'fill-opacity="0.55" stroke="#000" stroke-opacity="0.35" stroke-width="0.6">{text}</text></svg>'
    )
    return f"data:image/svg+xml;base64,{base64.b64encode(drawing.encode()).decode()}"
