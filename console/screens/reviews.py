"""The photo review: a moderator's desk; for those who watch over it, the queue, who holds what, what was decided."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import TypeVar

import streamlit as st

from ca_core import overview, roles
from ca_core.certificate import Channel
from ca_core.identifiers import ApplicationId
from ca_core.overview import OwnDecisions, Review, ReviewDay, ReviewQueue
from console import words
from console.components import review_desk
from console.widgets import format as formats
from console.widgets import tables, watermark
from runtime.service import Service

# A page that looks again by itself keeps nobody's session alive, unlike one that says that somebody is there.
_DESK_LOOKS_EVERY = timedelta(seconds=20)
_LIST_LOOKS_EVERY = timedelta(seconds=10)
_NOTHING = "–"

T = TypeVar("T")
# As narrow as the words of three languages allow, so that nothing is cut at 1280 px.
_QUEUE_WIDTHS_PX = {
    "due": 175,
    "waits": 100,
    "application": 115,
    "channel": 160,
    "region": 165,
    "holder": 290,
}
_DAY_WIDTHS_PX = {
    "day": 96, "decided": 82, "approved": 100, "approve_share": 104, "rejected": 110, "new_photo": 96,
    "second_moderator": 90, "late": 80, "mean": 86, "agreed": 85, "lapsed": 85,
}  # fmt: skip


def show(service: Service, staff: roles.Actor) -> None:
    if roles.may(staff, roles.Permission.DECIDE_REVIEWS):
        _desk(service, staff)
    else:
        st.title(words.t("reviews.title"), anchor=False)
        _watch(service, staff)


@st.fragment(run_every=_DESK_LOOKS_EVERY)
def _desk(service: Service, staff: roles.Actor) -> None:
    now = service.now()
    with service.look() as work:
        queue = overview.review_queue(work, actor=staff, now=now)
        own = overview.own_decisions(work, actor=staff, now=now)
    review_desk.mount(
        waiting=queue.waiting,
        decided_today=own.n,
        last=_last(own, now),
        watermark=watermark.over_a_picture(staff, now),
    )


def _last(own: OwnDecisions, now: datetime) -> review_desk.Last | None:
    """The newest one, while there is time to take it back."""
    last = next(iter(own.newest), None)
    if last is None or last.undo_until is None or last.undo_until <= now:
        return None
    left = int((last.undo_until - now).total_seconds())
    return review_desk.Last(last.review_id, last.decision, left)


@st.fragment(run_every=_LIST_LOOKS_EVERY)
def _watch(service: Service, staff: roles.Actor) -> None:
    now = service.now()
    with service.look() as work:
        queue = overview.review_queue(work, actor=staff, now=now)
        listed = overview.reviews(work, actor=staff, now=now)
        days = overview.review_days(work, actor=staff, now=now)
    _figures(queue, now)
    waiting, decided = st.tabs([words.t("reviews.tab.queue"), words.t("reviews.tab.days")])
    with waiting:
        _queue(listed, queue, now)
    with decided:
        _days(days)


def _figures(queue: ReviewQueue, now: datetime) -> None:
    oldest = formats.span(now - queue.oldest_at) if queue.oldest_at else words.t("reviews.none")
    late = f"✕ {formats.number(queue.late)}" if queue.late else formats.number(0)
    figures = {
        "waiting": formats.number(queue.waiting),
        "held": formats.number(queue.held),
        "late": late,
        "oldest": oldest,
    }
    with st.container(horizontal=True):
        for name, value in figures.items():
            st.metric(words.t(f"reviews.figure.{name}"), value, help=words.t(f"reviews.help.{name}"))


def _queue(listed: Sequence[Review], queue: ReviewQueue, now: datetime) -> None:
    columns: dict[str, Callable[[Review], str]] = {
        "due": lambda one: _due(one, now),
        "waits": lambda one: formats.span(now - one.opened_at),
        "application": lambda one: str(ApplicationId.parse(one.application)),
        "channel": lambda one: words.t(f"channel.{Channel(one.channel).name.lower()}"),
        "region": lambda one: words.region(one.region),
        "holder": _holder,
    }
    _table("column", columns, listed, _QUEUE_WIDTHS_PX, empty=words.t("reviews.empty"))
    if queue.waiting + queue.held > len(listed):
        st.caption(words.t("reviews.more", n=len(listed)))


def _days(days: Sequence[ReviewDay]) -> None:
    """Two weeks; shares without a number behind them are no shares."""
    columns: dict[str, Callable[[ReviewDay], str]] = {
        "day": lambda one: formats.day(one.day),
        "decided": lambda one: formats.number(one.decided),
        "approved": lambda one: formats.number(one.approved),
        "approve_share": lambda one: _share(one.approve_share),
        "rejected": lambda one: formats.number(one.rejected),
        "new_photo": lambda one: formats.number(one.new_photo),
        "second_moderator": lambda one: formats.number(one.second_moderator),
        "late": lambda one: formats.number(one.late),
        "mean": lambda one: formats.span(one.mean) if one.mean is not None else _NOTHING,
        "agreed": lambda one: (
            words.t("reviews.of", n=one.agreed, total=one.rechecks) if one.rechecks else _NOTHING
        ),
        "lapsed": lambda one: formats.number(one.lapsed),
    }
    _table("day", columns, days, _DAY_WIDTHS_PX, empty=words.t("reviews.no_days"))
    st.caption(words.t("reviews.day_notes"))


def _share(value: float | None) -> str:
    return _NOTHING if value is None else words.t("reviews.percent", n=round(value * 100))


def _table(
    kind: str,
    columns: dict[str, Callable[[T], str]],
    rows: Sequence[T],
    widths: dict[str, int],
    *,
    empty: str,
) -> None:
    heading = {name: words.t(f"reviews.{kind}.{name}") for name in columns}
    tables.show(
        {heading[name]: [value(one) for one in rows] for name, value in columns.items()},
        empty=empty,
        config={heading[name]: st.column_config.TextColumn(width=width) for name, width in widths.items()},
        key=f"reviews_{kind}",
    )


def _holder(one: Review) -> str:
    """Who holds it; which of the two moderators it waits for, where the first wanted a second."""
    if not one.is_second:
        return one.holder
    return (
        words.t("reviews.second_holds", name=one.holder) if one.holder else words.t("reviews.second_wanted")
    )


def _due(review: Review, now: datetime) -> str:
    if review.due_at <= now:
        return words.t("reviews.overdue", age=now - review.due_at)
    return words.t("reviews.due_in", left=review.due_at - now)
