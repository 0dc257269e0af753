// Step 14: the key program makes the key in the folder of the person's choice; only its request comes here.

import { ask, button, ENROLMENT, post } from "../agent.js";

const root = document.querySelector("[data-agent]");
const kinds = root.querySelector("[data-kinds]");

button(root, async ({ tell, dialog }) => {
  const { reference, storage } = root.dataset;
  const algorithm = kinds.querySelector("input:checked").value;
  const args = { algorithm, storage, reference, language: document.documentElement.lang };
  const made = await ask(ENROLMENT, "createRequest", args, dialog);
  tell("sending");
  const sent = { keyId: made.keyId, request: made.request, storage: made.storage };
  const { next } = await post("/get/key/request", sent);
  location.assign(next);
});

// Another kind of key can be chosen where the program makes it.
try {
  const { algorithms = [] } = await ask(ENROLMENT, "getStorages", {});
  for (const label of kinds.querySelectorAll("[data-kind]")) label.hidden = !algorithms.includes(label.dataset.kind);
  kinds.hidden = !algorithms.includes("RSA-2048");
} catch {
  // The button says that the program is missing.
}
