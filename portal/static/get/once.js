// A form that was just sent is not sent again by an impatient second press.

const PAUSE_MS = 5000;
let sent = new WeakMap();

addEventListener("submit", (event) => {
  const now = performance.now();
  if (now - (sent.get(event.target) ?? -PAUSE_MS) < PAUSE_MS) event.preventDefault();
  else sent.set(event.target, now);
});
addEventListener("pageshow", () => { sent = new WeakMap(); });
