"""A list whose rows lead on: a real table, the first cell of each row a link.

Streamlit's own table is a picture. Whoever comes to it with Tab chooses its first cell, which would open the first
person of a list to somebody who only passed by (R14); and nobody hears what stands in it.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import streamlit as st


@dataclass(frozen=True, slots=True)
class Row:
    """`name` is what the page knows it by; `address` opens it in another tab."""

    name: str
    address: str
    cells: tuple[str, ...]


_STYLE = """
:host { --line: var(--st-border-color, #c9d2d6); --accent: var(--st-primary-color, #007c91);
  --raised: var(--st-secondary-background-color, #f1f4f5); }
.list { overflow: auto; max-height: var(--most); border: 1px solid var(--line); border-radius: 4px;
  font-family: var(--st-font, sans-serif); font-size: 0.875rem; color: var(--st-text-color, inherit); }
.list:focus-visible, a:focus-visible { outline: 2px solid var(--accent); outline-offset: -2px; }
table { width: 100%; border-collapse: separate; border-spacing: 0; font-variant-numeric: tabular-nums; }
th, td { height: 32px; padding: 0 0.6rem; text-align: left; white-space: nowrap; box-sizing: border-box;
  border-bottom: 1px solid var(--line); }
th { position: sticky; top: 0; z-index: 1; font-weight: 600; background: var(--raised);
  color: var(--st-gray-text-color, inherit); }
tr:last-child td { border-bottom: 0; }
td:last-child { width: 100%; max-width: 6rem; overflow: hidden; text-overflow: ellipsis; }
tbody tr { cursor: pointer; }
tbody tr:hover, tbody tr:focus-within { background: var(--raised); }
a { color: var(--st-link-color, #006b7d); text-decoration: none; display: block; }
a:hover { text-decoration: underline; }
@media (max-width: 1300px) { .list { font-size: 0.8125rem; } th, td { padding: 0 0.4rem; } }
"""

_SCRIPT = """
const make = (name, text) => {
  const element = document.createElement(name);
  if (text !== undefined) element.textContent = text;
  return element;
};
const isPlain = (event) => !(event.ctrlKey || event.metaKey || event.shiftKey || event.button);
export default function (component) {
  const list = component.parentElement.querySelector(".list");
  const {headings, rows, most} = component.data;
  const drawn = JSON.stringify(component.data);
  if (list.dataset.drawn === drawn) return;
  list.dataset.drawn = drawn;
  list.style.setProperty("--most", most);
  const table = make("table"), head = make("tr"), body = make("tbody");
  head.append(...headings.map((heading) => {
    const cell = make("th", heading);
    cell.scope = "col";
    return cell;
  }));
  body.append(...rows.map(({name, address, cells}) => {
    const line = make("tr");
    line.append(...cells.map((text, index) => {
      const cell = make("td", index ? text : undefined);
      if (!index) {
        const link = make("a", text);
        link.href = address;
        cell.append(link);
      } else if (index === cells.length - 1) cell.title = text;
      return cell;
    }));
    line.addEventListener("click", (event) => {
      const isLink = event.target.closest("a");
      /* Marking a word is no click on the row; with Ctrl the browser follows the link itself. */
      if (!isPlain(event) || (!isLink && String(document.getSelection()))) return;
      event.preventDefault();
      component.setTriggerValue("open", name);
    });
    return line;
  }));
  const top = make("thead");
  top.append(head);
  table.append(top, body);
  list.replaceChildren(table);
}
"""

_component = st.components.v2.component(
    "qoltanba_row_list", html='<div class="list" tabindex="-1"></div>', css=_STYLE, js=_SCRIPT
)


def draw(headings: Sequence[str], rows: Sequence[Row], *, key: str, most_rows: int) -> str | None:
    """The name of the row that was chosen in this run; more than `most_rows` scroll under the headings."""
    data: Mapping[str, object] = {
        "headings": list(headings),
        "rows": [{"name": row.name, "address": row.address, "cells": list(row.cells)} for row in rows],
        # Half a row more, so that one sees that there are more.
        "most": f"{(most_rows + 1) * 32 + 18}px",
    }
    result = _component(key=key, data=data, on_open_change=lambda: None)
    opened = result.get("open")
    return opened if opened in {row.name for row in rows} else None
