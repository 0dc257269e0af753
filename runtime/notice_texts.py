"""Turns a notice into the words that its owner reads, in the owner's language."""

import functools
import tomllib
from importlib import resources
from typing import Any

from ca_core.notices import NoticeKind

LANGUAGES = ("ru", "kk", "en")


@functools.cache
def _texts(language: str) -> dict[str, Any]:
    file = resources.files("runtime").joinpath("messages", f"{language}.toml")
    return tomllib.loads(file.read_text("utf-8"))


def invitation(portal_url: str, token: str) -> str:
    """Where a citizen who asked to be called back begins the call themselves (R13)."""
    return f"{portal_url.rstrip('/')}/call/back/{token}"


def render(*, kind: str, language: str, words: dict[str, str], minutes: int, link: str = "") -> str:
    """`words` as the core gave them; `link` is the owner's way to say 'it was not me', or to begin a call."""
    texts = _texts(language if language in LANGUAGES else "ru")
    shown = dict(words)
    # Why a certificate was revoked, and why a phone was not registered, are two lists.
    reasons = "refusal" if kind == NoticeKind.REGISTRATION_REFUSED else "reason"
    for known, table in (("purpose", "purpose"), ("reason", reasons)):
        if known in shown:
            shown[known] = texts[table][shown[known]]
    if "serial" in shown:
        shown["tail"] = shown["serial"][-6:]
    return str(texts[kind]["text"]).format(minutes=minutes, link=link, **shown)
