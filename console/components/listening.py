"""Listening in on a call (R14): two pictures and their sound, for as long as the page of that call is open."""

from pathlib import Path
from urllib.parse import quote

import streamlit as st

from console import call_routes, words

_PREFIX = "listening."
_ASSETS = Path(__file__).resolve().parent.parent / "assets"
# One module out of small ones; what the call dock does alike is the call dock's.
_PARTS = ("call_dock/words", "call_dock/signal", "call_dock/media", "listening/mouth", "listening/panel")


def script() -> str:
    return "\n".join((_ASSETS / f"{part}.js").read_text("utf-8") for part in _PARTS)


_component = st.components.v2.component(
    "qoltanba_listening",
    html=(_ASSETS / "listening" / "panel.html").read_text("utf-8"),
    css=(_ASSETS / "listening" / "panel.css").read_text("utf-8"),
    js=script(),
)


def mount(*, call_id: int, reason: str) -> None:
    """`reason` goes with each request for a pass, and is written down with it."""
    path = call_routes.LISTENING.replace("{call_id:int}", str(call_id))
    _component(
        key=f"listening_{call_id}",
        data={"ticket_path": f"{path}?reason={quote(reason)}", "words": words.under(_PREFIX)},
        on_look_change=_looked,
    )


def _looked() -> None:
    """The script runs again by itself; what changed stands in the database."""
