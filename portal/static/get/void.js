// The application ended without a certificate: the key that waited for it is erased.

import { ask, ENROLMENT } from "../agent.js";

const { void: keyId } = document.querySelector("[data-void]").dataset;
try {
  await ask(ENROLMENT, "withdrawRequest", { keyId });
} catch {
  // On another computer, erased before, or not running: it is erased there after thirty days.
}
