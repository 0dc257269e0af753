"""What nobody said is empty, and small questions that a row answers about itself."""

import inspect
from datetime import datetime, timedelta

import pytest

from ca_core import application, call, subscriber
from ca_core.call import Need
from ca_core.lifecycle import CallState
from ca_core.overview import CallLine
from ca_core.owner_session import OwnerSession
from ca_core.review import Item, Round
from tests import builders

HOUSE = builders.house()
NOW = HOUSE.now
REGISTERED = builders.register(HOUSE)


@pytest.mark.parametrize(
    ("of", "name", "default"),
    [
        (application.Application, "opened_by", ""),
        (application.Application, "reason", ""),
        (call.Evidence, "width_px", 0),
        (call.Evidence, "height_px", 0),
        (call.Evidence, "closed", True),
        (subscriber.PastRegistration, "ended_by", ""),
    ],
)
def test_what_is_not_said_is_empty(of: object, name: str, default: object) -> None:
    assert callable(of)
    assert inspect.signature(of).parameters[name].default == default


def test_a_session_of_the_cabinet_is_one_page_to_the_codes() -> None:
    """R4: a code is bound to the page that asked for it."""
    session = OwnerSession(b"\1" * 32, builders.person().iin, "sms_code", NOW, NOW)
    assert session.page == "01" * 32


@pytest.mark.parametrize("which", list(Round))
def test_a_second_look_is_known_as_one(which: Round) -> None:
    item = Item(
        review_id=1, fence=1, number=builders.application(REGISTERED, builders.new_key(), NOW).number, round=which,
        language="kk", lease_until=NOW, held_until=NOW, frames=3, has_portrait=True,
    )  # fmt: skip
    assert item.is_second is (which is Round.SECOND)


@pytest.mark.parametrize(
    ("accepted", "ended", "took"),
    [(None, None, None), (0, None, None), (None, 90, None), (0, 90, timedelta(seconds=90))],
)
def test_a_call_took_as_long_as_somebody_talked(
    accepted: int | None, ended: int | None, took: timedelta | None
) -> None:
    def at(seconds: int | None) -> datetime | None:
        return None if seconds is None else NOW + timedelta(seconds=seconds)

    line = CallLine(
        1, CallState.ENDED, "kk", Need.NONE, NOW, at(accepted), at(ended), agent="", cause=None, decision=None,
        decision_reason="", sealed_at=None,
    )  # fmt: skip
    assert line.took == took
