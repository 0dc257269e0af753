"""The auditor's page in a real browser: sealed, verified, each view on record; and a change that was found."""

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Literal

import pytest
import sqlalchemy as sa
from playwright.sync_api import Page, expect

from ca_core import audit_view, roles
from ca_core.roles import Role
from console import words
from data.schema import audit as entries
from runtime import auditing
from tests.journeys.conftest import House, Visits

pytestmark = pytest.mark.timeout(240)

AUDITOR = roles.Actor("auditing", None, roles.Door.COMMAND_LINE)
_COPIED_WITHIN_SECONDS = 60
_TOLD_WITHIN_SECONDS = 60
Picture = Callable[[Page, str], Path]
LOOKS: tuple[tuple[str, Literal["light", "dark"]], ...] = (("ru", "light"), ("kk", "dark"), ("en", "light"))


def verify(house: House) -> None:
    """What the job runner does once a day."""
    walk = auditing.verification(house.service)
    while walk.step():
        pass
    walk.finish(by=AUDITOR)


def verdict(house: House) -> str:
    with house.service.look() as work:
        last = audit_view.last_verdict(work.audit_pages)
    return last.event if last is not None else ""


@contextmanager
def changed(house: House) -> Iterator[None]:
    """By somebody with the database's password, and back, so that the house stays as it was."""
    with house.service.look() as work:
        first = work.connection.execute(sa.select(entries).order_by(entries.c.audit_id).limit(1)).one()

    def write(reason: str) -> None:
        with house.service.work() as work:
            one = entries.c.audit_id == first.audit_id
            work.connection.execute(sa.update(entries).where(one).values(reason=reason))
        verify(house)

    write("changed")
    try:
        yield
    finally:
        write(first.reason)
        # A head may be sealed and not copied yet while a walk ends: that one does not know.
        deadline = time.monotonic() + _COPIED_WITHIN_SECONDS
        while verdict(house) != audit_view.VERIFIED and time.monotonic() < deadline:
            time.sleep(1)
            verify(house)


def test_the_auditor_sees_what_happened_and_whether_the_log_is_whole(
    house: House, visit: Visits, picture: Picture
) -> None:
    verify(house)
    for language, scheme in LOOKS:
        page = visit(Role.AUDITOR, "/audit", language=language, scheme=scheme)
        expect(page.get_by_text(words.say(language, "audit.state.goes_on"))).to_be_visible(timeout=30_000)
        expect(page.get_by_text(words.say(language, "audit.state.intact"))).to_be_visible()
        expect(page.get_by_test_id("stDataFrame")).to_be_visible()
        picture(page, f"audit-{language}-{scheme}")
    # R14: that each of these was opened is itself on record, under the auditor's name.
    with house.service.look() as work:
        opened = work.connection.scalar(
            sa.select(sa.func.count()).where(
                entries.c.event == "audit:view:done",
                entries.c.staff_id == house.staff_id(house.account(Role.AUDITOR)),
            )
        )
    assert opened is not None
    assert opened >= len(LOOKS)


def test_a_change_that_was_found_stands_on_both_pages_until_all_is_intact(
    house: House, visit: Visits, picture: Picture
) -> None:
    with changed(house):
        page = visit(Role.AUDITOR, "/audit", language="kk", scheme="dark")
        expect(page.get_by_text(words.say("kk", "audit.state.changed"))).to_be_visible(timeout=30_000)
        picture(page, "audit-changed")
        home = visit(Role.AUDITOR, "/", language="ru")
        expect(home.get_by_text(words.say("ru", "trouble.audit_changed"))).to_be_visible(timeout=30_000)
        picture(home, "home-changed")
    assert verdict(house) == audit_view.VERIFIED
    # The home page looks again by itself. A walk of the job runner's own may have begun meanwhile and end only now.
    warning = home.get_by_text(words.say("ru", "trouble.audit_changed"))
    deadline = time.monotonic() + _TOLD_WITHIN_SECONDS
    while warning.count() and time.monotonic() < deadline:
        if verdict(house) != audit_view.VERIFIED:
            verify(house)
        home.wait_for_timeout(500)
    expect(warning).to_have_count(0, timeout=1_000)
