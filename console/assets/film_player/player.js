/* Both parties of one part of a recording, and who spoke to them, played in step: the files have one clock. */
const SIDES = ["citizen", "agent", "observer"];
const SPEEDS = [1, 1.5, 2];
const LOOK_EVERY_MS = 250;
/* Lips are read to be late from here on. */
const APART_SECONDS = 0.08;
const JUMP_SECONDS = 5;

class Player {
  constructor(place) {
    this.root = place.querySelector(".player");
    this.part = (name) => this.root.querySelector(`.${name}`);
    this.players = SIDES.map((side) => this.part(side));
    this.isOn = false;
    this.speed = 1;
    this.hasFailed = false;
    this.part("play").onclick = () => this.turn(!this.isOn);
    this.part("place").oninput = (event) => this.go(Number(event.target.value));
    this.root.onkeydown = (event) => this.key(event);
    SIDES.forEach((side, index) => {
      this.part(`${side}-sound`).onclick = () => {
        this.players[index].muted = !this.players[index].muted;
        this.paint();
      };
    });
    for (const film of this.players) {
      film.onerror = () => { this.hasFailed = true; this.turn(false); };
      film.onloadedmetadata = () => this.paint();
    }
    this.speeds = SPEEDS.map((speed) => {
      const button = document.createElement("button");
      button.type = "button";
      button.textContent = `${speed}×`;
      button.onclick = () => { this.speed = speed; this.paint(); };
      this.part("speeds").append(button);
      return button;
    });
    this.timer = setInterval(() => this.look(), LOOK_EVERY_MS);
  }

  update({data}) {
    this.words = data.words;
    SIDES.forEach((side, index) => {
      const address = data.films[side];
      if (address && this.players[index].getAttribute("src") !== address) this.players[index].src = address;
    });
    this.root.ariaLabel = data.words.title;
    this.part("place").ariaLabel = data.words.place;
    this.part("speeds").ariaLabel = data.words.speed;
    this.paint();
  }

  /* In most calls nobody speaks but the parties. */
  get films() {
    return this.players.filter((player) => player.hasAttribute("src"));
  }

  get length() {
    return Math.max(0, ...this.films.map((film) => (Number.isFinite(film.duration) ? film.duration : 0)));
  }

  get at() {
    return Math.max(...this.films.map((film) => film.currentTime));
  }

  turn(on) {
    if (on) this.hasFailed = false;
    this.isOn = on;
    if (on && this.length && this.films.every((film) => film.ended)) this.go(0);
    this.look();
  }

  go(seconds) {
    for (const film of this.films) film.currentTime = Math.min(seconds, Number.isFinite(film.duration) ? film.duration : seconds);
    this.look();
  }

  /* One that waits for its data holds the other up; one that has ended does not. */
  look() {
    const running = this.films.filter((film) => !film.ended);
    if (this.isOn && !running.length) this.isOn = false;
    const isReady = running.every((film) => film.readyState >= HTMLMediaElement.HAVE_FUTURE_DATA && !film.seeking);
    const [first, ...others] = running;
    for (const film of this.isOn && isReady ? others : []) {
      if (Math.abs(first.currentTime - film.currentTime) > APART_SECONDS) film.currentTime = first.currentTime;
    }
    for (const film of this.films) {
      film.playbackRate = this.speed;
      if (this.isOn && !film.ended && (isReady || !film.readyState)) this.start(film);
      else if (!film.paused && !(this.isOn && isReady)) film.pause();
    }
    this.paint();
  }

  start(film) {
    if (film.paused) film.play().catch(() => {});
  }

  key(event) {
    const act = {
      " ": () => this.turn(!this.isOn), k: () => this.turn(!this.isOn),
      ArrowLeft: () => this.go(Math.max(0, this.at - JUMP_SECONDS)), ArrowRight: () => this.go(this.at + JUMP_SECONDS),
    }[event.key];
    /* A button takes the space bar itself. */
    if (!act || event.ctrlKey || event.metaKey || event.altKey || (event.key === " " && event.target.tagName === "BUTTON")) return;
    event.preventDefault();
    act();
  }

  paint() {
    const {words} = this;
    if (!words) return;
    this.root.dataset.state = this.isOn ? "on" : "off";
    const place = this.part("place");
    place.max = String(this.length);
    if (this.root.getRootNode().activeElement !== place || this.isOn) place.value = String(this.at);
    const texts = {
      play: this.isOn ? words.pause : words.play, "citizen-name": words.citizen, "agent-name": words.agent, "observer-name": words.observer,
      times: this.length ? `${span(this.at)} / ${span(this.length)}` : "",
      note: this.hasFailed ? words.failed : "",
    };
    SIDES.forEach((side, index) => {
      const button = this.part(`${side}-sound`);
      texts[`${side}-sound`] = words.sound;
      button.ariaPressed = String(!this.players[index].muted);
    });
    this.part("spoken").hidden = this.films.length < SIDES.length;
    for (const [name, text] of Object.entries(texts)) {
      const part = this.part(name);
      if (part.textContent !== text) part.textContent = text;
    }
    this.speeds.forEach((button, index) => { button.ariaPressed = String(SPEEDS[index] === this.speed); });
    place.ariaValueText = texts.times;
  }

  close() {
    clearInterval(this.timer);
    for (const film of this.players) {
      film.pause();
      film.removeAttribute("src");
      film.load();
    }
  }
}

const players = new WeakMap();

export default function (component) {
  const place = component.parentElement;
  if (!players.has(place)) players.set(place, new Player(place));
  players.get(place).update(component);
  return () => {
    const player = players.get(place);
    players.delete(place);
    if (player) player.close();
  };
}
