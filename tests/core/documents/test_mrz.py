from datetime import date

import pytest

from ca_core.documents import mrz, states
from ca_core.documents.mrz import Checked, Format
from tests.core.documents import zones

TODAY = date(2026, 6, 1)


def test_check_digit_of_the_standard() -> None:
    """Doc 9303-3, 4.9, examples 1 to 3."""
    assert mrz.check_digit("520727") == "3"
    assert mrz.check_digit("AB2134<<<") == "5"
    assert mrz.check_digit("HA672242<658022549601086<<<<<<<<<<<<<<0") == "8"


@pytest.mark.parametrize(
    ("lines", "form"),
    [
        (zones.ICAO_TD1, Format.TD1),
        (zones.ICAO_TD2, Format.TD2),
        (zones.ICAO_TD3, Format.TD3),
        (zones.ICAO_MRV_A, Format.MRV_A),
        (zones.ICAO_MRV_B, Format.MRV_B),
        (zones.ICAO_LONG_NUMBER, Format.TD1),
        (zones.passport(), Format.TD3),
        (zones.id_card(), Format.TD1),
    ],
)
def test_every_format_is_known_and_its_check_digits_hold(lines: tuple[str, ...], form: Format) -> None:
    zone = mrz.parse(lines, today=TODAY)
    assert zone.format is form
    assert all(digit.holds for digit in zone.digits)
    mrz.verify(zone)


@pytest.mark.parametrize(
    ("lines", "form"),
    [(zones.put(zones.ICAO_TD1, 0, 0, letter), Format.TD1) for letter in "ACI"]
    + [(zones.put(zones.ICAO_TD2, 0, 0, letter), Format.TD2) for letter in "ACI"]
    + [
        (zones.put(zones.ICAO_TD2, 0, 0, "V"), Format.MRV_B),
        (zones.put(zones.ICAO_TD3, 0, 0, "V"), Format.MRV_A),
    ],
)
def test_the_first_letter_says_which_document_of_its_size(lines: tuple[str, ...], form: Format) -> None:
    """Doc 9303-5 and 9303-6, 4.2.2: a card's code begins with A, C or I; a visa's with V (9303-7)."""
    assert mrz.layout_of(lines).format is form


def test_fields_of_a_passport() -> None:
    zone = mrz.parse(zones.ICAO_TD3, today=date(2011, 1, 1))
    assert (zone.document_code, zone.issuing_state, zone.nationality) == ("P", "UTO", "UTO")
    assert (zone.surname, zone.given_names) == ("ERIKSSON", "ANNA MARIA")
    assert (zone.document_number, zone.sex) == ("L898902C3", "F")
    assert (zone.born_on, zone.expires_on) == (date(1974, 8, 12), date(2012, 4, 15))
    assert zone.optional_data == ("ZE184226B",)


def test_fields_of_a_card() -> None:
    zone = mrz.parse(zones.id_card(), today=TODAY)
    assert (zone.document_code, zone.document_number) == ("ID", "012345678")
    assert zone.optional_data == (zones.IIN, "")
    assert (zone.born_on, zone.expires_on, zone.sex) == (date(1987, 3, 12), date(2034, 6, 5), "M")


def test_a_number_of_more_than_nine_characters_goes_on_in_the_optional_data() -> None:
    """Doc 9303-5, 4.2.2.1 note j."""
    zone = mrz.parse(zones.ICAO_LONG_NUMBER, today=TODAY)
    assert zone.document_number == "D23145890734"


@pytest.mark.parametrize("number", ["D231458907", "D2314589073", "D23145890734"])
def test_a_long_number_is_known_from_its_tenth_character_on(number: str) -> None:
    first = f"I<UTO{number[:9]}<{number[9:]}{mrz.check_digit(number)}".ljust(30, "<")
    zone = mrz.parse((first, *zones.ICAO_TD1[1:]), today=TODAY)
    assert (zone.document_number, zone.digits[0].holds) == (number, True)


def test_nine_characters_have_their_check_digit_in_its_own_place() -> None:
    first = f"I<UTOD23145890<{mrz.check_digit('D23145890')}".ljust(30, "<")
    assert mrz.parse((first, *zones.ICAO_TD1[1:]), today=TODAY).digits[0].read == "<"


def test_a_filler_for_the_check_digit_alone_makes_no_long_number() -> None:
    zone = mrz.parse(zones.put(zones.ICAO_TD1, 0, 14, "<"), today=TODAY)
    assert zone.document_number == "D23145890"
    with pytest.raises(mrz.CheckDigitWrong):
        mrz.verify(zone)


def test_no_personal_number_needs_no_check_digit() -> None:
    """Doc 9303-4, 4.2.2.2: a filler or zero."""
    for digit in "<0":
        second = "L898902C36UTO7408122F1204159" + "<" * 14 + digit
        second += mrz.check_digit(second[:10] + second[13:20] + second[21:43])
        mrz.verify(mrz.parse((zones.ICAO_TD3[0], second), today=TODAY))


@pytest.mark.parametrize(
    ("second", "wrong"),
    [
        ("L898902C36UTO7408122F1204159" + "<" * 14 + "7", Checked.OPTIONAL),
        ("L898902C36UTO7408122F1204159ZE184226B<<<<<<", Checked.OPTIONAL),
        ("L898902C36UTO<<<<<<<F1204159ZE184226B<<<<<1", Checked.BIRTH),
    ],
)
def test_a_filler_is_the_check_digit_of_no_personal_number_alone(second: str, wrong: Checked) -> None:
    """And no personal number has no other check digit."""
    second += mrz.check_digit(second[:10] + second[13:20] + second[21:43])
    with pytest.raises(mrz.CheckDigitWrong) as refused:
        mrz.verify(mrz.parse((zones.ICAO_TD3[0], second), today=TODAY))
    assert refused.value.facts["fields"] == (wrong,)


def test_a_wrong_digit_is_named_with_what_it_should_be() -> None:
    zone = mrz.parse(zones.put(zones.ICAO_TD3, 1, 9, "7"), today=TODAY)
    with pytest.raises(mrz.CheckDigitWrong) as refused:
        mrz.verify(zone)
    assert refused.value.facts["fields"] == (Checked.NUMBER, Checked.COMPOSITE)
    assert (zone.digits[0].expected, zone.digits[0].read) == ("6", "7")


@pytest.mark.parametrize(
    ("lines", "what"),
    [
        ((), "size"),
        (("",), "size"),
        (zones.ICAO_TD3[:1], "size"),
        ((zones.ICAO_TD3[0], zones.ICAO_TD3[1][:-1]), "size"),
        (zones.put(zones.ICAO_TD3, 1, 0, "l"), "alphabet"),
        (zones.put(zones.ICAO_TD3, 1, 0, "Қ"), "alphabet"),
        (zones.put(zones.ICAO_TD3, 0, 0, "X"), "document_code"),
        (zones.put(zones.ICAO_TD3, 0, 2, "0"), "issuing_state"),
        (zones.put(zones.ICAO_TD3, 1, 10, "Q"), "nationality"),
        (zones.put(zones.ICAO_TD3, 1, 20, "H"), "sex"),
        (zones.put(zones.ICAO_TD3, 0, 7, "1"), "names"),
        (zones.put(zones.ICAO_TD3, 0, 5, "<"), "names"),
    ],
)
def test_what_is_no_zone_is_refused_by_the_rule_that_fails(lines: tuple[str, ...], what: str) -> None:
    with pytest.raises(mrz.MrzUnreadable) as refused:
        mrz.parse(lines, today=TODAY)
    assert refused.value.facts == {"what": what}


def test_a_birth_is_never_in_the_future_and_an_expiry_is_near() -> None:
    """Years have two digits: the same ones mean another century for a birth and for an expiry."""
    zone = mrz.parse(zones.passport(born="300101", expires="300101"), today=TODAY)
    assert (zone.born_on, zone.expires_on) == (date(1930, 1, 1), date(2030, 1, 1))
    later = mrz.parse(zones.passport(born="300101", expires="990101"), today=date(2101, 1, 1))
    assert (later.born_on, later.expires_on) == (date(2030, 1, 1), date(2099, 1, 1))


def test_a_date_that_is_not_in_the_calendar_is_no_date() -> None:
    zone = mrz.parse(zones.passport(born="871332", expires="34<<<<"), today=TODAY)
    assert (zone.born_on, zone.expires_on) == (None, None)


def test_a_leap_day_belongs_to_the_century_that_has_it() -> None:
    assert mrz.parse(zones.passport(born="000229"), today=TODAY).born_on == date(2000, 2, 29)


def test_one_name_is_a_surname_and_an_unknown_sex_is_x() -> None:
    lines = zones.put(("P<UTOARKFREITH".ljust(44, "<"), zones.ICAO_TD3[1]), 1, 20, "<")
    zone = mrz.parse(lines, today=TODAY)
    assert (zone.surname, zone.given_names, zone.sex) == ("ARKFREITH", "", "X")


def test_the_list_of_states_is_the_standards() -> None:
    assert {"KAZ", "D", "XXA", "UNO", states.SPECIMEN} <= states.CODES
    assert not {"DEU1", "", "QQQ", "SUN"} & states.CODES
    assert states.is_known("KAZ")
    assert not states.is_known("KAS")


def test_repaired_positions_stay_with_the_zone() -> None:
    mended = (mrz.Position(1, 0, "1", "L"),)
    assert mrz.parse(zones.ICAO_TD3, today=TODAY, repaired=mended).repaired == mended
