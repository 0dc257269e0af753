// Says in the page's language which file was chosen and how large it is; the browser's own field does the choosing.
const UNIT_BYTES = 1024;

function size(bytes, words) {
  const [name, count] = bytes < UNIT_BYTES ? ["bytes", bytes]
    : bytes < UNIT_BYTES ** 2 ? ["kilobytes", bytes / UNIT_BYTES] : ["megabytes", bytes / UNIT_BYTES ** 2];
  const digits = name === "megabytes" ? 1 : 0;
  const shown = count.toLocaleString(document.documentElement.lang, { maximumFractionDigits: digits });
  return words[name].replace("…", shown);
}

function draw(field) {
  const words = JSON.parse(field.dataset.words);
  const limit = Number(field.dataset.limit);
  const input = field.querySelector("input");
  const chosen = field.querySelector("[data-chosen]");
  const clear = field.querySelector("[data-clear]");
  const zone = field.querySelector(".drop");

  const show = () => {
    const file = input.files[0];
    const tooLarge = Boolean(file) && file.size > limit;
    chosen.textContent = file ? `${file.name} · ${size(file.size, words)}` : words.none;
    if (tooLarge) chosen.textContent += ` · ${words.too_large.replace("…", size(limit, words))}`;
    // The form is not sent with it, and the browser says so in our words.
    input.setCustomValidity(tooLarge ? words.too_large.replace("…", size(limit, words)) : "");
    zone.classList.toggle("is-chosen", Boolean(file) && !tooLarge);
    zone.classList.toggle("is-too-large", tooLarge);
    clear.hidden = !file;
  };
  input.addEventListener("change", show);
  clear.addEventListener("click", () => {
    input.value = "";
    show();
    input.focus();
  });
  input.addEventListener("dragenter", () => zone.classList.add("is-over"));
  for (const end of ["dragleave", "drop"]) input.addEventListener(end, () => zone.classList.remove("is-over"));
  // A browser that came back to this page may have kept the choice.
  show();
}

for (const field of document.querySelectorAll("[data-file-field]")) draw(field);
