// Step 7: looks for the key program until it answers, then goes on by itself.

import { connect } from "../agent.js";

const place = document.querySelector("[data-agent-page]");
const words = JSON.parse(place.dataset.words);
const told = place.querySelector("[data-told]");
const found = place.querySelector("[data-found]");
const installer = place.querySelector("[data-installer]");

async function look() {
  try {
    (await connect()).close();
    told.className = "note good";
    told.textContent = words.found;
    installer.hidden = true;
    found.disabled = false;
    found.form.requestSubmit(found);
  } catch {
    told.textContent = words.not_found;
    installer.hidden = false;
    setTimeout(look, document.hidden ? 15000 : 3000);
  }
}

look();
