/* Listening in: both parties' picture and sound, each by a connection of its own that sends nothing; and speaking. */
const PARTIES = ["citizen", "agent"];
const ASK_AGAIN_MS = 2500;
const PAINT_EVERY_MS = 500;
const CARRIED = ["active", "held", "reconnecting"];

class Ear {
  constructor(party, video, send, onLost) {
    this.party = party;
    this.video = video;
    this.send = send;
    this.onLost = onLost;
  }

  async ask({ice_servers: servers, relay_only: relayOnly}) {
    this.drop();
    const peer = new RTCPeerConnection({
      iceServers: servers, iceTransportPolicy: relayOnly ? "relay" : "all", bundlePolicy: "max-bundle",
    });
    this.peer = peer;
    const picture = new MediaStream();
    peer.ontrack = (event) => {
      picture.addTrack(event.track);
      if (this.video.srcObject !== picture) this.video.srcObject = picture;
    };
    peer.onconnectionstatechange = () => {
      if (this.peer === peer && peer.connectionState === "failed") this.onLost();
    };
    for (const kind of ["audio", "video"]) peer.addTransceiver(kind, {direction: "recvonly"});
    await peer.setLocalDescription();
    await gathered(peer);
    if (this.peer === peer) this.send({type: "observe", party: this.party, sdp: peer.localDescription.sdp});
  }

  async answered(sdp) {
    if (this.peer && this.peer.signalingState === "have-local-offer") {
      await this.peer.setRemoteDescription({type: "answer", sdp});
    }
  }

  drop() {
    if (this.peer) this.peer.close();
    this.peer = null;
    this.video.srcObject = null;
  }
}

class Panel {
  constructor(place) {
    this.root = place.querySelector(".panel");
    this.part = (name) => this.root.querySelector(`.${name}`);
    this.words = {};
    this.observed = null;
    this.link = "off";
    this.part("start").onclick = () => this.start();
    this.part("stop").onclick = () => this.stop();
    this.ears = new Map(PARTIES.map((party) => [
      party, new Ear(party, this.part(party), (message) => this.signal && this.signal.send(message), () => this.askSoon()),
    ]));
    this.mouth = new Mouth((message) => this.signal && this.signal.send(message), (why) => this.fellQuiet(why));
    this.part("whisper").onclick = () => this.speak("whisper");
    this.part("join").onclick = () => this.speak("join");
    this.part("quiet").onclick = () => this.hush();
    this.problem = "";
    this.timer = setInterval(() => this.paint(), PAINT_EVERY_MS);
  }

  update(component) {
    this.component = component;
    this.data = component.data;
    this.words = component.data.words;
    this.root.hidden = false;
    this.paint();
  }

  start() {
    this.signal = new Signal({
      path: this.data.ticket_path,
      hello: () => ({}),
      onMessage: (message) => this.hear(message),
      onLink: (link) => { this.link = link; this.paint(); },
    });
    this.link = "connecting";
    this.problem = "";
    this.signal.start();
    this.paint();
  }

  stop() {
    clearTimeout(this.soon);
    if (this.signal) this.signal.close();
    this.signal = null;
    this.welcome = null;
    this.link = "off";
    this.mouth.close();
    this.isHeard = false;
    for (const ear of this.ears.values()) ear.drop();
    this.paint();
  }

  speak(speech) {
    if (!this.welcome) return;
    this.problem = "";
    this.isHeard = false;
    this.mouth.open(speech, this.welcome);
    this.paint();
  }

  hush() {
    this.mouth.close();
    this.signal.send({type: "fall_quiet"});
    this.paint();
  }

  /* "They hear you" is said once they do. */
  heard(speech) {
    const {words, observed} = this;
    if (!this.isHeard || !observed || !observed.voice) return words.speech_begins;
    if (observed.state === "held") return words.speech_held;
    const hearing = observed.voice.heard_by;
    const wanted = speech === "join" ? PARTIES : ["agent"];
    return wanted.every((party) => hearing.includes(party)) ? words[`speech_${speech}`] : words.speech_waits;
  }

  fellQuiet(why) {
    this.problem = why;
    if (this.signal) this.signal.send({type: "fall_quiet"});
    this.paint();
  }

  hear(message) {
    if (message.type === "welcome") {
      this.welcome = message;
      this.ask();
    } else if (message.type === "sdp") {
      this.ears.get(message.party).answered(message.sdp);
    } else if (message.type === "voice") {
      this.mouth.answered(message.sdp);
    } else if (message.type === "refused") {
      this.refused(message);
    } else if (message.type === "observed") {
      this.see(message);
    }
    this.paint();
  }

  refused({of, code}) {
    if (of === "observe") {
      this.askSoon();
    } else if (of === "speak") {
      this.mouth.close();
      this.problem = code === "media.voice_taken" ? "taken" : "refused";
    }
  }

  see(observed) {
    /* The worker ended what we say: with its process, or because another page of ours speaks. */
    if (observed.voice && this.mouth.isOpen) this.isHeard = true;
    if (!observed.voice && this.isHeard) {
      if (this.mouth.isOpen) this.problem = "lost";
      this.mouth.close();
      this.isHeard = false;
    }
    const moved = this.observed && this.observed.line !== observed.line;
    this.observed = observed;
    if (!CARRIED.includes(observed.state)) {
      this.stop();
      /* The page is drawn anew, as that of a call that is over. */
      this.component.setTriggerValue("look", Date.now());
    } else if (moved) {
      this.askSoon();
    }
  }

  ask() {
    clearTimeout(this.soon);
    if (this.welcome) for (const ear of this.ears.values()) ear.ask(this.welcome);
  }

  askSoon() {
    clearTimeout(this.soon);
    this.soon = setTimeout(() => this.ask(), ASK_AGAIN_MS);
  }

  paint() {
    const {words, observed, link} = this;
    const isOn = Boolean(this.signal);
    const state = isOn && observed ? observed.state : "off";
    this.root.dataset.state = state;
    this.part("start").hidden = isOn;
    this.part("stop").hidden = !isOn;
    this.part("state").hidden = !isOn;
    this.part("pictures").hidden = !isOn;
    const speech = this.mouth.speech;
    const isOther = Boolean(observed && observed.voice) && !speech;
    this.part("speech").hidden = !isOn;
    this.part("quiet").hidden = !speech;
    for (const name of ["whisper", "join"]) {
      this.part(name).disabled = isOther || link !== "open" || !this.welcome;
      this.part(name).hidden = speech === name;
    }
    const said = speech ? this.heard(speech) : isOther ? words.speech_other : this.problem ? words[`speech_${this.problem}`] : "";
    this.part("speech").ariaLabel = words.speech;
    const texts = {
      whisper: words.whisper, join: words.join, quiet: words.quiet, "speech-word": said,
      start: words.start, stop: words.stop, rule: words.rule, "citizen-name": words.citizen, "agent-name": words.agent,
      "state-word": words[`state_${state}`] || words.connecting,
      clock: state === "off" ? "" : span(secondsSince(observed.since, Date.now() + (this.signal ? this.signal.aheadMs : 0))),
      note: isOn && link === "away" ? words.away : link === "replaced" ? words.replaced : "",
    };
    for (const [name, text] of Object.entries(texts)) {
      const part = this.part(name);
      if (part.textContent !== text) part.textContent = text;
    }
  }

  close() {
    clearInterval(this.timer);
    this.stop();
  }
}

const panels = new WeakMap();

export default function (component) {
  const place = component.parentElement;
  if (!panels.has(place)) panels.set(place, new Panel(place));
  panels.get(place).update(component);
  return () => {
    const panel = panels.get(place);
    panels.delete(place);
    if (panel) panel.close();
  };
}
