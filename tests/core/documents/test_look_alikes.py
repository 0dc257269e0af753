"""A picture's misreadings: turned where the position decides, guessed only where one guess alone is possible."""

from datetime import date

import pytest

from ca_core.documents import kazakhstan, look_alikes, mrz
from ca_core.documents.mrz import FILLER, Position
from tests.core.documents import zones

TODAY = date(2026, 6, 1)


def test_letters_are_digits_in_dates_and_digits_are_letters_in_names() -> None:
    seen = ("P<UT0ER1KSS0N<<ANNA<MAR1A<<<<<<<<<<<<<<<<<<<", "L898902C36UT07A0BI22F12O4159ZE184226B<<<<<1O")
    assert look_alikes.typed(seen) == (zones.ICAO_TD3[0], "L898902C36UTO7408122F1204159ZE184226B<<<<<10")


def test_a_card_begins_with_a_letter_and_a_sex_is_one() -> None:
    seen = ("1<UTOD231458907<<<<<<<<<<<<<<<", "7408122P1204159UTO<<<<<<<<<<<6", zones.ICAO_TD1[2])
    assert look_alikes.typed(seen) == zones.ICAO_TD1


def test_a_sex_that_was_read_stays() -> None:
    for sex in "MF<":
        lines = zones.put(zones.ICAO_TD3, 1, 20, sex)
        assert look_alikes.typed(lines) == lines


def test_nothing_is_typed_without_a_legal_size() -> None:
    for lines in ((), ("P<UTO", "X")):
        with pytest.raises(mrz.MrzUnreadable):
            look_alikes.typed(lines)


def test_what_holds_needs_no_repair() -> None:
    assert look_alikes.repair(zones.ICAO_TD3) == look_alikes.Repaired(zones.ICAO_TD3, ())


def test_a_repair_is_reported_by_its_position() -> None:
    seen = zones.put(zones.ICAO_TD3, 1, 25, "7")
    repaired = look_alikes.repair(seen)
    assert repaired is not None
    assert repaired.lines == zones.ICAO_TD3
    assert repaired.positions == (Position(1, 25, "7", "1"),)


def test_the_readers_own_second_thought_is_tried() -> None:
    seen = zones.put(zones.ICAO_TD3, 1, 25, "8")
    assert look_alikes.repair(seen) is None
    repaired = look_alikes.repair(seen, {(1, 25): "81?"})
    assert repaired is not None
    assert repaired.lines == zones.ICAO_TD3


def test_what_does_not_look_alike_is_no_guess() -> None:
    """V and X: with X in its place every digit of the zone would hold, and it is unread all the same."""
    lines = zones.passport(number="X46463H43")
    assert look_alikes.repair(zones.put(lines, 1, 0, "V")) is None


def test_two_wrong_characters_are_unread() -> None:
    seen = zones.put(zones.put(zones.passport(), 1, 14, "1"), 1, 22, "1")
    assert look_alikes.repair(seen) is None


def test_a_tie_is_unread() -> None:
    """Two sevens of the same weight, one of them a 1: the number's digit cannot say which, the composite neither."""
    number = "100700000"
    lines = zones.passport(number=number)
    assert look_alikes.repair(zones.put(lines, 1, 0, "7")) is None


@pytest.mark.parametrize(
    "lines", [zones.passport(), zones.id_card(), zones.ICAO_TD3, zones.ICAO_TD1, zones.ICAO_TD2]
)
def test_a_look_alike_in_a_checked_field_is_repaired_right_or_unread(lines: tuple[str, ...]) -> None:
    """Every position, every look-alike: never another document's zone, unless the digits cannot see the change."""
    mended = 0
    for line, column in look_alikes.covered(mrz.layout_of(lines)):
        for other in look_alikes.ALIKE[lines[line][column]]:
            seen = zones.put(lines, line, column, other)
            if all(digit.holds for digit in mrz.digits_of(seen)):
                assert _invisible(lines[line][column], other)
                continue
            repaired = look_alikes.repair(seen)
            if repaired is not None:
                assert repaired.lines == lines
                assert repaired.positions == (Position(line, column, other, lines[line][column]),)
                mended += 1
    # Most of the others are ties: of 10 visible look-alikes 2 to 4 can be mended, the rest is unread.
    assert mended >= 40


def _invisible(one: str, other: str) -> bool:
    """Characters whose values differ by ten or twenty: no check digit tells them apart (Doc 9303-3, 4.9)."""
    return mrz.check_digit(one) == mrz.check_digit(other)


@pytest.mark.parametrize("lines", [zones.passport(), zones.id_card()])
def test_no_change_of_one_checked_character_is_accepted_for_kazakhstan(lines: tuple[str, ...]) -> None:
    """Every position, every character: the digits, or the form of the number and of the IIN, see each one.

    What only a filler's place shows (the unused rest of the optional data) identifies nobody.
    """
    for line, column in look_alikes.covered(mrz.layout_of(lines)):
        for other in mrz.ALPHABET - {lines[line][column]}:
            seen = zones.put(lines, line, column, other)
            if not all(digit.holds for digit in mrz.digits_of(seen)):
                continue
            zone = mrz.parse(seen, today=TODAY)
            formal = kazakhstan.has_its_number_form(zone) and kazakhstan.iin_agrees(zone)
            assert not formal or lines[line][column] == FILLER or zone.expires_on is None


@pytest.mark.parametrize("lines", [zones.passport(), zones.id_card()])
def test_a_guess_is_never_without_its_mark(lines: tuple[str, ...]) -> None:
    """A character that is no look-alike may be mended wrongly: that is why a repaired zone never counts as read."""
    for line, column in look_alikes.covered(mrz.layout_of(lines)):
        for other in "4AHRX":
            repaired = look_alikes.repair(zones.put(lines, line, column, other))
            if repaired is not None and repaired.lines != zones.put(lines, line, column, other):
                assert len(repaired.positions) == 1
