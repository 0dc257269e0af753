"""Light or dark: Streamlit follows the machine; this remembers another choice in the browser.

Streamlit keeps the choice per address and reads it when a page loads, so it is written for every page of ours.
"""

from collections.abc import Sequence

import streamlit as st

_STYLE = """
button { font: inherit; font-size: 1.1rem; line-height: 1; width: 1.9rem; height: 1.9rem; cursor: pointer;
  color: var(--st-text-color, inherit); background: none; border: 1px solid transparent; border-radius: 4px; }
button:hover { border-color: var(--st-border-color, #c9d2d6); }
button:focus-visible { outline: 2px solid var(--st-primary-color, #007c91); }
"""

# The version is part of Streamlit's key and changes with its releases; a journey notices when it does.
_SCRIPT = """
export default function (component) {
  const button = component.parentElement.querySelector("button");
  button.title = component.data.label;
  button.setAttribute("aria-label", component.data.label);
  button.onclick = () => {
    const colour = getComputedStyle(document.querySelector(".stApp")).backgroundColor;
    const dark = colour.match(/[0-9.]+/g).slice(0, 3).reduce((sum, part) => sum + Number(part), 0) < 384;
    for (const path of component.data.paths) {
      window.localStorage.setItem(`stActiveTheme-${path}-v2`, JSON.stringify(dark ? "Light" : "Dark"));
    }
    window.location.reload();
  };
}
"""

_component = st.components.v2.component(
    "qoltanba_theme_choice", html='<button type="button">\u25d0</button>', css=_STYLE, js=_SCRIPT
)


def draw(label: str, paths: Sequence[str]) -> None:
    _component(key="theme_choice", data={"label": label, "paths": list(paths)}, width="content")
