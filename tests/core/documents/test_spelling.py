import pytest

from ca_core.documents import spelling


@pytest.mark.parametrize(
    ("cyrillic", "latin"),
    [
        (("ҮЛГІЕВ", "ДӘУРЕН"), ("ULGIYEV", "DAUREN")),
        (("ҮЛГІЕВ", "ДӘУРЕН"), ("ULGIEV", "DAUREN")),
        (("НҰРПЕЙІСОВА", "ЖАННА"), ("NURPEISSOVA", "ZHANNA")),
        (("Нурпеисова", "Жанна"), ("NURPEISSOVA", "JANNA")),
        (("ҚАСЫМОВА", "МАРИЯ"), ("QASYMOVA", "MARIA")),
        (("ҚАСЫМОВА", "МАРИЯ"), ("KASSYMOVA", "MARIYA")),
        (("ЩУКИН", "ЮРИЙ"), ("SHCHUKIN", "IURII")),
        (("ЩУКИН", "ЮРИЙ"), ("SCHUKIN", "YURY")),
        (("ХАМИТ-УЛЫ", "ҒАНИ"), ("KHAMIT ULY", "GHANI")),
        (("ОБЪЕДКОВ", "ИЛЬЯ"), ("OBIEEDKOV", "ILIA")),
        (("АЛЕКСЕЕВ", ""), ("ALEXEYEV", "")),
    ],
)
def test_accepted_spellings_agree(cyrillic: tuple[str, str], latin: tuple[str, str]) -> None:
    """Documents carry the spelling their holder asked for: sets, not one table."""
    assert spelling.agrees(*cyrillic, *latin)


def test_one_wrong_letter_is_similar_and_does_not_agree() -> None:
    found = spelling.similarity("ҮЛГІЕВ", "ДӘУРЕН", "ULGIEV", "DAURIN")
    assert spelling.SIMILAR <= found < 1
    assert not spelling.agrees("ҮЛГІЕВ", "ДӘУРЕН", "ULGIEV", "DAURIN")


def test_another_person_is_not_similar() -> None:
    assert spelling.similarity("ҮЛГІЕВ", "ДӘУРЕН", "SYZDYKOVA", "ZERE") < 0.4


def test_surname_and_given_name_do_not_change_places() -> None:
    assert spelling.similarity("ТЕМІР", "ЗЕРЕ", "ZERE", "TEMIR") < spelling.SIMILAR


def test_a_name_that_fills_its_field_may_be_cut() -> None:
    """Doc 9303-4, 4.2.2.3: 39 characters for both names of a passport."""
    cyrillic = ("АБДРАХМАНГАЛИЕВ-НУРМУХАМБЕТОВ", "ТЛЕУБЕРДИ")
    assert spelling.agrees(*cyrillic, "ABDRAKHMANGALIYEV NURMUKHAMBE", "TLEUBERD")
    assert not spelling.agrees(*cyrillic, "ABDRAKHMANGALIYEV NURMUKHAMBE", "TLEUBER")


def test_no_names_agree_with_nothing() -> None:
    assert spelling.similarity("", "", "", "") == 0
    assert not spelling.agrees("ТЕМІР", "ЗЕРЕ", "", "")
