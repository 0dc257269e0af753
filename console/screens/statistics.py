"""Statistics: how many, to whom, through which entry, on which storage; certificates and people kept apart (R12)."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import TypeVar

import pandas as pd
import streamlit as st

from ca_core import figures, reporting, roles, statistics
from ca_core.figures import Facet, Figure, Question
from ca_core.reporting import Grid, Report, Table
from ca_core.roles import Permission
from console import language as languages
from console.widgets import charts, statistics_tables, tables
from console.widgets import format as formats
from console.widgets.statistics_tables import Published
from console.widgets.statistics_words import Labels, month_end
from runtime.service import Service

# Long names of figures take two lines instead of being cut; numbers stay on one line with their neighbours.
_STYLE = """<style>
[data-testid="stMetricLabel"] p { white-space: normal; line-height: 1.2; font-size: 0.8125rem; }
[data-testid="stMetricLabel"] { min-height: 2.75em; align-items: end; }
</style>"""
_MONTHS_OFFERED = 36
# Months; 0 stands for all of them.
_PERIODS = (1, 3, 6, 12, 24, 0)
_FIRST_PERIOD = 12
# The months are short, the word for their sum is not.
_MONTH_WIDTH_PX = 100
T = TypeVar("T")
_NOW = ""
_BREAKDOWNS = ("month", *(facet.value for facet in Facet), "reason")
_BRIDGE = (
    ("", Figure.ISSUED_EVER), ("− ", Figure.EXPIRED_EVER), ("− ", Figure.REVOKED_EVER), ("− ", Figure.HELD),
    ("= ", Figure.VALID), ("− ", Figure.EXTRA), ("= ", Figure.HOLDERS_VALID),
)  # fmt: skip
_GROUPS = (
    ("period", (Figure.ISSUED, Figure.RENEWED, Figure.REISSUED, Figure.REVOKED, Figure.EXPIRED, Figure.LOST)),
    ("people", (Figure.HOLDERS, Figure.HOLDERS_NEW)),
    ("estimate", (Figure.UNUSED,)),
)
# A single figure needs a little more room for its name.
_WIDTHS = (6, 2, 1.25)
# Only figures of which the list shows exactly the same certificates.
_LISTS = {
    Figure.ISSUED_EVER: "/certificates",
    Figure.EXPIRED_EVER: "/certificates?status=expired",
    Figure.REVOKED_EVER: "/certificates?status=revoked",
    Figure.HELD: "/certificates?status=on_hold",
    Figure.VALID: "/certificates?status=valid",
}


def show(service: Service, staff: roles.Actor) -> None:
    labels, now = Labels(languages.current()), service.now()
    st.html(_STYLE)
    st.title(labels.say("title"), anchor=False)
    question = _asked(labels, now)
    smallest = service.settings.small_cell
    with service.look() as work:
        report = reporting.report(work, actor=staff, question=question, smallest=smallest, now=now)
        if not report.of(Figure.ISSUED_EVER).n:
            st.info(labels.say("empty"), icon=":material/inbox:")
            return
        by_facet: dict[Facet, Table] = {
            facet: reporting.by_facet(
                work, actor=staff, question=question, facet=facet, smallest=smallest, now=now
            )
            for facet in _facets_shown()
        }
        grid = reporting.by_month_and(
            work, actor=staff, question=question, facet=Facet.CHANNEL, smallest=smallest, now=now
        )
    _headline(labels, report, staff, service)
    _charts(labels, grid, by_facet)
    _table(labels, report, by_facet, smallest)
    _export(service, staff, labels, question)
    _definitions(labels)


def _asked(labels: Labels, now: datetime) -> Question:
    today = statistics.local_day(now)
    ends = [
        month_end(figures.first_of_month(today, months_back=back)) for back in range(1, _MONTHS_OFFERED + 1)
    ]
    until = [_NOW, *(day.isoformat() for day in ends)]
    when, period, compare = st.columns([2, 2, 3], vertical_alignment="bottom")
    with when:
        day = _choice(
            labels, "until", "choose.as_of", until, _NOW,
            lambda at: labels.say("end_of", day=date.fromisoformat(at)) if at else labels.say("now"),
        )  # fmt: skip
    with period:
        months = _choice(
            labels, "months", "choose.period", _PERIODS, _FIRST_PERIOD,
            lambda n: labels.say(f"period.{n or 'all'}"),
        )  # fmt: skip
    compared = compare.toggle(labels.say("choose.compare"), key="statistics_compare", disabled=not months)
    return Question(date.fromisoformat(day) if day else None, months or None, compared and bool(months))


def _choice(
    labels: Labels, name: str, label: str, options: Sequence[T], first: T, words_of: Callable[[T], str]
) -> T:
    """A list of its own for each language: the browser answers with the words, and only the value is carried over."""
    kept, key = f"statistics.{name}", f"statistics_{name}_{labels.language}"
    if st.session_state.get(key) not in options:
        known = st.session_state.get(kept, first)
        st.session_state[key] = known if known in options else first
    chosen = st.selectbox(labels.say(label), options, key=key, format_func=words_of)
    st.session_state[kept] = chosen
    return chosen


def _facets_shown() -> set[Facet]:
    """Two have a chart; the table's breakdown was chosen in the run before."""
    chosen = st.session_state.get("statistics_by")
    return {Facet.STORAGE, Facet.REGION} | {facet for facet in Facet if facet.value == chosen}


def _headline(labels: Labels, report: Report, staff: roles.Actor, service: Service) -> None:
    linked = roles.may(staff, Permission.SEARCH_CERTIFICATES)
    first, last = labels.period(report.period)
    at = formats.instant(report.as_of, language=labels.language)
    st.caption(labels.say("as_of", at=at, first=first, last=last), help=formats.utc(report.as_of))
    st.markdown(f"**{labels.say('section.bridge')}**")
    for place, (sign, figure) in zip(st.columns(len(_BRIDGE), gap="small"), _BRIDGE, strict=True):
        _metric(place, labels, report, figure, sign=sign, linked=linked)
    for group, (name, shown) in zip(st.columns(_WIDTHS), _GROUPS, strict=True):
        group.markdown(f"**{labels.say(f'section.{name}')}**")
        for place, figure in zip(group.columns(len(shown), gap="small"), shown, strict=True):
            _metric(place, labels, report, figure, sign="", linked=linked)
    _unused_method(labels, report, service)


def _metric(
    place: st.delta_generator.DeltaGenerator,
    labels: Labels,
    report: Report,
    figure: Figure,
    *,
    sign: str,
    linked: bool,
) -> None:
    number = report.of(figure)
    name = labels.figure(figure)
    label = f"[{name}]({_LISTS[figure]})" if linked and figure in _LISTS else name
    known = figure is not Figure.UNUSED or report.unused_as_of is not None
    unit = labels.say("people" if figure in figures.PEOPLE else "certificates")
    place.metric(
        f"{sign}{label}",
        formats.number(number.n) if known else "–",
        None if number.before is None else formats.number(number.n - number.before),
        delta_color="off",
        delta_arrow="off" if number.n == number.before else "auto",
        help=f"{unit}. {labels.help(figure)}",
    )


def _unused_method(labels: Labels, report: Report, service: Service) -> None:
    lines = []
    if report.before is not None:
        first, last = labels.period(report.before)
        lines.append(f"Δ {labels.say('before', first=first, last=last)}.")
    if report.unused_as_of is None:
        lines.append(labels.say("unused_none"))
    else:
        method = labels.say("unused.method", days=service.policy.certificates.unused_after.days)
        at = formats.instant(report.unused_as_of, language=labels.language)
        lines.append(labels.say("unused_method", at=at, method=method))
    st.caption(" ".join(lines))


def _charts(labels: Labels, grid: Grid, by_facet: dict[Facet, Table]) -> None:
    st.markdown(f"**{labels.say('section.charts')}**")
    wide, storage, region = st.columns([5, 3, 3])
    with wide:
        what = labels.say("chart.month_channel")
        st.caption(what)
        series = [
            (labels.value(Facet.CHANNEL, value), [row.cells[place] for row in grid.rows])
            for place, value in enumerate(grid.values)
        ]
        option = charts.stacked([labels.month(row.value) for row in grid.rows], series)
        charts.show(option, alt=labels.say("chart.alt", what=what), height_px=320, key="chart_month_channel")
    for place, facet in ((storage, Facet.STORAGE), (region, Facet.REGION)):
        with place:
            what = labels.say(f"chart.{facet.value}")
            st.caption(what)
            column = by_facet[facet].columns.index(Figure.ISSUED)
            values = [
                (labels.value(facet, row.value), row.cells[column])
                for row in by_facet[facet].rows
                if row.cells[column] != 0
            ]
            option = charts.bars(labels.figure(Figure.ISSUED), values)
            charts.show(
                option, alt=labels.say("chart.alt", what=what), height_px=320, key=f"chart_{facet.value}"
            )


def _table(labels: Labels, report: Report, by_facet: dict[Facet, Table], smallest: int) -> None:
    chosen = st.segmented_control(
        labels.say("choose.by"), _BREAKDOWNS, default="month", key="statistics_by", required=True,
        format_func=lambda name: labels.say(f"by.{name}"),
    )  # fmt: skip
    columns: tuple[Figure, ...]
    missing = labels.say("not_shown")
    if chosen == "month":
        frame, columns = statistics_tables.by_month(labels, report.months), report.months.columns
        missing = statistics_tables.NO_SUM
    elif chosen == "reason":
        total = report.of(Figure.REVOKED).n
        frame, columns = statistics_tables.by_reason(labels, report.reasons, total), (Figure.REVOKED,)
    else:
        table = by_facet[Facet(chosen)]
        frame, columns = statistics_tables.by_facet(labels, Facet(chosen), table), table.columns
    _frame(labels, frame, columns, missing)
    if smallest > 1:
        st.caption(labels.say("hidden", k=smallest))


def _frame(labels: Labels, frame: pd.DataFrame, columns: tuple[Figure, ...], missing: str) -> None:
    help_of = {labels.figure(figure): labels.help(figure) for figure in columns}
    st.dataframe(
        frame.style.format(thousands=formats.THIN_SPACE, na_rep=missing, subset=[*help_of]),
        hide_index=True,
        row_height=tables.ROW_HEIGHT_PX,
        width="stretch",
        height="content" if len(frame) <= 15 else 15 * tables.ROW_HEIGHT_PX,
        placeholder=missing,
        column_config={
            frame.columns[0]: st.column_config.TextColumn(
                pinned=True, width=_MONTH_WIDTH_PX if missing == statistics_tables.NO_SUM else None
            ),
            **{name: st.column_config.NumberColumn(help=text) for name, text in help_of.items()},
        },
    )


def _export(service: Service, staff: roles.Actor, labels: Labels, question: Question) -> None:
    if not roles.may(staff, Permission.EXPORT_STATISTICS):
        return
    name = f"qoltanba-{(question.until or statistics.local_day(service.now())).isoformat()}"
    with st.container(horizontal=True, vertical_alignment="center"):
        st.download_button(
            labels.say("export.csv"), export(service, staff, labels, question, "csv", statistics_tables.csv),
            file_name=f"{name}.csv", mime="text/csv", on_click="ignore", icon=":material/download:",
        )  # fmt: skip
        st.download_button(
            labels.say("export.xlsx"), export(service, staff, labels, question, "xlsx", statistics_tables.xlsx),
            file_name=f"{name}.xlsx", on_click="ignore", icon=":material/download:",
            mime="application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
        )  # fmt: skip
        st.caption(labels.say("export.note"))


def export(
    service: Service,
    staff: roles.Actor,
    labels: Labels,
    question: Question,
    form: str,
    make: Callable[[Labels, Published], bytes],
) -> Callable[[], bytes]:
    """Made when it is asked for, and only after the audit log has it."""

    def made() -> bytes:
        now, smallest = service.now(), service.settings.small_cell
        with service.look() as work:
            published = Published(
                reporting.report(work, actor=staff, question=question, smallest=smallest, now=now),
                tuple(
                    (f, reporting.by_facet(work, actor=staff, question=question, facet=f, smallest=smallest, now=now))
                    for f in Facet
                ),
                smallest, staff.name, now,
            )  # fmt: skip
        content = make(labels, published)
        with service.work(by=staff, on="statistics") as work:
            reporting.note_export(work, actor=staff, question=question, form=form, now=now)
        return content

    return made


def _definitions(labels: Labels) -> None:
    with st.expander(labels.say("section.definitions")):
        st.markdown("\n".join(f"- **{labels.figure(f)}**: {labels.help(f)}" for f in Figure))
