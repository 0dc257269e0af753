"""What a person is shown of what they are about to sign: every document, as far as it is text."""

import hashlib

from qoltanba_keyagent.pages import Document

# Of all the documents together.
_SHOWN_CHARACTERS = 20_000
_LEAST_SHOWN_CHARACTERS = 400
# Line ends, tabs and the blank that does not break.
_PLAIN = "\n\r\t\xa0"


def shown(contents: list[bytes]) -> tuple[Document, ...]:
    """Each of them: what a person cannot see, they have not agreed to sign."""
    room = max(_SHOWN_CHARACTERS // len(contents), _LEAST_SHOWN_CHARACTERS)
    return tuple(_document(content, room) for content in contents)


def _document(content: bytes, room: int) -> Document:
    beginning = _beginning(content, room)
    return Document(
        digest=hashlib.sha256(content).hexdigest(),
        size_bytes=len(content),
        text=_visible(beginning),
        is_cut=bool(beginning) and len(beginning.encode()) < len(content),
    )


def _beginning(content: bytes, room: int) -> str:
    """So many characters, where it is text."""
    taken = content[: room * 4]
    try:
        text = taken.decode()
    except UnicodeDecodeError as error:
        # The last character may have been cut in two.
        if len(taken) == len(content) or error.start < len(taken) - 3:
            return ""
        text = taken[: error.start].decode()
    return "" if "\0" in text else text[:room]


def _visible(text: str) -> str:
    """What turns the direction of writing, or cannot be seen, is shown to be there."""
    return "".join(one if one.isprintable() or one in _PLAIN else "\N{REPLACEMENT CHARACTER}" for one in text)
