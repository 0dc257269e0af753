"""Turns a notice into the words that its owner reads, in the owner's language; and what all doors say alike."""

import functools
import tomllib
from importlib import resources
from typing import Any

from ca_core.notices import NoticeKind

LANGUAGES = ("ru", "kk", "en")
# Why a certificate was revoked, why a phone was not registered and what was wrong with a photo are three lists.
_REASONS: dict[str, str] = {
    NoticeKind.REGISTRATION_REFUSED: "refusal",
    NoticeKind.REVIEW_REJECTED: "review_reason",
    NoticeKind.NEW_PHOTO: "review_reason",
}
# What staff are shown as the citizen's words is what the citizen reads: each of these is written once.
_ALIKE = ("storage", "storage_offered", "decide_reason", "review_reason")


@functools.cache
def _texts(language: str) -> dict[str, Any]:
    file = resources.files("runtime").joinpath("messages", f"{language}.toml")
    return tomllib.loads(file.read_text("utf-8"))


def alike(language: str) -> dict[str, str]:
    """The words that console, portal, statement and messages share, by dotted key."""
    texts = _texts(language)
    return {f"{table}.{key}": str(text) for table in _ALIKE for key, text in texts[table].items()}


def invitation(portal_url: str, token: str) -> str:
    """Where a citizen who asked to be called back begins the call themselves (R13)."""
    return f"{portal_url.rstrip('/')}/call/back/{token}"


def render(*, kind: str, language: str, words: dict[str, str], minutes: int, link: str = "") -> str:
    """`words` as the core gave them; `link` is the owner's way to say 'it was not me', or to begin a call."""
    texts = _texts(language if language in LANGUAGES else "ru")
    shown = dict(words)
    for known, table in (("purpose", "purpose"), ("reason", _REASONS.get(kind, "reason"))):
        if shown.get(known):
            shown[known] = texts[table][shown[known]]
    if "serial" in shown:
        shown["tail"] = shown["serial"][-6:]
    return str(texts[kind]["text"]).format(minutes=minutes, link=link, **shown)
