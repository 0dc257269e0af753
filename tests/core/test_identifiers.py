"""Identifiers: parsed once, masked when printed (R1, R5)."""

import random
from datetime import date

import pytest

from ca_core import identifiers
from ca_core.identifiers import ApplicationId, Iin, Phone, Serial, Sex
from tests import builders


def test_an_iin_tells_birth_date_and_sex() -> None:
    iin = builders.iin(date(2004, 2, 29), Sex.FEMALE)
    assert (iin.birth_date, iin.sex) == (date(2004, 2, 29), Sex.FEMALE)


def test_the_second_weights_serve_where_the_first_give_ten() -> None:
    """Register rule: remainder 10 is counted again with the shifted weights."""
    again = [n for n in range(10_000) if _first_remainder(f"8703123{n:04d}") == 10]
    assert again
    for number in again[:20]:
        body = f"8703123{number:04d}"
        digit = identifiers.iin_check_digit(body)
        if digit is not None:
            assert Iin.parse(f"{body}{digit}").digits == f"{body}{digit}"


def test_the_check_digit_is_the_weighted_sum_of_all_eleven() -> None:
    """Register rule: weights 1 to 11; and for the second count the same, begun at 3 and continued at 1."""
    dice = random.Random(2)
    for _ in range(500):
        body = f"{dice.randrange(10**11):011d}"
        counts = [
            sum((place + ahead) % 11 * int(c) for place, c in enumerate(body, 1)) % 11 for ahead in (0, 2)
        ]
        expected = next((count for count in counts if count < 10), None)
        assert identifiers.iin_check_digit(body) == expected, body


@pytest.mark.parametrize(
    "number", ["86095742719", "47036892816", "65929970489", "57549285017", "25768131411"]
)
def test_an_application_number_is_checked_as_iso_7064_says(number: str) -> None:
    """MOD 11,10: published samples of tax numbers that are checked in the same way."""
    assert identifiers._mod_11_10(number[:10]) == int(number[10])


def _first_remainder(body: str) -> int:
    return sum(w * int(c) for w, c in zip(range(1, 12), body, strict=True)) % 11


def test_a_wrong_check_digit_is_refused() -> None:
    """R1."""
    digits = builders.iin().digits
    for wrong in set("0123456789") - {digits[11]}:
        with pytest.raises(identifiers.IinInvalid):
            Iin.parse(digits[:11] + wrong)


@pytest.mark.parametrize("text", ["", "12345678901", "1234567890123", "87031230001a", "٨٧٠٣١٢٣٠٠٠١٢"])
def test_what_is_no_iin_is_refused(text: str) -> None:
    with pytest.raises(identifiers.IinInvalid):
        Iin.parse(text)


@pytest.mark.parametrize("body", ["99023030001", "87131230001", "87031290001"])
def test_a_date_that_does_not_exist_is_no_iin(body: str) -> None:
    """30 February, month 13, century 9."""
    with pytest.raises(identifiers.IinInvalid):
        Iin.parse(f"{body}{identifiers.iin_check_digit(body)}")


def test_an_iin_survives_the_database_with_its_leading_zeros() -> None:
    iin = builders.iin(date(2001, 1, 2))
    assert Iin.of(iin.number) == iin


@pytest.mark.parametrize("text", ["+77011234567", "8 701 123 45 67", "7 (701) 123-45-67", "7011234567"])
def test_one_phone_however_it_is_written(text: str) -> None:
    assert Phone.parse(text) == Phone("77011234567")


def test_a_phone_is_written_out_for_its_owner_and_masked_for_everybody_else() -> None:
    phone = Phone.parse("+7 701 123 45 67")
    assert (phone.full, str(phone)) == ("+7 701 123 45 67", "+7 7•• ••• •• 67")


@pytest.mark.parametrize("text", ["", "abc", "+79161234567", "+77172123456", "+7701", "+14155550100"])
def test_only_a_kazakh_mobile_number_is_a_phone(text: str) -> None:
    """Russian, fixed-line, short and foreign numbers are refused."""
    with pytest.raises(identifiers.PhoneInvalid):
        Phone.parse(text)


def test_a_serial_reads_with_colons_blanks_and_without() -> None:
    serial = Serial.of(2**152 + 7)
    colons = ":".join(serial.hex[i : i + 2] for i in range(0, 40, 2))
    assert Serial.parse(serial.hex) == Serial.parse(colons.upper()) == Serial.parse(serial.grouped) == serial


@pytest.mark.parametrize("text", ["", "xyz", "1" * 41])
def test_what_is_no_serial_is_refused(text: str) -> None:
    with pytest.raises(identifiers.SerialInvalid):
        Serial.parse(text)


@pytest.mark.parametrize("number", [1, 2**160 - 1])
def test_a_serial_is_a_number_of_twenty_octets(number: int) -> None:
    assert Serial.of(number).number == number
    assert len(Serial.of(number).octets) == 20


@pytest.mark.parametrize("number", [0, -1, 2**160])
def test_a_serial_is_positive_and_no_longer(number: int) -> None:
    """RFC 5280, 4.1.2.2."""
    with pytest.raises(identifiers.SerialInvalid):
        Serial.of(number)


def test_an_application_number_is_no_phone_and_no_iin() -> None:
    """R5: eleven digits that begin with 1 to 6."""
    for _ in range(200):
        number = ApplicationId.draw()
        assert len(number.digits) == 11
        assert number.digits[0] in "123456"
        assert ApplicationId.parse(str(number)) == number


def test_every_wrong_digit_and_swap_of_an_application_number_is_found() -> None:
    """R5; ISO/IEC 7064 MOD 11,10."""
    digits = ApplicationId.form(1_234_567_890).digits
    wrong = [digits[:i] + d + digits[i + 1 :] for i in range(11) for d in "0123456789" if d != digits[i]]
    for text in wrong:
        with pytest.raises(identifiers.ApplicationIdInvalid):
            ApplicationId.parse(text)


@pytest.mark.parametrize(
    ("name", "folded"),
    [
        ("ӘБДІҚАДЫР", "абдикадыр"),
        ("Ғабит Ұлы", "габит улы"),
        ("Үңғыт", "унгыт"),
        ("Өһлі", "охли"),
        ("СЕРГЕЙ", "сергеи"),
        ("Фёдор", "федор"),
        ("Объедьев", "обедев"),
    ],
)
def test_names_are_compared_by_their_nearest_russian_letters(name: str, folded: str) -> None:
    assert identifiers.fold_name(name) == folded


def test_a_masked_name_tells_two_people_of_one_list_apart() -> None:
    assert identifiers.mask_name("ҮЛГІЕВ", "ДАМИР") == "ҮЛГІЕВ Д."


@pytest.mark.parametrize(("email", "masked"), [("damir@example.kz", "d•••@example.kz"), ("", "")])
def test_a_masked_address_keeps_its_domain(email: str, masked: str) -> None:
    assert identifiers.mask_email(email) == masked


def test_kazakh_and_russian_spelling_of_one_surname_are_one() -> None:
    assert identifiers.fold_name("Нұрпейісова") == identifiers.fold_name("Нурпеисова")


@pytest.mark.parametrize(
    ("seventh", "year"), [(1, 1800), (2, 1899), (3, 1900), (4, 1999), (5, 2000), (6, 2001)]
)
def test_the_seventh_digit_tells_century_and_sex(seventh: int, year: int) -> None:
    """R1: odd for men, even for women; 1 and 2 are of the nineteenth century."""
    bodies = (f"{year % 100:02}0101{seventh}{number:04}" for number in range(20))
    body, check = next((b, c) for b in bodies if (c := identifiers.iin_check_digit(b)) is not None)
    found = Iin.parse(f"{body}{check}")
    assert found.birth_date == date(year, 1, 1)
    assert found.sex is (Sex.MALE if seventh % 2 else Sex.FEMALE)
