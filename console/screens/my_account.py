"""My account: who is signed in here, and signing out, here or everywhere."""

import streamlit as st

from ca_core import roles
from ca_core import staff as accounts
from console import gate, words
from console.widgets import typed
from runtime.service import Service


def show(service: Service, staff: roles.Actor) -> None:
    st.title(words.t("my_account.title"), anchor=False)
    with service.look() as work:
        account = accounts.account(work, staff_id=staff.staff_id or 0)
    st.markdown(
        "\n".join(
            f"- {words.t(f'my_account.{name}')}: **{value}**"
            for name, value in (
                ("name", typed.plain(account.name)),
                ("login", typed.plain(account.login)),
                ("role", words.t(f"role.{account.role}")),
            )
        )
    )
    st.caption(
        words.t(
            "my_account.limits",
            idle=service.settings.session_idle_minutes,
            absolute=service.settings.session_absolute_hours,
        )
    )
    here, everywhere = st.columns(2, border=True)
    with here:
        st.markdown(words.t("my_account.here"))
        if st.button(words.t("my_account.sign_out"), key="sign_out", type="primary"):
            _sign_out(service)
    with everywhere:
        st.markdown(words.t("my_account.everywhere"))
        if st.button(words.t("my_account.sign_out_everywhere"), key="sign_out_everywhere"):
            _sign_out_everywhere(service, staff)
    st.info(words.t("home.never_ask"), icon=":material/shield:")


def _sign_out(service: Service) -> None:
    """The gate closes this browser's sockets, and the page's guard goes to sign-in."""
    token = st.context.cookies.get(gate.cookie_name(service.settings), "")
    with service.work() as work:
        accounts.sign_out(work, token=token, now=service.now())
    st.success(words.t("my_account.done"))


def _sign_out_everywhere(service: Service, staff: roles.Actor) -> None:
    with service.work() as work:
        ended = accounts.sign_out_everywhere(work, staff_id=staff.staff_id or 0, now=service.now())
    st.success(words.t("my_account.done_everywhere", n=ended))
