"""The administrators' page of staff accounts: who may open it, what two do, and what two at once cannot do."""

import threading

import pytest
from streamlit.testing.v1 import AppTest

from ca_core import overview, roles, staff, staff_rights
from ca_core.errors import Refusal
from ca_core.roles import NotAllowed, Role
from console import words
from runtime.service import Service
from tests.console.conftest import Person, person

LANGUAGES = ("ru", "kk", "en")


def page(service, actor, language):
    """Runs inside the script: only what it is given exists there, so no types either."""
    from console import language as languages
    from console.screens import staff_accounts

    languages.choose(language)
    staff_accounts.show(service, actor)


def opened(service: Service, by: Person, language: str = "ru") -> AppTest:
    shown = AppTest.from_function(page, args=(service, by.actor(), language), default_timeout=30).run()
    assert not shown.exception
    return shown


@pytest.fixture
def administrators(service: Service) -> list[Person]:
    return [person(service, Role.ADMINISTRATOR, login) for login in ("first", "second", "third")]


def role_of(service: Service, one: Person) -> Role:
    with service.look() as work:
        return staff.account(work, staff_id=one.staff_id).role


def asked(service: Service, by: Person, about: Person, role: Role) -> int:
    with service.work() as work:
        return staff_rights.propose_role(work, by=by.actor(), login=about.login, role=role, now=service.now())


def test_a_role_is_changed_by_two_on_the_page(
    service: Service, administrators: list[Person], officer: Person
) -> None:
    token = officer.token()
    first = opened(service, administrators[0])
    first.selectbox(key="staff_person").set_value(officer.login).run()
    first.selectbox(key=f"staff_role_{officer.staff_id}").set_value(Role.ANALYST).run()
    first.button(key="staff_ask").click().run()
    assert first.button(key="agree_1").disabled
    opened(service, administrators[1]).button(key="agree_1").click().run()
    assert role_of(service, officer) is Role.ANALYST
    with service.look() as work:
        assert work.sessions.by_digest(staff.digest(token)) is None


def test_a_leave_ends_sessions_and_a_return_takes_two(
    service: Service, administrators: list[Person], officer: Person
) -> None:
    token = officer.token()
    first = opened(service, administrators[0])
    first.selectbox(key="staff_person").set_value(officer.login).run()
    assert first.button(key="staff_leave").disabled
    first.checkbox(key=f"staff_sure_{officer.staff_id}").check().run()
    first.button(key="staff_leave").click().run()
    with service.look() as work:
        assert work.sessions.by_digest(staff.digest(token)) is None
    first.button(key="staff_return").click().run()
    opened(service, administrators[1]).button(key="agree_1").click().run()
    assert role_of(service, officer) is Role.RA_OFFICER


def test_a_lock_is_lifted(service: Service, administrators: list[Person], officer: Person) -> None:
    with service.work() as work:
        work.accounts.count_wrong_try(
            officer.staff_id, limit=1, now=service.now(), locked_until=service.now() + staff.LOCKED_FOR
        )
    shown = opened(service, administrators[0])
    shown.selectbox(key="staff_person").set_value(officer.login).run()
    shown.button(key="staff_unlock").click().run()
    with service.look() as work:
        assert not staff.account(work, staff_id=officer.staff_id).is_locked(service.now())


@pytest.mark.parametrize("role", sorted(set(Role) - {Role.ADMINISTRATOR}))
def test_others_are_refused(service: Service, role: Role) -> None:
    with service.look() as work, pytest.raises(NotAllowed):
        staff_rights.everybody(work, by=person(service, role).actor(), now=service.now())


def test_officers_are_not_asked_about_staff(
    service: Service, administrators: list[Person], officer: Person
) -> None:
    asked(service, administrators[0], officer, Role.ANALYST)
    with service.look() as work:
        assert not overview.proposals(work, actor=officer.actor(), now=service.now())
        assert work.overview.proposals_open(not_asked_by=0, now=service.now()).n == 0


def test_two_administrators_do_not_remove_each_other_at_once(
    service: Service, administrators: list[Person]
) -> None:
    """Of two agreements at once the second finds that its asker is no administrator any more."""
    first, second, third = administrators
    numbers = [asked(service, first, second, Role.AUDITOR), asked(service, second, first, Role.AUDITOR)]
    by, refused, start = third.actor(), [], threading.Barrier(2)

    def agree(number: int, actor: roles.Actor) -> None:
        start.wait()
        try:
            with service.work() as work:
                staff_rights.agree(work, by=actor, proposal_id=number, now=service.now())
        except Refusal as refusal:
            refused.append(refusal.code)

    threads = [threading.Thread(target=agree, args=(number, by)) for number in numbers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert refused == ["approval.closed"]
    assert sorted(role_of(service, one) for one in (first, second)) == [Role.ADMINISTRATOR, Role.AUDITOR]


@pytest.mark.parametrize("language", LANGUAGES)
def test_the_page_speaks_of_what_waits(
    service: Service, administrators: list[Person], officer: Person, language: str
) -> None:
    asked(service, administrators[0], officer, Role.ANALYST)
    said = " ".join(str(part.value) for part in opened(service, administrators[1], language).markdown)
    assert words.say(language, "staff.waits") in said
