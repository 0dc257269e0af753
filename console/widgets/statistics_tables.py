"""The published tables as DataFrames with localised labels, and the files that an analyst takes home."""

import io
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

import pandas as pd

from ca_core.figures import DEFINED, Count, Facet, Figure
from ca_core.reporting import Report, Row, Table
from console.widgets import alphabet
from console.widgets import format as formats
from console.widgets.statistics_words import Labels, month

# Excel of these languages splits a line at semicolons.
_SEPARATORS = {"ru": ";", "kk": ";", "en": ","}
_SHEET_NAME_AT_MOST = 31
# People of several months are not the sum of each month's people: there is nothing to show, and nothing hidden.
NO_SUM = "–"


@dataclass(frozen=True, slots=True)
class Published:
    """Everything that one export holds, computed and suppressed already."""

    report: Report
    facets: tuple[tuple[Facet, Table], ...]
    smallest: int
    made_by: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Sheet:
    name: str
    frame: pd.DataFrame
    missing: str


def of_table(labels: Labels, table: Table, rows: Sequence[str], heading: str) -> pd.DataFrame:
    """The country's total last; a cell that is not shown is missing (NA)."""
    cells = [*(row.cells for row in table.rows), table.total]
    columns = {
        labels.figure(figure): pd.array([line[place] for line in cells], dtype="Int64")
        for place, figure in enumerate(table.columns)
    }
    return pd.DataFrame({heading: [*rows, labels.say("totals")], **columns})


def by_month(labels: Labels, table: Table) -> pd.DataFrame:
    return of_table(labels, table, [month(row.value) for row in table.rows], labels.say("row.month"))


def by_facet(labels: Labels, facet: Facet, table: Table) -> pd.DataFrame:
    if facet is Facet.REGION:
        by_name = sorted(table.rows, key=lambda row: alphabet.place(labels.value(facet, row.value)))
        table = replace(table, rows=tuple(by_name))
    names = [labels.value(facet, row.value) for row in table.rows]
    return of_table(labels, table, names, labels.say(f"row.{facet.value}"))


def by_reason(labels: Labels, reasons: Sequence[Count], total: int) -> pd.DataFrame:
    rows = tuple(Row(count.value, (count.n,)) for count in reasons)
    table = Table((Figure.REVOKED,), rows, (total,))
    return of_table(labels, table, [labels.reason(row.value) for row in rows], labels.say("row.reason"))


def summary(labels: Labels, report: Report) -> pd.DataFrame:
    numbers = [
        n for n in report.numbers if n.figure is not Figure.HOLDERS_IN_MONTH and _known(report, n.figure)
    ]
    columns: dict[str, object] = {
        labels.say("export.figure"): [labels.figure(n.figure) for n in numbers],
        labels.say("export.definition_id"): [DEFINED[n.figure] for n in numbers],
        labels.say("export.value"): pd.array([n.n for n in numbers], dtype="Int64"),
    }
    if report.before is not None:
        first, last = labels.period(report.before)
        heading = labels.say("before", first=first, last=last)
        columns[heading] = pd.array([n.before for n in numbers], dtype="Int64")
    return pd.DataFrame(columns)


def _known(report: Report, figure: Figure) -> bool:
    return figure is not Figure.UNUSED or report.unused_as_of is not None


def sheets(labels: Labels, published: Published) -> list[Sheet]:
    report = published.report
    hidden, reasons = labels.say("not_shown"), by_reason(labels, report.reasons, report.of(Figure.REVOKED).n)
    found = [
        Sheet(labels.say("export.summary"), summary(labels, report), NO_SUM),
        Sheet(labels.say("by.month"), by_month(labels, report.months), NO_SUM),
        Sheet(labels.say("by.reason"), reasons, hidden),
    ]
    for facet, table in published.facets:
        found.append(Sheet(labels.say(f"by.{facet.value}"), by_facet(labels, facet, table), hidden))
    return found


def about(labels: Labels, published: Published) -> pd.DataFrame:
    """What a reader must know to use the numbers: as-of, filters, suppression, each definition with its number."""
    report = published.report
    at = formats.instant(report.as_of, language=labels.language)
    lines = [
        (labels.say("export.as_of"), f"{at} ({formats.utc(report.as_of)})"),
        (labels.say("export.period"), " – ".join(labels.period(report.period))),
        (labels.say("export.filters"), labels.say("export.no_filters")),
        (labels.say("export.suppression"), labels.say("hidden", k=published.smallest)),
        (labels.say("export.made_by"), published.made_by),
        (labels.say("export.made_at"), formats.instant(published.made_at, language=labels.language)),
        ("Asia/Almaty", labels.say("export.time_zone")),
    ]
    lines += [(f"{DEFINED[f]} {labels.figure(f)}", labels.definition(f)) for f in Figure]
    return pd.DataFrame(lines, columns=[labels.say("export.about"), labels.say("export.definition")])


def xlsx(labels: Labels, published: Published) -> bytes:
    """A sheet a table, and one about the file."""
    target = io.BytesIO()
    with pd.ExcelWriter(target, engine="openpyxl") as writer:
        for sheet in [
            *sheets(labels, published),
            Sheet(labels.say("export.about"), about(labels, published), ""),
        ]:
            name = sheet.name[:_SHEET_NAME_AT_MOST]
            shown = sheet.frame.astype(object).where(sheet.frame.notna(), sheet.missing)
            shown.to_excel(writer, sheet_name=name, index=False, freeze_panes=(1, 1))
            for column in writer.sheets[name].columns:
                widest = max(len(str(cell.value or "")) for cell in column)
                writer.sheets[name].column_dimensions[column[0].column_letter].width = min(60, widest + 2)
    return target.getvalue()


def csv(labels: Labels, published: Published) -> bytes:
    """One number a line, with a byte order mark so that Excel reads Cyrillic; what the file is about stands first."""
    table, row, figure, value = (labels.say(f"export.{name}") for name in ("table", "row", "figure", "value"))
    facts = about(labels, published)
    found = [
        pd.DataFrame(
            {table: labels.say("export.about"), row: facts.iloc[:, 0], figure: "", value: facts.iloc[:, 1]}
        )
    ]
    for sheet in sheets(labels, published):
        frame = sheet.frame.drop(columns=labels.say("export.definition_id"), errors="ignore")
        long = frame.melt(id_vars=frame.columns[0], var_name="_figure", value_name="_value").astype(object)
        long.columns = pd.Index([row, figure, value])
        long[value] = long[value].where(long[value].notna(), sheet.missing)
        found.append(long.assign(**{table: sheet.name}))
    whole = pd.concat(found)[[table, row, figure, value]]
    text = whole.to_csv(index=False, sep=_SEPARATORS[labels.language], lineterminator="\r\n")
    return text.encode("utf-8-sig")
