"""The survivors that are known, each with the reason why no test can, or need, tell it apart."""

import tomllib
from pathlib import Path

Name = tuple[str, str, str, str]


def reasons() -> dict[Name, str]:
    """By the mutant's name."""
    text = Path(__file__).with_name("survivors.toml").read_text(encoding="utf-8")
    return {
        (one["module"], one["function"], one["line"], one["change"]): one["reason"]
        for one in tomllib.loads(text).get("survivor", [])
    }
