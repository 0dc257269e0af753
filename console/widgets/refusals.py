"""A refusal on the page: what happened, what to do next, and the code, small."""

import streamlit as st

from ca_core.errors import Refusal
from console import words
from console.widgets import typed


def _said(refusal: Refusal, part: str) -> str:
    """Facts may be what somebody typed."""
    facts = {name: typed.plain(f) if isinstance(f, str) else f for name, f in refusal.facts.items()}
    return words.t(f"refusal.{refusal.code}.{part}", **facts)


def show(refusal: Refusal) -> None:
    text, next_ = _said(refusal, "text"), _said(refusal, "next")
    st.error(f"**{text}** {next_}  \n:gray[`{refusal.code}`]", icon=":material/block:")


def as_help(refusal: Refusal) -> str:
    """For an act that is off: why, and what would switch it on."""
    return f"{_said(refusal, 'text')} {_said(refusal, 'next')}"
