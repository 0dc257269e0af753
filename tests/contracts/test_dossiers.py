"""One suite on the fakes and on both databases: what the core assumes of dossiers and counted look-ups is true."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import AbstractContextManager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from ca_core.application import Application
from ca_core.certificate import Channel
from ca_core.dossier import Acceptance, AgreementKind, AgreementText, Camera, Company, Dossier
from ca_core.ports import StoredCode
from ca_core.records import ChangedMeanwhile
from data import engine as engines
from data.work import Store
from tests import builders, fakes
from tests import dossiers as ways
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


def dossier(browser: str = "one", **different: Any) -> Dossier:
    default = Dossier(0, ways.token(browser), "kk", Channel.PKI, NOW, NOW)
    return replace(default, **different)


def stored(work: Open, wanted: Dossier) -> Dossier:
    with work() as opened:
        dossier_id = opened.own_dossiers.add(wanted)
    return replace(wanted, dossier_id=dossier_id)


def applied(work: Open) -> Application:
    with work() as opened:
        owner = opened.subscribers.by_iin(builders.person().iin) or opened.subscribers.add(
            builders.person(), phone=builders.PHONE, email=""
        )
        wanted = builders.application(owner, builders.new_key(), NOW)
        opened.applications.add(wanted)
    return wanted


def test_every_fact_of_a_dossier_comes_back(work: Open) -> None:
    number = applied(work).number
    kept = stored(
        work,
        dossier(
            camera=Camera.NONE,
            company=Company.HELPER,
            iin=builders.person().iin,
            without_phone_at=NOW - timedelta(minutes=5),
            signed_in_at=NOW - timedelta(minutes=4),
            agent_at=NOW - timedelta(minutes=3),
            number=number,
            confirmed_at=NOW - timedelta(minutes=2),
            key_reference="key-1",
        ),
    )
    with work() as opened:
        assert opened.own_dossiers.by_digest(kept.token_digest) == kept
        assert opened.own_dossiers.by_number(number) == kept
        assert opened.own_dossiers.of_iin(builders.person().iin) == [kept]
        assert opened.own_dossiers.by_digest(ways.token("another")) is None


def test_an_empty_dossier_comes_back_empty(work: Open) -> None:
    kept = stored(work, dossier())
    with work() as opened:
        assert opened.own_dossiers.by_digest(kept.token_digest) == kept
        assert opened.own_dossiers.of_iin(builders.person().iin) == []


def test_one_cookie_has_one_dossier(work: Open) -> None:
    stored(work, dossier())
    with pytest.raises(ChangedMeanwhile), work() as opened:
        opened.own_dossiers.add(dossier())


def test_one_application_is_in_one_dossier(work: Open) -> None:
    number = applied(work).number
    stored(work, dossier(number=number))
    other = stored(work, dossier("two"))
    with pytest.raises(ChangedMeanwhile), work() as opened:
        opened.own_dossiers.save(replace(other, number=number), expected=other)


def test_a_change_is_written_only_over_what_was_read(work: Open) -> None:
    read = stored(work, dossier())
    with work() as opened:
        once = opened.own_dossiers.save(replace(read, camera=Camera.WORKS), expected=read)
    assert once.version == read.version + 1
    with pytest.raises(ChangedMeanwhile), work() as opened:
        opened.own_dossiers.save(replace(read, camera=Camera.NONE), expected=read)
    with work() as opened:
        assert opened.own_dossiers.by_digest(read.token_digest) == once


def test_what_was_erased_is_gone_and_frees_its_cookie(work: Open) -> None:
    """A dossier that is taken up elsewhere gets the other one's cookie in the same work."""
    old, fresh = stored(work, dossier()), stored(work, dossier("two"))
    with work() as opened:
        opened.own_dossiers.erase(fresh)
        opened.own_dossiers.save(replace(old, token_digest=fresh.token_digest), expected=old)
    with work() as opened:
        assert opened.own_dossiers.by_digest(old.token_digest) is None
        assert opened.own_dossiers.by_digest(fresh.token_digest).dossier_id == old.dossier_id


def test_what_went_on_meanwhile_is_not_erased(work: Open) -> None:
    read = stored(work, dossier())
    with work() as opened:
        once = opened.own_dossiers.save(read, expected=read)
    with pytest.raises(ChangedMeanwhile), work() as opened:
        opened.own_dossiers.erase(read)
    with work() as opened:
        assert opened.own_dossiers.by_digest(read.token_digest) == once


def test_the_longest_untouched_come_first(work: Open) -> None:
    for days in (3, 1, 2):
        stored(work, dossier(f"{days}", changed_at=NOW - timedelta(days=days)))
    with work() as opened:
        found = opened.own_dossiers.untouched_since(NOW - timedelta(days=2), 10)
    assert [d.token_digest for d in found] == [ways.token("3"), ways.token("2")]


def test_acceptances_come_back_in_their_order(work: Open) -> None:
    number, another = applied(work).number, applied(work).number
    texts = [AgreementText(kind, "2026-11-22", "kk", ways.token(kind.value)) for kind in AgreementKind]
    given = [Acceptance(number, text, NOW) for text in texts]
    with work() as opened:
        for one in given:
            opened.own_dossiers.accept(one)
    with work() as opened:
        assert list(opened.own_dossiers.acceptances(number)) == given
        assert list(opened.own_dossiers.acceptances(another)) == []


def test_look_ups_are_counted_within_their_time_and_forgotten_after_it(work: Open) -> None:
    with work() as opened:
        for minutes in (0, 30, 90):
            at = NOW - timedelta(minutes=minutes)
            opened.look_ups.add(subject=b"iin", device=f"d{minutes}".encode(), at=at)
    since = NOW - timedelta(hours=1)
    with work() as opened:
        assert opened.look_ups.of_subject(b"iin", since=since) == 2
        assert opened.look_ups.of_subject(b"other", since=since) == 0
        assert opened.look_ups.of_device(b"d0", since=since) == 1
        assert opened.look_ups.of_device(b"d90", since=since) == 0
        opened.look_ups.forget_before(since)
        assert opened.look_ups.of_device(b"d90", since=NOW - timedelta(days=1)) == 0
        assert opened.look_ups.of_subject(b"iin", since=NOW - timedelta(days=1)) == 2


def test_an_address_is_set(work: Open) -> None:
    with work() as opened:
        known = opened.subscribers.add(builders.person(), phone=builders.PHONE, email="")
        opened.subscribers.set_email(known, "Damir@example.kz")
    with work() as opened:
        assert opened.subscribers.by_iin(builders.person().iin).email == "damir@example.kz"


def test_what_comes_after_a_used_code_is_no_resending(work: Open) -> None:
    """R4: the pause of 60 s is between two sendings of a code that was not used."""
    code = StoredCode(0, "sign_in", "s", "p", builders.PHONE, b"seal", NOW, NOW + timedelta(minutes=3), 3)
    with work() as opened:
        opened.codes.add(code)
        assert opened.codes.last_sent_at(builders.PHONE, purpose="sign_in") == NOW
        opened.codes.spend(opened.codes.latest(purpose="sign_in", subject="s").code_id)
        assert opened.codes.last_sent_at(builders.PHONE, purpose="sign_in") is None


@pytest.mark.parametrize("kind", ["sqlite", pytest.param("postgres", marks=pytest.mark.postgres)])
def test_one_key_handed_in_for_two_applications_at_once_is_one(
    kind: str, request: pytest.FixtureRequest, tmp_path: Path
) -> None:
    """R6, R11: the database has the last word where two processes looked at the same moment."""
    with databases.fresh(kind, tmp_path, request.getfixturevalue) as url:
        engine = engines.open_engine(url)
        store = Store(engine, code_seal=fakes.CodeSeal())

        def open_() -> AbstractContextManager[Any]:
            return store.write(policy=builders.policy(), now=NOW)

        two = [replace(applied_without_key(open_), public_key=b"key", key_id=b"k" * 20) for _ in range(2)]

        def hand_in(wanted: Application) -> bool:
            try:
                with open_() as opened:
                    opened.applications.save(wanted, expected=wanted)
            except ChangedMeanwhile:
                return False
            return True

        with ThreadPoolExecutor(2) as together:
            assert sorted(together.map(hand_in, two)) == [False, True]
        engine.dispose()


def applied_without_key(open_: Open) -> Application:
    with open_() as opened:
        owner = opened.subscribers.by_iin(builders.person().iin) or opened.subscribers.add(
            builders.person(), phone=builders.PHONE, email=""
        )
        wanted = replace(builders.application(owner, builders.new_key(), NOW), public_key=b"", key_id=b"")
        opened.applications.add(wanted)
    return wanted
