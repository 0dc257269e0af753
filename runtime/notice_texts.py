"""Turns a notice into the words that its owner reads, in the owner's language."""

import functools
import tomllib
from importlib import resources
from typing import Any

LANGUAGES = ("ru", "kk", "en")


@functools.cache
def _texts(language: str) -> dict[str, Any]:
    file = resources.files("runtime").joinpath("messages", f"{language}.toml")
    return tomllib.loads(file.read_text("utf-8"))


def render(*, kind: str, language: str, words: dict[str, str], minutes: int, link: str = "") -> str:
    """`words` as the core gave them; `link` is the owner's way to say 'it was not me'."""
    texts = _texts(language if language in LANGUAGES else "ru")
    shown = dict(words)
    for known in ("purpose", "reason"):
        if known in shown:
            shown[known] = texts[known][shown[known]]
    if "serial" in shown:
        shown["tail"] = shown["serial"][-6:]
    return str(texts[kind]["text"]).format(minutes=minutes, link=link, **shown)
