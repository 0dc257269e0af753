"""A part of a recording, both parties in step (R14): files are asked for piece by piece, once they are played."""

from pathlib import Path
from urllib.parse import quote

import streamlit as st

from ca_core.call import Leg
from console import call_routes, words

_PREFIX = "film_player."
_ASSETS = Path(__file__).resolve().parent.parent / "assets"
_PARTS = ("call_dock/words", "film_player/player")


def script() -> str:
    return "\n".join((_ASSETS / f"{part}.js").read_text("utf-8") for part in _PARTS)


_component = st.components.v2.component(
    "qoltanba_film_player",
    html=(_ASSETS / "film_player" / "player.html").read_text("utf-8"),
    css=(_ASSETS / "film_player" / "player.css").read_text("utf-8"),
    js=script(),
)


def mount(*, evidence_id: int, reason: str) -> None:
    """`reason` goes with each request, and is written down with the look."""
    _component(
        key=f"film_{evidence_id}",
        data={
            **{leg.value: _address(evidence_id, leg, reason) for leg in Leg},
            "words": words.under(_PREFIX),
        },
    )


def _address(evidence_id: int, leg: Leg, reason: str) -> str:
    path = call_routes.RECORDING.replace("{evidence_id:int}", str(evidence_id)).replace("{party}", leg.value)
    return f"{path}?reason={quote(reason)}"
