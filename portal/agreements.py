"""The texts of steps 11 and 12 (F1): each version stays as it was accepted, word for word and octet for octet.

A change of a text is a new file with a new version, and `_IN_FORCE` names it; earlier files stay.
"""

import functools
import hashlib
from dataclasses import dataclass
from importlib import resources

from ca_core.dossier import AgreementKind, AgreementText

_IN_FORCE = {AgreementKind.ACCESS: "2026-11-22", AgreementKind.TERMS: "2026-11-22"}


@dataclass(frozen=True, slots=True)
class Block:
    """A heading of the first or second rank ("h1", "h2"), a paragraph ("p"), or a list ("ul") of `lines`."""

    tag: str
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Agreement:
    """What the page shows, and what is kept of it when it is accepted."""

    text: AgreementText
    blocks: tuple[Block, ...]

    @property
    def shown(self) -> str:
        """Goes with the form and comes back with the answer: a text that changed meanwhile is not accepted."""
        return self.text.sha256.hex()


def in_force(kind: AgreementKind, language: str) -> Agreement:
    return _read(kind, _IN_FORCE[kind], language)


def accepted(text: AgreementText) -> Agreement:
    """As it was when it was accepted: its version, its language, its octets."""
    found = _read(text.kind, text.version, text.language)
    assert found.text == text, "the file of an accepted version was changed"
    return found


@functools.cache
def _read(kind: AgreementKind, version: str, language: str) -> Agreement:
    file = resources.files("portal").joinpath("agreement_texts", f"{kind.value}-{version}.{language}.md")
    octets = file.read_bytes()
    text = AgreementText(kind, version, language, hashlib.sha256(octets).digest())
    return Agreement(text, tuple(_block(part) for part in octets.decode("utf-8").strip().split("\n\n")))


def shown_digest(typed: str) -> bytes:
    """What came back with a form; what is no digest is the digest of nothing."""
    try:
        return bytes.fromhex(typed[:64])
    except ValueError:
        return b""


def _block(part: str) -> Block:
    lines = part.split("\n")
    if part.startswith("## "):
        return Block("h2", (part[3:],))
    if part.startswith("# "):
        return Block("h1", (part[2:],))
    if part.startswith("- "):
        return Block("ul", tuple(line[2:] for line in lines))
    return Block("p", (" ".join(lines),))
