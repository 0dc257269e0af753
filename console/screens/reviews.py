"""Photos that wait for a moderator, the one due first on top. Claiming and deciding belong to the review itself."""

from datetime import datetime

import streamlit as st

from ca_core import overview, roles
from ca_core.certificate import Channel
from ca_core.identifiers import ApplicationId
from console import words
from console.widgets import format as formats
from console.widgets import tables
from runtime.service import Service


def show(service: Service, staff: roles.Actor) -> None:
    now = service.now()
    with service.look() as work:
        waiting = overview.reviews(work, actor=staff)
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
        },
        empty=words.t("reviews.empty"),
        key="reviews",
    )


def _due(review: overview.Review, now: datetime) -> str:
    if review.due_at <= now:
        return words.t("reviews.overdue", age=now - review.due_at)
    return words.t("reviews.due_in", left=review.due_at - now)
