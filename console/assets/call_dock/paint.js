/* The picture of a model: it writes only what differs, so that painting twice a second costs nothing. */
const IN_LINE = ["ringing", "connecting", "active", "held", "reconnecting"];
const BARS = {good: 3, fair: 2, poor: 1, none: 0};

const write = (element, text) => {
  if (element.textContent !== text) element.textContent = text;
};
const show = (element, wanted) => {
  if (element.hidden === wanted) element.hidden = !wanted;
};
const mark = (element, name, value) => {
  if (element.getAttribute(name) !== String(value)) element.setAttribute(name, String(value));
};
const press = (button, words, {off = false, title = ""} = {}) => {
  write(button, words);
  if (button.disabled !== off) button.disabled = off;
  if (button.title !== title) button.title = title;
};

const currentCall = (desk) => (desk && desk.call && IN_LINE.includes(desk.call.state) ? desk.call : null);

const hasSpoken = (call) => call.state !== "ringing" && call.state !== "connecting";

const paintLanguages = (part, m) => {
  const place = part("languages");
  const drawn = m.data.languages.map(({code, short}) => `${code}:${short}`).join();
  if (place.dataset.drawn !== drawn) {
    place.dataset.drawn = drawn;
    place.replaceChildren(...m.data.languages.map(({code, short, name}) => {
      const chip = document.createElement("button");
      chip.type = "button";
      chip.dataset.code = code;
      chip.textContent = short;
      chip.title = name;
      return chip;
    }));
  }
  mark(place, "aria-label", m.words.languages);
  for (const chip of place.children) mark(chip, "aria-pressed", m.languages.includes(chip.dataset.code));
};

const NARROW_PX = 640;

const paintQueue = (part, m) => {
  const queue = m.desk && m.desk.queue;
  const waits = Boolean(queue && queue.waiting);
  const oldest = waits ? span(queue.oldest_seconds + (m.now - m.deskAt) / 1000) : "";
  const full = !queue ? "" : waits ? fill(m.words.waiting, {n: queue.waiting, oldest}) : m.words.nobody_waits;
  const short = waits ? `${queue.waiting} · ${oldest}` : "0";
  show(part("queue"), Boolean(queue));
  write(part("queue-text"), m.room < NARROW_PX ? short : full);
  mark(part("queue"), "title", full);
  mark(part("queue"), "data-waits", waits);
};

const paintToggle = (part, m) => {
  const state = m.desk ? m.desk.state : "offline";
  const busy = state === "in_call" || state === "offered";
  const serving = state === "available" || busy;
  const words = busy ? (m.desk.pause_next ? m.words.pause_follows : m.words.pause_after)
    : serving ? m.words.pause : m.words.take_calls;
  press(part("toggle"), words, {off: m.link !== "open" || (busy && m.desk.pause_next)});
  part("toggle").classList.toggle("main", !serving);
};

const linkWords = (m) => {
  if (m.link === "open") return "";
  if (m.link === "elsewhere" || m.link === "replaced") return m.words.elsewhere;
  if (m.link === "away") return fill(m.words.away, {seconds: Math.ceil(Math.max(0, m.retryAt - Date.now()) / 1000)});
  return m.words.connecting_desk;
};

const paintStrip = (part, m) => {
  const state = m.desk && m.isSeated ? m.desk.state : "offline";
  const call = currentCall(m.desk);
  const wrapping = state === "wrap_up";
  mark(part("dock"), "data-desk", state);
  mark(part("dock"), "data-link", m.link);
  show(part("state"), m.isSeated);
  write(part("state-word"), m.words[`desk_${state}`]);
  const clock = wrapping ? span(secondsUntil(m.desk.wrap_up_until, m.now))
    : call && hasSpoken(call) ? span(secondsSince(call.since, m.now)) : "";
  write(part("state-clock"), clock);
  show(part("free"), m.isSeated && !wrapping && state !== "offered");
  show(part("wrapping"), m.isSeated && wrapping);
  show(part("languages"), !call);
  write(part("link"), linkWords(m));
  show(part("here"), !m.isSeated);
  press(part("here"), m.words.take_here);
  show(part("sound"), m.isSeated);
  mark(part("sound"), "aria-pressed", m.soundOff);
  mark(part("sound"), "aria-label", m.words.sound);
  mark(part("sound"), "title", m.soundOff ? m.words.sound_is_off : m.words.sound_is_on);
  paintToggle(part, m);
  paintLanguages(part, m);
  paintQueue(part, m);
  if (!wrapping) return;
  const cause = m.desk.call && m.desk.call.cause;
  write(part("cause"), cause ? m.words[`cause_${cause}`] || "" : "");
  press(part("extend"), m.words.extend, {off: m.link !== "open" || m.desk.wrap_up_extended});
  press(part("finish"), m.words.finish, {off: m.link !== "open"});
};

const paintOffer = (part, m) => {
  const offer = m.isSeated && m.desk && m.desk.state === "offered" ? m.desk.offer : null;
  show(part("offer"), Boolean(offer));
  if (!offer) return;
  const left = secondsUntil(offer.until, m.now);
  write(part("offer").querySelector("text"), String(Math.ceil(left)));
  mark(part("left"), "stroke-dashoffset", (100 - Math.min(100, (left / offer.lasts_seconds) * 100)).toFixed(1));
  write(part("offer-title"), m.words.offer);
  write(part("offer-language"), m.words[`language_${offer.language}`] || offer.language);
  const waited = offer.waited_seconds + (m.now - m.deskAt) / 1000;
  write(part("offer-waited"), fill(m.words.offer_waited, {waited: span(waited), attempt: offer.attempt}));
  write(part("offer-need"), offer.need ? m.words[`need_${offer.need}`] || offer.need : "");
  const off = m.link !== "open" || m.accepting === offer.call_id;
  write(part("accept-word"), m.words.accept);
  part("accept").disabled = off;
  press(part("decline"), m.words.decline, {off});
  write(part("offer-rule"), m.words.offer_rule);
};

/* What lies over the caller's picture while there is none, or none that is true. */
const veilOf = (call, m) => {
  const until = call.until ? span(Math.ceil(secondsUntil(call.until, m.now))) : "";
  if (call.state === "ringing") return [m.words.ringing, m.words.ringing_text, until];
  if (call.state === "connecting") return [m.words.connecting, m.words.connecting_text, until];
  if (call.state === "held") return [m.words.held, m.words.held_text, until];
  if (call.state === "active" && call.sound_only) return [m.words.sound_only, m.words.sound_only_text, ""];
  if (call.state !== "reconnecting") return null;
  const title = call.lost === "agent" ? m.words.lost_agent : m.words.lost_citizen;
  return [title, m.words[`lost_${call.lost_why}`] || m.words.lost_text, until];
};

const paintStage = (part, m, call) => {
  const veil = veilOf(call, m);
  show(part("veil"), Boolean(veil));
  if (veil) ["veil-title", "veil-text", "veil-clock"].forEach((name, index) => write(part(name), veil[index]));
  mark(part("stage"), "data-call", call.state);
  const spoke = hasSpoken(call);
  show(part("recording"), spoke);
  mark(part("recording"), "data-on", call.recording && !call.recording_problem);
  write(part("recording-word"), call.recording && !call.recording_problem ? m.words.recording : m.words.not_recording);
  show(part("timer"), spoke);
  write(part("timer"), span(secondsSince(call.since, m.now)));
  show(part("showing"), Boolean(call.show) && call.show !== "none");
  write(part("showing-word"), fill(m.words.showing, {what: m.words[`show_${call.show}`] || ""}));
  mark(part("stop-showing"), "aria-label", m.words.stop_showing);
  show(part("hear"), m.isSilent);
  write(part("hear"), m.words.hear);
};

const paintPlate = (part, m, call) => {
  write(part("language-label"), m.words.label_language);
  write(part("language"), (m.words[`language_${call.language}`] || call.language)
    + (call.need ? ` · ${m.words[`need_${call.need}`] || call.need}` : ""));
  write(part("phrase-label"), m.words.label_phrase);
  write(part("phrase"), call.phrase);
  write(part("line-label"), m.words.label_line);
  const line = hasSpoken(call) && call.line in BARS ? call.line : "none";
  mark(part("line"), "data-bars", BARS[line]);
  write(part("line-word"), m.words[`line_${line}`]);
  write(part("number-label"), m.words.label_number);
  write(part("number"), m.data.number);
  write(part("self-word"), m.devices === "both" || m.devices === "" ? "" : m.words[`devices_${m.devices}`]);
  mark(part("self"), "data-devices", m.devices);
};

const alarmOf = (m, call) => {
  if (call.recording_problem) return m.words.recording_problem;
  if (m.link !== "open") return m.words.away_in_call;
  if (m.devices === "no_microphone" || m.devices === "none") return m.words.nobody_hears;
  return "";
};

const paintActs = (part, m, call) => {
  const talking = call.state === "active" || call.state === "held";
  const off = m.link !== "open";
  mark(part("hold"), "aria-pressed", call.state === "held");
  write(part("hold-word"), call.state === "held" ? m.words.resume : m.words.hold);
  part("hold").disabled = off || !talking;
  mark(part("mute"), "aria-pressed", m.muted);
  write(part("mute-word"), m.muted ? m.words.unmute : m.words.mute);
  mark(part("talk"), "aria-pressed", m.panel === "chat");
  write(part("talk-word"), m.words.chat);
  mark(part("help"), "aria-pressed", m.panel === "help");
  write(part("help-word"), m.words.help);
  show(part("end"), !m.isSure);
  part("end").disabled = off;
  write(part("end-word"), m.words.end);
  show(part("sure"), m.isSure);
  write(part("sure-word"), m.words.end_sure);
  press(part("end-now"), m.words.end_now, {off});
  press(part("end-not"), m.words.end_not);
};

const paintPanel = (part, m) => {
  show(part("chat"), m.panel === "chat");
  show(part("advice"), m.panel === "help");
  const lines = m.words.advice.split("\n");
  if (part("advice-lines").childElementCount !== lines.length || m.wordsAreNew) {
    part("advice-lines").replaceChildren(...lines.map((line) => {
      const item = document.createElement("li");
      item.textContent = line;
      return item;
    }));
  }
  if (part("said").childElementCount !== m.said.length) {
    part("said").replaceChildren(...m.said.map(({from, text}) => {
      const item = document.createElement("li");
      item.className = from;
      item.textContent = text;
      return item;
    }));
    part("said").scrollTop = part("said").scrollHeight;
  }
  const field = part("chat").querySelector("input");
  mark(field, "placeholder", m.words.chat_field);
  mark(field, "aria-label", m.words.chat_field);
  press(part("send"), m.words.chat_send, {off: m.link !== "open"});
  write(part("menu-word"), m.words.pages);
  mark(part("menu"), "aria-expanded", m.isMenu);
};

const paint = (part, m) => {
  show(part("dock"), m.data.enabled);
  if (!m.data.enabled) return;
  paintStrip(part, m);
  paintOffer(part, m);
  write(part("note"), m.note);
  show(part("note"), Boolean(m.note));
  const call = m.isSeated ? currentCall(m.desk) : null;
  mark(part("dock"), "data-call", Boolean(call));
  show(part("call"), Boolean(call));
  if (!call) return;
  mark(part("call"), "aria-label", m.words.call);
  paintStage(part, m, call);
  paintPlate(part, m, call);
  write(part("alarm"), alarmOf(m, call));
  show(part("alarm"), Boolean(alarmOf(m, call)));
  const speech = call.voice ? m.words[`speech_${call.voice.speech}`] || "" : "";
  write(part("supervisor"), speech);
  show(part("supervisor"), Boolean(speech));
  const ends = call.talk_until ? fill(m.words.talk_ends, {at: clock(call.talk_until)}) : "";
  write(part("ends"), ends);
  show(part("ends"), Boolean(ends));
  paintActs(part, m, call);
  paintPanel(part, m);
};
