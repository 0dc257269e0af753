from datetime import date

import pytest

from ca_core.documents import kazakhstan, mrz
from ca_core.documents.mrz import Mrz
from ca_core.identifiers import Iin
from tests.core.documents import zones

TODAY = date(2026, 6, 1)


def parsed(lines: tuple[str, ...]) -> Mrz:
    return mrz.parse(lines, today=TODAY)


@pytest.mark.parametrize("lines", [zones.passport(), zones.id_card()])
def test_a_document_of_kazakhstan_bears_its_holders_iin(lines: tuple[str, ...]) -> None:
    """R1, R2: TD3 in the personal number, TD1 in the optional data of the first line."""
    zone = parsed(lines)
    assert kazakhstan.is_issued_there(zone)
    assert kazakhstan.has_its_number_form(zone)
    assert kazakhstan.iin_of(zone) == Iin.parse(zones.IIN)
    assert kazakhstan.iin_agrees(zone)


@pytest.mark.parametrize("lines", [zones.ICAO_TD3, zones.ICAO_TD1, zones.ICAO_MRV_A])
def test_another_states_document_has_no_iin_and_no_number_of_ours(lines: tuple[str, ...]) -> None:
    zone = parsed(lines)
    assert not kazakhstan.is_issued_there(zone)
    assert not kazakhstan.has_its_number_form(zone)
    assert kazakhstan.iin_of(zone) is None
    assert not kazakhstan.iin_agrees(zone)


def test_a_visa_of_kazakhstan_is_no_identity_document() -> None:
    """R2."""
    assert not kazakhstan.is_issued_there(parsed(("V<KAZ" + zones.ICAO_MRV_A[0][5:], zones.ICAO_MRV_A[1])))


def test_numbers_of_another_form_are_seen() -> None:
    assert not kazakhstan.has_its_number_form(parsed(zones.passport(number="012345678")))
    assert not kazakhstan.has_its_number_form(parsed(zones.id_card(number="N01234567")))


def test_an_iin_whose_own_check_digit_fails_is_none() -> None:
    """The document's check digits hold over it: this is a second, independent one."""
    zone = parsed(zones.passport(iin="870312300017"))
    mrz.verify(zone)
    assert kazakhstan.iin_of(zone) is None


@pytest.mark.parametrize(
    "lines", [zones.passport(born="870313"), zones.passport(sex="F"), zones.id_card(sex="<")]
)
def test_an_iin_that_is_not_the_holders_disagrees(lines: tuple[str, ...]) -> None:
    """R1: birth date and sex."""
    assert not kazakhstan.iin_agrees(parsed(lines))


@pytest.mark.parametrize("lines", [zones.passport(), zones.id_card()])
def test_number_and_iin_are_digits(lines: tuple[str, ...]) -> None:
    line, start = (1, 28) if len(lines) == 2 else (0, 15)
    seen = zones.put(zones.put(lines, line, start + 7, "O"), line, start + 1, "T")
    number = (1, 2) if len(lines) == 2 else (0, 6)
    seen = zones.put(seen, *number, "I")
    assert kazakhstan.typed(seen) == lines


def test_other_states_numbers_keep_their_letters() -> None:
    for lines in (zones.ICAO_TD3, zones.ICAO_TD1, zones.ICAO_TD2, zones.ICAO_MRV_B):
        assert kazakhstan.typed(lines) == lines
