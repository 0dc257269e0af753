// The certified key signs the number of the renewal; the certificate is made a moment later, and the key program puts
// it beside the key. Whatever is done stays done: the page, opened again, goes on with what is left.
import { ask, asked, AgentRefused, button, ENROLMENT, post } from "/static/agent.js";

const PAUSE_MS = 1000;
const LOOKS = 60;
const root = document.querySelector("[data-agent]");
const { serial } = root.dataset;
const language = document.documentElement.lang;

function go(stage, words) {
  root.dataset.stage = stage;
  root.querySelector("button").textContent = words.put;
  root.querySelector("[data-lead]").textContent = words[`lead_${stage}`];
}

async function sign(dialog) {
  const number = root.dataset.number.replaceAll(/\D/g, "");
  const { signature } = await ask(ENROLMENT, "signRenewal", { number, serial, language }, dialog);
  await post(`/api/renewals/${number}/signature`, { signature });
}

// What has become of it after a minute at most.
async function settled() {
  for (let look = 1; ; look += 1) {
    const found = await asked(`/cabinet/renewals/${serial}`);
    if (found.stage !== "signed" || look === LOOKS) return found;
    await new Promise((resolve) => setTimeout(resolve, PAUSE_MS));
  }
}

async function put(chain, tell, dialog) {
  try {
    await ask(ENROLMENT, "installRenewed", { chain, language }, dialog);
    return true;
  } catch (problem) {
    if (!(problem instanceof AgentRefused) || problem.code !== "agent.cancelled") throw problem;
    tell("not_put");
    return false;
  }
}

button(root, async ({ words, tell, dialog }) => {
  if (root.dataset.stage === "opened") {
    await sign(dialog);
    go("signed", words);
  }
  tell("issuing");
  const found = await settled();
  if (found.stage === "signed") tell("issuing_long");
  else if (found.stage === "taken" || found.stage === "over") location.reload();
  else if (found.stage !== "issued") tell("not_issued", "", "bad");
  else {
    go("issued", words);
    tell("waiting");
    if (!(await put(found.chain, tell, dialog))) return;
    tell("noting");
    const { next } = await post("/cabinet/renewals/taken", { serial: found.serial });
    location.assign(next);
  }
});
