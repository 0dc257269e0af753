// What the page shows for a state of the call. Text goes in as text; nothing that arrived becomes markup.

const TALKING = ["connecting", "active", "held", "reconnecting"];
const quietMotion = matchMedia("(prefers-reduced-motion: reduce)");

export class View {
  constructor(place) {
    this.place = place;
    this.words = JSON.parse(place.dataset.words);
    this.title = document.title;
    this.now = "opening";
    // The line out carries the voice and no picture.
    this.isSoundOnly = false;
  }

  part(selector) {
    return this.place.querySelector(selector);
  }

  say(key, values = {}) {
    return this.words[key].replace(/\{(\w+)\}/g, (_, name) => String(values[name]));
  }

  fill(slot, text) {
    for (const element of this.place.querySelectorAll(`[data-slot="${slot}"]`)) {
      if (element.textContent !== text) element.textContent = text;
      if (element.classList.contains("note")) element.hidden = !text;
    }
  }

  // Read aloud by a screen reader; said once.
  tell(text) {
    const told = this.part("[data-told]");
    if (told.textContent !== text) told.textContent = text;
  }

  // Of the `line` or of a `device`; an empty text takes it away.
  notice(about, text) {
    const notice = this.part(`[data-notice="${about}"]`);
    notice.hidden = !text;
    notice.textContent = text;
  }

  screen(name) {
    if (this.now === name) return false;
    this.now = name;
    this.place.dataset.view = name;
    for (const section of this.place.querySelectorAll("[data-screen]")) {
      section.hidden = section.dataset.screen !== name;
    }
    document.documentElement.classList.toggle("in-call", name === "talk");
    return true;
  }

  // The whole truth about the call, as the gateway tells it.
  show(call) {
    const name = TALKING.includes(call.state) ? "talk" : call.state;
    if (name === "ended") return;
    const fresh = this.screen(name);
    this.fill("agent", call.agent_number ? String(call.agent_number).padStart(3, "0") : "···");
    this.fill("phrase", call.phrase);
    if (name === "queued") this.queue(call);
    if (name === "talk") this.talk(call);
    this.blink(name === "ringing");
    if (name === "ringing" && fresh) this.part('[data-do="answer"]').focus();
  }

  queue(call) {
    this.fill("position", String(call.position || 1));
    const wait = this.waiting(call);
    this.fill("wait", wait);
    this.fill("agents", call.agents ? this.say("agents", { count: call.agents }) : "");
    if (!call.agents) this.part("[data-back]").open = true;
    this.tell(`${call.position || 1}. ${wait}`);
  }

  waiting(call) {
    if (!call.agents) return this.say("nobody");
    if (call.position === 1 && call.wait_seconds !== null && call.wait_seconds < 60) return this.say("next_up");
    if (call.wait_seconds === null) return this.say("wait_unknown");
    if (call.wait_seconds < 60) return this.say("wait_soon");
    return this.say("wait_minutes", { count: Math.ceil(call.wait_seconds / 60) });
  }

  talk(call) {
    const showing = this.showing(call);
    this.fill("showing", showing);
    this.part(".stage").dataset.show = call.state === "active" ? call.show : "none";
    this.part(".stage").dataset.state = call.state;
    this.part("[data-rec]").dataset.rec = call.recording ? "on" : "off";
    this.fill("recording", this.say(call.recording ? "recording_on" : "not_recorded"));
    this.part("[data-overlay]").hidden = call.state !== "reconnecting";
    this.code(call);
    this.decision(call);
    this.joined(call);
    if (this.ends(call)) return;
    if (call.state !== "reconnecting" && !["asked", "wrong"].includes(call.code)) this.tell(showing);
  }

  joined(call) {
    const told = call.voice ? this.say("supervisor") : "";
    const isNews = Boolean(told) && told !== this.supervisor;
    this.supervisor = told;
    this.fill("supervisor", told);
    if (isNews) this.tell(told);
  }

  // The longest talk is nearly over. True when that is news, to be read aloud before anything else.
  ends(call) {
    const at = call.talk_until && new Date(call.talk_until)
      .toLocaleTimeString("en-GB", { hour: "2-digit", minute: "2-digit" });
    const warning = at ? this.say("talk_ends", { at }) : "";
    const isNews = Boolean(warning) && warning !== this.warning;
    this.warning = warning;
    this.fill("ends", warning);
    if (isNews) this.tell(warning);
    return isNews;
  }

  showing(call) {
    if (call.state === "reconnecting") return this.say("connecting");
    if (call.state === "active" && this.isSoundOnly) return this.say("sound_only");
    if (call.state !== "active" || call.show === "none") return this.say(call.state);
    const upright = call.show !== "face" && this.part(".stage").dataset.own === "upright";
    return this.say(`show_${call.show}`) + (upright ? ` ${this.say("turn_phone")}` : "");
  }

  code(call) {
    const form = this.part("[data-code]");
    const asked = ["asked", "wrong"].includes(call.code);
    const appeared = asked && form.hidden;
    form.hidden = !asked;
    this.fill("coded", call.code === "right" ? this.say("code_right") : "");
    if (call.code === "wrong") {
      const left = call.tries_left;
      const verdict = left ? this.say("code_wrong", { count: left }) : this.say("code_none_left");
      // Emptied once a try: a message about something else must not wipe what is being typed.
      if (this.part('[data-slot="code"]').textContent !== verdict) this.part("#code").value = "";
      this.fill("code", verdict);
      this.tell(verdict);
    }
    if (appeared) {
      if (call.code === "asked") this.fill("code", "");
      this.part("#code").focus();
      this.tell(this.say("code_asked"));
    }
  }

  decision(call) {
    const known = call.decision && call.decision !== "interrupted";
    const kind = call.decision?.startsWith("refused") ? "refused" : call.decision;
    this.fill("decision", known ? this.say(`decision_${kind}`) : "");
  }

  // Seconds that are left, counted by the page's own clock between two messages.
  count(call, seconds) {
    if (call.state === "ringing") this.fill("ring", this.say("ringing", { count: seconds }));
    if (call.state === "reconnecting") {
      this.fill("lost", this.say(`lost_${call.lost ?? "service"}`, { count: seconds }));
      if (seconds % 15 === 0) this.tell(this.say(`lost_${call.lost ?? "service"}`, { count: seconds }));
    }
  }

  time(seconds) {
    const [minutes, rest] = [Math.floor(seconds / 60), Math.floor(seconds % 60)];
    this.fill("timer", `${String(minutes).padStart(2, "0")}:${String(rest).padStart(2, "0")}`);
  }

  blink(on) {
    clearInterval(this.blinking);
    const ring = `☎ ${this.say("ring_title")}`;
    document.title = on ? ring : this.title;
    if (!on || quietMotion.matches) return;
    this.blinking = setInterval(() => {
      document.title = document.title === ring ? this.title : ring;
    }, 1000);
  }

  line(from, text) {
    const item = document.createElement("li");
    const who = document.createElement("strong");
    who.textContent = `${this.say(from)}: `;
    item.className = from;
    item.append(who, text);
    this.part("[data-lines]").append(item);
    item.scrollIntoView({ block: "nearest" });
  }
}
