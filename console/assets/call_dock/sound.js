/* The ring of an offer. Whether it is heard is remembered; it is never the only signal. */
const SOUND = "qoltanba-call-sound";
const RING_EVERY_MS = 2000;

class Sound {
  constructor() {
    this.off = localStorage.getItem(SOUND) === "off";
    /* A browser lets a page make sounds once somebody did something in it. */
    this.wake = () => this.context().resume();
    window.addEventListener("pointerdown", this.wake);
    window.addEventListener("keydown", this.wake);
  }

  context() {
    this.audio = this.audio || new AudioContext();
    return this.audio;
  }

  turn(off) {
    this.off = off;
    localStorage.setItem(SOUND, off ? "off" : "on");
    if (off) this.quiet();
  }

  ring() {
    if (this.timer || this.off) return;
    this.strike();
    this.timer = setInterval(() => this.strike(), RING_EVERY_MS);
  }

  quiet() {
    clearInterval(this.timer);
    this.timer = null;
  }

  strike() {
    const audio = this.context();
    if (audio.state !== "running") return;
    [0, 0.28].forEach((after, index) => {
      const start = audio.currentTime + after;
      const tone = audio.createOscillator();
      const loudness = audio.createGain();
      tone.frequency.value = index ? 660 : 523;
      loudness.gain.setValueAtTime(0, start);
      loudness.gain.linearRampToValueAtTime(0.25, start + 0.03);
      loudness.gain.exponentialRampToValueAtTime(0.001, start + 0.5);
      tone.connect(loudness).connect(audio.destination);
      tone.start(start);
      tone.stop(start + 0.55);
    });
  }

  close() {
    this.quiet();
    window.removeEventListener("pointerdown", this.wake);
    window.removeEventListener("keydown", this.wake);
    if (this.audio) this.audio.close();
  }
}
