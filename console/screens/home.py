"""Home: what matters to this role now, each number a link to its list."""

from datetime import datetime, timedelta

import streamlit as st

from ca_core import overview, roles
from ca_core.overview import Figure, Tile
from ca_core.roles import Permission
from ca_core.statistics import local_day
from console import navigation, words
from console.components import tiles as tiles_
from console.widgets import format as formats
from console.widgets import troubles as troubles_
from runtime.service import Service

# A slow card: the numbers of the day, not a queue that somebody stares at.
_REFRESH_EVERY = timedelta(seconds=10)

_WAITING = (Figure.CALLERS_WAITING, Figure.CALLS_ESCALATED, Figure.REVIEWS_WAITING, Figure.PROPOSALS_OPEN)
_HEALTH = (Figure.CRL_AGE, Figure.FAILED_COMMANDS, Figure.FAILED_MESSAGES)
_PERIOD = (Figure.ISSUED_TODAY, Figure.ISSUED_MONTH, Figure.REVOKED_TODAY, Figure.REVOKED_MONTH)
_STOCK = (Figure.ISSUED, Figure.VALID, Figure.ON_HOLD)
_PEOPLE = (Figure.HOLDERS,)
# The list of certificates knows neither people nor the day of a revocation; the statistics know both.
_COUNTED = (Figure.HOLDERS, Figure.REVOKED_TODAY, Figure.REVOKED_MONTH)
_SECTIONS = (
    ("waiting", _WAITING),
    ("health", _HEALTH),
    ("period", _PERIOD),
    ("stock", _STOCK),
    ("people", _PEOPLE),
)


def show(service: Service, staff: roles.Actor) -> None:
    st.title(words.t("home.title"), anchor=False)
    _troubles(service, staff)
    _tiles(service, staff)


@st.fragment(run_every=_REFRESH_EVERY)
def _troubles(service: Service, staff: roles.Actor) -> None:
    troubles_.show(service, staff)


@st.fragment(run_every=_REFRESH_EVERY)
def _tiles(service: Service, staff: roles.Actor) -> None:
    now = service.now()
    with service.look() as work:
        tiles = {tile.figure: tile for tile in overview.home(work, actor=staff, now=now)}
    if not tiles:
        st.info(words.t(f"home.nothing.{staff.role}"), icon=":material/inbox:")
        st.markdown(words.t("home.never_ask"))
        return
    sections = [
        tiles_.Section(
            words.t(f"home.section.{name}"),
            [_card(tiles[figure], staff, now) for figure in figures if figure in tiles],
        )
        for name, figures in _SECTIONS
    ]
    opened = tiles_.draw([section for section in sections if section.cards], key="home_tiles")
    st.caption(words.t("home.as_of", at=formats.clock(now)), help=formats.utc(now))
    if opened is not None:
        navigation.go(opened.screen, opened.query)


def _card(tile: Tile, staff: roles.Actor, now: datetime) -> tiles_.Card:
    return tiles_.Card(
        name=words.t(f"home.figure.{tile.figure}"),
        number=_number(tile, now),
        note=_note(tile, now),
        help=words.t(f"home.help.{tile.figure}"),
        tone=_tone(tile, now),
        link=_link(tile.figure, staff, now),
    )


def _number(tile: Tile, now: datetime) -> str:
    if tile.figure is Figure.CRL_AGE:
        return formats.span(now - tile.since) if tile.since else words.t("home.no_list")
    return formats.number(tile.n)


def _note(tile: Tile, now: datetime) -> str:
    if tile.figure is Figure.CRL_AGE:
        return words.t("home.note.list", n=tile.n, at=tile.until) if tile.until else ""
    if tile.figure in _WAITING:
        return words.t("home.note.oldest", age=now - tile.since) if tile.since else words.t("home.note.none")
    return words.t(f"home.note.{tile.figure}")


def _tone(tile: Tile, now: datetime) -> str:
    """Colour only for what asks for an act; the words say the same."""
    if tile.figure is Figure.CRL_AGE:
        return "bad" if tile.until is None or now >= tile.until else ""
    if tile.figure in _HEALTH:
        return "bad" if tile.n else ""
    return "wait" if tile.figure in _WAITING and tile.n else ""


def _link(figure: Figure, staff: roles.Actor, now: datetime) -> tiles_.Link:
    if figure in (Figure.CALLERS_WAITING, Figure.CALLS_ESCALATED):
        return tiles_.Link("calls", "calls", {})
    if figure is Figure.REVIEWS_WAITING:
        return tiles_.Link("reviews", "reviews", {})
    if figure is Figure.PROPOSALS_OPEN:
        return tiles_.Link("proposals", "proposals", {})
    if figure in _HEALTH:
        return tiles_.Link("operations", "operations", {})
    statistics = roles.may(staff, Permission.VIEW_STATISTICS)
    if statistics and (figure in _COUNTED or not roles.may(staff, Permission.SEARCH_CERTIFICATES)):
        return tiles_.Link("statistics", "statistics", {})
    return tiles_.Link("certificates", "certificates", _filters(figure, now))


def _filters(figure: Figure, now: datetime) -> dict[str, str]:
    today = local_day(now)
    first = {Figure.ISSUED_TODAY: today, Figure.ISSUED_MONTH: today.replace(day=1)}
    if figure in first:
        return {"from": first[figure].isoformat()}
    status = {
        Figure.VALID: "valid",
        Figure.ON_HOLD: "on_hold",
        Figure.REVOKED_TODAY: "revoked",
        Figure.REVOKED_MONTH: "revoked",
    }
    return {"status": status[figure]} if figure in status else {}
