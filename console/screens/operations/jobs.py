"""The job runner's parts, and what it gave up, with one act that has it tried again."""

from datetime import datetime

import streamlit as st

from ca_core import given_up, roles
from ca_core.ca_health import Job, State
from ca_core.overview import Health
from ca_core.roles import Permission
from console import words
from console.widgets import format as formats
from console.widgets import tables
from runtime.service import Service


def show(service: Service, staff: roles.Actor, state: State, health: Health, now: datetime) -> None:
    _parts(state, now)
    if (health.commands or health.messages) and roles.may(staff, Permission.RETRY_GIVEN_UP):
        _retry(service, staff)
    _commands(health)
    _messages(health)


def _parts(state: State, now: datetime) -> None:
    if state.is_silent(now) and state.heard_at is not None:
        st.error(
            words.t("operations.silent", since=formats.instant(state.heard_at)), icon=":material/warning:"
        )
    jobs = sorted(state.jobs, key=lambda job: (not job.failures, words.t(f"operations.job.{job.name}")))
    tables.show(
        {
            words.t("operations.column.job"): [words.t(f"operations.job.{job.name}") for job in jobs],
            words.t("operations.column.state"): [_state(job) for job in jobs],
            words.t("operations.column.ran"): [_ago(job.ran_at, now) for job in jobs],
            words.t("operations.column.comes"): [_next(job, now) for job in jobs],
            words.t("operations.column.failures"): [job.failures for job in jobs],
            words.t("operations.column.failed"): [
                formats.instant(job.failed_at) if job.failed_at else "–" for job in jobs
            ],
            words.t("operations.column.problem"): [job.problem or "–" for job in jobs],
        },
        empty=words.t("operations.no_jobs"),
        key="jobs",
    )


def _state(job: Job) -> str:
    return words.t("operations.failing" if job.failures else "operations.fine")


def _ago(at: datetime | None, now: datetime) -> str:
    return words.t("operations.ago", age=now - at) if at is not None else words.t("operations.never")


def _next(job: Job, now: datetime) -> str:
    """Most parts come with every round of five seconds."""
    if job.next_at is None or job.next_at <= now:
        return words.t("operations.each_round")
    return words.t("operations.comes_in", span=job.next_at - now)


def _retry(service: Service, staff: roles.Actor) -> None:
    if not st.button(words.t("operations.retry"), help=words.t("operations.retry_help"), key="retry"):
        return
    with service.work(by=staff, on="given up") as work:
        retried = given_up.retry(work, actor=staff, now=service.now())
    st.toast(words.t("operations.retried", commands=retried.commands, messages=retried.messages))
    st.rerun()


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
