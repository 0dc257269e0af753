"""J5: an analyst counts certificates and people, breaks them down and takes the figures home, in a real browser."""

import io
import re
from pathlib import Path

import openpyxl
import pandas as pd
import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from ca_core import statistics
from ca_core.figures import Figure
from ca_core.roles import Role
from ca_core.statistics import Figures
from console.widgets.statistics_words import Labels
from data.schema import audit
from tests.data import histories
from tests.journeys.conftest import House, Visits

# The first page of a fresh console imports everything.
FIRST_PAGE_MS = 20_000


def recounted(house: House) -> Figures:
    """From raw rows, not from rollups."""
    return statistics.recount(histories.certificates_of(house.service.store.engine), at=house.service.now())


def digits(text: str) -> int:
    return int(re.sub(r"\D", "", text))


def metric(page: Page, name: str) -> int:
    """The number under a label, with the bridge's sign before it or without."""
    label = page.get_by_test_id("stMetricLabel").get_by_text(re.compile(f"^([−=] )?{re.escape(name)}$"))
    found = page.get_by_test_id("stMetric").filter(has=label)
    return digits(found.get_by_test_id("stMetricValue").inner_text())


def exports_noted(house: House) -> list[str]:
    with house.service.store.engine.connect() as connection:
        query = sa.select(audit.c.subject).where(audit.c.event == "statistics:export:done")
        return list(connection.scalars(query.order_by(audit.c.audit_id)))


def test_the_bridge_equals_the_raw_rows(house: House, visit: Visits) -> None:
    """R12: issued counts certificates, holders counts people, and the page leads from one to the other."""
    page = visit(Role.ANALYST, "/statistics", language="en")
    labels, before = Labels("en"), recounted(house)
    expect(page.get_by_test_id("stMetric").first).to_be_visible(timeout=FIRST_PAGE_MS)
    shown = {figure: metric(page, labels.figure(figure)) for figure in (
        Figure.ISSUED_EVER, Figure.EXPIRED_EVER, Figure.REVOKED_EVER, Figure.HELD, Figure.VALID, Figure.EXTRA,
        Figure.HOLDERS_VALID, Figure.HOLDERS,
    )}  # fmt: skip
    # Other journeys change the house, and certificates run out by the clock.
    assert before == recounted(house)
    assert (shown[Figure.ISSUED_EVER], shown[Figure.VALID]) == (before.issued, before.valid)
    assert (shown[Figure.REVOKED_EVER], shown[Figure.HELD]) == (before.revoked, before.held)
    assert (shown[Figure.HOLDERS], shown[Figure.HOLDERS_VALID]) == (before.holders, before.holders_valid)
    assert shown[Figure.VALID] - shown[Figure.EXTRA] == shown[Figure.HOLDERS_VALID]


@pytest.mark.parametrize("language", ["ru", "kk", "en"])
def test_figures_are_taken_home_and_the_audit_log_knows(house: House, visit: Visits, language: str) -> None:
    page, labels = visit(Role.ANALYST, "/statistics", language=language), Labels(language)
    noted, issued = len(exports_noted(house)), recounted(house).issued
    with page.expect_download() as download:
        page.get_by_role("button", name=labels.say("export.csv")).click()
    content = Path(download.value.path()).read_bytes()
    frame = pd.read_csv(io.BytesIO(content), sep="," if language == "en" else ";", encoding="utf-8-sig")
    table, row, _, value = frame.columns
    summary = frame[frame[table] == labels.say("export.summary")].set_index(row)[value]
    assert int(summary[labels.figure(Figure.ISSUED_EVER)]) == issued
    with page.expect_download() as download:
        page.get_by_role("button", name=labels.say("export.xlsx")).click()
    book = openpyxl.load_workbook(io.BytesIO(Path(download.value.path()).read_bytes()))
    assert labels.say("export.about") in book.sheetnames
    assert exports_noted(house)[noted:] == ["csv", "xlsx"]


def test_the_past_and_the_period_before(house: House, visit: Visits) -> None:
    page, labels = visit(Role.ANALYST, "/statistics", language="en"), Labels("en")
    page.get_by_text(labels.say("choose.compare")).click()
    expect(page.get_by_test_id("stMetricDelta").first).to_be_visible()
    page.get_by_label(labels.say("choose.as_of")).click()
    page.get_by_role("option").nth(3).click()
    expect(page.get_by_text(re.compile("As of .* 23:59"))).to_be_visible()
    assert metric(page, labels.figure(Figure.ISSUED_EVER)) < recounted(house).issued


def test_each_breakdown_opens(house: House, visit: Visits) -> None:
    page, labels = visit(Role.ANALYST, "/statistics", language="kk"), Labels("kk")
    for name in ("channel", "storage", "region", "method", "age_band", "kind", "reason", "month"):
        page.get_by_role("radio", name=labels.say(f"by.{name}")).click()
        expect(page.get_by_test_id("stDataFrame")).to_be_visible()
        expect(page.get_by_test_id("stDataFrame").locator("th").first).to_have_text(labels.say(f"row.{name}"))


def test_a_number_leads_a_supervisor_to_its_list_and_an_analyst_nowhere(house: House, visit: Visits) -> None:
    name = Labels("en").figure(Figure.VALID)
    supervisor = visit(Role.SUPERVISOR, "/statistics", language="en")
    expect(supervisor.get_by_role("link", name=name, exact=True)).to_have_attribute(
        "href", re.compile(r"/certificates\?status=valid$"), timeout=FIRST_PAGE_MS
    )
    analyst = visit(Role.ANALYST, "/statistics", language="en")
    expect(analyst.get_by_test_id("stMetric").first).to_be_visible(timeout=FIRST_PAGE_MS)
    expect(analyst.get_by_role("link", name=name, exact=True)).to_have_count(0)


def test_statistics_are_not_for_an_officer(house: House, visit: Visits) -> None:
    page = visit(Role.RA_OFFICER, "/statistics", language="en")
    expect(page.get_by_text("role.not_allowed")).to_be_visible(timeout=FIRST_PAGE_MS)
    expect(page.get_by_test_id("stMetric")).to_have_count(0)
