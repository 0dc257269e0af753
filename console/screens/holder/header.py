"""Who the page is about: masked, until a reason is given, and then for ten minutes, marked and watermarked (R14)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from html import escape

import streamlit as st

from ca_core import identifiers, lookup, roles
from ca_core.errors import Refusal
from ca_core.lookup import RevealReason
from ca_core.roles import NotAllowed, Permission, Role
from ca_core.subscriber import Subscriber
from console import navigation, words
from console.screens.holder.page import Page
from console.widgets import format as formats
from console.widgets import links, refusals, typed, watermark

SHOWN_FOR = timedelta(minutes=10)
_SHOWN = "holder.shown"


@dataclass(frozen=True, slots=True)
class Shown:
    """Personal data in clear: of whom, why, since when."""

    subscriber_id: int
    reason: RevealReason
    at: datetime

    @property
    def until(self) -> datetime:
        return self.at + SHOWN_FOR


def hide() -> None:
    st.session_state.pop(_SHOWN, None)


def shown(page: Page) -> Shown | None:
    """The mark, while it holds."""
    mark: Shown | None = st.session_state.get(_SHOWN)
    holds = mark is not None and mark.subscriber_id == page.subscriber.subscriber_id and page.now < mark.until
    return mark if holds else None


def way_back(staff: roles.Actor) -> None:
    """To the search; for a call agent, who searches for nobody, to the call."""
    in_a_call = staff.role is Role.CALL_AGENT
    label = words.t("holder.back_to_call" if in_a_call else "holder.back")
    if not st.button(label, key="holder_back", type="tertiary", icon=":material/arrow_back:"):
        return
    if in_a_call:
        navigation.go("calls")
    links.back_to_search()


def draw(page: Page) -> None:
    mark = shown(page)
    with st.container(horizontal=True, vertical_alignment="center"):
        way_back(page.staff)
        st.subheader(typed.plain(_name(page.subscriber, mark)), anchor=False)
        st.space("stretch")
        if mark is None:
            _reveal(page)
        else:
            st.markdown(f":orange-badge[{_mark(mark)}]")
            st.button(words.t("holder.hide"), on_click=hide, icon=":material/visibility_off:")
    st.html(_line(page.subscriber, mark))
    if mark is not None:
        st.html(watermark.over_the_page(page.staff, page.now))
        _until_time_is_over(page, mark)


def _mark(mark: Shown) -> str:
    reason = words.t(f"reveal.reason.{mark.reason.value}")
    return words.t("holder.shown_for", reason=reason, at=formats.clock(mark.until))


def _name(person: Subscriber, mark: Shown | None) -> str:
    if mark is None:
        return identifiers.mask_name(person.surname, person.given_name)
    return " ".join(part for part in (person.surname, person.given_name, person.patronymic) if part)


def _line(person: Subscriber, mark: Shown | None) -> str:
    none = words.t("holder.none")
    if mark is None:
        iin, email = person.iin.masked, identifiers.mask_email(person.email) or none
        phone = person.phone.masked if person.phone else none
    else:
        iin, email = person.iin.digits, person.email or none
        phone = person.phone.full if person.phone else none
    return " · ".join(
        (
            f"{words.t('holder.iin')} <b>{iin}</b>",
            f"{words.t('holder.phone')} <b>{phone}</b>",
            f"{words.t('holder.email')} <b>{escape(email)}</b>",
            escape(words.region(person.region)),
            words.t("holder.speaks", tongue=words.t(f"holder.language.{person.language}")),
        )
    )


def _reveal(page: Page) -> None:
    refused = _why_not(page.staff)
    with st.popover(
        words.t("holder.reveal"),
        icon=":material/visibility:",
        disabled=refused is not None,
        help=refusals.as_help(refused) if refused else None,
    ):
        reason = st.radio(
            words.t("reveal.why"),
            list(RevealReason),
            format_func=lambda r: words.t(f"reveal.reason.{r.value}"),
            index=None,
            key="reveal_reason",
        )
        note = st.text_input(words.t("reveal.note"), key="reveal_note", max_chars=200)
        st.caption(words.t("reveal.logged", name=typed.plain(page.staff.name)))
        if st.button(
            words.t("reveal.show"),
            type="primary",
            key="reveal_show",
            disabled=reason is None,
            help=None if reason else words.t("reveal.reason_first"),
        ):
            _note_and_show(page, RevealReason(str(reason)), note)


def _why_not(staff: roles.Actor) -> Refusal | None:
    try:
        roles.require(staff, Permission.REVEAL_PERSONAL_DATA)
    except NotAllowed as refused:
        return refused
    return None


def _note_and_show(page: Page, reason: RevealReason, note: str) -> None:
    subscriber_id, now = page.subscriber.subscriber_id, page.service.now()
    try:
        with page.service.work(by=page.staff, on=f"subscriber/{subscriber_id}") as work:
            lookup.reveal(
                work, actor=page.staff, subscriber_id=subscriber_id, reason=reason, note=note, now=now
            )
    except Refusal as refusal:
        refusals.show(refusal)
        return
    st.session_state[_SHOWN] = Shown(subscriber_id, reason, now)
    st.rerun()


@st.fragment(run_every=timedelta(seconds=20))
def _until_time_is_over(page: Page, mark: Shown) -> None:
    if page.service.now() >= mark.until:
        hide()
        st.rerun(scope="app")
