// The key program asks for the old and the new password in a page of its own; this page never sees them.
import { ask, button, ENROLMENT } from "/static/agent.js";

const root = document.querySelector("[data-agent]");

button(root, async ({ words, tell, dialog }) => {
  const { iin, phone, born } = root.dataset;
  const args = { owner: { iin, phone, birthDate: born }, language: document.documentElement.lang };
  const { file } = await ask(ENROLMENT, "changePassword", args, dialog);
  tell("changed", "", "good");
  root.querySelector("[data-told]").textContent = words.changed.replace("…", file);
});
