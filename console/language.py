"""Which language this page speaks: chosen on the page, else the account's, else the one the browser asked for."""

import streamlit as st
from streamlit.runtime.scriptrunner import get_script_run_ctx

LANGUAGES = ("kk", "ru", "en")
FIRST = "ru"
_KEY = "language"


def current() -> str:
    """The language of the page that is being drawn; outside a page, the first one."""
    if get_script_run_ctx(suppress_warning=True) is None:
        return FIRST
    return known(st.session_state.get(_KEY))


def choose(language: str) -> None:
    """For the rest of this page's life; remembering it is the account's business."""
    st.session_state[_KEY] = known(language)


def is_chosen() -> bool:
    return _KEY in st.session_state


def known(language: object) -> str:
    return language if isinstance(language, str) and language in LANGUAGES else FIRST


def preferred(accept_language: str) -> str:
    """The first of ours that the browser names, in its order (RFC 9110, 12.5.4; weights are in order in practice)."""
    for part in accept_language.split(","):
        name = part.split(";")[0].strip().lower()[:2]
        if name in LANGUAGES:
            return name
    return FIRST
