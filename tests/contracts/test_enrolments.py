"""Enrolments of staff and the job runner's parts: one suite on the fakes and on both databases."""

import threading
from dataclasses import replace
from datetime import timedelta

import pyotp
import pytest

from ca_core import approval, roles, staff, staff_enrolment, staff_joining
from ca_core.approval import ProposalState
from ca_core.ca_health import Job
from ca_core.errors import Refusal
from ca_core.roles import Role
from ca_core.staff import Account
from ca_core.staff_enrolment import Enrolment
from tests.contracts.test_work import NOW, Open, an_account, stored_account, work  # noqa: F401  # a fixture
from tests.fakes import PlainHasher

NEWCOMER = staff_joining.Newcomer("aliya", "Әлия Қ.", Role.MODERATOR, "kk")


def waiting(account: Account) -> Enrolment:
    return Enrolment(account.staff_id, b"c" * 32, NOW + timedelta(hours=24))


def test_an_enrolment_is_found_by_its_code_and_by_its_page(work: Open) -> None:  # noqa: F811
    enrolment = waiting(stored_account(work))
    shown = replace(
        enrolment, token_digest=b"t" * 32, totp_secret="S", open_until=NOW + timedelta(minutes=30)
    )
    with work() as opened:
        opened.enrolments.put(enrolment)
        assert opened.enrolments.by_code(enrolment.code_digest) == enrolment
        opened.enrolments.put(shown)
        assert opened.enrolments.by_token(b"t" * 32) == shown
        assert opened.enrolments.by_code(enrolment.code_digest) == shown
        assert opened.enrolments.by_token(b"u" * 32) is None


def test_an_enrolment_is_taken_once_and_by_its_page_alone(work: Open) -> None:  # noqa: F811
    shown = replace(waiting(stored_account(work)), token_digest=b"t" * 32)
    with work() as opened:
        opened.enrolments.put(shown)
        assert not opened.enrolments.take(replace(shown, token_digest=b"u" * 32))
        assert opened.enrolments.take(shown)
        assert not opened.enrolments.take(shown)


def test_only_who_has_no_password_and_did_not_leave_enrols(work: Open) -> None:  # noqa: F811
    with work() as opened:
        new = opened.accounts.add(replace(an_account(), password_hash=""))
        accounts = opened.accounts
        assert accounts.enrol(new, password_hash="hash", totp_secret="S", step=7)
        assert not accounts.enrol(new, password_hash="other", totp_secret="S", step=8)
        assert (accounts.by_id(new).password_hash, accounts.by_id(new).last_step) == ("hash", 7)
        accounts.set_secrets(new, password_hash="", totp_secret="T")
        accounts.disable(new, at=NOW)
        assert not accounts.enrol(new, password_hash="other", totp_secret="S", step=8)


def test_who_has_not_enrolled_is_not_active(work: Open) -> None:  # noqa: F811
    with work() as opened:
        opened.accounts.add(replace(an_account(), role=Role.ADMINISTRATOR, password_hash=""))
        assert opened.accounts.active_with_role(Role.ADMINISTRATOR) == frozenset()


def administrators(work: Open) -> list[roles.Actor]:  # noqa: F811
    return [
        staff.actor(stored_account(work, login=login, role=Role.ADMINISTRATOR)) for login in ("a", "b", "c")
    ]


def test_the_whole_way_of_joining(work: Open) -> None:  # noqa: F811
    first, second, _ = administrators(work)
    with work() as opened:
        asked = staff_joining.propose_join(opened, by=first, newcomer=NEWCOMER, now=NOW)
    with work() as opened:
        half = staff_joining.agree(opened, by=second, proposal_id=asked.proposal_id, now=NOW)
    with work() as opened:
        page = staff_enrolment.open_(opened, code=asked.half + half, now=NOW)
    with work() as opened:
        login = staff_enrolment.finish(
            opened, token=page.token, password="long enough it is", again="long enough it is",
            code=pyotp.TOTP(page.totp_secret).at(NOW), hasher=PlainHasher(), now=NOW,
        )  # fmt: skip
        assert opened.accounts.by_login(login).is_enrolled


@pytest.mark.parametrize(
    "work", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
def test_of_two_who_agree_at_once_one_is_told(work: Open) -> None:  # noqa: F811
    """Two codes for one account would be one too many."""
    first, *others = administrators(work)
    with work() as opened:
        number = staff_joining.propose_join(opened, by=first, newcomer=NEWCOMER, now=NOW).proposal_id
    refused, start = [], threading.Barrier(2)

    def agree(by: roles.Actor) -> None:
        start.wait()
        try:
            with work() as opened:
                staff_joining.agree(opened, by=by, proposal_id=number, now=NOW)
        except Refusal as refusal:
            refused.append(refusal.code)

    threads = [threading.Thread(target=agree, args=(by,)) for by in others]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(refused) == 1
    assert refused[0] in (approval.ProposalClosed.code, staff.LoginTaken.code)
    with work() as opened:
        assert opened.proposals.by_id(number).state is ProposalState.AGREED


@pytest.mark.parametrize(
    "work", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)], indirect=True
)
def test_how_a_job_went_stands_in_the_place_of_how_it_went_before(work: Open) -> None:  # noqa: F811
    went = Job("list", NOW, NOW + timedelta(seconds=5))
    failed = replace(went, failures=2, failed_at=NOW, problem="error 0123abcd")
    other = Job("holds", None, None)
    with work() as opened:
        opened.jobs.put([went, other])
        opened.jobs.put([failed])
        assert opened.jobs.all() == [other, failed]
