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


# Doc 9303-3, section 6.B: the default of each Russian letter ...
DEFAULTS = """
    А=A Б=B В=V Г=G Д=D Е=E Ё=E Ж=ZH З=Z И=I Й=I К=K Л=L М=M Н=N О=O П=P Р=R С=S Т=T У=U Ф=F Х=KH Ц=TS Ч=CH Ш=SH
    Щ=SHCH Ъ=IE Ы=Y Ь= Э=E Ю=IU Я=IA
"""
# ... what passports of Kazakhstan write for the letters of Kazakh ...
KAZAKH = "Ә=A Ғ=G Қ=K Ң=N Ө=O Ұ=U Ү=U Һ=H І=I"
# ... and what their holders ask for: older documents, other countries' registers, the language of the name.
ASKED_FOR = """
    Ә=AE Ә=E В=W Ғ=GH Е=YE Е=IE Е=JE Ё=YO Ё=IO Ё=JO Ё=YE Ж=J И=Y Й=Y Й=J К=C Қ=Q Ң=NG Ө=OE С=SS У=W Ү=UE Ф=PH Х=H
    Ц=C Щ=SCH Щ=SH Ъ= Ы=I І=Y Ю=YU Ю=JU Я=YA Я=JA ИЯ=IA ИЙ=IY ИЙ=IJ ИЙ=I ИЙ=Y ЫЙ=Y ЫЙ=YI ЙІ=I КС=X ДЖ=J ДЖ=DJ
"""


@pytest.mark.parametrize("pair", [*DEFAULTS.split(), *KAZAKH.split(), *ASKED_FOR.split()])
def test_each_letter_is_spelt_in_every_way_that_documents_use(pair: str) -> None:
    cyrillic, _, latin = pair.partition("=")
    assert spelling.agrees(f"МО{cyrillic}НО", "Н", f"MO{latin}NO", "N")
    assert not spelling.agrees(f"МО{cyrillic}НО", "Н", f"MO{latin}BNO", "N")


def test_one_wrong_letter_is_similar_and_does_not_agree() -> None:
    found = spelling.similarity("ҮЛГІЕВ", "ДӘУРЕН", "ULGIEV", "DAURIN")
    assert spelling.SIMILAR <= found < 1
    assert not spelling.agrees("ҮЛГІЕВ", "ДӘУРЕН", "ULGIEV", "DAURIN")


@pytest.mark.parametrize("latin", ["ANNA", "ATA", "AA"])
def test_a_letter_too_many_another_one_or_one_too_few_costs_the_same(latin: str) -> None:
    """Levenshtein's distance, 1, over the longer of the two spellings."""
    assert spelling.similarity("АНА", "", latin, "") == pytest.approx(1 - 1 / max(3, len(latin)))


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
