"""Blanks the page and goes to sign-in when the session ends, so that nothing stays readable behind it.

It tells the browser which language the page speaks: Streamlit's page says English for ever (WCAG 2.2, 3.1.1).
While the server is away it says so in that language; Streamlit's own dialog speaks English and is not shown.

Mounted first in the entry script, in every run, with a fixed key: it lives as long as the page does.
"""

import streamlit as st

from console import gate, language, routes, words

_SCRIPT = """
const guards = new WeakMap();
const leave = (address) => {
  document.documentElement.replaceChildren();
  window.location.replace(address + "?next=" + encodeURIComponent(window.location.pathname + window.location.search));
};
const AWAY = "qb-away";
function sayAway(words) {
  document.documentElement.classList.add(AWAY);
  if (document.getElementById(AWAY)) return;
  const style = document.createElement("style");
  style.id = AWAY + "-style";
  style.textContent = "html." + AWAY + " [data-testid=stDialog] { display: none !important; }" +
    "#" + AWAY + " { position: fixed; left: 50%; top: 3.4rem; transform: translateX(-50%); z-index: 1000001;" +
    " max-width: 44rem; padding: 0.7rem 1.1rem; border-radius: 6px; background: #7A4B00; color: #fff;" +
    " font-size: 0.9375rem; line-height: 1.4; }";
  const line = document.createElement("div");
  line.id = AWAY;
  line.setAttribute("role", "status");
  line.textContent = words;
  document.head.append(style);
  document.body.append(line);
}
function sayBack() {
  /* Streamlit takes its dialog away when it has reconnected too. */
  if (document.querySelector("[data-testid=stDialog]")) { setTimeout(sayBack, 500); return; }
  document.documentElement.classList.remove(AWAY);
  for (const id of [AWAY, AWAY + "-style"]) document.getElementById(id)?.remove();
}
function guard(place) {
  const data = place.qoltanba;
  let socket, over = false, pause = 250;
  const look = async () => {
    try {
      const answer = await fetch(data.session, {headers: {accept: "application/json"}, cache: "no-store"});
      if (answer.status === 401) { over = true; leave(data.sign_in); return; }
    } catch (unreachable) { if (!over) sayAway(place.qoltanba.away); }
    if (!over) { pause = Math.min(pause * 2, 8000); setTimeout(open, pause); }
  };
  const open = () => {
    if (over) return;
    socket = new WebSocket(data.live.replace(/^/, window.location.origin.replace(/^http/, "ws")));
    socket.onopen = () => { pause = 250; if (document.getElementById(AWAY)) sayBack(); };
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
  place.qoltanba = component.data;
  document.documentElement.lang = component.data.language;
  if (!guards.has(place)) guards.set(place, guard(place));
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
            "away": words.t("frame.away"),
            "language": language.current(),
        },
    )
