"""axe-core over a page as it stands, in light and in dark: what is serious or critical. Nothing is excused."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from playwright.sync_api import Page

from tests import npm
from tests.journeys import eyes

_HERE = Path(__file__).parent
_LOOK = (_HERE / "look.js").read_text(encoding="utf-8")
# What a theme can change.
_OF_COLOUR = ("color-contrast", "link-in-text-block")
# Until a page has taken the other theme on; Streamlit draws itself anew.
_SETTLES_MS = 150
# What is gone by then was a change under way.
_PASSES_MS = 1500


@dataclass(frozen=True, slots=True)
class Finding:
    """One rule that one element of a page breaks; `says` is axe's own reason."""

    page: str
    rule: str
    impact: str
    element: str
    says: str

    def __str__(self) -> str:
        return f"{self.page}: {self.rule} ({self.impact})\n    {self.element}\n    {self.says}"


@dataclass
class Axe:
    """Looks at pages in the middle of a journey; what it found is asserted when the journey is over."""

    source: str
    findings: list[Finding] = field(default_factory=list)

    def look(self, page: Page, name: str) -> None:
        """Every rule in the light theme, those of colour in the dark one too. The page is left in the light one."""
        for scheme, rules in (("dark", _OF_COLOUR), ("light", ())):
            page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            page.wait_for_timeout(_SETTLES_MS)
            self._run(page, f"{name}, {scheme}", rules)

    def _run(self, page: Page, name: str, rules: Sequence[str]) -> None:
        if not page.evaluate("'axe' in window"):
            page.evaluate(self.source)
        # What Streamlit is about to draw anew it fades.
        eyes.until(page, "() => !document.querySelector('[data-stale=true]')")
        found = page.evaluate(_LOOK, rules)
        if found:
            page.wait_for_timeout(_PASSES_MS)
            found = [one for one in page.evaluate(_LOOK, rules) if one in found]
        self.findings += [Finding(page=name, **one) for one in found]

    def require_nothing(self) -> None:
        seen = {(one.rule, one.element): one for one in self.findings}
        assert not self.findings, f"{len(seen)} findings:\n" + "\n".join(map(str, seen.values()))


def source() -> str:
    """axe-core itself, as its lock pins it."""
    file = npm.installed(_HERE) / "node_modules" / "axe-core" / "axe.min.js"
    # Its own value would be sent back otherwise.
    return file.read_text(encoding="utf-8") + "\n;0"
