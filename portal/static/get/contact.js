// Step 13: kinds of storage that the key program reports can be chosen; its report goes with the form.

import { ask, ENROLMENT } from "../agent.js";

const form = document.querySelector("[data-contact]");
const file = form.querySelector("input[value=FILE]");

try {
  const { storages } = await ask(ENROLMENT, "getStorages", {});
  form.querySelector("input[name=reported]").value = storages.join();
  for (const label of form.querySelectorAll("[data-storage]")) {
    if (!storages.includes(label.dataset.storage)) continue;
    label.querySelector("input").disabled = false;
    label.querySelector("[data-absent]")?.remove();
  }
} catch {
  // Without the program a file can still be chosen: the next step asks for it.
}
// What was chosen before may have been taken out since.
if (form.querySelector("input[name=storage]:checked:disabled")) file.checked = true;
