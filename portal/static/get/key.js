// Step 14: the key program makes the key in the folder of the person's choice; only its request comes here.

import { ask, button, ENROLMENT, post } from "../agent.js";

const root = document.querySelector("[data-agent]");

button(root, async ({ tell, dialog }) => {
  const args = { algorithm: "P-256", reference: root.dataset.reference, language: document.documentElement.lang };
  const made = await ask(ENROLMENT, "createRequest", args, dialog);
  tell("sending");
  const { next } = await post("/get/key/request", { keyId: made.keyId, request: made.request });
  location.assign(next);
});
