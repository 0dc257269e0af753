"""Names in the order of the alphabet: the Kazakh one, which holds the Russian letters in their Russian order."""

import unicodedata

_LETTERS = "аәбвгғдежзийкқлмнңоөпрстуұүфхһцчшщъыіьэюя"
_FIRST = ord("а")
# Beyond every other letter of the script: what stands in neither alphabet comes after both.
_OTHERS = _FIRST + len(_LETTERS)
_PLACE = {letter: _FIRST + place for place, letter in enumerate(_LETTERS)}


def place(name: str) -> tuple[list[int], str]:
    """A key to sort by. Latin letters come before Cyrillic ones; ё counts as е, and follows it among equals."""
    folded = unicodedata.normalize("NFC", name).casefold()
    return [_of(letter) for letter in folded.replace("ё", "е")], folded


def _of(letter: str) -> int:
    if letter in _PLACE:
        return _PLACE[letter]
    return ord(letter) if ord(letter) < _FIRST else _OTHERS + ord(letter)
