/* The moderator's desk: one photo at a time, by keys. It speaks to the console's routes itself and lives through every
   run of the script, which hears only "look again" and counts what waits. */
const PAINT_EVERY_MS = 500;
const BEAT_EVERY_MS = 40000;
const ACTIVE_FOR_MS = 60000;
const REVEAL_AGAIN_MS = 2000;
const REVEAL_TRIES = 5;
const GONE = ["review.lease_lost", "review.unknown"];

class Desk {
  constructor(place) {
    const root = place.querySelector(".desk");
    const found = new Map([["desk", root]]);
    this.part = (name) => {
      if (!found.has(name)) found.set(name, root.querySelector(`.${name}`));
      return found.get(name);
    };
    this.server = new Server();
    this.activeAt = Date.now();
    /* Reviews whose decision this page knows of already. */
    this.known = new Set();
    this.m = {
      data: null, words: {}, phase: "idle", item: null, leaseUntil: 0, heldUntil: 0, answers: unanswered(), decision: "", reason: "",
      remark: "", last: null, revealed: null, note: "", isAway: false, isHelp: false, frame: -1,
      pictures: {frames: []},
    };
    this.m.blink = new Blink(() => this.paint());
    this.m.zoom = new Zoom(root, () => this.paint());
    this.bind();
  }

  bind() {
    const part = this.part;
    const acts = {
      take: () => this.take(), undo: () => this.undo(), blink: () => this.m.blink.press(),
      nearer: () => this.m.zoom.by(STEP), farther: () => this.m.zoom.by(1 / STEP), whole: () => this.m.zoom.reset(),
      back: () => this.back(), send: () => this.send(), "give-back": () => this.giveBack(),
      "help-open": () => this.set({isHelp: true}), "help-close": () => this.set({isHelp: false}),
    };
    for (const [name, act] of Object.entries(acts)) part(name).addEventListener("click", () => act());
    part("questions").addEventListener("click", (event) => {
      const chosen = event.target.closest("[data-act]");
      if (chosen) this.answer(chosen.dataset.question, JSON.parse(chosen.dataset.value));
    });
    part("decisions").addEventListener("click", (event) => {
      const chosen = event.target.closest("[data-act]");
      if (chosen) this.decide(chosen.dataset.decision);
    });
    part("reason-list").addEventListener("click", (event) => {
      const chosen = event.target.closest("[data-reason]");
      if (chosen) this.choose(chosen.dataset.reason);
    });
    part("frames").addEventListener("click", (event) => {
      const chosen = event.target.closest("[data-frame]");
      if (chosen) this.set({frame: Number(chosen.dataset.frame)});
    });
    for (const view of ["left", "right"]) this.m.zoom.listen(part(view));
    const field = part("remark-field");
    field.addEventListener("input", () => this.set({remark: field.value}));
    field.addEventListener("keydown", (event) => {
      const act = {Enter: () => this.send(), Escape: () => this.back()}[event.key];
      /* What is written here is nobody else's key. */
      event.stopPropagation();
      if (!act || event.isComposing) return;
      event.preventDefault();
      act();
    });
    this.active = () => { this.activeAt = Date.now(); };
    for (const sign of ["pointermove", "pointerdown", "keydown", "wheel"]) {
      window.addEventListener(sign, this.active, {capture: true, passive: true});
    }
    this.stopKeys = listenToDeskKeys({
      act: (key) => this.key(key),
      onUp: (key) => { if (key === "B") this.m.blink.release(); },
    });
    this.timer = setInterval(() => this.tick(), PAINT_EVERY_MS);
  }

  update(component) {
    const isFirst = !this.component;
    this.component = component;
    const m = this.m;
    m.data = component.data;
    m.words = component.data.words;
    if (this.drawnMark !== m.data.watermark) {
      this.drawnMark = m.data.watermark;
      for (const place of this.part("desk").querySelectorAll(".mark")) place.innerHTML = m.data.watermark;
    }
    this.remember(m.data.last);
    this.paint();
    /* Enter takes a photo, and does not open the page again from the menu. */
    if (isFirst) this.part("desk").focus({preventScroll: true});
  }

  /* A page that was loaded anew, or whose answer was lost on the way, can still take the decision back. */
  remember(last) {
    const m = this.m;
    if (!last || m.last || this.known.has(last.review_id)) return;
    /* Lost only because it was decided here a moment ago. */
    if (m.phase === "lost" || (m.item && m.item.review_id === last.review_id)) this.clear("idle");
    this.decided(last.review_id, last.decision, last.undo_seconds, null);
  }

  set(changes) {
    Object.assign(this.m, changes);
    this.paint();
  }

  paint() {
    if (!this.m.data) return;
    paint(this.part, this.m);
  }

  tick() {
    const m = this.m;
    const now = Date.now();
    if (HAS_ITEM.includes(m.phase)) {
      if (now >= m.leaseUntil && m.phase !== "sending") this.lose();
      else if (now - this.activeAt < ACTIVE_FOR_MS && now - this.beatAt > BEAT_EVERY_MS) this.beat();
    }
    this.paint();
  }

  /* After an act of the person's only: it counts as one, and keeps their session alive. */
  look() {
    this.component.setTriggerValue("look", {at: Date.now()});
  }

  /* Runs one act at the server; a refusal is told, and what was entered is kept. */
  async attempt(act, {quiet = false} = {}) {
    try {
      const answer = await act();
      this.set({isAway: false, note: quiet ? this.m.note : ""});
      return {answer};
    } catch (problem) {
      if (problem instanceof Away) this.set({isAway: true});
      else if (problem instanceof Refused) this.refused(problem.code, quiet);
      else if (!(problem instanceof Stopped)) throw problem;
      return {problem};
    }
  }

  refused(code, quiet) {
    if (GONE.includes(code) && this.m.item) this.lose();
    else if (!quiet) this.set({note: this.m.words[`refused_${code.replaceAll(".", "_")}`] || fill(this.m.words.refused, {code})});
  }

  async take() {
    const m = this.m;
    if (m.item || m.phase === "claiming") return;
    this.set({phase: "claiming", note: ""});
    const {answer, problem} = await this.attempt(() => this.server.post(m.data.next_path));
    if (this.over) return;
    if (answer) this.hold(answer, unanswered());
    else this.set({phase: problem ? "idle" : "empty"});
    this.look();
  }

  hold(item, answers) {
    this.clear("item");
    this.beatAt = Date.now();
    const now = Date.now();
    this.set({item, answers, leaseUntil: now + item.lease_seconds * 1000, heldUntil: now + item.held_seconds * 1000});
    this.open(item);
  }

  path(what) {
    return `${this.m.data.reviews_path}/${this.m.item.review_id}/${what}`;
  }

  open(item) {
    this.m.pictures = {frames: Array(item.frames).fill(undefined)};
    this.load();
  }

  /* Each is turned by a machine that serves others too: first the two that are judged, then one at a time. */
  async load() {
    const {item, pictures} = this.m;
    if (pictures.stop) pictures.stop.abort();
    pictures.stop = new AbortController();
    const {signal} = pictures.stop;
    const one = async (path, keep) => {
      const {answer, problem} = await this.attempt(() => this.server.picture(path, signal), {quiet: true});
      if (signal.aborted) {
        if (answer) URL.revokeObjectURL(answer);
        return;
      }
      /* What never arrived is asked for again when the network is back. */
      if (answer || problem instanceof Refused) keep(answer || null);
      this.paint();
    };
    const faces = [];
    if (!pictures.live) faces.push(one(this.path("live"), (url) => { pictures.live = url; }));
    if (item.has_portrait && !pictures.portrait) faces.push(one(this.path("portrait"), (url) => { pictures.portrait = url; }));
    await Promise.all(faces);
    for (let place = 0; place < item.frames && !signal.aborted; place += 1) {
      if (!pictures.frames[place]) await one(this.path(`frames/${place}`), (url) => { pictures.frames[place] = url; });
    }
  }

  /* Whoever no longer holds the photo is shown none of its pictures: what is on its way is not waited for. */
  sending() {
    this.m.pictures.stop.abort();
    this.set({phase: "sending", note: ""});
  }

  /* Nothing of one photo stays for the next. */
  clear(phase) {
    const {pictures, blink, zoom} = this.m;
    if (pictures.stop) pictures.stop.abort();
    for (const url of [pictures.live, pictures.portrait, ...pictures.frames]) if (url) URL.revokeObjectURL(url);
    blink.off();
    zoom.reset();
    this.part("remark-field").value = "";
    this.set({
      phase, item: null, answers: unanswered(), decision: "", reason: "", remark: "", frame: -1, pictures: {frames: []},
    });
  }

  async beat() {
    this.beatAt = Date.now();
    const {item, isAway} = this.m;
    const {answer} = await this.attempt(() => this.server.post(this.path("present"), {fence: item.fence}), {quiet: true});
    if (!answer || this.m.item !== item) return;
    this.set({leaseUntil: Date.now() + answer.lease_seconds * 1000});
    if (isAway && this.m.phase !== "sending") this.load();
  }

  lose() {
    this.clear("lost");
    this.look();
  }

  answer(question, value) {
    if (this.m.phase !== "item" || !question) return false;
    this.set({answers: {...this.m.answers, [question]: value}, decision: "", reason: "", note: ""});
    return true;
  }

  /* The answer that was given last. */
  unanswer() {
    const last = [...QUESTIONS].reverse().find((name) => this.m.answers[name] !== null);
    return this.answer(last, null);
  }

  decide(decision) {
    const m = this.m;
    if (!["item", "reason", "remark"].includes(m.phase)) return false;
    const why = whyNotAct(m, decision);
    if (why) {
      this.set({note: why});
      return true;
    }
    this.set({decision, reason: "", note: ""});
    if (decision === "approve") this.send();
    else if (decision === "second_moderator") this.write();
    else this.set({phase: "reason", reason: this.likeliest()});
    return true;
  }

  /* Whoever found everything in order says themselves why they turn the photo away. */
  likeliest() {
    const m = this.m;
    if (fits(m.data.rules, "approve", m.answers)) return "";
    return reasonsOf(m).find((reason) => !whyNotReason(m, reason)) || "";
  }

  choose(reason) {
    const m = this.m;
    if (!["reason", "remark"].includes(m.phase) || !reason) return false;
    const why = whyNotReason(m, reason);
    this.set(why ? {note: why} : {reason, note: "", phase: "reason"});
    if (!why && needsRemark(m)) this.write();
    return true;
  }

  step(by) {
    const m = this.m;
    const fit = reasonsOf(m).filter((reason) => !whyNotReason(m, reason));
    const next = fit[Math.max(0, Math.min(fit.length - 1, fit.indexOf(m.reason) + by))];
    this.set({reason: next || "", note: ""});
    return true;
  }

  write() {
    this.set({phase: "remark"});
    this.part("remark-field").focus();
  }

  back() {
    const m = this.m;
    this.part("remark-field").blur();
    this.set(m.phase === "remark" && m.reason ? {phase: "reason", note: ""}
      : {phase: "item", decision: "", reason: "", note: ""});
    return true;
  }

  async send() {
    const m = this.m;
    if (m.phase === "sending" || !m.item) return true;
    if (reasonsOf(m).length > 0 && !m.reason) {
      this.set({note: m.words[`reasons_${m.decision}`]});
      return true;
    }
    if (needsRemark(m) && !isRemarkEnough(m.remark)) {
      this.set({note: m.words.remark_rule});
      this.write();
      return true;
    }
    const {phase, item, answers, decision, reason} = m;
    const remark = needsRemark(m) ? remarkOf(m.remark) : "";
    this.part("remark-field").blur();
    this.sending();
    const {answer, problem} = await this.attempt(() =>
      this.server.post(this.path("decision"), {fence: item.fence, ...answers, decision, reason, remark}));
    if (this.over) return true;
    if (answer) {
      this.clear("idle");
      this.decided(answer.review_id, decision, answer.undo_seconds, answers);
      this.look();
    } else if (m.item) {
      const note = problem instanceof Away ? m.words.not_sent : m.note;
      this.set({phase: decision === "approve" ? "item" : phase, decision: decision === "approve" ? "" : decision, note});
      this.load();
    }
    return true;
  }

  decided(reviewId, decision, undoSeconds, answers) {
    clearTimeout(this.revealTimer);
    this.known.add(reviewId);
    this.set({last: {reviewId, decision, answers, undoUntil: Date.now() + undoSeconds * 1000}, revealed: null});
    this.revealTimer = setTimeout(() => this.reveal(reviewId, REVEAL_TRIES), undoSeconds * 1000 + 500);
  }

  async reveal(reviewId, tries) {
    try {
      const revealed = await this.server.get(`${this.m.data.reviews_path}/${reviewId}/revealed`);
      if (this.m.last && this.m.last.reviewId === reviewId) this.set({revealed, last: null});
    } catch (problem) {
      if (this.over || tries <= 1) return;
      this.revealTimer = setTimeout(() => this.reveal(reviewId, tries - 1), REVEAL_AGAIN_MS);
    }
  }

  async undo() {
    const m = this.m;
    const {last} = m;
    if (!last || Date.now() >= last.undoUntil || m.phase === "sending" || m.phase === "claiming") return false;
    const before = m.phase;
    if (m.item) this.sending();
    else this.set({phase: "claiming"});
    const {answer} = await this.attempt(() => this.server.post(`${m.data.reviews_path}/${last.reviewId}/undo`));
    if (this.over) return true;
    if (!answer) {
      if (HAS_ITEM.includes(m.phase) || m.phase === "claiming") this.set({phase: before});
      if (m.item) this.load();
      return true;
    }
    clearTimeout(this.revealTimer);
    this.m.last = null;
    this.hold(answer, last.answers || unanswered());
    this.look();
    return true;
  }

  async giveBack() {
    const {item, phase} = this.m;
    if (phase !== "item") return;
    this.sending();
    await this.attempt(() => this.server.post(this.path("release"), {fence: item.fence}));
    if (this.over || !this.m.item) return;
    if (this.m.isAway || this.m.note) {
      this.set({phase: "item"});
      this.load();
    } else this.clear("idle");
    this.look();
  }

  key(key) {
    const m = this.m;
    if (!m.data) return false;
    if (m.isHelp) {
      if (key === "?" || key === "Escape" || key === "Enter") this.set({isHelp: false});
      return true;
    }
    if (key === "?") {
      this.set({isHelp: true});
      return true;
    }
    const act = {Z: () => this.undo(), Enter: () => this.take()}[key];
    if (act && (key === "Z" || !m.item)) {
      act();
      return true;
    }
    if (!m.item) return false;
    if (m.phase === "reason" || m.phase === "remark") return this.keyOfReasons(key);
    return m.phase === "item" && (this.keyOfAnswers(key) || this.keyOfLooking(key));
  }

  keyOfReasons(key) {
    const place = LETTERS.indexOf(key);
    if (key.length === 1 && place >= 0) return this.choose(reasonsOf(this.m)[place]);
    const act = {
      ArrowDown: () => this.step(1), ArrowUp: () => this.step(-1), Enter: () => this.send(), Escape: () => this.back(),
    }[key];
    return act ? Boolean(act()) : this.keyOfLooking(key);
  }

  keyOfAnswers(key) {
    const open = openQuestion(this.m.answers);
    if (/^[1-5]$/.test(key)) return this.answer("same", Number(key));
    if ((key === "Y" || key === "N") && (open === "live" || open === "usable")) return this.answer(open, key === "Y");
    const act = {
      Backspace: () => this.unanswer(), A: () => this.decide("approve"), R: () => this.decide("reject"),
      N: () => this.decide("new_photo"), E: () => this.decide("second_moderator"), G: () => { this.giveBack(); return true; },
    }[key];
    return act ? Boolean(act()) : false;
  }

  keyOfLooking(key) {
    const {zoom, blink, pictures} = this.m;
    const arrow = ARROWS[key];
    const act = {
      B: () => { if (pictures.portrait) blink.press(); },
      F: () => { this.set({frame: this.m.frame + 1 < pictures.frames.length ? this.m.frame + 1 : -1}); },
      Equal: () => zoom.by(STEP), NumpadAdd: () => zoom.by(STEP),
      Minus: () => zoom.by(1 / STEP), NumpadSubtract: () => zoom.by(1 / STEP), 0: () => zoom.reset(),
    }[key];
    if (arrow && zoom.scale > 1) zoom.pan(arrow[0] * PAN, arrow[1] * PAN);
    else if (act) act();
    return Boolean(act) || Boolean(arrow && zoom.scale > 1);
  }

  close() {
    this.over = true;
    clearInterval(this.timer);
    clearTimeout(this.revealTimer);
    this.stopKeys();
    for (const sign of ["pointermove", "pointerdown", "keydown", "wheel"]) {
      window.removeEventListener(sign, this.active, {capture: true});
    }
    this.clear("idle");
  }
}

const desks = new WeakMap();

export default function (component) {
  const place = component.parentElement;
  if (!desks.has(place)) desks.set(place, new Desk(place));
  desks.get(place).update(component);
  return () => {
    const desk = desks.get(place);
    desks.delete(place);
    if (desk) desk.close();
  };
}
