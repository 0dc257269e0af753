"""The holder page (J4): one person's certificates on a life line, what can be done with each, and what happened.

Everything about the person is masked until a reason is given (R14); each visit is written down once.
"""

import streamlit as st

from ca_core import lookup, roles
from ca_core.certificate import Certificate
from ca_core.errors import Refusal
from ca_core.identifiers import Serial, SerialInvalid
from ca_core.lookup import HolderPage
from ca_core.records import SubscriberUnknown
from console import words
from console.screens import certificates as search
from console.screens.holder import acts, details, header, reissued, tabs
from console.screens.holder.page import CHOSEN, Page, close_act, said
from console.widgets import certificate_table, life_line, owner_code, refusals, states, typed
from console.widgets import format as formats
from runtime.service import Service

_FOREIGN = "holder.foreign_serial"
_LONGEST_SERIAL = 40


def show(service: Service, staff: roles.Actor) -> None:
    try:
        page = _page(service, staff)
    except Refusal as refusal:
        refusals.show(refusal)
        header.way_back(staff)
        return
    header.draw(page)
    if not page.holder.certificates:
        st.info(words.t("holder.no_certificates"), icon=":material/inbox:")
        tabs.draw(page)
        return
    found = _chosen(page)
    _say_whose_it_is_not()
    off = acts.buttons(page, found)
    left, right = st.columns([5, 7], gap="medium")
    with left:
        details.draw(page, found)
    with right:
        said()
        reissued.draw(page)
        acts.panel(page, found, off)
    tabs.draw(page)


def _page(service: Service, staff: roles.Actor) -> Page:
    """What is shown, read in one snapshot. Raises NotAllowed, SubscriberUnknown."""
    asked = st.query_params.get("subscriber", "")
    if not asked.isascii() or not asked.isdigit() or len(asked) > 15:
        raise SubscriberUnknown
    # Streamlit forgets a page's widgets when the page is left: without the choice of a certificate, this is a visit.
    opened = CHOSEN not in st.session_state or st.session_state.get("holder.open") != asked
    if opened:
        _begin_visit(asked)
    now = service.now()
    with service.work(by=staff, on=f"subscriber/{asked}") if opened else service.look() as work:
        holder: HolderPage = lookup.holder(
            work, actor=staff, subscriber_id=int(asked), opened=opened, now=now
        )
        return Page(service, staff, holder, now, work.lists.newest("issuing"))


def _begin_visit(asked: str) -> None:
    st.session_state["holder.open"] = asked
    header.hide()
    reissued.settle()
    owner_code.new_page()
    close_act()
    search.forget()


def _chosen(page: Page) -> Certificate:
    """The life line, and below it the one certificate that the page speaks of."""
    certificates = {c.serial.hex: c for c in page.holder.certificates}
    if st.session_state.get(CHOSEN) not in certificates:
        st.session_state[CHOSEN] = _asked_for(certificates) or next(iter(certificates))
        st.session_state[_FOREIGN] = (
            st.query_params.get("serial", "") if _asked_for(certificates) is None else ""
        )
    place = st.container()
    chosen = st.pills(
        words.t("holder.choose"),
        list(certificates),
        format_func=lambda serial: _label(page, certificates[serial]),
        key=CHOSEN,
        required=True,
        on_change=_forget_the_foreign_one,
        label_visibility="collapsed",
    )
    found = certificates[str(chosen)]
    with place:
        life_line.show(page.holder.certificates, now=page.now, chosen=found.serial.hex)
    st.query_params.from_dict({"subscriber": str(page.subscriber.subscriber_id), "serial": found.serial.hex})
    return found


def _forget_the_foreign_one() -> None:
    st.session_state[_FOREIGN] = ""


def _say_whose_it_is_not() -> None:
    """An address may ask for a certificate that this person does not have: another one is not shown silently."""
    asked = st.session_state.get(_FOREIGN, "")
    if asked:
        serial = typed.plain(formats.grouped(asked[:_LONGEST_SERIAL]))
        st.warning(words.t("holder.not_theirs", serial=serial), icon=":material/person_off:")


def _label(page: Page, found: Certificate) -> str:
    look = states.CERTIFICATE[page.status(found)]
    storage = certificate_table.named(found.facets.storage, "storage")
    return f"{look.icon} {storage} · {certificate_table.short_serial(found.serial.hex)}"


def _asked_for(certificates: dict[str, Certificate]) -> str | None:
    try:
        serial = Serial.parse(st.query_params.get("serial", ""))
    except SerialInvalid:
        return None
    return serial.hex if serial.hex in certificates else None
