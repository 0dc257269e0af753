// The citizen's call: the gateway's word, the devices and the picture brought together.

import * as devices from "./devices.js";
import { Peer } from "./peer.js";
import { Signalling } from "./signalling.js";
import { Uplink } from "./uplink.js";
import { View } from "./view.js";
import { Voice } from "./voice.js";

const TALKING = ["connecting", "active", "held", "reconnecting"];
const RING_EVERY_MS = 2500;
const NO_JOIN_MS = 3000;
const LOST_MS = 3000;

const place = document.querySelector("[data-call]");
const view = new View(place);
const remote = new MediaStream();
const screen = { own: place.querySelector('[data-video="own"]'), remote: place.querySelector('[data-video="remote"]') };

let call = null;
let welcome = { ice_servers: [], relay_only: false };
let peer = null;
let uplink = null;
let media = null;
let facing = "user";
let began = place.dataset.talked > 0 ? Date.now() - place.dataset.talked * 1000 : 0;
let ringing = 0;
let joining = 0;
let awake = null;

const signalling = new Signalling({
  ticketPath: "/call/ticket",
  heard,
  line: (up) => view.notice("line", up ? "" : view.say("offline")),
  over: end,
  replaced: () => {
    leaveLine();
    view.blink(false);
    view.screen("replaced");
  },
});

const voice = new Voice({ player: place.querySelector("[data-voice]"), send: (message) => signalling.send(message) });

const HEARD = {
  welcome: (message) => {
    welcome = message;
    if (uplink && !uplink.isOn) pictureRests(false);
  },
  call: (message) => changed(message),
  join: () => join(),
  voice: (message) => voice.accept(message.sdp).catch(() => voice.askSoon()),
  sdp: (message) => peer?.accept(message.sdp).catch(() => join()),
  said: (message) => said(message),
  refused: (message) => refused(message),
};

function heard(message) {
  HEARD[message.type]?.(message);
}

function changed(message) {
  if (call && message.revision < call.revision) return;
  const before = call?.state;
  const shown = call?.show;
  call = message;
  view.show(call);
  if (call.state === "ended") return void end();
  voice.follow(call.voice, welcome);
  if (call.state === "active" && !began) began = Date.now();
  if (call.show !== shown && call.show !== "none") uplink?.show();
  ring(call.state === "ringing");
  if (call.state !== before && !TALKING.includes(call.state)) leaveLine();
  if (call.state !== before && TALKING.includes(call.state)) soonJoin();
  stayAwake();
  tick();
}

// The gateway asks for a connection; a page that was loaded anew asks by itself when nobody did.
function soonJoin() {
  clearTimeout(joining);
  joining = setTimeout(() => {
    if (peer || !call || !TALKING.includes(call.state)) return;
    if (signalling.open) join();
    else soonJoin();
  }, NO_JOIN_MS);
}

function openDevices() {
  media ??= devices.open(facing).then((opened) => {
    screen.own.srcObject = opened.stream;
    if (opened.camera) view.notice("device", view.say("no_camera"));
    devices.cameras().then((count) => {
      place.querySelector('[data-do="switch"]').hidden = count < 2 || Boolean(opened.camera);
    });
    return opened.stream;
  });
  return media;
}

// The picture stops resting (`on`), or rests because the line carries no more than the voice.
function pictureRests(on) {
  signalling.send({ type: "picture", on });
  rest(!on);
}

function rest(isSoundOnly) {
  view.isSoundOnly = isSoundOnly;
  if (call) view.show(call);
}

function watchUplink(made) {
  uplink?.stop();
  rest(false);
  uplink = made && new Uplink({ peer: made, told: pictureRests });
}

async function join() {
  peer?.close();
  const stream = await openDevices();
  peer?.close();
  const made = new Peer({
    iceServers: welcome.ice_servers,
    relayOnly: welcome.relay_only,
    stream,
    onTrack,
    onState: (state) => watch(made, state),
  });
  peer = made;
  watchUplink(made);
  const sdp = await made.offer();
  if (peer !== made || signalling.send({ type: "offer", sdp })) return;
  // Nobody heard the offer: nothing would ever come over this connection.
  peer = null;
  made.close();
  soonJoin();
}

function onTrack(track) {
  remote.getTracks().filter((old) => old.kind === track.kind).forEach((old) => remote.removeTrack(old));
  remote.addTrack(track);
  if (screen.remote.srcObject !== remote) screen.remote.srcObject = remote;
  play();
}

// A page that came back without a click may show the agent, and sounds after one.
async function play() {
  screen.remote.muted = false;
  voice.play();
  try {
    await screen.remote.play();
    place.querySelector("[data-play]").hidden = true;
  } catch (blocked) {
    if (blocked.name !== "NotAllowedError") return;
    screen.remote.muted = true;
    screen.remote.play().catch(() => {});
    place.querySelector("[data-play]").hidden = false;
    view.tell(view.say("sound_blocked"));
  }
}

function watch(made, state) {
  if (peer !== made || !["disconnected", "failed"].includes(state)) return;
  setTimeout(() => mend(made), state === "failed" ? 0 : LOST_MS);
}

// A connection that does not heal within a moment is made anew; the camera stays open. Never while the gateway is
// away: it could answer no offer, and the line, which does not pass through it, may heal by itself.
function mend(made) {
  if (peer !== made || made.connection.connectionState === "connected") return;
  if (!call || !TALKING.includes(call.state)) return;
  if (!signalling.open) {
    setTimeout(() => mend(made), LOST_MS);
    return;
  }
  peer = null;
  made.close();
  signalling.renew();
  soonJoin();
}

function leaveLine() {
  voice.close();
  peer?.close();
  peer = null;
  watchUplink(null);
  screen.remote.srcObject = null;
  media?.then(devices.close);
  media = null;
}

function ring(on) {
  if (!on) {
    clearInterval(ringing);
    ringing = 0;
    return;
  }
  if (ringing) return;
  const sound = () => {
    devices.tone(740, 0.4);
    setTimeout(() => devices.tone(880, 0.4), 450);
    // Refused, and complained about, on a page that nobody has touched yet.
    if (navigator.userActivation?.hasBeenActive ?? true) navigator.vibrate?.([300, 200, 300]);
  };
  sound();
  ringing = setInterval(sound, RING_EVERY_MS);
}

async function stayAwake() {
  if (awake && !awake.released) return;
  // A phone that falls asleep would lose the place in the queue.
  awake = await navigator.wakeLock?.request("screen").catch(() => null);
}

function said(message) {
  place.querySelector("[data-chat]").open = true;
  view.line("agent", message.text);
  view.tell(view.say("said"));
}

const CODE = { "sms_code.expired": "code_expired", "sms_code.used_up": "code_none_left", "sms_code.not_sent": "code_expired" };

function refused(message) {
  if (message.of === "hear") return void voice.askSoon();
  if (message.of === "code" && message.code !== "sms_code.wrong") {
    view.fill("code", view.say(CODE[message.code] ?? "refused"));
  } else if (message.of !== "code" && message.of !== "leave") {
    view.notice("line", view.say("refused"));
    setTimeout(() => view.notice("line", ""), 5000);
  }
}

function tick() {
  if (!call) return;
  if (call.until) {
    const left = (Date.parse(call.until) - Date.now() - signalling.ahead) / 1000;
    view.count(call, Math.max(0, Math.round(left)));
  }
  if (began) view.time((Date.now() - began) / 1000);
}

// The page of the ended call comes from the portal, with the decision in words.
function end() {
  leaveLine();
  ring(false);
  view.blink(false);
  signalling.stop();
  // A moment, so that a page whose call is not ended for the portal yet does not load itself in a circle.
  setTimeout(() => location.replace("/call"), performance.now() < 5000 ? 2000 : 0);
}

async function switchCamera() {
  facing = facing === "user" ? "environment" : "user";
  const stream = await openDevices();
  const [old] = stream.getVideoTracks();
  // Many phones open one camera at a time.
  old?.stop();
  const track = await devices.openCamera(facing);
  if (old) stream.removeTrack(old);
  stream.addTrack(track);
  screen.own.dataset.facing = facing;
  await peer?.replaceCamera(track);
}

async function mute(button) {
  const stream = await openDevices();
  const off = button.getAttribute("aria-pressed") !== "true";
  stream.getAudioTracks().forEach((track) => { track.enabled = !off; });
  button.setAttribute("aria-pressed", String(off));
  button.textContent = off ? button.dataset.on : button.dataset.off;
  if (off) view.tell(view.say("muted"));
}

const DO = {
  unlock: async (button) => {
    await devices.unlock();
    devices.tone();
    button.textContent = button.dataset.done;
  },
  answer: (button) => {
    button.disabled = true;
    setTimeout(() => { button.disabled = false; }, 2000);
    devices.unlock();
    openDevices();
    signalling.send({ type: "answer" });
  },
  leave: () => {
    if (!signalling.send({ type: "leave" })) view.notice("line", view.say("offline"));
  },
  hang_up: () => {
    const ask = place.querySelector("[data-ask]");
    ask.hidden = false;
    ask.querySelector('[data-do="stay"]').focus();
  },
  stay: () => { place.querySelector("[data-ask]").hidden = true; },
  mute,
  switch: switchCamera,
  play,
  here: () => location.reload(),
};

place.addEventListener("click", (event) => {
  const button = event.target.closest("[data-do]");
  if (button) DO[button.dataset.do](button);
});

place.querySelector("[data-code]").addEventListener("submit", (event) => {
  event.preventDefault();
  const typed = place.querySelector("#code").value.replace(/\D/g, "");
  if (typed.length === 6) signalling.send({ type: "code", typed });
  else view.fill("code", view.say("code_form"));
});

place.querySelector("[data-say]").addEventListener("submit", (event) => {
  event.preventDefault();
  const field = place.querySelector("#say");
  const text = field.value.trim();
  if (!text) return;
  if (!signalling.send({ type: "say", text })) return void view.notice("line", view.say("offline"));
  view.line("you", text);
  field.value = "";
});

screen.own.addEventListener("resize", () => {
  const upright = screen.own.videoHeight > screen.own.videoWidth;
  place.querySelector(".stage").dataset.own = upright ? "upright" : "wide";
  if (call) view.show(call);
});
document.addEventListener("visibilitychange", () => {
  if (document.visibilityState !== "visible") return;
  signalling.hurry();
  if (call) stayAwake();
});
setInterval(tick, 1000);
signalling.start();
