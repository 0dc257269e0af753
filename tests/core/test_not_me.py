"""A link of a message is the owner's proof for a hold, once, within its time (R14, R10a)."""

from datetime import timedelta

import pytest

from ca_core import certificate, roles
from ca_core.certificate import Certificate, Status
from ca_core.registration import not_me
from ca_core.revocation import hold
from tests import builders
from tests.builders import Owned
from tests.fakes import House


@pytest.fixture
def here() -> House:
    return builders.house()


@pytest.fixture
def owned(here: House) -> Owned:
    return builders.issued(here)


@pytest.fixture
def token(here: House, owned: Owned) -> str:
    with here.work() as work:
        return not_me.make(work, serial=owned.certificate.serial, now=here.now)


def press(here: House, owned: Owned, token: str) -> Certificate:
    """The owner's button, as the page does it: in one work."""
    with here.work() as work:
        consent = not_me.confirm(work, token=token, now=here.now)
        return hold.by_owner(
            work, actor=roles.OWNER, serial=owned.certificate.serial, owner=consent, now=here.now
        )


def test_the_link_is_the_owners_consent_to_a_hold(here: House, owned: Owned, token: str) -> None:
    held = press(here, owned, token)
    assert certificate.status(held, here.now) is Status.ON_HOLD
    # The history says by what proof: the holder's page has words for this one.
    assert here.memory.told[-1].note == "owner by link in a message"


def test_both_rooms_mean_the_same_purpose() -> None:
    """They may not import each other, so each has the word."""
    assert not_me.PURPOSE == hold.PURPOSE_NOT_ME


def test_only_a_digest_of_the_link_is_kept(here: House, token: str) -> None:
    assert token not in str(here.memory.links)
    assert len(token) >= 32


def test_looking_uses_nothing_up(here: House, owned: Owned, token: str) -> None:
    for _ in range(2):
        with here.work() as work:
            assert not_me.about(work, token=token, now=here.now) == owned.certificate.serial


def test_a_link_works_once(here: House, token: str) -> None:
    with here.work() as work:
        not_me.confirm(work, token=token, now=here.now)
    for act in (not_me.confirm, not_me.about):
        with pytest.raises(not_me.LinkUsed), here.work() as work:
            act(work, token=token, now=here.now)


def test_a_refused_hold_leaves_the_link_unused(here: House, owned: Owned, token: str) -> None:
    """A certificate that is on hold already: the owner may need the link again after a release."""
    with here.work() as work:
        hold.place(work, actor=builders.OFFICER, found=owned.certificate, why="case 12", now=here.now)
    with pytest.raises(hold.NotValid):
        press(here, owned, token)
    with here.work() as work:
        not_me.about(work, token=token, now=here.now)


@pytest.mark.parametrize(
    ("after", "works"), [(timedelta(days=7, seconds=-1), True), (timedelta(days=7), False)]
)
def test_a_link_lives_seven_days(here: House, token: str, after: timedelta, works: bool) -> None:
    with here.work() as work:
        if works:
            not_me.confirm(work, token=token, now=here.now + after)
            return
        with pytest.raises(not_me.LinkExpired):
            not_me.confirm(work, token=token, now=here.now + after)


def test_an_unknown_link_is_refused(here: House, token: str) -> None:
    with pytest.raises(not_me.LinkUnknown), here.work() as work:
        not_me.confirm(work, token=token[:-1], now=here.now)
