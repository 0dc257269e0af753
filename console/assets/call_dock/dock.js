/* The call dock: what the gateway says, what the agent does. It lives as long as its place in the page, through
   every rerun of the script; the script hears only "look again" and reads the facts from the database. */
const LANGUAGES = "qoltanba-call-languages";
const PAINT_EVERY_MS = 500;
const PRESENT_EVERY_MS = 60000;
const NOTE_MS = 6000;
/* Changes that come together are one news. */
const TOGETHER_MS = 100;
const ORDERS = ["show", "say"];
const SERVES = ["available", "offered", "in_call", "wrap_up"];

/* What the page beside the dock depends on; the queue, the quality of the line and who speaks are the dock's own. */
const seenByThePage = ({revision, queue, call, ...desk}) =>
  JSON.stringify([desk, call && {...call, line: "", voice: null}]);

class Dock {
  constructor(place) {
    const root = place.querySelector(".dock");
    const found = new Map([["dock", root]]);
    this.part = (name) => {
      if (!found.has(name)) found.set(name, root.querySelector(`.${name}`));
      return found.get(name);
    };
    this.m = {
      data: null, words: {}, desk: null, deskAt: 0, now: Date.now(), link: "connecting", retryAt: 0, languages: [],
      isSeated: false, soundOff: false, accepting: null, muted: false, devices: "", isSilent: false, isSure: false,
      panel: "help", said: [], note: "", room: Infinity, wordsAreNew: true, isMenu: false,
    };
    this.seen = null;
    this.frame = new Frame((left, right) => {
      root.style.setProperty("--left", `${left}px`);
      root.style.setProperty("--right", `${right}px`);
      this.m.room = right - (document.documentElement.classList.contains(CALL_CLASS) ? 0 : left);
    });
  }

  update(component) {
    this.component = component;
    const m = this.m;
    m.wordsAreNew = JSON.stringify(m.words) !== JSON.stringify(component.data.words);
    m.data = component.data;
    m.words = component.data.words;
    if (m.data.enabled && !this.signal) this.begin();
    this.obey(m.data.command);
    this.paint();
  }

  begin() {
    const m = this.m;
    m.languages = this.remembered();
    this.sound = new Sound();
    m.soundOff = this.sound.off;
    this.signal = new Signal({
      path: m.data.ticket_path,
      hello: () => this.hello(),
      onMessage: (message) => this.hear(message),
      onLink: (link, retryAt = 0) => (link === "replaced" ? this.leave(link) : this.set({link, retryAt})),
    });
    this.media = new Media({
      send: (message) => this.signal.send(message),
      onPicture: (picture) => this.picture(picture),
      onDevices: (devices) => this.devices(devices),
    });
    this.voice = new Voice({send: (message) => this.signal.send(message), player: this.part("voice")});
    this.seat = new Seat({onTaken: () => this.seated(), onElsewhere: () => this.leave("elsewhere")});
    this.stopKeys = listenToKeys({
      KeyA: () => this.accept(), Enter: () => this.accept(), KeyH: () => this.hold(), KeyM: () => this.mute(),
    });
    this.bind();
    this.timer = setInterval(() => this.paint(), PAINT_EVERY_MS);
    this.present = setInterval(() => this.atWork(), PRESENT_EVERY_MS);
    this.seat.sit();
  }

  /* To a page without a line the gateway tells again what was said. */
  hello() {
    const line = this.media.isUp;
    if (!line) this.m.said = [];
    return {line};
  }

  remembered() {
    const known = this.m.data.languages.map(({code}) => code);
    const kept = (localStorage.getItem(LANGUAGES) || "").split(",").filter((code) => known.includes(code));
    return kept.length ? kept : known;
  }

  bind() {
    const acts = {
      toggle: () => this.toggle(), finish: () => this.signal.send({type: "finish_wrap_up"}),
      extend: () => this.signal.send({type: "extend_wrap_up"}), here: () => this.takeHere(),
      accept: () => this.accept(), decline: () => this.decline(), hold: () => this.hold(), mute: () => this.mute(),
      talk: () => this.open("chat"), help: () => this.open("help"), end: () => this.set({isSure: true}),
      "end-not": () => this.set({isSure: false}), "end-now": () => this.hangUp(), hear: () => this.play(),
      "stop-showing": () => this.signal.send({type: "show", what: "none"}),
      sound: () => { this.sound.turn(!this.sound.off); this.set({soundOff: this.sound.off}); },
      menu: () => { this.frame.menu(!this.frame.isMenu); this.paint(); },
    };
    for (const [name, act] of Object.entries(acts)) this.part(name).addEventListener("click", () => act());
    this.part("languages").addEventListener("click", (event) => this.chooseLanguage(event.target.dataset.code));
    this.part("chat").querySelector("form").addEventListener("submit", (event) => this.say(event));
  }

  set(changes) {
    Object.assign(this.m, changes);
    this.paint();
  }

  paint() {
    const m = this.m;
    if (!m.data) return;
    m.now = Date.now() + (this.signal ? this.signal.aheadMs : 0);
    m.isMenu = this.frame.isMenu;
    paint(this.part, m);
    m.wordsAreNew = false;
    if (!this.signal) return;
    this.frame.measure();
    const offered = m.isSeated && m.desk && m.desk.state === "offered";
    this.frame.call(Boolean(m.isSeated && currentCall(m.desk)));
    this.frame.blink(offered ? m.words.title_offer : null);
    if (offered) this.sound.ring();
    else this.sound.quiet();
  }

  seated() {
    this.set({isSeated: true, link: "connecting"});
    this.signal.start();
  }

  /* Another tab, or another browser of the same agent, is the desk now. */
  leave(link) {
    this.signal.stop();
    this.media.close();
    this.voice.close();
    this.set({isSeated: false, link, desk: null});
  }

  takeHere() {
    if (this.m.link === "replaced") this.seated();
    else this.seat.ask(true);
  }

  hear(message) {
    const act = {
      welcome: () => { this.ice = message; },
      desk: () => this.hearDesk(message),
      /* Credentials of a relay end; those that come with the wish are fresh. */
      join: () => {
        this.ice = {...this.ice, ...message};
        this.media.join(this.ice);
      },
      sdp: () => this.media.answered(message.sdp),
      voice: () => this.voice.answered(message.sdp),
      said: () => this.hearSaid(message),
      refused: () => this.hearRefused(message),
    }[message.type];
    if (act) act();
  }

  hearDesk(desk) {
    const known = currentCall(this.m.desk);
    const call = currentCall(desk);
    /* In force while the agent serves; before that what was chosen here counts, and is sent with "take calls". */
    const mine = SERVES.includes(desk.state) && desk.languages.length ? desk.languages : this.m.languages;
    const accepting = desk.state === "offered" ? this.m.accepting : null;
    const changes = {desk, deskAt: Date.now() + this.signal.aheadMs, languages: mine, accepting};
    if (!call) {
      if (accepting === null) this.media.close();
      this.media.mute(false);
      Object.assign(changes, {said: [], isSure: false, muted: false, panel: "help", isSilent: false});
    } else if (!known || known.call_id !== call.call_id) {
      this.media.capture();
    }
    this.voice.follow(call && call.voice, this.ice);
    this.set(changes);
    this.tellThePage(desk, call);
  }

  /* The first snapshot tells a page that has just been drawn nothing new, unless a call is on. */
  tellThePage(desk, call) {
    const seen = seenByThePage(desk);
    const isNews = seen !== this.seen && (this.seen !== null || call);
    this.seen = seen;
    if (!isNews) return;
    clearTimeout(this.lookTimer);
    this.lookTimer = setTimeout(() => this.component.setTriggerValue("look", {revision: desk.revision}), TOGETHER_MS);
  }

  hearSaid({from, text}) {
    const m = this.m;
    const said = [...m.said, {from, text}];
    if (m.panel === "chat" || from === "agent") this.set({said});
    else this.set({said, panel: "chat"});
  }

  hearRefused({of, code, facts}) {
    if (of === "hear") {
      this.voice.askSoon();
      return;
    }
    const words = this.m.words[`refused_${code.replace(".", "_")}`] || this.m.words.refused;
    this.tell(fill(words, {...facts, code}));
    if (of !== "accept") return;
    this.m.accepting = null;
    this.media.close();
  }

  tell(note) {
    clearTimeout(this.noteTimer);
    this.noteTimer = setTimeout(() => this.set({note: ""}), NOTE_MS);
    this.set({note});
  }

  obey(command) {
    /* A console that was started anew counts from the beginning again. */
    if (!command) {
      this.obeyed = null;
      return;
    }
    const isFirst = this.obeyed === undefined;
    if (command.n === this.obeyed) return;
    this.obeyed = command.n;
    if (isFirst || !this.signal || !ORDERS.includes(command.op)) return;
    const {n, op, ...rest} = command;
    this.signal.send({type: op, ...rest});
  }

  toggle() {
    const state = this.m.desk ? this.m.desk.state : "offline";
    if (["available", "offered", "in_call"].includes(state)) {
      this.signal.send({type: "pause"});
    } else {
      this.signal.send({type: "available", languages: this.m.languages});
      this.media.rehearse();
    }
  }

  chooseLanguage(code) {
    if (!code) return;
    const m = this.m;
    const chosen = m.data.languages.map((one) => one.code)
      .filter((one) => (one === code) !== m.languages.includes(one));
    if (!chosen.length) {
      this.tell(m.words.refused_desk_language_missing);
      return;
    }
    localStorage.setItem(LANGUAGES, chosen.join());
    this.set({languages: chosen});
    if (m.desk && m.desk.state === "available") this.signal.send({type: "available", languages: chosen});
  }

  accept() {
    const {desk, accepting, link, isSeated} = this.m;
    if (!isSeated || !desk || desk.state !== "offered" || !desk.offer || link !== "open") return false;
    if (accepting === desk.offer.call_id) return true;
    this.set({accepting: desk.offer.call_id});
    this.signal.send({type: "accept", call_id: desk.offer.call_id});
    this.media.capture();
    return true;
  }

  decline() {
    const offer = this.m.desk && this.m.desk.offer;
    if (offer) this.signal.send({type: "decline", call_id: offer.call_id});
  }

  hold() {
    const call = currentCall(this.m.desk);
    if (!call || !["active", "held"].includes(call.state)) return false;
    this.signal.send({type: call.state === "held" ? "resume" : "hold"});
    return true;
  }

  mute() {
    if (!currentCall(this.m.desk)) return false;
    this.media.mute(!this.m.muted);
    this.set({muted: !this.m.muted});
    return true;
  }

  open(panel) {
    this.set({panel: this.m.panel === panel ? "" : panel});
    if (this.m.panel === "chat") this.part("chat").querySelector("input").focus();
  }

  hangUp() {
    this.signal.send({type: "hang_up"});
    this.set({isSure: false});
  }

  say(event) {
    event.preventDefault();
    const field = this.part("chat").querySelector("input");
    const text = field.value.trim();
    if (text && this.signal.send({type: "say", text})) {
      field.value = "";
      this.hearSaid({from: "agent", text});
    }
  }

  picture(picture) {
    const video = this.part("caller");
    if (video.srcObject === picture) return;
    video.srcObject = picture;
    if (picture) this.play();
  }

  /* After the agent's click a browser lets the picture sound; after a reload it wants another one. */
  async play() {
    const video = this.part("caller");
    this.part("voice").play().catch(() => {});
    try {
      video.muted = false;
      await video.play();
      this.set({isSilent: false});
    } catch (refused) {
      if (refused.name !== "NotAllowedError") return;
      video.muted = true;
      await video.play().catch(() => {});
      this.set({isSilent: true});
    }
  }

  devices(devices) {
    const mirror = this.part("mirror");
    const local = this.media ? this.media.local : null;
    if (local && mirror.srcObject !== local) mirror.srcObject = local.getTracks().length ? local : null;
    if (devices === "doubtful") this.tell(this.m.words.devices_doubtful);
    this.set({devices: devices === "doubtful" ? "none" : devices});
  }

  /* Talking in a call is being at work: the session must not end for want of clicks. */
  atWork() {
    if (currentCall(this.m.desk)) fetch(this.m.data.present_path, {method: "POST", cache: "no-store"}).catch(() => {});
  }

  close() {
    clearInterval(this.timer);
    clearInterval(this.present);
    clearTimeout(this.noteTimer);
    clearTimeout(this.lookTimer);
    this.frame.close();
    if (!this.signal) return;
    this.stopKeys();
    this.seat.close();
    this.signal.close();
    this.media.close();
    this.voice.close();
    this.sound.close();
  }
}

const docks = new WeakMap();

export default function (component) {
  const place = component.parentElement;
  if (!docks.has(place)) docks.set(place, new Dock(place));
  docks.get(place).update(component);
  return () => {
    const dock = docks.get(place);
    docks.delete(place);
    if (dock) dock.close();
  };
}
