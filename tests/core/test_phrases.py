"""The phrase on both screens: said aloud in Kazakh, and hard to guess."""

import itertools
import re

from ca_core.registration import phrases

_SPOKEN = re.compile(r"[А-ЯӘІҢҒҮҰҚӨҺ][а-яәіңғүұқөһ]+ [а-яәіңғүұқөһ]+ [1-9][0-9]")


def test_every_phrase_is_two_kazakh_words_and_a_number_of_two_digits() -> None:
    drawn = {_drawn(three) for three in itertools.product(range(90), range(8), range(16))}
    assert len(drawn) == 8 * 16 * 90
    assert [phrase for phrase in drawn if not _SPOKEN.fullmatch(phrase)] == []


def _drawn(three: tuple[int, ...]) -> str:
    """In the order in which they are asked for: the number, the first word, the second."""
    asked = iter(three)
    return phrases.draw(lambda _: next(asked))
