"""What keeps the system from its work, for those who run it: disks, the clock, the audit log."""

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
        st.error(_sentence(trouble), icon=":material/warning:")


def _sentence(trouble: troubles.Trouble) -> str:
    if trouble.kind is not troubles.Kind.AUDIT_STOPPED:
        return words.t(f"trouble.{trouble.kind}", **trouble.facts)
    code = trouble.facts["code"]
    return words.t(
        f"trouble.{trouble.kind}", why=words.t(f"refusal.{code}.text"), act=words.t(f"refusal.{code}.next")
    )
