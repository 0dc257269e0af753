// Step 1: the check-list. The key program is looked for by itself, the camera when its button is pressed.

import { connect } from "../agent.js";
import { close, open, said } from "./camera_test.js";

const list = document.querySelector("[data-checks]");
const words = JSON.parse(list.dataset.words);
const camera = list.querySelector('[data-device="camera"]');
const agent = list.querySelector('[data-device="agent"]');
const test = camera.querySelector("[data-test]");

function mark(line, state, text) {
  line.dataset.state = state;
  line.querySelector(".mark").textContent = { good: "✓", bad: "!" }[state] ?? "·";
  if (text) line.querySelector("[data-advice]").textContent = text;
}

for (const box of list.querySelectorAll("input[type=checkbox]")) {
  box.addEventListener("change", () => mark(box.closest("li"), box.checked ? "good" : ""));
}

test.addEventListener("click", async () => {
  test.disabled = true;
  try {
    close(await open());
    mark(camera, "good", words.camera_good);
  } catch (error) {
    mark(camera, "bad", said(words, error));
  } finally {
    test.disabled = false;
  }
});

async function look() {
  try {
    (await connect()).close();
    mark(agent, "good", words.agent_good);
  } catch {
    mark(agent, "bad", words.agent_missing);
    setTimeout(look, document.hidden ? 15000 : 5000);
  }
}

test.disabled = false;
look();
