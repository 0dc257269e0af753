"""Nobody learns from an answer, nor from its time, whose an IIN is (R14)."""

from collections.abc import Iterator

import pytest

from portal import limits
from tests.portal import iin_doors
from tests.portal.iin_doors import DOORS, House, Who

PAIRS = 24
# By chance alone beyond it: four and a half standard deviations of what 24 of each show, once in 150,000 tests.
TELLING = 0.38
KINDS = [
    pytest.param(door, people[0], other, id=f"{door}, {other.name}".lower())
    for door, (_, people) in DOORS.items()
    for other in people[1:]
]


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    with iin_doors.opened(tmp_path_factory.mktemp("iin")) as made:
        yield made


@pytest.mark.parametrize(("door", "one", "other"), KINDS)
def test_the_answer_is_the_same_to_the_octet(house: House, door: str, one: Who, other: Who) -> None:
    """Status, headers, cookies and their lengths, page."""
    answers = [iin_doors.knock(house, door, who).said for who in (one, other)]
    assert answers[0] == answers[1]
    assert answers[0][0] == iin_doors.STATUS[door]


@pytest.mark.parametrize(("door", "one", "other"), KINDS)
def test_the_time_of_the_answer_tells_no_more_than_a_coin(
    house: House, door: str, one: Who, other: Who, monkeypatch: pytest.MonkeyPatch
) -> None:
    """With even moments an eighth as far apart as they are: quicker here, and no easier to keep."""
    monkeypatch.setattr(limits, "_EVEN_SECONDS", 0.05)
    first, second = iin_doors.by_turns(house, door, one, other, PAIRS)
    apart = iin_doors.told_apart([each.seconds for each in first], [each.seconds for each in second])
    assert abs(apart - 0.5) < TELLING
