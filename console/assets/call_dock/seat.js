/* One tab is the call desk. The browser's lock dies with its tab; a tab that was loaded anew takes its seat back. */
const SEAT = "qoltanba-call-desk";
const COMES_BACK_MS = 20000;
const LOOKS_EVERY_MS = 4000;

class Seat {
  constructor({onTaken, onElsewhere}) {
    this.onTaken = onTaken;
    this.onElsewhere = onElsewhere;
    this.held = false;
    this.over = false;
    this.leaving = () => {
      if (this.held) sessionStorage.setItem(SEAT, String(Date.now()));
    };
    window.addEventListener("pagehide", this.leaving);
  }

  sit() {
    const left = Number(sessionStorage.getItem(SEAT) || 0);
    sessionStorage.removeItem(SEAT);
    this.ask(Date.now() - left < COMES_BACK_MS);
  }

  /* `steal` is a person's wish, or this very tab's after it was loaded anew. */
  ask(steal) {
    clearTimeout(this.timer);
    if (this.over || this.held) return;
    if (!navigator.locks) {
      this.taken();
      return;
    }
    navigator.locks
      .request(SEAT, steal ? {steal: true} : {ifAvailable: true}, (lock) => {
        if (!lock || this.over) {
          this.elsewhere();
          return undefined;
        }
        return new Promise((release) => {
          this.release = release;
          this.taken();
        });
      })
      .catch(() => this.elsewhere());
  }

  taken() {
    this.held = true;
    this.onTaken();
  }

  elsewhere() {
    if (this.over) return;
    this.held = false;
    this.onElsewhere();
    this.timer = setTimeout(() => this.ask(false), LOOKS_EVERY_MS);
  }

  close() {
    this.over = true;
    this.held = false;
    clearTimeout(this.timer);
    window.removeEventListener("pagehide", this.leaving);
    if (this.release) this.release();
  }
}
