"""What keeps the system from its work, for those who run it: disks and the clock."""

import streamlit as st

from ca_core import roles
from ca_core.roles import Permission
from console import words
from runtime import troubles
from runtime.service import Service


def show(service: Service, staff: roles.Actor) -> None:
    """Nothing where all is well, and nothing for those who can do nothing about it."""
    if not roles.may(staff, Permission.VIEW_OPERATIONS):
        return
    for trouble in troubles.of(service):
        st.error(words.t(f"trouble.{trouble.kind}", **trouble.facts), icon=":material/warning:")
