"""State of the CA: lists as published, and what the job runner gave up on."""

from datetime import datetime

import streamlit as st

from ca_core import given_up, overview, roles
from ca_core.overview import Health, PublishedList
from ca_core.roles import Permission
from console import words
from console.widgets import format as formats
from console.widgets import tables
from console.widgets import troubles as troubles_
from runtime.service import Service


def show(service: Service, staff: roles.Actor) -> None:
    now = service.now()
    with service.look() as work:
        health = overview.health(work, actor=staff)
    st.title(words.t("operations.title"), anchor=False)
    troubles_.show(service, staff)
    _lists(health, now)
    _commands(health)
    _messages(health)
    if (health.commands or health.messages) and roles.may(staff, Permission.RETRY_GIVEN_UP):
        _retry(service, staff)


def _retry(service: Service, staff: roles.Actor) -> None:
    if not st.button(words.t("operations.retry"), help=words.t("operations.retry_help"), key="retry"):
        return
    with service.work(by=staff, on="given up") as work:
        retried = given_up.retry(work, actor=staff, now=service.now())
    st.toast(words.t("operations.retried", commands=retried.commands, messages=retried.messages))
    st.rerun()


def _lists(health: Health, now: datetime) -> None:
    st.subheader(words.t("operations.lists"), anchor=False)
    tables.show(
        {
            words.t("operations.column.issuer"): [
                words.t(f"operations.issuer.{one.issuer}") for one in health.lists
            ],
            words.t("operations.column.state"): [_standing(one, now) for one in health.lists],
            words.t("operations.column.number"): [formats.number(one.number) for one in health.lists],
            words.t("operations.column.age"): [formats.span(now - one.this_update) for one in health.lists],
            words.t("operations.column.next"): [formats.instant(one.next_update) for one in health.lists],
            words.t("operations.column.entries"): [formats.number(one.entries) for one in health.lists],
        },
        empty=words.t("operations.no_lists"),
    )


def _standing(one: PublishedList, now: datetime) -> str:
    return words.t("operations.lapsed" if now >= one.next_update else "operations.current")


def _commands(health: Health) -> None:
    st.subheader(words.t("operations.commands"), anchor=False)
    tables.show(
        {
            words.t("operations.column.kind"): [
                words.t(f"operations.command.{c.kind}") for c in health.commands
            ],
            words.t("operations.column.subject"): [c.subject for c in health.commands],
            words.t("operations.column.problem"): [c.problem for c in health.commands],
            words.t("operations.column.attempts"): [c.attempts for c in health.commands],
            words.t("operations.column.asked"): [formats.instant(c.asked_at) for c in health.commands],
        },
        empty=words.t("operations.no_commands"),
    )


def _messages(health: Health) -> None:
    st.subheader(words.t("operations.messages"), anchor=False)
    tables.show(
        {
            words.t("operations.column.message"): [m.notice_id for m in health.messages],
            words.t("operations.column.kind"): [
                words.t(f"operations.notice.{m.kind}") for m in health.messages
            ],
            words.t("operations.column.medium"): [
                words.t(f"operations.medium.{m.medium}") for m in health.messages
            ],
            words.t("operations.column.problem"): [m.problem for m in health.messages],
            words.t("operations.column.attempts"): [m.attempts for m in health.messages],
            words.t("operations.column.asked"): [formats.instant(m.created_at) for m in health.messages],
        },
        empty=words.t("operations.no_messages"),
    )
