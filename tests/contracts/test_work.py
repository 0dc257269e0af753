"""One suite on the fakes and on both databases: what the core tests assume of a unit of work is true."""

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ca_core import approval, certificate, statistics
from ca_core.approval import Proposal, ProposalState
from ca_core.certificate import Certificate, Kind
from ca_core.errors import Refusal
from ca_core.identifiers import Phone, Serial
from ca_core.lifecycle import ApplicationState, CertificateState
from ca_core.ports import StoredCode, StoredLink
from ca_core.records import ChangedMeanwhile
from ca_core.roles import Role
from ca_core.staff import Account, Session
from ca_core.subscriber import Subscriber
from data import engine as engines
from data.work import Store
from tests import builders, fakes
from tests.core.x509 import authorities
from tests.servers import databases

NOW = authorities.NOW
Open = Callable[[], AbstractContextManager[Any]]


@pytest.fixture(params=["fake", "sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def work(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Open]:
    """Opens units of work: on the fakes, on SQLite, on PostgreSQL."""
    if request.param == "fake":
        yield fakes.House(builders.policy(), NOW).work
        return
    with databases.fresh(request.param, tmp_path, request.getfixturevalue) as url:
        engine = engines.open_engine(url)
        store = Store(engine, code_seal=fakes.CodeSeal())
        yield lambda: store.write(policy=builders.policy(), now=NOW)
        engine.dispose()


def subscribed(work: Open) -> Subscriber:
    with work() as opened:
        found: Subscriber = opened.subscribers.add(
            builders.person(), phone=builders.PHONE, email="A@example.kz"
        )
    return found


def reserved(work: Open, **different: Any) -> Certificate:
    """An application and the certificate that was reserved for it."""
    owner = different.pop("owner", None) or subscribed(work)
    wanted = builders.application(owner, builders.new_key(), NOW)
    drawn = Certificate(
        certificate_id=0,
        serial=Serial(wanted.key_id),
        subscriber_id=owner.subscriber_id,
        application_id=wanted.number.number,
        purpose=wanted.purpose,
        facets=certificate.Facets(
            wanted.kind, wanted.channel, wanted.storage, 19, wanted.method, certificate.AgeBand.FROM_35
        ),
        mobile_only=False,
        state=CertificateState.RESERVED,
        not_before=NOW,
        not_after=NOW + timedelta(days=365),
        policy_version="test",
        key_id=wanted.key_id,
        fingerprint=b"",
    )
    drawn = replace(drawn, **different)
    with work() as opened:
        opened.applications.add(wanted)
        certificate_id = opened.certificates.reserve(drawn)
    return replace(drawn, certificate_id=certificate_id)


def test_subscriber_is_found_again_as_stored(work: Open) -> None:
    added = subscribed(work)
    with work() as opened:
        assert opened.subscribers.by_id(added.subscriber_id) == added
        assert opened.subscribers.by_iin(added.iin) == added
        assert opened.subscribers.by_id(added.subscriber_id + 1) is None
    assert added.email == "a@example.kz"


def test_certificate_is_found_again_as_stored(work: Open) -> None:
    stored = reserved(work)
    with work() as opened:
        assert opened.certificates.by_serial(stored.serial) == stored
        assert opened.certificates.by_id(stored.certificate_id) == stored
        assert opened.certificates.of_subscriber(stored.subscriber_id) == [stored]
        assert opened.certificates.with_key(stored.key_id) == [stored]
        assert opened.certificates.unfinished() == [stored]
        assert opened.certificates.by_serial(Serial(bytes(20))) is None


def test_change_of_a_record_that_somebody_else_changed_is_refused(work: Open) -> None:
    stored = reserved(work)
    prepared = replace(stored, state=CertificateState.PREPARED)
    with work() as opened:
        opened.certificates.save(prepared, expected=stored)
    with pytest.raises(ChangedMeanwhile), work() as opened:
        opened.certificates.save(prepared, expected=stored)


def test_prepared_content_gives_way_to_the_certificate(work: Open) -> None:
    stored = reserved(work)
    with work() as opened:
        opened.certificates.keep_prepared(stored.certificate_id, b"content")
        assert opened.certificates.prepared(stored.certificate_id) == b"content"
        opened.certificates.keep_der(stored.certificate_id, b"der")
    with work() as opened:
        assert opened.certificates.prepared(stored.certificate_id) is None
        assert opened.certificates.der(stored.certificate_id) == b"der"


def test_holds_are_due_when_their_time_has_come(work: Open) -> None:
    stored = reserved(work, state=CertificateState.ON_HOLD, held_at=NOW, hold_until=NOW + timedelta(hours=1))
    with work() as opened:
        assert opened.certificates.holds_due(NOW + timedelta(minutes=59), 10) == []
        assert opened.certificates.holds_due(NOW + timedelta(hours=1), 10) == [stored]


@pytest.mark.parametrize(
    ("state", "waits"),
    [
        (ApplicationState.STARTED, True),
        (ApplicationState.SUBMITTED, True),
        (ApplicationState.ISSUED, False),
        (ApplicationState.WITHDRAWN, False),
        (ApplicationState.EXPIRED, False),
    ],
)
def test_open_application_for_a_certificate_is_one_that_has_not_ended(
    work: Open, state: ApplicationState, waits: bool
) -> None:
    owner = subscribed(work)
    wanted = replace(
        builders.application(owner, builders.new_key(), NOW),
        kind=Kind.RENEWAL,
        state=state,
        previous_certificate_id=77,
    )
    with work() as opened:
        opened.applications.add(wanted)
    with work() as opened:
        found = opened.applications.open_for_certificate(77, Kind.RENEWAL)
        assert (found == wanted) is waits
        assert opened.applications.open_for_certificate(77, Kind.REISSUE) is None


def code(number: int = 0, tries: int = 3) -> StoredCode:
    return StoredCode(
        code_id=number,
        purpose="revoke",
        subject="00",
        page="p",
        phone=Phone.parse("+7 701 123 45 67"),
        seal=b"seal",
        sent_at=NOW,
        expires_at=NOW + timedelta(minutes=3),
        tries_left=tries,
    )


def test_newest_code_counts_and_is_spent_once(work: Open) -> None:
    """R4."""
    with work() as opened:
        opened.codes.add(replace(code(), seal=b"older"))
        opened.codes.add(code())
    with work() as opened:
        newest = opened.codes.latest(purpose="revoke", subject="00")
        assert newest.seal == b"seal"
        assert opened.codes.spend(newest.code_id)
        assert not opened.codes.spend(newest.code_id)
        assert opened.codes.latest(purpose="revoke", subject="00").tries_left == 0
        assert opened.codes.latest(purpose="reissue", subject="00") is None


def test_tries_run_out_and_never_below_zero(work: Open) -> None:
    with work() as opened:
        opened.codes.add(code(tries=1))
    with work() as opened:
        newest = opened.codes.latest(purpose="revoke", subject="00")
        assert opened.codes.take_try(newest.code_id)
        assert not opened.codes.take_try(newest.code_id)
        assert opened.codes.latest(purpose="revoke", subject="00").tries_left == 0


def test_codes_of_a_phone_are_counted(work: Open) -> None:
    with work() as opened:
        opened.codes.add(code())
        opened.codes.add(replace(code(), sent_at=NOW - timedelta(hours=2)))
    with work() as opened:
        assert opened.codes.sent_since(builders.PHONE, NOW - timedelta(hours=1)) == 1
        assert opened.codes.last_sent_at(builders.PHONE, purpose="revoke") == NOW
        assert opened.codes.last_sent_at(builders.PHONE, purpose="sign_in") is None
        assert opened.codes.last_sent_at(Phone.parse("+7 702 000 00 00"), purpose="revoke") is None


def test_proposal_is_closed_once(work: Open) -> None:
    """Two seconds cannot both be the second person."""
    asked = Proposal(
        proposal_id=0,
        act="hold",
        subject="00",
        payload=(("case", "1"),),
        digest="d",
        asked_by=1,
        asked_by_name="A",
        asked_at=NOW,
        expires_at=NOW + timedelta(hours=24),
    )
    with work() as opened:
        asked = replace(asked, proposal_id=opened.proposals.add(asked))
    agreed = replace(asked, state=ProposalState.AGREED, agreed_by=2, agreed_at=NOW)
    with work() as opened:
        assert opened.proposals.open_for(["00", "01"], NOW) == [asked]
        assert opened.proposals.open_for(["00"], NOW + timedelta(hours=24)) == []
        opened.proposals.close(agreed)
    with pytest.raises(approval.ProposalClosed), work() as opened:
        opened.proposals.close(agreed)
    with work() as opened:
        assert opened.proposals.by_id(asked.proposal_id) == agreed


def test_not_me_link_is_spent_once(work: Open) -> None:
    """R14."""
    with work() as opened:
        opened.not_me_links.add(StoredLink(b"digest", Serial(bytes(20)), NOW + timedelta(days=7)))
    with work() as opened:
        assert opened.not_me_links.spend(b"digest", now=NOW)
        assert not opened.not_me_links.spend(b"digest", now=NOW)
        assert opened.not_me_links.by_digest(b"digest").used_at == NOW
        assert opened.not_me_links.by_digest(b"other") is None


def test_only_the_first_certificate_makes_a_holder(work: Open) -> None:
    """R12: holders are people."""
    first = replace(reserved(work), issued_at=NOW)
    with work() as opened:
        assert opened.rollups.holder_was_issued(first)
        opened.rollups.set_cover_until(first.subscriber_id, first.not_after)
        opened.rollups.apply(statistics.issued(first))
    with work() as opened:
        assert not opened.rollups.holder_was_issued(first)
        assert opened.rollups.cover_until(first.subscriber_id) == first.not_after
        assert opened.rollups.cover_until(first.subscriber_id + 1) is None


def test_signing_out_everywhere_ends_every_session(work: Open) -> None:
    account = replace(an_account(), staff_id=0)
    with work() as opened:
        staff_id = opened.accounts.add(account)
        opened.sessions.add(Session(b"1", staff_id, NOW, NOW))
        opened.sessions.add(Session(b"2", staff_id, NOW, NOW))
        opened.sessions.touch(b"1", NOW + timedelta(minutes=1))
    with work() as opened:
        assert opened.sessions.by_digest(b"1").seen_at == NOW + timedelta(minutes=1)
        assert opened.sessions.end_all(staff_id) == 2
        assert opened.sessions.by_digest(b"1") is None
        assert opened.accounts.by_login(account.login) == replace(account, staff_id=staff_id)


def an_account() -> Account:
    return Account(0, "officer1", "Officer", Role.RA_OFFICER, "hash", "secret", region=18)


def stored_account(work: Open, **different: Any) -> Account:
    with work() as opened:
        staff_id = opened.accounts.add(replace(an_account(), **different))
        found: Account = opened.accounts.by_id(staff_id)
    return found


def wrong_try(work: Open, account: Account) -> bool:
    until = NOW + timedelta(minutes=15)
    with work() as opened:
        locked: bool = opened.accounts.count_wrong_try(account.staff_id, limit=3, now=NOW, locked_until=until)
    return locked


def test_a_step_is_taken_once_and_forgives_wrong_tries(work: Open) -> None:
    account = stored_account(work)
    wrong_try(work, account)
    with work() as opened:
        assert opened.accounts.take_step(account, 7, now=NOW)
    with work() as opened:
        assert not opened.accounts.take_step(account, 7, now=NOW)
        assert not opened.accounts.take_step(account, 6, now=NOW)
        assert opened.accounts.by_id(account.staff_id) == replace(account, last_step=7)
        assert opened.accounts.take_step(account, 8, now=NOW)


def test_no_step_is_taken_of_an_account_that_was_reset_or_disabled_since(work: Open) -> None:
    account = stored_account(work)
    with work() as opened:
        opened.accounts.set_secrets(account.staff_id, password_hash="other", totp_secret="new")
        assert not opened.accounts.take_step(account, 7, now=NOW)
        reset = opened.accounts.by_id(account.staff_id)
        opened.accounts.disable(account.staff_id, at=NOW)
        assert not opened.accounts.take_step(reset, 7, now=NOW)
        assert opened.accounts.by_id(account.staff_id) == replace(
            account, password_hash="other", totp_secret="new", disabled_at=NOW
        )


def test_wrong_tries_lock_at_the_limit_and_count_nothing_while_locked(work: Open) -> None:
    account = stored_account(work)
    assert [wrong_try(work, account) for _ in range(4)] == [False, False, True, False]
    with work() as opened:
        locked = opened.accounts.by_id(account.staff_id)
        assert locked == replace(account, locked_until=NOW + timedelta(minutes=15))
        assert not opened.accounts.take_step(locked, 7, now=NOW)
        assert opened.accounts.take_step(locked, 7, now=NOW + timedelta(minutes=15))


def test_new_secrets_lift_a_lock_and_a_language_does_not(work: Open) -> None:
    account = stored_account(work)
    for _ in range(3):
        wrong_try(work, account)
    with work() as opened:
        opened.accounts.set_language(account.staff_id, "kk")
        changed = opened.accounts.by_id(account.staff_id)
        assert changed.language == "kk"
        assert changed.locked_until is not None
        opened.accounts.set_secrets(account.staff_id, password_hash="other", totp_secret="new")
        assert opened.accounts.by_id(account.staff_id).locked_until is None


def test_nobody_has_no_wrong_tries(work: Open) -> None:
    assert not wrong_try(work, replace(an_account(), staff_id=0))


def test_active_staff_of_a_role_are_those_not_disabled(work: Open) -> None:
    first = stored_account(work, login="a", role=Role.ADMINISTRATOR)
    second = stored_account(work, login="b", role=Role.ADMINISTRATOR)
    stored_account(work)
    with work() as opened:
        assert opened.accounts.active_with_role(Role.ADMINISTRATOR) == {first.staff_id, second.staff_id}
        opened.accounts.disable(first.staff_id, at=NOW)
        assert opened.accounts.active_with_role(Role.ADMINISTRATOR) == {second.staff_id}


def test_what_a_refused_work_did_is_undone(work: Open) -> None:
    class Refused(Refusal):
        code = "test.refused"

    with pytest.raises(Refused), work() as opened:  # noqa: PT012 - the refusal comes after a change
        opened.subscribers.add(builders.person(), phone=None, email="")
        raise Refused
    with work() as opened:
        assert opened.subscribers.by_iin(builders.iin()) is None
