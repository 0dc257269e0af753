"""Blanks the page and goes to sign-in when the session ends, so that nothing stays readable behind it.

Mounted first in the entry script, in every run, with a fixed key: it lives as long as the page does.
"""

import streamlit as st

from console import gate, routes

_SCRIPT = """
const guards = new WeakMap();
const leave = (address) => {
  document.documentElement.replaceChildren();
  window.location.replace(address + "?next=" + encodeURIComponent(window.location.pathname + window.location.search));
};
function guard(data) {
  let socket, over = false, pause = 250;
  const look = async () => {
    try {
      const answer = await fetch(data.session, {headers: {accept: "application/json"}, cache: "no-store"});
      if (answer.status === 401) { over = true; leave(data.sign_in); return; }
    } catch (unreachable) { /* the server is away for a moment: try again */ }
    if (!over) { pause = Math.min(pause * 2, 8000); setTimeout(open, pause); }
  };
  const open = () => {
    if (over) return;
    socket = new WebSocket(data.live.replace(/^/, window.location.origin.replace(/^http/, "ws")));
    socket.onopen = () => { pause = 250; };
    socket.onclose = (event) => {
      if (over) return;
      if (event.code === data.ended) { over = true; leave(data.sign_in); } else { look(); }
    };
  };
  open();
  return () => { over = true; socket.close(); };
}
export default function (component) {
  const place = component.parentElement;
  if (!guards.has(place)) guards.set(place, guard(component.data));
  return () => { const end = guards.get(place); if (end) { guards.delete(place); end(); } };
}
"""

_component = st.components.v2.component("qoltanba_session_guard", html="<span hidden></span>", js=_SCRIPT)


def mount() -> None:
    _component(
        key="session_guard",
        data={
            "live": routes.LIVE,
            "session": routes.LIVE_SESSION,
            "sign_in": gate.SIGN_IN,
            "ended": gate.SESSION_ENDED,
        },
    )
