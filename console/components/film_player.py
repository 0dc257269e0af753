"""A part of a recording, both parties in step (R14): files are asked for piece by piece, once they are played."""

from pathlib import Path
from urllib.parse import quote

import streamlit as st

from ca_core.call import Side
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


def mount(*, evidence_id: int, reason: str, is_spoken_into: bool) -> None:
    """`reason` goes with each request, and is written down with the look. Where a supervisor spoke into the call, that
    is played too."""
    sides = [side for side in Side if is_spoken_into or side is not Side.OBSERVER]
    _component(
        key=f"film_{evidence_id}",
        data={
            "films": {side.value: _address(evidence_id, side, reason) for side in sides},
            "words": words.under(_PREFIX),
        },
    )


def _address(evidence_id: int, side: Side, reason: str) -> str:
    path = call_routes.RECORDING.replace("{evidence_id:int}", str(evidence_id)).replace("{side}", side.value)
    return f"{path}?reason={quote(reason)}"
