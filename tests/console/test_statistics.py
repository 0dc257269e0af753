"""The statistics screen and its exports: every number equals the raw rows, in three languages."""

import dataclasses
import io
from datetime import datetime, timedelta

import openpyxl
import pandas as pd
import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from ca_core import reporting, roles, statistics
from ca_core.figures import DEFINED, Facet, Figure, Question
from ca_core.roles import NotAllowed, Role
from console.screens import statistics as screen
from console.widgets import format as formats
from console.widgets import statistics_tables
from console.widgets.statistics_tables import Published
from console.widgets.statistics_words import Labels
from data.schema import audit
from runtime import unused
from runtime.service import Service
from tests.data import histories
from tests.data.histories import Lives

LANGUAGES = ("ru", "kk", "en")
ANALYST = roles.Actor("Үлгі А.", Role.ANALYST, roles.Door.CONSOLE, staff_id=4)
SUPERVISOR = roles.Actor("Үлгі Б.", Role.SUPERVISOR, roles.Door.CONSOLE, staff_id=3)


def page(service, actor, language):
    """Runs inside the script: only what it is given exists there, so no types either."""
    import streamlit as st

    from console import language as languages
    from console.screens import statistics

    languages.choose(st.session_state.get("page_language", language))
    statistics.show(service, actor)


def opened(service: Service, actor: roles.Actor = ANALYST, language: str = "ru") -> AppTest:
    shown = AppTest.from_function(page, args=(service, actor, language), default_timeout=30).run()
    assert not shown.exception
    return shown


@pytest.fixture
def lived(service: Service) -> Service:
    """A town whose last step lies some weeks back."""
    lives = Lives(service.store.engine, seed=7, begin=service.now() - timedelta(days=420))
    for _ in lives.busy_days(50):
        if lives.now > service.now() - timedelta(days=20):
            break
    unused.refresh(service, service.now())
    return service


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_house_says_what_will_appear_here(service: Service, language: str) -> None:
    shown = opened(service, language=language)
    assert shown.info[0].value == Labels(language).say("empty")
    assert not shown.metric


@pytest.mark.parametrize("language", LANGUAGES)
def test_headline_equals_the_raw_rows(lived: Service, language: str) -> None:
    shown, labels = opened(lived, language=language), Labels(language)
    raw = statistics.recount(histories.certificates_of(lived.store.engine), at=lived.now())
    values = {metric.label.removeprefix("− ").removeprefix("= "): metric.value for metric in shown.metric}
    expected = {
        Figure.ISSUED_EVER: raw.issued, Figure.EXPIRED_EVER: raw.expired, Figure.REVOKED_EVER: raw.revoked,
        Figure.HELD: raw.held, Figure.VALID: raw.valid, Figure.HOLDERS_VALID: raw.holders_valid,
        Figure.HOLDERS: raw.holders, Figure.EXTRA: raw.valid - raw.holders_valid,
    }  # fmt: skip
    for figure, n in expected.items():
        assert values[labels.figure(figure)] == formats.number(n), figure


def test_every_heading_has_its_definition(lived: Service) -> None:
    for metric in opened(lived).metric:
        assert any(f"[{number}]" in metric.help for number in DEFINED.values())


@pytest.mark.parametrize("by", [*(facet.value for facet in Facet), "month", "reason"])
def test_each_breakdown_shows_a_table_with_the_countrys_total(lived: Service, by: str) -> None:
    shown = opened(lived)
    shown.session_state["statistics_by"] = by
    shown.session_state["statistics_months_ru"] = 0
    shown.run()
    assert not shown.exception
    frame = shown.dataframe[0].value
    assert frame.columns[0] == Labels("ru").say(f"row.{by}")
    assert frame.iloc[-1, 0] == Labels("ru").say("totals")
    assert frame.iloc[:-1, 1].astype(int).sum() == int(frame.iloc[-1, 1])


def test_another_language_keeps_what_was_chosen(lived: Service) -> None:
    """The browser answers with the words of the list: a list of another language is another list."""
    shown = opened(lived)
    shown.selectbox(key="statistics_months_ru").set_value(24).run()
    shown.session_state["page_language"] = "kk"
    shown.run()
    assert not shown.exception
    assert shown.selectbox(key="statistics_months_kk").value == 24
    assert Labels("kk").say("period.24") in shown.selectbox(key="statistics_months_kk").options
    shown.session_state["page_language"] = "ru"
    shown.run()
    assert shown.selectbox(key="statistics_months_ru").value == 24


def test_comparing_shows_the_difference(lived: Service) -> None:
    shown = opened(lived)
    shown.toggle(key="statistics_compare").set_value(True).run()
    assert not shown.exception
    assert all(metric.delta for metric in shown.metric if metric.label == "Выпущено всего")


def test_numbers_lead_to_lists_only_for_those_who_may_open_them(lived: Service) -> None:
    """An analyst sees aggregates, never people."""
    assert not any("](/certificates" in metric.label for metric in opened(lived, ANALYST).metric)
    assert any("](/certificates?status=valid)" in m.label for m in opened(lived, SUPERVISOR).metric)


def test_small_cells_are_not_shown_on_the_screen(lived: Service) -> None:
    lived.settings = dataclasses.replace(lived.settings, small_cell_minimum=10)
    shown = opened(lived)
    shown.session_state["statistics_by"] = Facet.AGE_BAND.value
    shown.run()
    cells = shown.dataframe[0].value.iloc[:-1, 1:]
    assert cells.isna().any(axis=None)
    assert not ((cells > 0) & (cells < 10)).any(axis=None)


def exports(service: Service) -> list[str]:
    with service.store.engine.connect() as connection:
        query = sa.select(audit.c.subject).where(audit.c.event == "statistics:export:done")
        return list(connection.scalars(query))


@pytest.mark.parametrize("language", LANGUAGES)
def test_csv_opens_in_excel_and_adds_up(lived: Service, language: str) -> None:
    labels = Labels(language)
    content = screen.export(lived, ANALYST, labels, Question(months=None), "csv", statistics_tables.csv)()
    assert content.startswith("\N{ZERO WIDTH NO-BREAK SPACE}".encode())
    frame = pd.read_csv(io.BytesIO(content), sep="," if language == "en" else ";", encoding="utf-8-sig")
    table, row, figure, value = frame.columns
    issued = frame[
        (frame[table] == labels.say("by.region")) & (frame[figure] == labels.figure(Figure.ISSUED))
    ]
    total = issued[issued[row] == labels.say("totals")][value].astype(int).item()
    assert total == len(histories.certificates_of(lived.store.engine))
    assert issued[issued[row] != labels.say("totals")][value].astype(int).sum() == total
    assert exports(lived) == ["csv"]


def test_xlsx_has_every_table_and_a_sheet_about_itself(lived: Service) -> None:
    labels = Labels("kk")
    content = screen.export(lived, ANALYST, labels, Question(), "xlsx", statistics_tables.xlsx)()
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert len(book.sheetnames) == 3 + len(Facet) + 1
    about = {row[0].value: row[1].value for row in book[labels.say("export.about")]}
    assert about[labels.say("export.made_by")] == ANALYST.name
    assert labels.definition(Figure.HOLDERS) in about.values()
    assert exports(lived) == ["xlsx"]


def test_a_hidden_cell_is_hidden_in_the_file_too(lived: Service) -> None:
    now: datetime = lived.now()
    with lived.look() as work:
        asked = {"actor": ANALYST, "question": Question(months=None), "smallest": 10, "now": now}
        report = reporting.report(work, **asked)
        table = reporting.by_facet(work, facet=Facet.AGE_BAND, **asked)
    published = Published(report, ((Facet.AGE_BAND, table),), 10, "Үлгі", now)
    shown = [sheet for sheet in statistics_tables.sheets(Labels("en"), published) if "age" in sheet.name]
    hidden = sum(cell is None for row in table.rows for cell in row.cells)
    assert hidden > 0
    assert shown[0].frame.isna().sum().sum() == hidden
    lines = statistics_tables.csv(Labels("en"), published).decode("utf-8-sig").splitlines()
    assert sum(line.startswith("by age,") and line.endswith(",•") for line in lines) == hidden


def test_an_export_that_is_not_allowed_leaves_nothing(lived: Service) -> None:
    make = screen.export(lived, SUPERVISOR, Labels("ru"), Question(), "csv", statistics_tables.csv)
    with pytest.raises(NotAllowed):
        make()
    assert exports(lived) == []
    assert not opened(lived, SUPERVISOR).get("download_button")
