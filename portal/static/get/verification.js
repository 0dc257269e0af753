// Step 10: the camera, the prompts that the server draws one by one, and bursts of frames for it to look at.

import * as devices from "../call/devices.js";

const FRAMES = 5;
const EVERY_MS = 160;
const LONGER_SIDE = 640;
const QUALITY = 0.85;
const NO_PICTURE_MS = 6000;
const MOST_BYTES = 300 * 1024;
// Pointing as the mirror shows it: the person's left is on the left.
const ARROWS = { turn_left: "←", turn_right: "→", tilt_left: "↶", tilt_right: "↷", come_closer: "⤢", straight: "" };
const HERE = "/get/face";

const place = document.querySelector("[data-verification]");
const words = JSON.parse(place.dataset.words);
const part = (selector) => place.querySelector(selector);
const stage = part("[data-stage]");
const video = part("video");
const start = part("[data-start]");
const pen = document.createElement("canvas").getContext("2d", { alpha: false });
let stream = null;
let run = 0;

class Refused extends Error {
  constructor(said) {
    super(said.code);
    this.said = said;
  }
}

const say = (key) => words[key] ?? words.unknown;
const pause = (ms) => new Promise((done) => { setTimeout(done, ms); });

function fill(slot, text) {
  const found = part(`[data-slot="${slot}"]`);
  if (found.textContent !== text) found.textContent = text;
}

function tell(text) {
  const told = part("[data-told]");
  if (told.textContent !== text) told.textContent = text;
}

function view(name) {
  place.dataset.view = name;
  for (const section of place.querySelectorAll("[data-show]")) section.hidden = section.dataset.show !== name;
  stage.hidden = name !== "going";
  start.hidden = name === "going" || name === "passed";
}

async function post(path, fields) {
  const body = new FormData();
  for (const [name, value] of fields) body.append(name, value);
  const answer = await fetch(`${HERE}/${path}`, { method: "POST", body });
  const said = await answer.json();
  if (!answer.ok) throw new Refused(said);
  return said;
}

function grab() {
  const scale = Math.min(1, LONGER_SIDE / Math.max(video.videoWidth, video.videoHeight));
  pen.canvas.width = Math.round(video.videoWidth * scale);
  pen.canvas.height = Math.round(video.videoHeight * scale);
  pen.drawImage(video, 0, 0, pen.canvas.width, pen.canvas.height);
  const jpeg = (quality) => new Promise((done) => { pen.canvas.toBlob(done, "image/jpeg", quality); });
  return jpeg(QUALITY).then((blob) => (blob.size > MOST_BYTES ? jpeg(QUALITY / 2) : blob));
}

async function burst(began) {
  const frames = [];
  for (let count = 0; count < FRAMES; count += 1) {
    const at = Math.round(performance.now() - began);
    frames.push({ at, blob: await grab() });
    await pause(Math.max(20, at + EVERY_MS - (performance.now() - began)));
  }
  return frames;
}

function prompt(asked) {
  const text = say(`move_${asked.move}`);
  fill("arrow", ARROWS[asked.move]);
  fill("prompt", text);
  fill("dots", asked.steps ? "●".repeat(Math.max(0, asked.step - 1)) + "○".repeat(asked.steps - Math.max(0, asked.step - 1)) : "");
  const count = asked.step ? `${say("move_of").replace("{number}", asked.step).replace("{steps}", asked.steps)} ` : "";
  tell(count + text);
  stage.dataset.state = "go";
}

function hint(asked, advanced) {
  stage.dataset.state = asked.hint ? "poor" : advanced ? "good" : "go";
  fill("hint", asked.hint ? say(`hint_${asked.hint}`) : advanced ? say("good") : "");
  if (asked.hint) tell(say(`hint_${asked.hint}`));
}

// Frames step by step until the server has seen everything, or something that cannot go on.
async function challenge(mine) {
  let asked = await post("draw", []);
  const token = asked.challenge;
  const began = performance.now();
  let promptMs = 0;
  prompt(asked);
  if (!asked.checks_on) fill("hint", say("checks_off"));
  while (!asked.complete && run === mine) {
    const frames = await burst(began);
    const fields = [["challenge", token], ["step", asked.step], ["prompt_ms", promptMs], ["times_ms", frames.map((one) => one.at).join()]];
    const next = await post("burst", [...fields, ...frames.map((one) => ["frame", one.blob])]);
    const advanced = next.step !== asked.step;
    asked = next;
    hint(asked, advanced);
    if (advanced && !asked.complete) {
      navigator.vibrate?.(60);
      prompt(asked);
      promptMs = Math.round(performance.now() - began);
      await pause(40);
    }
  }
  if (run !== mine) return null;
  stage.dataset.state = "checking";
  fill("arrow", "");
  fill("prompt", say("checking"));
  fill("hint", "");
  fill("dots", "●".repeat(asked.steps));
  tell(say("checking"));
  return post("judge", [["challenge", token]]);
}

function problem(title, advice = []) {
  fill("problem", title);
  part('[data-slot="advice"]').replaceChildren(...advice.map((text) => {
    const item = document.createElement("li");
    item.textContent = text;
    return item;
  }));
  start.textContent = start.dataset.again;
  view("again");
  start.focus();
}

const ENDED = {
  passed: () => {
    view("passed");
    tell(say("passed"));
    part("[data-on]").focus();
    setTimeout(() => location.assign("/get"), 2500);
  },
  review: () => location.assign(HERE),
  again: (result) => problem(say("again_title"), result.flags.map((flag) => say(`hint_${flag}`))),
};

function failed(error) {
  if (!(error instanceof Refused)) return problem(say("offline"), [say("offline_next")]);
  // The way has gone on, here or on another device.
  if (["dossier.unknown", "dossier.out_of_order", "face.in_review"].includes(error.said.code)) return location.assign("/get");
  return problem(error.said.text, [error.said.next]);
}

async function open() {
  try {
    if (!navigator.mediaDevices) throw new TypeError("no devices on an insecure address");
    const wanted = { facingMode: "user", width: { ideal: 1280 }, height: { ideal: 720 } };
    stream = await navigator.mediaDevices.getUserMedia({ video: wanted });
  } catch (error) {
    problem(say(`camera_${devices.reason(error)}`), [say("camera_next")]);
    return false;
  }
  video.srcObject = stream;
  video.play().catch(() => {});
  // Opened, and no picture comes: another program holds it, or its lid is shut.
  for (let waited = 0; !video.videoWidth && waited < NO_PICTURE_MS; waited += 50) await pause(50);
  if (video.videoWidth) return true;
  problem(say("camera_busy"), [say("camera_next")]);
  return false;
}

function close() {
  devices.close(stream);
  stream = null;
  video.srcObject = null;
}

async function go() {
  const mine = run += 1;
  start.disabled = true;
  try {
    if (!(await open())) return;
    view("going");
    stage.scrollIntoView({ block: "nearest" });
    const result = await challenge(mine);
    if (result) ENDED[result.outcome](result);
  } catch (error) {
    failed(error);
  } finally {
    start.disabled = false;
    close();
  }
}

// Nobody can be seen to move on a page that is not shown.
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState === "visible" || place.dataset.view !== "going") return;
  run += 1;
  problem(say("left"), [say("left_next")]);
});
start.addEventListener("click", go);
addEventListener("pagehide", close);
start.disabled = false;
