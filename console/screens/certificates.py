"""Find a certificate (J4): one box that understands every key, filters, pages by key, a row opens the holder.

A search runs, and is written into the audit log, only when what is asked for changes (R14).
"""

from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from ca_core import lookup, roles
from ca_core.errors import Refusal
from ca_core.ports import Criteria, Position
from console import words
from console.components import autofocus
from console.widgets import certificate_filters, certificate_table, criteria_link, links, refusals
from console.widgets import format as formats
from runtime.service import Service

_BOX = "certificates_box"
_TYPED = "certificates.typed"
_TRAIL = "certificates.trail"
_RESULT = "certificates.result"
_OPENED = "certificates.opened"

_FULL_SERIAL = 40
_LONGEST = 200


@dataclass(frozen=True, slots=True)
class Result:
    """What the last search found, kept until something else is asked for."""

    criteria: Criteria
    after: Position | None
    page: lookup.Page
    at: datetime


def forget() -> None:
    """The list may have changed: search anew when it is looked at again."""
    st.session_state.pop(_RESULT, None)


def show(service: Service, staff: roles.Actor) -> None:
    certificate_filters.follow_address()
    typed = _box()
    filters = certificate_filters.draw()
    links.remember_search(criteria_link.to_query(filters))
    try:
        key = lookup.understand(typed)
    except Refusal as refusal:
        refusals.show(refusal)
        return
    criteria = criteria_link.narrowed(key, filters)
    result = _searched(service, staff, criteria)
    _open_the_only_one(result, typed)
    _head(result)
    _list(result, typed)


def _box() -> str:
    st.text_input(
        words.t("certificates.box"),
        value=st.session_state.get(_TYPED, ""),
        key=_BOX,
        type="search",
        placeholder=words.t("certificates.placeholder"),
        icon=":material/search:",
        autocomplete="off",
        label_visibility="collapsed",
    )
    autofocus.on(_BOX)
    typed = str(st.session_state[_BOX])[:_LONGEST]
    st.session_state[_TYPED] = typed
    return typed


def _searched(service: Service, staff: roles.Actor, criteria: Criteria) -> Result:
    known: Result | None = st.session_state.get(_RESULT)
    if known is None or known.criteria != criteria:
        st.session_state[_TRAIL] = [None]
    after: Position | None = st.session_state[_TRAIL][-1]
    if known is not None and (known.criteria, known.after) == (criteria, after):
        return known
    now = service.now()
    with st.spinner(words.t("certificates.searching"), show_time=True), service.work(by=staff) as work:
        page = lookup.search(work, actor=staff, criteria=criteria, after=after, now=now)
    result = Result(criteria, after, page, now)
    st.session_state[_RESULT] = result
    return result


def _is_exact(criteria: Criteria) -> bool:
    exact = (criteria.iin, criteria.phone, criteria.email, criteria.application, criteria.fingerprint)
    return any(exact) or len(criteria.serial_prefix) == _FULL_SERIAL


def _open_the_only_one(result: Result, typed: str) -> None:
    """An exact key that leads to one person opens the person, once for what was typed."""
    people = {found.subscriber.subscriber_id for found in result.page.found}
    if not _is_exact(result.criteria) or len(people) != 1 or st.session_state.get(_OPENED) == typed:
        return
    st.session_state[_OPENED] = typed
    _open(result)


def _open(result: Result) -> None:
    first = result.page.found[0]
    by_certificate = (
        result.criteria.serial_prefix or result.criteria.fingerprint or result.criteria.application
    )
    links.open_holder(first.subscriber.subscriber_id, first.certificate.serial.hex if by_certificate else "")


def _head(result: Result) -> None:
    page = result.page
    understood = words.t(f"certificates.by.{lookup.key_of(result.criteria)}")
    with st.container(horizontal=True, vertical_alignment="center"):
        if page.more_than_counted:
            count = words.t("certificates.more_than", count=page.count)
        else:
            count = words.t("certificates.count", n=page.count)
        st.markdown(f"{understood} · **{count}** · {words.t('certificates.order')}")
        st.space("stretch")
        trail = st.session_state[_TRAIL]
        if len(trail) > 1:
            st.caption(words.t("certificates.page", number=len(trail)))
        st.button(
            words.t("certificates.newer"),
            on_click=_newer,
            disabled=len(trail) == 1,
            icon=":material/chevron_left:",
        )
        st.button(
            words.t("certificates.older"),
            on_click=_older,
            args=(page.following,),
            disabled=page.following is None,
            icon=":material/chevron_right:",
            icon_position="right",
        )


def _newer() -> None:
    st.session_state[_TRAIL] = st.session_state[_TRAIL][:-1]


def _older(following: Position) -> None:
    st.session_state[_TRAIL] = [*st.session_state[_TRAIL], following]


def _list(result: Result, typed: str) -> None:
    if not result.page.found:
        nothing = "nothing_found" if typed or result.criteria != Criteria() else "nothing_yet"
        if result.criteria.name_prefix:
            nothing = "nothing_found_name"
        st.info(words.t(f"certificates.{nothing}"), icon=":material/search_off:")
        return
    chosen = certificate_table.show(
        result.page.found, now=result.at, key=f"found_{len(st.session_state[_TRAIL])}"
    )
    if chosen is not None:
        links.open_holder(chosen.subscriber.subscriber_id, chosen.certificate.serial.hex)
    st.caption(words.t("certificates.masked", at=formats.clock(result.at)), help=formats.utc(result.at))
