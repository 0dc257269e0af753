"""The shell's screens, drawn without a browser: for whom they open, what they say, how many queries they ask."""

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from ca_core import overview, roles
from ca_core.approval import Proposal, digest
from ca_core.overview import Figure, Tile
from ca_core.revocation import reports, revoke
from ca_core.roles import Role
from console import pages
from console.screens import home
from data.schema import command, outbox, subscriber
from runtime import procedures
from runtime.service import Service
from tests import builders
from tests.console.conftest import Person, person

# What each screen asks the database for; more is a decision, not an accident.
QUERIES = {"home": 18, "reviews": 5, "proposals": 2, "operations": 20, "policy": 1, "my_account": 2}


def _script() -> None:
    import importlib

    import streamlit as st

    from ca_core.errors import Refusal
    from console.widgets import refusals

    state = st.session_state
    try:
        importlib.import_module(f"console.screens.{state['screen']}").show(state["service"], state["actor"])
    except Refusal as refusal:
        refusals.show(refusal)


@pytest.fixture
def draw(service: Service) -> Callable[..., AppTest]:
    def drawn(screen: str, actor: roles.Actor, language: str = "en") -> AppTest:
        test = AppTest.from_function(_script, default_timeout=20)
        for name, value in (
            ("screen", screen),
            ("service", service),
            ("actor", actor),
            ("language", language),
        ):
            test.session_state[name] = value
        return test.run()

    return drawn


def said(test: AppTest) -> str:
    parts: list[Any] = [*test.title, *test.info, *test.error, *test.markdown, *test.caption, *test.warning]
    return "\n".join(str(part.value) for part in parts)


@pytest.mark.parametrize("language", ["kk", "ru", "en"])
@pytest.mark.parametrize("screen", sorted(QUERIES))
def test_screens_draw_an_empty_system(
    service: Service, draw: Callable[..., AppTest], screen: str, language: str
) -> None:
    """Nothing in it yet: no error, and a sentence that says what will appear."""
    test = draw(screen, person(service, Role.SUPERVISOR).actor(), language)
    assert not test.exception
    assert not test.error
    assert test.title


@pytest.mark.parametrize("screen", sorted(QUERIES))
def test_number_of_queries_is_pinned(service: Service, draw: Callable[..., AppTest], screen: str) -> None:
    actor = person(service, Role.SUPERVISOR).actor()
    asked: list[str] = []

    def note(*given: Any) -> None:
        if str(given[2]).lstrip().upper().startswith("SELECT"):
            asked.append(given[2])

    sa.event.listen(service.store.engine, "before_cursor_execute", note)
    draw(screen, actor)
    assert len(asked) <= QUERIES[screen], asked


@pytest.mark.parametrize(
    ("screen", "role"),
    [("reviews", Role.ANALYST), ("proposals", Role.CALL_AGENT), ("operations", Role.MODERATOR)],
)
def test_screen_of_another_role_is_refused(
    service: Service, draw: Callable[..., AppTest], screen: str, role: Role
) -> None:
    """The operation refuses, not only the menu; what refuses in a fragment is told there."""
    drawn = draw(screen, person(service, role).actor())
    assert "role.not_allowed" in said(drawn) + "".join(one.message for one in drawn.exception)


@pytest.mark.parametrize("role", list(Role))
def test_each_role_has_a_home(service: Service, draw: Callable[..., AppTest], role: Role) -> None:
    test = draw("home", person(service, role).actor())
    assert not test.exception
    assert not test.error


def test_menu_shows_what_the_role_may_open() -> None:
    agent = roles.Actor("agent", Role.CALL_AGENT, roles.Door.CONSOLE, 1)
    assert [page.screen for page in pages.PAGES if page.opens_for(agent)] == [
        "home", "calls", "holder", "policy", "my_account"
    ]  # fmt: skip


@pytest.mark.parametrize("role", list(Role))
def test_every_tile_leads_to_a_page_that_opens_for_the_role(service: Service, role: Role) -> None:
    actor = person(service, role).actor()
    now = service.now()
    with service.look() as work:
        tiles = overview.home(work, actor=actor, now=now)
    by_screen = {page.screen: page for page in pages.PAGES}
    for tile in tiles:
        link = home._link(tile.figure, actor, now)
        assert by_screen[link.screen].opens_for(actor), (role, tile.figure)
        assert by_screen[link.screen].path == link.path


def test_own_proposal_waits_for_somebody_else(service: Service, officer: Person) -> None:
    """R9: nobody is the second officer of their own proposal."""
    second = person(service, Role.RA_OFFICER, "second")
    now = service.now()
    payload = (("document", "12"),)
    frozen = digest(act="hold", subject="00" * 20, payload=payload)
    with service.work() as work:
        work.proposals.add(
            Proposal(
                0,
                "hold",
                "00" * 20,
                payload,
                frozen,
                officer.staff_id,
                "Үлгіев",
                now,
                now + timedelta(hours=1),
            )
        )

    def waiting(who: Person) -> int:
        with service.look() as work:
            tiles = overview.home(work, actor=who.actor(), now=now)
        return next(tile.n for tile in tiles if tile.figure is Figure.PROPOSALS_OPEN)

    assert (waiting(officer), waiting(second)) == (0, 1)


def test_a_report_and_its_answer_are_one_thing_that_waits(service: Service, officer: Person) -> None:
    """R9a: whoever answered it waits for somebody else; everybody else has one thing to look at, not two."""
    second = person(service, Role.RA_OFFICER, "third")
    owned = builders.issued(service)
    now = service.now()
    with service.work() as work:
        report_id = reports.note(
            work, actor=roles.OWNER, act=revoke.ACT_BY_LAW, found=owned.certificate, payload=(), now=now
        )

    def waiting(who: Person) -> tuple[int, list[str]]:
        with service.look() as work:
            tiles = overview.home(work, actor=who.actor(), now=now)
            listed = [one.proposal.act for one in overview.proposals(work, actor=who.actor(), now=now)]
        return next(tile.n for tile in tiles if tile.figure is Figure.PROPOSALS_OPEN), listed

    assert waiting(officer) == waiting(second) == (1, [revoke.ACT_BY_LAW])
    with service.work() as work:
        reports.propose_dismissal(work, actor=officer.actor(), proposal_id=report_id, why="mistake", now=now)
    assert (waiting(officer), waiting(second)) == ((0, ["dismiss_report"]), (1, ["dismiss_report"]))


def test_failed_message_is_shown_without_its_recipient(
    service: Service, draw: Callable[..., AppTest]
) -> None:
    """R14: whoever runs the system needs the cause, not the person."""
    now = service.now()
    with service.work() as work:
        work.connection.execute(
            sa.insert(subscriber).values(
                subscriber_id=1, iin=1, surname="Үлгіев", given_name="", patronymic="", name_fold="", email="",
                born_on=now.date(), sex="m", region=1, language="kk",
            )
        )  # fmt: skip
        work.connection.execute(
            sa.insert(outbox).values(
                kind="revoked", medium="sms", recipient="77011234567", subscriber_id=1, language="kk",
                words="{}", secret=0, created_at=now, state="dead", attempts=5, next_try_at=now,
                problem="number not in service",
            )
        )  # fmt: skip
        work.connection.execute(
            sa.insert(command).values(
                kind="issue", subject="12345678903", idempotency_key="k", state="dead", asked_at=now,
                attempts=4, next_try_at=now, problem="lint.failed",
            )
        )  # fmt: skip
    actor = person(service, Role.ADMINISTRATOR).actor()
    test = draw("operations", actor)
    shown = " ".join(frame.value.to_string() for frame in test.dataframe)
    assert "number not in service" in shown
    assert "lint.failed" in shown
    assert "7701" not in shown
    with service.look() as work:
        tiles = overview.home(work, actor=actor, now=now)
    assert Tile(Figure.FAILED_COMMANDS, 1) in tiles
    assert Tile(Figure.FAILED_MESSAGES, 1) in tiles


def test_policy_page_marks_the_version_in_force_and_what_differs(
    service: Service, draw: Callable[..., AppTest]
) -> None:
    test = draw("policy", person(service, Role.AUDITOR).actor())
    assert service.policy.version in said(test)
    assert sum(len(frame.value) for frame in test.dataframe) == 4
    test.toggle[0].set_value(False).run()
    everything = " ".join(frame.value.to_string() for frame in test.dataframe)
    assert everything.count("≠") == 4


def test_any_two_versions_that_were_in_force_are_compared(
    service: Service, draw: Callable[..., AppTest]
) -> None:
    """One of an older time may lack a value: it is named, and nothing is made up for it."""
    text = procedures.source("article")
    dated = f"{service.policy.valid_from}"
    stricter = text.replace(dated, "2026-11-02").replace("validity_minutes = 3", "validity_minutes = 2")
    with service.work() as work:
        for version, source in (
            ("article/2026-11-02/4", stricter),
            ("article/2020-01-01/1", "name = 'article'"),
        ):
            work.policies.keep(version=version, source=source, sha256=b"x" * 32, now=service.now())
    test = draw("policy", person(service, Role.AUDITOR).actor())
    assert "article/2020-01-01/1" in said(test)
    test.selectbox(key="policy_second").set_value("article/2026-11-02/4").run()
    (only,) = test.dataframe
    assert len(only.value) == 1
    assert "2 min" in only.value.to_string().replace("\u00a0", " ")
    first = test.selectbox(key="policy_first")
    test.selectbox(key="policy_second").set_value(first.value).run()
    assert not test.dataframe
    assert test.info


def test_policy_page_shows_every_value_of_every_group(service: Service, draw: Callable[..., AppTest]) -> None:
    test = draw("policy", person(service, Role.AUDITOR).actor())
    test.toggle[0].set_value(False).run()
    groups = [getattr(service.policy, field.name) for field in dataclasses.fields(service.policy)]
    values = sum(len(dataclasses.fields(group)) for group in groups if dataclasses.is_dataclass(group))
    assert sum(len(frame.value) for frame in test.dataframe) == values
    everything = " ".join(frame.value.to_string() for frame in test.dataframe)
    assert "45\u00a0min" in everything
    assert "0.45" in everything
