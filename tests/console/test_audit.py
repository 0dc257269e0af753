"""The auditor's page: who may open it, what it shows, masked, and that each view is on record."""

import json
from datetime import timedelta

import pytest
import sqlalchemy as sa
from streamlit.testing.v1 import AppTest

from ca_core import audit, audit_view, roles
from ca_core.audit import Entry
from ca_core.audit_view import Criteria, FilterTooLong
from ca_core.roles import NotAllowed, Role
from console import words
from console.widgets import audit_filters
from data.schema import audit as table
from runtime import audit_key, auditing
from runtime.service import Service
from tests.console.conftest import person

LANGUAGES = ("ru", "kk", "en")
AUDITOR = roles.Actor("Үлгі А.", Role.AUDITOR, roles.Door.CONSOLE, staff_id=7)
OFFICER = roles.Actor("Үлгі О.", Role.RA_OFFICER, roles.Door.CONSOLE, staff_id=1)
IIN, PHONE, SERIAL = "870312300018", "+7 701 123 45 67", "5603dd16afd788c2ad17a0f3cf581c9d9a3f0708"


def page(service, actor, language):
    """Runs inside the script: only what it is given exists there, so no types either."""
    from console import language as languages
    from console.screens import audit

    languages.choose(language)
    audit.show(service, actor)


def opened(service: Service, language: str = "ru", actor: roles.Actor = AUDITOR) -> AppTest:
    shown = AppTest.from_function(page, args=(service, actor, language), default_timeout=30).run()
    assert not shown.exception
    return shown


def said(test: AppTest) -> str:
    return "\n".join(str(part.value) for part in [*test.title, *test.markdown, *test.caption, *test.info])


def write(service: Service, count: int, **different: object) -> None:
    with service.work() as work:
        for number in range(count):
            given = {"actor": OFFICER, "event": "certificate:hold:done", "subject": f"n{number}", **different}
            work.audit.add(Entry(service.now(), **given))  # type: ignore[arg-type]  # as each test names them


def views(service: Service) -> list[dict[str, str]]:
    with service.look() as work:
        query = (
            sa.select(table.c.details).where(table.c.event == "audit:view:done").order_by(table.c.audit_id)
        )
        return [json.loads(details) for details in work.connection.scalars(query)]


@pytest.mark.parametrize("language", LANGUAGES)
def test_an_empty_log_says_what_will_appear(service: Service, language: str) -> None:
    shown = opened(service, language)
    assert words.say(language, "audit.empty") in said(shown)
    assert words.say(language, "audit.state.none") in said(shown)
    assert words.say(language, "audit.state.never") in said(shown)


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.AUDITOR, Role.ADMINISTRATOR}))
def test_others_are_refused(service: Service, role: Role) -> None:
    """The operations refuse, not only the menu; an attempt leaves no entry to read."""
    actor = person(service, role).actor()
    with service.look() as work:
        with pytest.raises(NotAllowed):
            audit_view.page(
                work, actor=actor, criteria=Criteria(), after=None, opened=True, now=service.now()
            )
        with pytest.raises(NotAllowed):
            audit_view.state(work, actor=actor)


@pytest.mark.parametrize("role", [Role.AUDITOR, Role.ADMINISTRATOR])
def test_auditor_and_administrator_read_it(service: Service, role: Role) -> None:
    write(service, 3)
    shown = opened(service, actor=person(service, role).actor())
    assert "certificate:hold:done" in shown.dataframe[0].value.to_string()


def test_each_view_is_on_record_once(service: Service) -> None:
    """R14: the same page drawn again is no second view; another filter or page is."""
    write(service, 3)
    shown = opened(service)
    shown.run()
    assert views(service) == [{}]
    shown.text_input(key="audit_object").set_value("n2").run()
    shown.run()
    assert views(service)[1:] == [{"filters": "subject", "subject": "n2"}]
    assert len(shown.dataframe[0].value) == 1


def test_what_was_typed_is_recorded_masked(service: Service) -> None:
    shown = opened(service)
    shown.text_input(key="audit_object").set_value(IIN).run()
    assert views(service)[-1]["subject"] == "870312 ••••••"


def test_personal_data_is_masked_and_object_ids_are_not(service: Service) -> None:
    """R14: what an officer wrote may name a person."""
    write(
        service, 1, subject=SERIAL, reason=f"{IIN} rang from {PHONE} and damir@example.kz",
        details={"application": "77011234567"},
    )  # fmt: skip
    line = opened(service).dataframe[0].value.to_string(max_colwidth=None)
    assert "870312 •••••• rang from +7 7•• ••• •• 67 and •••@example.kz" in line
    for personal in (IIN, "123 45", "damir"):
        assert personal not in line
    assert SERIAL in line
    assert "77011234567" in line


def test_filters_find_what_they_name(service: Service) -> None:
    now = service.now()
    with service.work() as work:
        for event, actor, subject, ago in (
            ("certificate:hold:done", OFFICER, "a", 0),
            ("certificate_file:x:done", OFFICER, "a", 1),
            ("staff:add:done", AUDITOR, "a", 2),
            ("staff:add:done", OFFICER, "b", 3),
        ):
            work.audit.add(Entry(now - timedelta(days=ago), actor, event, subject))

    def count(**given: object) -> int:
        criteria = Criteria(**given)  # type: ignore[arg-type]  # as each line names them
        with service.look() as work:
            return len(work.audit_pages.page(criteria, after=None, size=9))

    assert count() == 4
    assert count(about="certificate") == 1
    assert count(actor=AUDITOR.name) == 1
    assert count(subject="b") == 1
    assert count(since=now - timedelta(days=2)) == 3
    assert count(until=now - timedelta(days=2)) == 1
    assert count(about="staff", actor=OFFICER.name, subject="b") == 1
    assert count(about="%") == 0


def test_pages_follow_each_other_without_gap_or_double(service: Service) -> None:
    """By key: many entries bear the same second."""
    write(service, audit_view.PAGE * 2 + 7)
    seen, after = [], None
    while True:
        with service.look() as work:
            found = audit_view.page(
                work, actor=AUDITOR, criteria=Criteria(), after=after, opened=False, now=service.now()
            )
        seen += [entry.entry_id for entry in found.entries]
        after = found.following
        if after is None:
            break
    assert seen == list(range(audit_view.PAGE * 2 + 7, 0, -1))


def test_older_and_newest_lead_there_and_back(service: Service) -> None:
    write(service, audit_view.PAGE + 5)
    shown = opened(service)
    assert len(shown.dataframe[0].value) == audit_view.PAGE
    shown.button(key="audit_older").click().run()
    # The first view is an entry by now, but newer than the page that was left.
    assert len(shown.dataframe[0].value) == 5
    shown.button(key="audit_newest").click().run()
    assert len(shown.dataframe[0].value) == audit_view.PAGE


def test_an_endless_filter_is_refused(service: Service) -> None:
    with service.look() as work, pytest.raises(FilterTooLong):
        audit_view.page(
            work,
            actor=AUDITOR,
            criteria=Criteria(subject="x" * 201),
            after=None,
            opened=True,
            now=service.now(),
        )


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_state_of_the_tree_is_told(service: Service, language: str) -> None:
    audit_key.make(service.settings)
    write(service, 3)
    auditing.sealing(service).round()
    walk = auditing.verification(service)
    walk.step()
    walk.finish(by=OFFICER)
    shown = said(opened(service, language))
    assert words.say(language, "audit.state.goes_on") in shown
    assert words.say(language, "audit.state.intact") in shown
    assert words.say(language, "audit.state.entries", n=3) in shown


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_is_wrong_is_told(service: Service, language: str) -> None:
    with service.work() as work:
        for event, reason in ((audit_view.SEAL_REFUSED, "audit.diverged"), (audit_view.FAILED, "")):
            details = {"size": "9", "findings": "2", "kinds": "tail_cut"}
            work.audit.add(Entry(service.now(), OFFICER, event, audit.TREE, reason=reason, details=details))
    shown = said(opened(service, language))
    assert words.say(language, "audit.state.stopped") in shown
    assert words.say(language, "audit.state.changed") in shown
    assert words.say(language, "refusal.audit.diverged.text") in shown
    assert words.say(language, "audit.state.findings", n=2) in shown


def test_entries_that_wait_too_long_are_told(service: Service) -> None:
    with service.work() as work:
        work.audit.add(Entry(service.now() - timedelta(minutes=5), OFFICER, "certificate:hold:done", "x"))
    assert "Заверение отстаёт" in said(opened(service))


def test_number_of_queries_is_pinned(service: Service) -> None:
    write(service, 60)
    asked: list[str] = []

    def note(*given: object) -> None:
        if str(given[2]).lstrip().upper().startswith("SELECT"):
            asked.append(str(given[2]))

    sa.event.listen(service.store.engine, "before_cursor_execute", note)
    opened(service)
    assert len(asked) <= 6, asked


def test_every_event_has_its_word_in_the_filter(service: Service) -> None:
    """What the core writes begins with a word that can be chosen."""
    assert sorted(audit_filters.ABOUT) == list(audit_filters.ABOUT)
    for language in LANGUAGES:
        for name in audit_filters.ABOUT:
            assert f"audit.about.{name}" in words.entries(language)
