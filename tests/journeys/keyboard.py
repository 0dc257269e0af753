"""A page by Tab alone: where the focus stops, whether one sees it, whether one gets out again."""

from dataclasses import dataclass

from playwright.sync_api import Page

_MOST_STOPS = 150
# Whatever has the focus by itself: as for somebody who has just come to the page.
_FROM_THE_TOP = """() => {
  window.__stops = new Map();
  const top = document.documentElement;
  top.tabIndex = -1;
  top.focus();
  top.removeAttribute("tabindex");
}"""
_STOP = """(act) => {
  let one = document.activeElement;
  while (one && one.shadowRoot && one.shadowRoot.activeElement) one = one.shadowRoot.activeElement;
  if (!one || one === document.body || one === document.documentElement) return null;
  window.__stops = window.__stops || new Map();
  if (!window.__stops.has(one)) window.__stops.set(one, window.__stops.size);
  const around = [one, one.parentElement, one.parentElement && one.parentElement.parentElement].filter(Boolean);
  const outlined = around.some((near) => {
    const style = getComputedStyle(near);
    return (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) > 0) || style.boxShadow !== "none";
  });
  return {number: window.__stops.get(one), tag: one.tagName.toLowerCase(), classes: String(one.className),
    words: (one.innerText || one.getAttribute("aria-label") || one.id || "").trim().slice(0, 60), outlined,
    is_act: one.matches(act)};
}"""


@dataclass(frozen=True, slots=True)
class Stop:
    """`number` is the same each time that the focus comes there; `is_act`: what the page is opened for."""

    number: int
    tag: str
    classes: str
    words: str
    outlined: bool
    is_act: bool


def stops(page: Page, *, act: str) -> list[Stop]:
    """Every place the focus comes to from the top of the page until it leaves at the end or is at the first again."""
    page.evaluate(_FROM_THE_TOP)
    found: list[Stop] = []
    for _ in range(_MOST_STOPS):
        page.keyboard.press("Tab")
        told = page.evaluate(_STOP, act)
        if told is None or (found and told["number"] == 0):
            return found
        stop = Stop(**told)
        assert not found or stop.number != found[-1].number, f"the focus does not leave {stop}"
        found.append(stop)
    raise AssertionError(f"{_MOST_STOPS} stops and no end; the last: {found[-3:]}")
