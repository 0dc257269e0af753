"""Puts the cursor into one field when its page opens, once: whoever searches begins to type."""

import streamlit as st

_SCRIPT = """
const done = new WeakSet();
export default function (component) {
  const place = component.parentElement;
  if (done.has(place)) return;
  done.add(place);
  let tries = 50;
  const attempt = () => {
    const field = document.querySelector(".st-key-" + CSS.escape(component.data.field) + " input");
    if (field) field.focus({preventScroll: true});
    if (document.activeElement !== field && --tries > 0) setTimeout(attempt, 100);
  };
  attempt();
}
"""

_component = st.components.v2.component("qoltanba_autofocus", html="<span hidden></span>", js=_SCRIPT)


def on(key: str) -> None:
    """`key` is the field's widget key."""
    _component(key=f"autofocus_{key}", data={"field": key})
