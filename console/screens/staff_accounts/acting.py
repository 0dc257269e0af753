"""One act of an administrator: done, with a word about it, or its refusal."""

from collections.abc import Callable
from typing import Any

import streamlit as st

from ca_core import roles
from ca_core.errors import Refusal
from console import words
from console.widgets import refusals
from runtime.service import Service


def do(
    service: Service,
    by: roles.Actor,
    subject: str,
    said: str,
    act: Callable[..., Any],
    then: Callable[[Any], None] | None = None,
) -> None:
    """`then` gets what the act answered, once it is committed. Ends this run of the script when all is well."""
    try:
        with service.work(by=by, on=subject) as work:
            answer = act(work)
    except Refusal as refusal:
        refusals.show(refusal)
        return
    if then is not None:
        then(answer)
    st.toast(words.t(said))
    st.rerun()
