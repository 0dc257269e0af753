/* What differs is written, nothing else: painting twice a second costs nothing and takes nobody's focus away. */
const write = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
};
const show = (element, wanted) => {
  if (element.hidden === wanted) element.hidden = !wanted;
};
const mark = (element, name, value) => {
  if (element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value));
};
const make = (name, style, text) => {
  const element = document.createElement(name);
  if (style) element.className = style;
  if (text !== undefined) element.textContent = text;
  return element;
};
/* Drawn anew only when what it shows has changed. */
const redraw = (place, of, draw) => {
  const drawn = JSON.stringify(of);
  if (place.dataset.drawn === drawn) return;
  place.dataset.drawn = drawn;
  place.replaceChildren(...draw());
};
const chip = (key, text, act) => {
  const button = make("button", "chip");
  button.type = "button";
  if (act) button.dataset.act = act;
  button.append(make("span", "", text));
  if (key) button.append(make("kbd", "", key));
  return button;
};
