"""The form for somebody who joins."""

import streamlit as st

from ca_core import roles, staff, staff_joining
from ca_core.errors import Refusal
from ca_core.identifiers import Iin
from ca_core.roles import Role
from ca_core.staff_joining import Asked, Newcomer
from console import words
from console.screens.staff_accounts import acting, half
from console.widgets import refusals
from runtime.service import Service


def show(service: Service, by: roles.Actor) -> None:
    with st.form("staff_join", border=False):
        left, right = st.columns(2)
        login = left.text_input(
            words.t("staff.join.login"), max_chars=40, help=words.t("staff.join.login_help"), key="join_login"
        )
        name = right.text_input(
            words.t("staff.join.name"), max_chars=staff_joining.LONGEST_NAME, key="join_name"
        )
        role = left.selectbox(
            words.t("staff.join.role"),
            list(Role),
            index=None,
            format_func=lambda one: words.t(f"role.{one}"),
            placeholder=words.t("staff.choose"),
            key="join_role",
        )
        language = right.selectbox(
            words.t("staff.join.language"), staff.LANGUAGES, format_func=_language, key="join_language"
        )
        region = left.selectbox(
            words.t("staff.join.region"),
            list(staff_joining.REGIONS),
            index=staff_joining.REGIONS.index(staff.DEFAULT_REGION),
            format_func=words.region,
            key="join_region",
        )
        iin = right.text_input(words.t("staff.join.iin"), max_chars=14, key="join_iin")
        asks = st.form_submit_button(words.t("staff.join.ask"), key="join_ask", help=words.t("staff.two"))
    if not asks:
        return
    try:
        newcomer = _newcomer(login, name, role, language, region, iin)
    except Refusal as refusal:
        refusals.show(refusal)
        return
    acting.do(
        service, by, "staff/new", "staff.proposed",
        lambda work: staff_joining.propose_join(work, by=by, newcomer=newcomer, now=service.now()),
        lambda asked: _asked(asked, newcomer),
    )  # fmt: skip


def _newcomer(login: str, name: str, role: Role | None, language: str, region: int, iin: str) -> Newcomer:
    if role is None:
        raise staff_joining.DetailsUnfit
    return Newcomer(login, name, role, language, region, Iin.parse(iin) if iin.strip() else None)


def _asked(asked: Asked, newcomer: Newcomer) -> None:
    half.keep(half.Half(asked.half, newcomer.name, "first"))
    for field in ("login", "name", "iin"):
        del st.session_state[f"join_{field}"]


def _language(language: str) -> str:
    return words.say(language, "language.name")
