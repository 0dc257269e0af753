"""Stills of the caller: shown by address, and what was read of them; and what the caller is asked to show.

What was read stays with the page; the checklist keeps its outcome, the still itself the lines (R14).
"""

from html import escape

import streamlit as st

from ca_core.call import Evidence, EvidenceKind
from console import words
from console.screens.calls.snapshot import Snapshot
from console.widgets import format as formats
from runtime.calling import Read

_READS = "calls.reads"
_COMMAND = "call_dock.command"
# Below this a document's zone is rarely read.
SMALL_WIDTH_PX = 960


def forget() -> None:
    """Another call: nothing read before stays."""
    st.session_state.pop(_READS, None)


def reads() -> dict[int, Read]:
    """What was read in this call, by still; what is put into it stays."""
    found: dict[int, Read] = st.session_state.setdefault(_READS, {})
    return found


def read_of(evidence_id: int | None) -> Read | None:
    return reads().get(evidence_id) if evidence_id is not None else None


def ask_to_show(what: str) -> None:
    """The dock tells the caller's page, which draws a frame over their own picture."""
    last = st.session_state.get(_COMMAND, {}).get("n", 0)
    st.session_state[_COMMAND] = {"n": last + 1, "op": "show", "what": what}


def show_nothing() -> None:
    """The frame leaves the caller's page: what is asked for next must not stand below what was asked before."""
    ask_to_show("none")


def show_button(what: str, key: str) -> None:
    st.button(
        words.t(f"calls.show.{what}"),
        key=key,
        icon=":material/open_in_full:",
        help=words.t("calls.show.help"),
        on_click=ask_to_show,
        args=(what,),
        shortcut="D",
    )


def picture(still: Evidence, *, height_px: int, address: str = "") -> str:
    """The still at a fixed height, so that nothing jumps while it loads."""
    source = address or f"/evidence/stills/{still.evidence_id}"
    words_of = words.t(f"calls.still.name.{still.kind.value}")
    return (
        f'<div class="qb-still" style="height:{height_px}px">'
        f'<img src="{escape(source)}" alt="{escape(words_of)}"></div>'
    )


def remark(still: Evidence) -> str:
    """Size and moment, and what to do about a small picture."""
    line = words.t(
        "calls.still.size",
        width=str(still.width_px),
        height=str(still.height_px),
        at=formats.clock(still.taken_at),
    )
    return f"{line} {words.t('calls.still.small')}" if still.width_px < SMALL_WIDTH_PX else line


def picture_of(snapshot: Snapshot, kind: EvidenceKind, *, height_px: int) -> None:
    still = snapshot.still(kind)
    if still is None:
        st.caption(words.t(f"calls.still.none.{kind.value}"))
        return
    st.html(picture(still, height_px=height_px))
    st.caption(remark(still))
