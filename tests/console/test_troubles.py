"""What keeps the system from its work is on the home page of those who run it, with what to do."""

import dataclasses
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from ca_core import audit_view, given_up, roles
from ca_core.audit import TREE, Entry
from ca_core.roles import Role
from console import words
from data.lists import PublishedList
from data.schema import audit, command, outbox, subscriber
from runtime.service import Service
from tests.console.conftest import person
from tests.console.test_screens import draw, said  # noqa: F401 - a fixture
from tests.servers import disks

Draw = Callable[..., AppTest]
OFFICER = roles.Actor("Үлгі О.", Role.RA_OFFICER, roles.Door.CONSOLE, staff_id=1)


def signed_in_the_future(service: Service) -> None:
    at = service.now() + timedelta(minutes=5)
    with service.work() as work:
        work.lists.add(PublishedList("issuing", 900, at, at + timedelta(days=1), 0, 1, b"x"))


@pytest.mark.parametrize("language", ["en", "ru", "kk"])
def test_a_clock_that_went_back_is_said_to_who_runs_the_system(
    service: Service,
    draw: Draw,  # noqa: F811
    language: str,
) -> None:
    signed_in_the_future(service)
    test = draw("home", person(service, Role.ADMINISTRATOR).actor(), language)
    assert len(test.error) == 1
    assert any(str(seconds) in test.error[0].value for seconds in range(290, 301))


def test_a_full_disk_is_said_with_its_folder(
    service: Service,
    draw: Draw,  # noqa: F811
    tmp_path: Path,
) -> None:
    with disks.small(tmp_path / "full", size="64k") as folder:
        service.settings = dataclasses.replace(service.settings, evidence_dir=folder)
        test = draw("home", person(service, Role.SUPERVISOR).actor())
        assert str(folder) in said(test)
        assert "make room" in said(test)


def test_a_call_agent_is_not_troubled(service: Service, draw: Draw) -> None:  # noqa: F811
    signed_in_the_future(service)
    assert not draw("home", person(service, Role.CALL_AGENT).actor()).error


def pile_up(service: Service) -> None:
    """A message, a one-time code and a command that were given up."""
    now = service.now()
    with service.work() as work:
        work.connection.execute(
            sa.insert(subscriber).values(
                subscriber_id=1, iin=1, surname="Үлгіев", given_name="", patronymic="", name_fold="", email="",
                born_on=now.date(), sex="m", region=1, language="kk",
            )
        )  # fmt: skip
        for secret in (0, 1):
            work.connection.execute(
                sa.insert(outbox).values(
                    kind="revoked", medium="sms", recipient="77011234567", subscriber_id=1, language="kk",
                    words="{}", secret=secret, created_at=now, state="dead", attempts=7, next_try_at=now,
                    problem="unavailable",
                )
            )  # fmt: skip
        work.connection.execute(
            sa.insert(command).values(
                kind="publish_crl", subject="issuing", idempotency_key="k", state="dead", asked_at=now, attempts=4,
                next_try_at=now, problem="error 1",
            )
        )  # fmt: skip


def test_one_act_has_everything_tried_again_but_codes(service: Service, draw: Draw) -> None:  # noqa: F811
    """R4: what was good for minutes only is not sent after them."""
    pile_up(service)
    test = draw("operations", person(service, Role.ADMINISTRATOR).actor())
    test.button(key="retry").click().run()
    with service.look() as work:
        assert [message.secret for message in work.outbox.due(service.now(), 10)] == [False]
        assert work.commands.count_dead() == 0
        events = work.connection.execute(sa.select(audit.c.event, audit.c.details)).all()
    assert ("operations:retry:done", '{"commands": "1", "messages": "1"}') in [tuple(row) for row in events]


def test_an_auditor_sees_what_was_given_up_and_retries_nothing(service: Service, draw: Draw) -> None:  # noqa: F811
    pile_up(service)
    auditor = person(service, Role.AUDITOR).actor()
    assert not draw("operations", auditor).button
    with service.work() as work, pytest.raises(roles.NotAllowed):
        given_up.retry(work, actor=auditor, now=service.now())


@pytest.mark.parametrize("language", ["en", "ru", "kk"])
def test_an_audit_log_that_stands_still_or_was_changed_is_said(
    service: Service,
    draw: Draw,  # noqa: F811
    language: str,
) -> None:
    """To auditors too; why sealing stopped, in the words of its refusal."""
    details = {"size": "9", "findings": "2"}
    with service.work() as work:
        for event, reason in ((audit_view.SEAL_REFUSED, "audit.diverged"), (audit_view.FAILED, "")):
            work.audit.add(Entry(service.now(), OFFICER, event, TREE, reason=reason, details=details))
    stopped, changed = draw("home", person(service, Role.AUDITOR).actor(), language).error
    assert words.say(language, "refusal.audit.diverged.text") in stopped.value
    assert changed.value == words.say(language, "trouble.audit_changed")


def test_entries_that_nobody_seals_are_said_on_both_pages(service: Service, draw: Draw) -> None:  # noqa: F811
    with service.work() as work:
        work.audit.add(Entry(service.now() - timedelta(minutes=5), OFFICER, "certificate:hold:done", "x"))
    actor = person(service, Role.ADMINISTRATOR).actor()
    for screen in ("home", "operations"):
        (trouble,) = draw(screen, actor).error
        assert "has not been sealed for 5 min" in trouble.value
