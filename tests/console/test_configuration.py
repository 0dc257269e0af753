"""Streamlit as we set it: closed, quiet, and without the collection after each run that costs twelve times the run."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from streamlit import config
from streamlit.config_option import ConfigOption

from console import gate, headers

FILE = Path(__file__).resolve().parents[2] / "console" / ".streamlit" / "config.toml"
SET: dict[str, Any] = tomllib.loads(FILE.read_text("utf-8"))


def options() -> dict[str, object]:
    """By dotted name, the theme apart."""
    return {
        f"{section}.{name}": value
        for section, values in SET.items()
        if section != "theme"
        for name, value in values.items()
    }


def known(name: str) -> ConfigOption | None:
    return config.get_config_options().get(name)


def test_every_option_exists_in_this_release() -> None:
    """An option that Streamlit renames would be ignored without a word."""
    assert [name for name in options() if known(name) is None] == []


def test_no_collection_after_each_run() -> None:
    """The option is hidden and its default would be on: it must exist and be off."""
    option = known("runner.postScriptGC")
    assert option is not None
    assert option.default_val is True
    assert SET["runner"]["postScriptGC"] is False


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("client.showErrorDetails", "none"),
        ("client.toolbarMode", "minimal"),
        ("client.disableDataExport", True),
        ("browser.gatherUsageStats", False),
        ("server.fileWatcherType", "none"),
        ("server.enableXsrfProtection", True),
        ("server.enableCORS", True),
        ("server.enableStaticServing", False),
        ("server.enableAgentApi", False),
    ],
)
def test_console_gives_nothing_away(name: str, value: object) -> None:
    assert options()[name] == value


def test_identity_comes_from_the_headers_that_only_the_gate_sets() -> None:
    trusted = json.loads(SET["server"]["trustedUserHeaders"])
    assert trusted == {gate.STAFF_HEADER: "sub", gate.SESSION_HEADER: "session"}


def test_every_colour_stands_in_both_themes() -> None:
    """What is set for one theme alone leaks into the other."""
    assert SET["theme"]["light"].keys() == SET["theme"]["dark"].keys()
    assert SET["theme"]["light"]["sidebar"].keys() == SET["theme"]["dark"]["sidebar"].keys()
    assert [name for name in SET["theme"] if name.endswith(("Color", "Colors"))] == []


def _luminance(colour: str) -> float:
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_words_are_readable(theme: str) -> None:
    """WCAG 2.2, 1.4.3 (AA): 4.5 to 1 for text."""
    colours: dict[str, Any] = SET["theme"][theme]
    page = colours["backgroundColor"]
    pairs = [(colours["textColor"], page), (colours["linkColor"], page), (colours["primaryColor"], page)]
    pairs += [(colours["textColor"], colours["secondaryBackgroundColor"])]
    for name in ("red", "orange", "yellow", "green", "blue", "violet", "gray"):
        pairs += [(colours[f"{name}TextColor"], colours[f"{name}BackgroundColor"])]
        pairs += [(colours[f"{name}TextColor"], page)]
    assert [(a, b) for a, b in pairs if _contrast(a, b) < 4.5] == []


def test_policy_names_the_script_of_the_shipped_page() -> None:
    """The hash changes with every release of Streamlit, so it is computed."""
    policy = headers.content_security_policy("https://calls.test")
    assert len(headers.inline_script_hashes()) == 1
    assert headers.inline_script_hashes()[0] in policy
    assert "frame-ancestors 'none'" in policy
    assert "'unsafe-eval'" not in policy


def test_pages_may_speak_to_this_console_and_the_video_gateway_only() -> None:
    policy = headers.content_security_policy("https://calls.test:8090")
    assert "connect-src 'self' https://calls.test:8090 wss://calls.test:8090;" in policy
