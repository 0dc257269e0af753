"""The one handler of the console's pages: a refusal in words, anything else as a sentence with a number."""

import logging
import secrets

import streamlit as st

from ca_core.errors import Refusal
from console import words
from console.widgets import refusals
from runtime import room

log = logging.getLogger(__name__)


def shown(error: Exception) -> bool:
    """Shows it in place of the page's rest; never a trace. Also what callbacks and fragments raise comes here."""
    if isinstance(error, Refusal):
        refusals.show(error)
        return True
    number = secrets.token_hex(4)
    log.error("page failed", exc_info=error, extra={"error_id": number})
    no_room = room.refusal(error)
    if no_room is not None:
        refusals.show(no_room)
        return True
    st.error(words.t("desk.failed", id=number), icon=":material/error:")
    return True
