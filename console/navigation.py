"""Going from one page to another without loading the page anew: whatever lives in it (a call) lives on."""

from collections.abc import Mapping
from typing import NoReturn

import streamlit as st
from streamlit.navigation.page import StreamlitPage

_KEY = "_pages"


def register(pages: Mapping[str, StreamlitPage]) -> None:
    """The entry script says which pages there are, by the name of their screen."""
    st.session_state[_KEY] = dict(pages)


def go(screen: str, query: Mapping[str, str] | None = None) -> NoReturn:
    """Opens a screen, with its query parameters. Ends this run of the script."""
    st.switch_page(st.session_state[_KEY][screen], query_params=dict(query or {}))
