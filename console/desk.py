"""The script that Streamlit runs at each click: guard, identity, frame, the page of that address.

Guard and call dock are mounted first, in every run and with fixed keys: what is mounted after something that
may stop or fail would be torn down with it, and a call with it.
"""

import importlib
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import streamlit as st
from streamlit.errors import FragmentHandledException
from streamlit.navigation.page import StreamlitPage

from ca_core import roles, staff
from ca_core.call import Desk, DeskState
from ca_core.registration import desk as desks
from ca_core.roles import NotAllowed
from ca_core.staff import Account, SessionEnded
from console import desk_errors, frame, navigation, pages, words
from console import language as languages
from console.components import call_dock, session_guard
from console.pages import Page
from console.widgets import watermark
from runtime import wiring
from runtime.service import Service

_CALLS = "calls"
_OPENING_FOR = "desk.opening_for"
_OPENED_FOR = "desk.opened_for"
# A page that was loaded anew in the middle of a call stays where it is.
_JUST_ACCEPTED = timedelta(seconds=30)
_MARK = Path(__file__).resolve().parent / "assets" / "mark.svg"


def _account(service: Service) -> Account:
    """Who the gate says this is. Raises SessionEnded."""
    signed_in = st.user.get("sub")
    if not isinstance(signed_in, str) or not signed_in.isdigit():
        raise SessionEnded
    with service.look() as work:
        return staff.account(work, staff_id=int(signed_in))


def _actor(service: Service) -> roles.Actor | None:
    """Who works here, for the page and for the dock; nobody once the session is over."""
    try:
        account = _account(service)
    except SessionEnded:
        return None
    if not languages.is_chosen():
        languages.choose(account.language)
    actor = staff.actor(account)
    call_dock.know(actor)
    return actor


def _page(page: Page, service: Service, actor: roles.Actor) -> Callable[[], None]:
    def draw() -> None:
        try:
            if not page.opens_for(actor):
                raise NotAllowed(permission=page.permission)
            importlib.import_module(f"console.screens.{page.screen}").show(service, actor)
        except FragmentHandledException:
            raise  # shown already, where the fragment is
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
    try:
        service = wiring.service()
        actor = _actor(service)
    finally:
        # Also when the database is away: a call goes on without it. Both speak the account's language.
        session_guard.mount()
        looks_again = call_dock.mount()
    if actor is None:
        desk_errors.shown(SessionEnded())
        return
    opened = _pages(service, actor)
    navigation.register(opened)
    current = st.navigation(list(opened.values()), position="sidebar", expanded=True)
    _lead_to_calls(service, actor, current, looks_again=looks_again)
    frame.draw(service, actor)
    # Before any page, so that no picture of a person is ever drawn without it (R14).
    st.html(watermark.over_every_picture(actor, service.now()))
    current.run()
    if current.url_path == _CALLS:
        st.session_state[_OPENED_FOR] = st.session_state.get(_OPENING_FOR)


def _lead_to_calls(
    service: Service, actor: roles.Actor, current: StreamlitPage, *, looks_again: bool
) -> None:
    """Whoever accepts a call is led to its checklist, once; after that every page stays reachable.

    It counts when the page has been drawn (`run`): what the browser says meanwhile brings the former one back.
    """
    state = st.session_state
    if not looks_again and state.get(_OPENING_FOR) == state.get(_OPENED_FOR):
        return
    with service.look() as work:
        here = desks.of(work, actor=actor, now=service.now())
    if _is_news(here, service):
        state[_OPENING_FOR] = here.call_id
        if current.url_path != _CALLS:
            navigation.go(_CALLS)


def _is_news(here: Desk, service: Service) -> bool:
    is_fresh = here.state is DeskState.IN_CALL and service.now() - here.since <= _JUST_ACCEPTED
    return is_fresh and here.call_id != st.session_state.get(_OPENED_FOR)


run()
