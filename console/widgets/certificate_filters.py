"""The filters of the certificate list: the status in view, the rest one click away."""

from datetime import date
from typing import Literal

import streamlit as st

from console import words
from console.widgets import alphabet, criteria_link
from console.widgets import format as formats
from console.widgets import typed as typed_text
from console.widgets.criteria_link import OPTIONS, Filters

_KEY = "certificates.filter."
_APPLIED = "certificates.applied"
# What of the address was not understood, and the filters that were taken from it.
_IGNORED = "certificates.ignored"
_LONGEST_IGNORED = 120


def follow_address() -> None:
    """Takes the filters over from the address when it changed from outside: a deep link, the way back."""
    query = st.query_params.to_dict()
    if st.session_state.get(_APPLIED) == query and _KEY + "status" in st.session_state:
        return
    asked = criteria_link.from_query(query)
    st.session_state[_IGNORED] = (criteria_link.ignored(query), criteria_link.to_query(asked))
    for name in OPTIONS:
        st.session_state[_KEY + name] = list(getattr(asked, name))
    st.session_state[_KEY + "from"] = _written(asked.issued_from)
    st.session_state[_KEY + "to"] = _written(asked.issued_to)
    st.session_state[_KEY + "lost"] = asked.lost


def _written(day: date | None) -> str:
    return formats.day(day, language="ru") if day else ""


def draw() -> Filters:
    """The widgets, and what they hold now; the address follows."""
    with st.container(horizontal=True, vertical_alignment="center", gap="small"):
        status = _pills("status", label_visibility="collapsed")
        popover = st.popover(_label(), icon=":material/filter_list:")
        st.button(words.t("certificates.clear"), on_click=_clear, type="tertiary", disabled=not _any())
    with popover:
        chosen = {name: _pills(name) for name in ("channel", "storage", "method", "kind")}
        # Pills, not a multiselect: its list says "No results" in English when nothing matches.
        region = st.pills(
            words.t("certificates.filter.region"),
            sorted(OPTIONS["region"], key=lambda number: alphabet.place(words.region(int(number)))),
            selection_mode="multi",
            format_func=lambda number: words.region(int(number)),
            key=_KEY + "region",
        )
        issued_from, issued_to = _days()
        lost = st.checkbox(words.t("certificates.filter.lost"), key=_KEY + "lost")
    filters = Filters(
        status=status, region=tuple(region), issued_from=issued_from, issued_to=issued_to, lost=lost, **chosen
    )
    query = criteria_link.to_query(filters)
    st.query_params.from_dict(query)
    st.session_state[_APPLIED] = query
    _say_what_was_ignored(query)
    return filters


def _say_what_was_ignored(query: dict[str, str]) -> None:
    """Until other filters are chosen."""
    ignored, taken = st.session_state.get(_IGNORED, ([], {}))
    if ignored and taken == query:
        what = typed_text.plain(", ".join(ignored)[:_LONGEST_IGNORED])
        st.warning(words.t("certificates.ignored", what=what), icon=":material/filter_alt_off:")


def _pills(name: str, *, label_visibility: Literal["visible", "collapsed"] = "visible") -> tuple[str, ...]:
    return tuple(
        st.pills(
            words.t(f"certificates.filter.{name}"),
            OPTIONS[name],
            selection_mode="multi",
            format_func=lambda value: words.t(f"{name}.{value}"),
            key=_KEY + name,
            label_visibility=label_visibility,
        )
    )


def _days() -> tuple[date | None, date | None]:
    left, right = st.columns(2)
    return _day(left, "from"), _day(right, "to")


def _day(column: st.delta_generator.DeltaGenerator, name: str) -> date | None:
    typed = column.text_input(
        words.t(f"certificates.filter.{name}"),
        key=_KEY + name,
        placeholder=words.t("certificates.filter.day_form"),
    )
    try:
        return criteria_link.typed_day(typed)
    except ValueError:
        column.caption(f":red[{words.t('certificates.filter.no_day')}]")
        return None


def _held() -> Filters:
    """What the widgets will hold in this run, known before they are drawn."""
    state = st.session_state
    return Filters(
        **{name: tuple(state[_KEY + name]) for name in OPTIONS},
        issued_from=_readable(state[_KEY + "from"]),
        issued_to=_readable(state[_KEY + "to"]),
        lost=state[_KEY + "lost"],
    )


def _readable(typed: str) -> date | None:
    try:
        return criteria_link.typed_day(typed)
    except ValueError:
        return None


def _any() -> bool:
    return _held() != Filters()


def _label() -> str:
    count = _held().count
    return words.t("certificates.filters_set", count=count) if count else words.t("certificates.filters")


def _clear() -> None:
    for name in OPTIONS:
        st.session_state[_KEY + name] = []
    for name in ("from", "to"):
        st.session_state[_KEY + name] = ""
    st.session_state[_KEY + "lost"] = False
