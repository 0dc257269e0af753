"""The phrase that both sides see: two Kazakh words and a number, the same on both pages."""

from collections.abc import Callable

_FIRST = ("Ақ", "Көк", "Сары", "Қызыл", "Жасыл", "Алтын", "Күміс", "Қоңыр")
_SECOND = (
    "алма", "арал", "бұлақ", "дала", "жұлдыз", "қайың", "көл", "қыран",
    "өзен", "тау", "терек", "тұлпар", "шағала", "шам", "шың", "шырша",
)  # fmt: skip


def draw(below: Callable[[int], int]) -> str:
    """One of 11,520; `below(n)` gives a random number under n."""
    number = below(90) + 10
    return f"{_FIRST[below(len(_FIRST))]} {_SECOND[below(len(_SECOND))]} {number}"
