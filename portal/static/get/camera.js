// Step 2: the person sees themselves, and then goes on.

import { close, open, said } from "./camera_test.js";

const place = document.querySelector("[data-camera]");
const words = JSON.parse(place.dataset.words);
const test = place.querySelector("[data-test]");
const told = place.querySelector("[data-told]");
const mirror = place.querySelector("[data-mirror]");
const video = mirror.querySelector("video");

function tell(look, text) {
  told.hidden = false;
  told.className = `note ${look}`;
  told.textContent = text;
}

test.addEventListener("click", async () => {
  test.disabled = true;
  try {
    close(video.srcObject);
    video.srcObject = await open();
    mirror.hidden = false;
    place.querySelector("[data-works]").hidden = false;
    test.hidden = true;
    tell("good", words.camera_good);
    place.querySelector("[data-works] button").focus();
  } catch (error) {
    tell("bad", said(words, error));
  } finally {
    test.disabled = false;
  }
});
addEventListener("pagehide", () => close(video.srcObject));
test.disabled = false;
