// Signing in with the key: a nonce of the server, signed by the key program, sent back.
import { ask, BASICS, AgentRefused, button, post } from "/static/agent.js";

const root = document.querySelector("[data-agent]");

button(root, async ({ tell }) => {
  const { statement } = await post("/cabinet/key/nonce", {});
  tell("choose_key");
  const body = await ask(BASICS, "sign", {
    allowedStorages: null,
    format: "cms",
    data: statement,
    signingParams: { decode: true, encapsulate: true, digested: false, tsaProfile: null },
    signerParams: { extKeyUsageOids: [], chain: [] },
    locale: document.documentElement.lang,
  });
  const result = Array.isArray(body.result) ? body.result[0] : body.result;
  // The published protocol has an empty answer for "the person cancelled".
  if (!result) throw new AgentRefused("cancelled");
  tell("checking");
  const { next } = await post("/cabinet/key", { cms: result });
  location.assign(next);
});
