/* One face in the place of the other, twice a second: what differs jumps. Whoever asked for less motion changes
   them by hand, a press at a time. */
const CHANGES_EVERY_MS = 250;
const HELD_MS = 500;

class Blink {
  constructor(onChange) {
    this.onChange = onChange;
    this.isOn = false;
    this.isOver = false;
    this.calm = window.matchMedia("(prefers-reduced-motion: reduce)");
  }

  press() {
    this.pressedAt = Date.now();
    if (this.calm.matches) this.set(!this.isOver, !this.isOver);
    else if (this.isOn) this.off();
    else this.on();
  }

  /* A key that was held down ends what it began; one that was tapped leaves it on. */
  release() {
    if (this.isOn && !this.calm.matches && Date.now() - this.pressedAt > HELD_MS) this.off();
  }

  on() {
    this.set(true, true);
    this.timer = setInterval(() => this.set(true, !this.isOver), CHANGES_EVERY_MS);
  }

  off() {
    clearInterval(this.timer);
    this.set(false, false);
  }

  set(isOn, isOver) {
    this.isOn = isOn;
    this.isOver = isOver;
    this.onChange();
  }
}
