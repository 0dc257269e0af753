"""Ways from one page to another that keep the session: the address holds ids and filters, never a person's data."""

from collections.abc import Mapping
from urllib.parse import urlencode

import streamlit as st

_CAME_FROM = "certificates.link"


def _page(path: str) -> st.Page:
    """Stands for the page registered under the same address."""

    def registered() -> None:
        return None

    return st.Page(registered, title=path, url_path=path)


def open_holder(subscriber_id: int, serial: str = "") -> None:
    """Leaves the present page for the holder's."""
    st.switch_page(_page("holder"), query_params=_of_holder(subscriber_id, serial))


def holder_address(subscriber_id: int, serial: str) -> str:
    """For another tab."""
    return f"/holder?{urlencode(_of_holder(subscriber_id, serial))}"


def _of_holder(subscriber_id: int, serial: str) -> dict[str, str]:
    return {"subscriber": str(subscriber_id)} | ({"serial": serial} if serial else {})


def remember_search(query: Mapping[str, str]) -> None:
    st.session_state[_CAME_FROM] = dict(query)


def remembered_search() -> dict[str, str]:
    """The filters of the search that the officer came from."""
    return dict(st.session_state.get(_CAME_FROM, {}))


def back_to_search() -> None:
    """The list as it was left; what was typed stays in the session, not in the address."""
    st.switch_page(_page("certificates"), query_params=remembered_search())
