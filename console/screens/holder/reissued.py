"""After a reissue, in the same step: the new certificate to hand over, and the question about the old one (R11, R9)."""

import streamlit as st

from ca_core.certificate import Certificate, Status
from ca_core.lookup import RevealReason
from console import words
from console.screens.holder import details
from console.screens.holder.page import CHOSEN, Page, close_act, done, open_act
from console.widgets import certificate_table

_ASKED = "holder.reissued"


def ask_about(*, old: str, fresh: str) -> None:
    """The panel closes: the question stands in its place."""
    st.session_state[_ASKED] = (old, fresh)
    close_act()


def settle() -> None:
    st.session_state.pop(_ASKED, None)


def draw(page: Page) -> None:
    old, fresh = st.session_state.get(_ASKED, ("", ""))
    certificates = {c.serial.hex: c for c in page.holder.certificates}
    if old not in certificates or fresh not in certificates:
        return
    with st.container(border=True):
        short = certificate_table.short_serial
        st.markdown(words.t("acts.reissue.done", serial=short(fresh)))
        details.hand_over(page, certificates[fresh], RevealReason.OWNER_AT_COUNTER, key="reissued")
        _the_old_one(page, certificates[old])


def _the_old_one(page: Page, old: Certificate) -> None:
    serial = old.serial.hex
    if page.status(old) not in (Status.VALID, Status.ON_HOLD):
        st.button(words.t("acts.reissue.close"), on_click=settle, key="reissue_close")
        return
    st.markdown(words.t("acts.reissue.old_one", serial=certificate_table.short_serial(serial)))
    with st.container(horizontal=True):
        st.button(words.t("acts.reissue.keep"), on_click=_keep, key="reissue_keep")
        st.button(
            words.t("acts.reissue.revoke"),
            on_click=_revoke,
            args=(serial,),
            key="reissue_revoke",
            icon=":material/block:",
        )


def _keep() -> None:
    settle()
    done(words.t("acts.reissue.kept"))


def _revoke(serial: str) -> None:
    """Its panel opens: revoking needs a code of its own."""
    st.session_state[CHOSEN] = serial
    open_act("revoke", serial)
    settle()
