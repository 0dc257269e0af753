// The device check before the call: each device in turn, with advice. Nothing of it leaves this page but the probe.

import * as devices from "./devices.js";
import { probe } from "./peer.js";

const MARKS = { good: "✓", poor: "!", bad: "✕", testing: "…", waiting: "·" };
const DARK = 35;
const QUIET = 0.04;

const place = document.querySelector("[data-check]");
const words = JSON.parse(place.dataset.words);
const part = (selector) => place.querySelector(selector);
const found = { camera: "waiting", microphone: "waiting", sound: "waiting", network: "waiting" };
let stream = null;
let silence = () => {};

function say(device, state, advice) {
  found[device] = state;
  const row = part(`[data-device="${device}"]`);
  row.dataset.state = state;
  row.querySelector(".mark").textContent = MARKS[state];
  row.querySelector("[data-advice]").textContent = words[advice];
  sumUp();
}

// What the check found goes with the form, so that the agent knows before answering.
function sumUp() {
  const states = Object.values(found);
  const noCamera = found.camera === "bad";
  const poor = ["poor", "bad"].includes(found.network);
  place.querySelector('input[name="need"]').value = noCamera ? "no_camera" : poor ? "poor_line" : "";
  const allGood = states.every((state) => state === "good");
  const checked = states.every((state) => !["waiting", "testing"].includes(state));
  const go = part("[data-go]");
  go.textContent = allGood ? words.go_on : words.go_on_anyway;
  go.classList.toggle("quiet", !checked);
  part("[data-start]").classList.toggle("quiet", checked);
  const warning = part("[data-warning]");
  warning.hidden = !noCamera;
  warning.textContent = noCamera ? words.without_camera : "";
}

async function checkCamera(problem) {
  if (problem) return say("camera", "bad", `camera_${problem}`);
  const video = part("[data-mirror] video");
  video.srcObject = stream;
  part("[data-mirror]").hidden = false;
  await video.play().catch(() => {});
  await new Promise((done) => setTimeout(done, 600));
  const dark = devices.brightness(video) < DARK;
  say("camera", dark ? "poor" : "good", dark ? "camera_dark" : "camera_good");
}

function checkMicrophone(problem) {
  if (problem) return say("microphone", "bad", "microphone_bad");
  const bar = part("meter");
  bar.hidden = false;
  say("microphone", "testing", "microphone_listen");
  silence = devices.meter(stream, (level) => {
    bar.value = level;
    if (level > QUIET && found.microphone !== "good") say("microphone", "good", "microphone_good");
  });
  setTimeout(() => {
    if (found.microphone === "testing") say("microphone", "poor", "microphone_quiet");
  }, 8000);
}

function checkSound() {
  part('[data-device="sound"] .pair').hidden = false;
  say("sound", "testing", "sound_ask");
  devices.tone();
}

async function start() {
  const button = part("[data-start]");
  button.disabled = true;
  silence();
  devices.close(stream);
  for (const device of Object.keys(found)) say(device, "testing", "testing");
  await devices.unlock();
  const opened = await devices.open();
  stream = opened.stream;
  checkSound();
  checkMicrophone(opened.microphone);
  await checkCamera(opened.camera);
  const line = await probe(place.dataset.probe, stream);
  say("network", line === "away" ? "bad" : line, `network_${line}`);
  button.disabled = false;
  button.textContent = words.again;
}

part("[data-start]").addEventListener("click", start);
part("[data-start]").disabled = false;
part('[data-sound="play"]').addEventListener("click", () => devices.tone());
part('[data-sound="good"]').addEventListener("click", () => say("sound", "good", "sound_good"));
part('[data-sound="bad"]').addEventListener("click", () => say("sound", "poor", "sound_bad"));
addEventListener("pagehide", () => devices.close(stream));
