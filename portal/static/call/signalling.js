// The socket to the gateway: a fresh ticket for each, and again with growing pauses until the call is over.

const PAUSES_MS = [500, 1000, 2000, 4000];
const REPLACED = 4409;
const ENDED = 4410;
const GONE = ["call.ended", "call.unknown"];

export class Signalling {
  // `heard(message)`, `line(up)`, `over()` once the call is gone, `replaced()` when another tab took it.
  constructor({ ticketPath, heard, line, over, replaced }) {
    Object.assign(this, { ticketPath, heard, line, over, replaced });
    this.socket = null;
    this.failures = 0;
    this.stopped = true;
    // Server time minus ours, for deadlines.
    this.ahead = 0;
    addEventListener("online", () => this.hurry());
  }

  start() {
    this.stopped = false;
    this.connect();
  }

  stop() {
    this.stopped = true;
    clearTimeout(this.timer);
    this.socket?.close();
  }

  get open() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  send(message) {
    if (this.open) this.socket.send(JSON.stringify(message));
    return this.open;
  }

  hurry() {
    if (this.stopped || this.open) return;
    clearTimeout(this.timer);
    this.connect();
  }

  // The line is silent although nobody said so: a phone that changed its network, for example.
  renew() {
    if (this.stopped || !this.socket) return;
    this.drop();
    this.connect();
  }

  drop() {
    const old = this.socket;
    this.socket = null;
    if (old) {
      old.onclose = old.onmessage = null;
      old.close();
    }
  }

  async ticket() {
    const answer = await fetch(this.ticketPath, { method: "POST", signal: AbortSignal.timeout(8000) });
    const date = Date.parse(answer.headers.get("date") ?? "");
    if (date) this.ahead = date - Date.now();
    const told = await answer.json();
    if (!answer.ok && GONE.includes(told.code)) {
      this.finish();
      return null;
    }
    if (!answer.ok) throw new Error("no ticket");
    return told;
  }

  async connect() {
    let pass;
    try {
      pass = await this.ticket();
    } catch {
      this.again();
      return;
    }
    if (!pass || this.stopped) return;
    this.drop();
    const socket = new WebSocket(pass.address.replace(/^http/, "ws"));
    this.socket = socket;
    socket.onopen = () => socket.send(JSON.stringify({ type: "hello", ticket: pass.ticket }));
    socket.onmessage = (event) => {
      const message = JSON.parse(event.data);
      if (message.type === "welcome") {
        this.failures = 0;
        this.line(true);
      }
      this.heard(message);
    };
    socket.onclose = (event) => this.closed(event.code);
  }

  closed(code) {
    this.socket = null;
    if (this.stopped) return;
    if (code === ENDED) {
      this.finish();
    } else if (code === REPLACED) {
      this.stopped = true;
      this.replaced();
    } else {
      this.again();
    }
  }

  again() {
    if (this.stopped) return;
    this.line(false);
    const pause = PAUSES_MS[Math.min(this.failures, PAUSES_MS.length - 1)];
    this.failures += 1;
    clearTimeout(this.timer);
    this.timer = setTimeout(() => this.connect(), pause * (0.7 + 0.6 * Math.random()));
  }

  finish() {
    this.stop();
    this.over();
  }
}
