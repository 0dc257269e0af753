// Step 13: kinds of storage that the key program reports can be chosen.

import { ask, ENROLMENT } from "../agent.js";

try {
  const { storages } = await ask(ENROLMENT, "getStorages", {});
  for (const label of document.querySelectorAll("[data-storage]")) {
    if (!storages.includes(label.dataset.storage)) continue;
    label.querySelector("input").disabled = false;
    label.querySelector("[data-absent]")?.remove();
  }
} catch {
  // Without the program a file can still be chosen: the next step asks for it.
}
