/* Keys by their place on the keyboard, whatever its language; never while somebody types. */
const DIGIT = /^(?:Digit|Numpad)(\d)$/;
const ARROWS = {ArrowLeft: [1, 0], ArrowRight: [-1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1]};
const MAY_REPEAT = /^(Arrow|Equal|Minus|NumpadAdd|NumpadSubtract)/;

/* Enter is a button's or a link's own where one has the focus. */
const isOnAControl = (event) => Boolean(event.composedPath()[0].closest?.("a, button, summary, [role=button]"));

/* `act` is told the key's name and says whether it had something to do. */
const listenToDeskKeys = ({act, onUp}) => {
  const heard = (event) => {
    if (event.ctrlKey || event.altKey || event.metaKey || isTyping(event)) return;
    if (event.repeat && !MAY_REPEAT.test(event.code)) return;
    const digit = DIGIT.exec(event.code);
    const name = event.key === "?" ? "?" : digit ? digit[1] : event.code.replace(/^Key|^Numpad(?=Enter)/, "");
    if ((name === "Enter" && isOnAControl(event)) || !act(name)) return;
    event.preventDefault();
    event.stopImmediatePropagation();
  };
  const up = (event) => onUp(event.code.replace(/^Key/, ""));
  window.addEventListener("keydown", heard, true);
  window.addEventListener("keyup", up, true);
  return () => {
    window.removeEventListener("keydown", heard, true);
    window.removeEventListener("keyup", up, true);
  };
};
