"""The audit log: whether it is sealed and was verified, and its entries by page, masked; each view is an entry too."""

import json
from datetime import datetime

import streamlit as st

from ca_core import audit_view, roles
from ca_core.audit import Recorded
from ca_core.audit_view import Criteria, Page, Position, TreeState
from console import words
from console.widgets import audit_filters, tables, typed
from console.widgets import format as formats
from runtime.service import Service

_AFTER = "audit.after"
_FILTERS = "audit.filters"
_SEEN = "audit.seen"
# Guessed from the first rows otherwise, which say nothing about the next page.
_WIDTHS_PX = {
    "at": 132, "actor": 215, "role": 115, "event": 160, "object": 105, "states": 90, "reason": 105, "details": 160,
}  # fmt: skip
# Green as sealed, amber what lags or is not known, red what was changed; each with its sign and word.
_GOOD, _DOUBTFUL, _BAD = (":green-badge[● {}]", ":orange-badge[◔ {}]", ":red-badge[✕ {}]")
_VERDICTS = {
    audit_view.VERIFIED: (_GOOD, "audit.state.intact"),
    audit_view.FAILED: (_BAD, "audit.state.changed"),
    audit_view.UNKNOWN: (_DOUBTFUL, "audit.state.unknown"),
}


def show(service: Service, staff: roles.Actor) -> None:
    now = service.now()
    with service.look() as work:
        tree = audit_view.state(work, actor=staff)
    st.title(words.t("audit.title"), anchor=False)
    st.caption(words.t("audit.intro"))
    _tree(tree, now)
    criteria = audit_filters.draw()
    found = _page(service, staff, criteria)
    _entries(found)
    _paging(found)


def _tree(tree: TreeState, now: datetime) -> None:
    left, right = st.columns(2)
    with left.container(border=True):
        st.markdown(f"**{words.t('audit.state.sealed')}** {_sealing(tree, now)}")
        if tree.refused:
            st.markdown(words.t(f"refusal.{tree.refused}.text"))
            st.caption(words.t(f"refusal.{tree.refused}.next"))
        _head(tree, now)
    with right.container(border=True):
        _verification(tree, now)


def _sealing(tree: TreeState, now: datetime) -> str:
    if tree.refused:
        return _BAD.format(words.t("audit.state.stopped"))
    if tree.is_behind(now) and tree.waits_since is not None:
        return _DOUBTFUL.format(words.t("audit.state.behind", age=now - tree.waits_since))
    return _GOOD.format(words.t("audit.state.goes_on")) if tree.head is not None else ""


def _head(tree: TreeState, now: datetime) -> None:
    if tree.head is None:
        st.caption(words.t("audit.state.none"))
        return
    head = tree.head.head
    root = words.t("audit.state.root", root=formats.grouped(head.root.hex()))
    entries = words.t("audit.state.entries", n=head.size)
    sealed = words.t("audit.state.head", at=head.at, age=now - head.at)
    st.caption(f"{entries} · {sealed}", help=f"{formats.utc(head.at)}\n\n{root}")


def _verification(tree: TreeState, now: datetime) -> None:
    title, last = words.t("audit.state.verified"), tree.verification
    if last is None:
        st.markdown(f"**{title}**")
        st.caption(words.t("audit.state.never"))
        return
    badge, verdict = _VERDICTS[last.event]
    if badge is _GOOD and tree.is_outdated(now):
        badge, verdict = _DOUBTFUL, "audit.state.outdated"
    st.markdown(f"**{title}** {badge.format(words.t(verdict))}")
    by = typed.plain(last.by)
    st.caption(words.t("audit.state.by", at=last.at, by=by, n=last.size), help=formats.utc(last.at))
    if last.findings:
        st.markdown(words.t("audit.state.findings", n=last.findings))


def _page(service: Service, staff: roles.Actor, criteria: Criteria) -> Page:
    """The same page drawn again is no second view; other filters begin at the newest entry."""
    state = st.session_state
    if state.get(_FILTERS) != criteria:
        state[_FILTERS], state[_AFTER] = criteria, None
    after: Position | None = state[_AFTER]
    asked, now = (staff.staff_id, criteria, after), service.now()
    if state.get(_SEEN) == asked:
        with service.look() as work:
            return audit_view.page(work, actor=staff, criteria=criteria, after=after, opened=False, now=now)
    with service.work(by=staff, on="audit") as work:
        found = audit_view.page(work, actor=staff, criteria=criteria, after=after, opened=True, now=now)
    state[_SEEN] = asked
    return found


def _entries(found: Page) -> None:
    columns = {
        "number": lambda one: one.entry_id,
        "at": lambda one: f"{formats.local_day(one.at)} {formats.clock(one.at)}",
        "actor": lambda one: one.actor,
        # Staff come by the console alone; owners and the system itself have no role.
        "role": lambda one: words.t(f"role.{one.role}" if one.role else f"audit.door.{one.door}"),
        "event": lambda one: one.event,
        "object": lambda one: one.subject,
        "states": lambda one: " → ".join(filter(None, (one.from_state, one.to_state))),
        "reason": lambda one: one.reason,
        "details": _details,
    }
    tables.show(
        {
            words.t(f"audit.column.{name}"): [value(one) for one in found.entries]
            for name, value in columns.items()
        },
        empty=words.t("audit.empty"),
        config={
            words.t(f"audit.column.{name}"): st.column_config.TextColumn(width=width)
            for name, width in _WIDTHS_PX.items()
        },
        key="audit_entries",
    )


def _details(one: Recorded) -> str:
    details: dict[str, str] = json.loads(one.details)
    return ", ".join(f"{name}: {value}" for name, value in details.items() if value)


def _paging(found: Page) -> None:
    with st.container(horizontal=True):
        if st.session_state[_AFTER] is not None:
            st.button(words.t("audit.newest"), key="audit_newest", on_click=_go, args=(None,))
        if found.following is not None:
            st.button(words.t("audit.older"), key="audit_older", on_click=_go, args=(found.following,))


def _go(after: Position | None) -> None:
    st.session_state[_AFTER] = after
