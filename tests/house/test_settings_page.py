"""The reference page of the settings is what the code says."""

from pathlib import Path

from runtime import settings

PAGE = Path(__file__).resolve().parents[2] / "docs" / "reference" / "settings.md"


def test_the_page_lists_the_settings_as_they_are() -> None:
    """Made anew by `python -m runtime.settings --markdown`."""
    assert PAGE.read_text(encoding="utf-8") == settings.markdown()
