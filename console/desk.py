"""The script that Streamlit runs at each click: guard, identity, frame, the page of that address.

The guard (and later the call) is mounted first, unconditionally and with a fixed key: what is mounted after
something that may stop or fail would be torn down with it.
"""

import importlib
from collections.abc import Callable
from pathlib import Path

import streamlit as st
from streamlit.navigation.page import StreamlitPage

from ca_core import roles, staff
from ca_core.roles import NotAllowed
from ca_core.staff import Account, SessionEnded
from console import desk_errors, frame, navigation, pages, words
from console import language as languages
from console.components import session_guard
from console.pages import Page
from runtime import wiring
from runtime.service import Service

_MARK = Path(__file__).resolve().parent / "assets" / "mark.svg"


def _account(service: Service) -> Account:
    """Who the gate says this is. Raises SessionEnded."""
    signed_in = st.user.get("sub")
    if not isinstance(signed_in, str) or not signed_in.isdigit():
        raise SessionEnded
    with service.look() as work:
        return staff.account(work, staff_id=int(signed_in))


def _page(page: Page, service: Service, actor: roles.Actor) -> Callable[[], None]:
    def draw() -> None:
        try:
            if not page.opens_for(actor):
                raise NotAllowed(permission=page.permission)
            importlib.import_module(f"console.screens.{page.screen}").show(service, actor)
        except Exception as error:  # noqa: BLE001  # the one handler of this door
            desk_errors.shown(error)

    return draw


def _pages(service: Service, actor: roles.Actor) -> dict[str, StreamlitPage]:
    return {
        page.screen: st.Page(
            _page(page, service, actor),
            title=words.t(page.title),
            url_path=page.path,
            default=page.path == "",
            visibility="visible" if page.in_menu and page.opens_for(actor) else "hidden",
        )
        for page in pages.PAGES
    }


def run() -> None:
    st.set_page_config(
        page_title=words.t("product.name"), page_icon=str(_MARK), layout="wide", initial_sidebar_state=224
    )
    session_guard.mount()
    service = wiring.service()
    try:
        account = _account(service)
    except SessionEnded as ended:
        desk_errors.shown(ended)
        return
    if not languages.is_chosen():
        languages.choose(account.language)
    actor = staff.actor(account)
    opened = _pages(service, actor)
    navigation.register(opened)
    current = st.navigation(list(opened.values()), position="sidebar", expanded=True)
    frame.draw(service, actor)
    current.run()


run()
