"""The pages a newcomer reads first: nothing left to fill in, no picture or page missing, the README short."""

import re
from pathlib import Path

import pytest

PROJECT = Path(__file__).parents[2]
PAGES = sorted([*PROJECT.glob("*.md"), *PROJECT.glob("docs/**/*.md")])


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(PROJECT)))
def test_page_has_no_hole_and_no_dead_link(page: Path) -> None:
    text = page.read_text(encoding="utf-8")
    assert "@@" not in text
    linked = re.findall(r"\]\((?!https?:)([^)#]+)\)", text)
    named = re.findall(
        r"`((?:docs|ca_core|data|runtime|console|portal|tests|benchmarks)/[\w./-]+\.\w+)`", text
    )
    missing = [name for name in linked if not (page.parent / name).exists()]
    missing += [name for name in named if not (PROJECT / name).exists()]
    assert missing == []


def test_readme_is_read_in_one_go() -> None:
    assert len((PROJECT / "README.md").read_text(encoding="utf-8").splitlines()) <= 120
