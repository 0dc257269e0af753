"""The photo review: a moderator's desk; for those who watch over it, the photos that wait, the one due first on top."""

from collections.abc import Sequence
from datetime import datetime

import streamlit as st

from ca_core import overview, roles
from ca_core.certificate import Channel
from ca_core.identifiers import ApplicationId
from console import words
from console.components import review_desk
from console.widgets import format as formats
from console.widgets import tables, watermark
from runtime.service import Service


def show(service: Service, staff: roles.Actor) -> None:
    if roles.may(staff, roles.Permission.DECIDE_REVIEWS):
        _desk(service, staff)
    else:
        _list(service, staff)


def _desk(service: Service, staff: roles.Actor) -> None:
    now = service.now()
    with service.look() as work:
        under_review = overview.reviews(work, actor=staff, now=now)
        own = overview.own_decisions(work, actor=staff, now=now)
    review_desk.mount(
        waiting=sum(not review.holder for review in under_review),
        decided_today=len(own),
        last=_last(own, now),
        watermark=watermark.over_a_picture(staff, now),
    )


def _last(own: Sequence[overview.OwnDecision], now: datetime) -> review_desk.Last | None:
    """The newest one, while there is time to take it back."""
    if not own or own[0].undo_until is None or own[0].undo_until <= now:
        return None
    left = int((own[0].undo_until - now).total_seconds())
    return review_desk.Last(own[0].review_id, own[0].decision, left)


def _list(service: Service, staff: roles.Actor) -> None:
    now = service.now()
    with service.look() as work:
        waiting = overview.reviews(work, actor=staff, now=now)
    st.title(words.t("reviews.title"), anchor=False)
    late = sum(review.due_at <= now for review in waiting)
    if waiting:
        st.markdown(words.t("reviews.count", n=len(waiting)))
    if late:
        st.warning(words.t("reviews.late", n=late), icon=":material/schedule:")
    tables.show(
        {
            words.t("reviews.column.due"): [_due(review, now) for review in waiting],
            words.t("reviews.column.waits"): [formats.span(now - review.opened_at) for review in waiting],
            words.t("reviews.column.application"): [
                str(ApplicationId.parse(review.application)) for review in waiting
            ],
            words.t("reviews.column.channel"): [
                words.t(f"channel.{Channel(review.channel).name.lower()}") for review in waiting
            ],
            words.t("reviews.column.region"): [words.region(review.region) for review in waiting],
            words.t("reviews.column.opened"): [formats.instant(review.opened_at) for review in waiting],
            words.t("reviews.column.holder"): [review.holder for review in waiting],
        },
        empty=words.t("reviews.empty"),
        key="reviews",
    )


def _due(review: overview.Review, now: datetime) -> str:
    if review.due_at <= now:
        return words.t("reviews.overdue", age=now - review.due_at)
    return words.t("reviews.due_in", left=review.due_at - now)
