// The certified key signs the number of the renewal; the certificate is made a moment later.
import { ask, button, ENROLMENT, post } from "/static/agent.js";

const root = document.querySelector("[data-agent]");

button(root, async ({ tell, dialog }) => {
  const digits = root.dataset.number.replaceAll(/\D/g, "");
  const args = { number: digits, serial: root.dataset.serial, language: document.documentElement.lang };
  const { signature } = await ask(ENROLMENT, "signRenewal", args, dialog);
  await post(`/api/renewals/${digits}/signature`, { signature });
  tell("renewed", "", "good");
  setTimeout(() => location.assign("/cabinet"), 2500);
});
