/* Keys by their place on the keyboard, whatever its language; never while somebody types, and never twice. */
const isTyping = (event) => {
  const target = event.composedPath()[0];
  return target instanceof HTMLElement
    && (target.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(target.tagName));
};

const isOnNothing = (event) => {
  const target = event.composedPath()[0];
  return target === document.body || target === document.documentElement;
};

/* `acts` maps KeyboardEvent.code to a function that tells whether it had something to do. */
const listenToKeys = (acts) => {
  const heard = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || event.repeat || isTyping(event)) return;
    if (event.code === "Enter" && !isOnNothing(event)) return;
    const act = acts[event.code];
    if (!act || !act()) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  window.addEventListener("keydown", heard, true);
  return () => window.removeEventListener("keydown", heard, true);
};
