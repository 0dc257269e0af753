"""Tiles: numbers that are links. A plain click opens the page without loading anew; with Ctrl, a new tab."""

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from urllib.parse import urlencode

import streamlit as st


@dataclass(frozen=True, slots=True)
class Link:
    """A screen and what it is asked for."""

    screen: str
    path: str
    query: dict[str, str]

    @property
    def address(self) -> str:
        return f"/{self.path}" + (f"?{urlencode(self.query)}" if self.query else "")


@dataclass(frozen=True, slots=True)
class Card:
    """`tone` is "", "wait" or "bad"; words and icon say the same as the colour."""

    name: str
    number: str
    note: str
    help: str
    tone: str
    link: Link


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    cards: Sequence[Card]


_STYLE = """
:host { --line: var(--st-border-color, #c9d2d6); --accent: var(--st-primary-color, #007c91); }
.home { display: flex; flex-wrap: wrap; gap: 1rem 1.75rem; font-family: var(--st-font, sans-serif);
  color: var(--st-text-color, inherit); }
h2 { font-size: 0.875rem; font-weight: 600; margin: 0 0 0.4rem; opacity: 0.8; }
.row { display: flex; flex-wrap: wrap; gap: 0.75rem; }
a { box-sizing: border-box; display: grid; align-content: start; width: 190px; min-height: 6.4rem;
  padding: 0.55rem 0.8rem; border: 1px solid var(--line); border-left: 3px solid var(--line);
  border-radius: 4px; color: inherit; text-decoration: none; }
a:hover { border-color: var(--accent); }
a:focus-visible { outline: 2px solid var(--accent); outline-offset: 1px; }
.name { font-size: 0.875rem; line-height: 1.25; }
.number { font-size: 1.75rem; font-weight: 600; line-height: 1.3; white-space: nowrap;
  font-variant-numeric: tabular-nums; }
.number.long { font-size: 1.25rem; line-height: 1.82; }
.note { font-size: 0.8125rem; opacity: 0.75; line-height: 1.25; }
.wait { border-left-color: var(--st-orange-color, #b26a00); } .bad { border-left-color: var(--st-red-color, #c62828); }
.wait .number::after { content: " \\25D4"; font-size: 1.1rem; color: var(--st-orange-color, #b26a00); }
.bad .number::after { content: " \\2715"; font-size: 1.1rem; color: var(--st-red-color, #c62828); }
"""

_SCRIPT = """
const make = (name, style, text) => {
  const element = document.createElement(name);
  element.className = style;
  if (text !== undefined) element.textContent = text;
  return element;
};
export default function (component) {
  const home = component.parentElement.querySelector(".home");
  const drawn = component.data.sections.map((section) => {
    const place = make("section", "");
    const row = make("div", "row");
    place.append(make("h2", "", section.title), row);
    for (const card of section.cards) {
      const link = make("a", card.tone);
      link.href = card.address;
      link.title = card.help;
      link.append(make("span", "name", card.name),
        make("span", card.number.length > 9 ? "number long" : "number", card.number), make("span", "note", card.note));
      link.addEventListener("click", (event) => {
        if (event.ctrlKey || event.metaKey || event.shiftKey || event.button) return;
        event.preventDefault();
        component.setTriggerValue("open", {screen: card.screen, query: card.query});
      });
      row.append(link);
    }
    return place;
  });
  home.replaceChildren(...drawn);
}
"""

_component = st.components.v2.component(
    "qoltanba_tiles", html='<div class="home"></div>', css=_STYLE, js=_SCRIPT
)


def draw(sections: Sequence[Section], *, key: str) -> Link | None:
    """Draws them; what was clicked, if something was."""
    links = {
        (card.link.screen, tuple(card.link.query.items())): card.link for s in sections for card in s.cards
    }
    shown = [
        {
            "title": section.title,
            "cards": [
                {
                    **{k: v for k, v in asdict(card).items() if k != "link"},
                    "address": card.link.address,
                    "screen": card.link.screen,
                    "query": card.link.query,
                }
                for card in section.cards
            ],
        }
        for section in sections
    ]
    result = _component(key=key, data={"sections": shown}, on_open_change=lambda: None)
    opened = result.get("open")
    if not opened:
        return None
    # Only a link that is on the page: the browser names it, it does not make it up.
    return links.get((opened["screen"], tuple(opened["query"].items())))
