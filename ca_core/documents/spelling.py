"""Whether a name in Latin letters is a spelling of a name in Cyrillic ones.

Names come from the state register. Documents carry the spelling that their holder asked for, not one table's (Doc
9303-3, section 6, is only the default): each letter has a set of accepted spellings, Kazakh and Russian, and a name
that fills its field may be cut short. A disagreement is a reason to look, never a refusal by itself.
"""

import re
from collections.abc import Iterator

# What a machine writes about a name that differs by a letter or two; below it, somebody should look.
SIMILAR = 0.8

_SPELLINGS: dict[str, tuple[str, ...]] = {
    "А": ("A",), "Ә": ("A", "AE", "E"), "Б": ("B",), "В": ("V", "W"), "Г": ("G",), "Ғ": ("G", "GH"), "Д": ("D",),
    "Е": ("E", "YE", "IE", "JE"), "Ё": ("E", "YO", "IO", "JO", "YE"), "Ж": ("ZH", "J"), "З": ("Z",),
    "И": ("I", "Y"), "Й": ("I", "Y", "J"), "К": ("K", "C"), "Қ": ("K", "Q"), "Л": ("L",), "М": ("M",), "Н": ("N",),
    "Ң": ("N", "NG"), "О": ("O",), "Ө": ("O", "OE"), "П": ("P",), "Р": ("R",), "С": ("S", "SS"), "Т": ("T",),
    "У": ("U", "W"), "Ұ": ("U",), "Ү": ("U", "UE"), "Ф": ("F", "PH"), "Х": ("KH", "H"), "Һ": ("H",),
    "Ц": ("TS", "C"), "Ч": ("CH",), "Ш": ("SH",), "Щ": ("SHCH", "SCH", "SH"), "Ъ": ("", "IE"), "Ы": ("Y", "I"),
    "І": ("I", "Y"), "Ь": ("",), "Э": ("E",), "Ю": ("IU", "YU", "JU"), "Я": ("IA", "YA", "JA"),
    "ИЯ": ("IA",), "ИЙ": ("IY", "IJ", "I", "Y"), "ЫЙ": ("Y", "YI"), "ЙІ": ("I",), "КС": ("X",), "ДЖ": ("J", "DJ"),
}  # fmt: skip
_LONGEST_UNIT = max(map(len, _SPELLINGS))
# Doc 9303, parts 4 to 7: the length of the name field of TD1, of TD2 and MRV-B, of TD3 and MRV-A.
_NAME_FIELDS = frozenset({30, 31, 39})


def agrees(cyrillic_surname: str, cyrillic_given: str, mrz_surname: str, mrz_given: str) -> bool:
    """Whether each letter is spelt in an accepted way, down to where a full field was cut."""
    return similarity(cyrillic_surname, cyrillic_given, mrz_surname, mrz_given) == 1.0


def similarity(cyrillic_surname: str, cyrillic_given: str, mrz_surname: str, mrz_given: str) -> float:
    """1 for an accepted spelling, less by each letter that is wrong, missing or too many; never below 0."""
    cut = len(mrz_surname) + 2 + len(mrz_given) in _NAME_FIELDS
    wrong = length = 0
    for cyrillic, latin in ((cyrillic_surname, mrz_surname), (cyrillic_given, mrz_given)):
        ours, theirs = _letters(cyrillic), _letters(latin)
        wrong += _distance(ours, theirs, cut=cut)
        length += max(len(ours), len(theirs))
    return max(0.0, 1 - wrong / length) if length else 0.0


def _letters(name: str) -> str:
    """Hyphens, blanks and apostrophes are spelt in every way."""
    return re.sub(r"[\W_]", "", name.upper())


def _distance(cyrillic: str, latin: str, *, cut: bool) -> int:
    """The fewest letters to change, leave out or put in: Levenshtein's, a letter matching any of its spellings."""
    far = len(cyrillic) + len(latin)
    best = [[far] * (len(latin) + 1) for _ in range(len(cyrillic) + 1)]
    best[0][0] = 0
    for i, row in enumerate(best):
        for j, cost in enumerate(row):
            for di, dj, price in _steps(cyrillic[i:], latin[j:]):
                best[i + di][j + dj] = min(best[i + di][j + dj], cost + price)
    # What was cut away costs nothing: the spelling may end after any Cyrillic letter.
    return min(row[-1] for row in best) if cut and latin else best[-1][-1]


def _steps(cyrillic: str, latin: str) -> Iterator[tuple[int, int, int]]:
    """Ways on from here: Cyrillic letters used up, Latin letters used up, price."""
    for size in range(1, _LONGEST_UNIT + 1):
        unit = cyrillic[:size]
        if len(unit) == size:
            for spelling in _SPELLINGS.get(unit, ()):
                if latin.startswith(spelling):
                    yield size, len(spelling), 0
    if cyrillic:
        yield 1, 0, 1
    if latin:
        yield 0, 1, 1
    if cyrillic and latin:
        yield 1, 1, 1
