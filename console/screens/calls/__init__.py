"""The calls page (F2, J1): for an agent the checklist of the call on the line, for others the list and the evidence.

An agent never sees who waits, nor anybody else's call; who looks at evidence says why first (R14).
"""

import streamlit as st

from ca_core import roles
from ca_core.roles import Permission
from console import words
from console.screens.calls import call_file, form, lists, waiting
from console.screens.calls.snapshot import take
from runtime.service import Service

_LONGEST_NUMBER = 15


def show(service: Service, staff: roles.Actor) -> None:
    if not roles.may(staff, Permission.TAKE_CALLS):
        _show_to_others(service, staff)
        return
    snapshot = take(service, staff)
    if snapshot.call is None or snapshot.is_before_the_line:
        waiting.draw(snapshot)
    else:
        form.draw(snapshot, snapshot.call)


def _show_to_others(service: Service, staff: roles.Actor) -> None:
    asked = st.query_params.get("call", "")
    if asked.isascii() and asked.isdigit() and len(asked) <= _LONGEST_NUMBER:
        call_file.draw(service, staff, int(asked))
        return
    st.title(words.t("page.calls"), anchor=False)
    lists.draw(service, staff)
