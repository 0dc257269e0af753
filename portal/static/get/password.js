// Step 16: the key program asks for the password, twice, in a page of its own; this page never sees it.

import { ask, button, ENROLMENT, post } from "../agent.js";

const root = document.querySelector("[data-agent]");

button(root, async ({ tell, dialog }) => {
  const { key, chain, iin, phone, born } = root.dataset;
  const args = {
    keyId: key,
    chain: JSON.parse(chain),
    owner: { iin, phone, birthDate: born },
    language: document.documentElement.lang,
  };
  await ask(ENROLMENT, "installCertificate", args, dialog);
  tell("noting");
  const { next } = await post("/get/password/installed", {});
  location.assign(next);
});
