"""A bounded reader of BER (X.690, 8): what other programs write, indefinite lengths and strings in pieces too.

It finds elements and copies nothing: an element of a definite length is looked into only when its children are
asked for. Every bound is a refusal, so that a crafted file costs no more than an honest one.
"""

from collections.abc import Iterator
from dataclasses import dataclass, field

from ca_core.x509 import der

DEPTH_LIMIT = 32
# For one whole reading. Ten megabytes in pieces of a kilobyte are ten thousand elements; each is met again for every
# indefinite length around it, of which an honest file has six.
ELEMENTS_LIMIT = 250_000

_CONSTRUCTED = 0x20
_END_OF_CONTENTS = b"\x00\x00"
_INDEFINITE = 0x80
_LENGTH_OCTETS = 4


class NotBer(ValueError):
    """Not BER, cut off, or beyond our bounds."""


@dataclass(slots=True)
class _Budget:
    """How many more elements this reading may meet."""

    left: int = ELEMENTS_LIMIT

    def spend(self) -> None:
        if self.left == 0:
            raise NotBer("too many elements")
        self.left -= 1


@dataclass(frozen=True, slots=True)
class Element:
    """One tag-length-value: where it lies in `source`, which is never copied."""

    source: bytes
    tag: int
    start: int
    content_start: int
    content_end: int
    end: int
    depth: int
    budget: _Budget = field(repr=False, compare=False)

    @property
    def is_constructed(self) -> bool:
        return bool(self.tag & _CONSTRUCTED)

    @property
    def content(self) -> bytes:
        return self.source[self.content_start : self.content_end]

    @property
    def raw(self) -> bytes:
        """As it was sent."""
        return self.source[self.start : self.end]


def read(source: bytes) -> Element:
    """The one element that `source` is. Raises NotBer, also when octets follow it."""
    found = _element(source, 0, len(source), depth=0, budget=_Budget())
    if found.end != len(source):
        raise NotBer("octets follow")
    return found


def children(parent: Element, *, tag: int | None = None) -> list[Element]:
    """The elements of a constructed one, which has this tag where one is given. Raises NotBer."""
    if not parent.is_constructed or tag not in (None, parent.tag):
        raise NotBer("another tag")
    return list(_within(parent))


def octets(element: Element, *, tag: int | None = None) -> bytes:
    """The value of a string, whole or in pieces (X.690, 8.7), which has this tag where one is given. Raises NotBer."""
    if tag not in (None, element.tag & ~_CONSTRUCTED):
        raise NotBer("another tag")
    if not element.is_constructed:
        return element.content
    return b"".join(octets(piece) for piece in children(element))


def definite(element: Element, *, tag: int | None = None) -> bytes:
    """The element with definite lengths and strings in one piece, as DER has it; in the order in which it came.

    `tag` puts another first octet in the place of its own. Raises NotBer.
    """
    first = element.tag if tag is None else tag
    if not element.is_constructed:
        return der.tlv(first, element.content)
    if element.tag == der.OCTET_STRING | _CONSTRUCTED:
        return der.tlv(first & ~_CONSTRUCTED, octets(element))
    return der.tlv(first, *(definite(child) for child in children(element)))


def _within(parent: Element) -> Iterator[Element]:
    at, end = parent.content_start, parent.content_end
    while at < end:
        found = _element(parent.source, at, end, depth=parent.depth + 1, budget=parent.budget)
        yield found
        at = found.end


def _element(source: bytes, at: int, limit: int, *, depth: int, budget: _Budget) -> Element:
    budget.spend()
    if depth > DEPTH_LIMIT:
        raise NotBer("too deep")
    if limit - at < 2 or source[at] & 0x1F == 0x1F:
        raise NotBer("cut off, or a tag of several octets")
    tag, length = source[at], source[at + 1]
    start = at + 2
    if length == _INDEFINITE:
        if not tag & _CONSTRUCTED:
            raise NotBer("a primitive of indefinite length")
        end = _end_of_contents(source, start, limit, depth, budget)
        return Element(source, tag, at, start, end, end + 2, depth, budget)
    if length > _INDEFINITE:
        octet_count = length & 0x7F
        if octet_count > _LENGTH_OCTETS or start + octet_count > limit:
            raise NotBer("length")
        length = int.from_bytes(source[start : start + octet_count], "big")
        start += octet_count
    if start + length > limit:
        raise NotBer("cut off")
    return Element(source, tag, at, start, start + length, start + length, depth, budget)


def _end_of_contents(source: bytes, start: int, limit: int, depth: int, budget: _Budget) -> int:
    """Where the two octets begin that end an indefinite length."""
    at = start
    while source[at : at + 2] != _END_OF_CONTENTS:
        at = _element(source, at, limit, depth=depth + 1, budget=budget).end
    return at
