"""A refusal on the page: what happened, what to do next, and the code, small."""

import streamlit as st

from ca_core.errors import Refusal
from console import words


def show(refusal: Refusal) -> None:
    worded = words.refusal(refusal)
    st.error(f"**{worded.text}** {worded.next}  \n:gray[`{worded.code}`]", icon=":material/block:")


def as_help(refusal: Refusal) -> str:
    """For an act that is off: why, and what would switch it on."""
    worded = words.refusal(refusal)
    return f"{worded.text} {worded.next}"
