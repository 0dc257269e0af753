"""Lists of names stand in the order of the alphabet, in Kazakh and in Russian."""

import pytest

from console.widgets import alphabet
from qoltanba_keyagent import alphabet as agents

# As taught in schools, without ё.
KAZAKH = "АӘБВГҒДЕЖЗИЙКҚЛМНҢОӨПРСТУҰҮФХҺЦЧШЩЪЫІЬЭЮЯ"
RUSSIAN = "АБВГДЕЖЗИЙКЛМНОПРСТУФХЦЧШЩЪЫЬЭЮЯ"


@pytest.mark.parametrize("letters", [KAZAKH, RUSSIAN], ids=["kk", "ru"])
def test_every_letter_in_its_place(letters: str) -> None:
    backwards = letters[::-1]
    assert "".join(sorted(backwards, key=alphabet.place)) == letters


def test_kazakh_names_stand_where_a_kazakh_reader_looks() -> None:
    """By code points all of Ә, Ғ, Қ, Ң, Ө, Ұ, Ү, Һ and І would follow Я."""
    names = ["Айгүл", "Әсем", "Болат", "Ғани", "Дәурен", "Қайрат", "Лаура", "Өмір", "Пётр", "Ұлан", "Фарида"]
    backwards = names[::-1]
    assert sorted(backwards, key=alphabet.place) == names
    assert sorted(names) != names


def test_yo_stands_among_ye() -> None:
    names = ["Ежов", "Елкин", "Ёлкин", "Енин"]
    backwards = names[::-1]
    assert sorted(backwards, key=alphabet.place) == names


def test_case_and_composition_change_nothing_and_latin_comes_first() -> None:
    assert sorted(["ясень", "Zhan", "Арна", "арка"], key=alphabet.place) == ["Zhan", "арка", "Арна", "ясень"]
    assert alphabet.place("и\u0306од") == alphabet.place("йод")


def test_the_key_agent_orders_folders_alike() -> None:
    """It shares no code with us: two small tables that must not part."""
    names = [*KAZAKH, *RUSSIAN, "Ё", "Zhan", "Ї", "key-2"]
    assert sorted(names, key=agents.place) == sorted(names, key=alphabet.place)
