/* The socket to the gateway. Each socket needs a fresh ticket; a broken one is replaced by itself. The media
   do not pass through here: a call goes on while the gateway is away. */
const PAUSES_MS = [500, 1000, 2000, 4000];
const PATIENCE_MS = 6000;
const REPLACED = 4409;

class Signal {
  constructor({path, hello, onMessage, onLink}) {
    this.path = path;
    this.hello = hello;
    this.onMessage = onMessage;
    this.onLink = onLink;
    this.wanted = false;
    this.tries = 0;
    /* How far the server's clock is ahead of ours. */
    this.aheadMs = 0;
    this.online = () => {
      if (this.wanted && !this.socket) this.open();
    };
    window.addEventListener("online", this.online);
  }

  start() {
    if (this.wanted) return;
    this.wanted = true;
    this.tries = 0;
    this.open();
  }

  stop() {
    this.wanted = false;
    clearTimeout(this.timer);
    clearTimeout(this.patience);
    const socket = this.socket;
    this.socket = null;
    if (socket) socket.close();
  }

  close() {
    this.stop();
    window.removeEventListener("online", this.online);
  }

  send(message) {
    if (!this.socket || this.socket.readyState !== WebSocket.OPEN) return false;
    this.socket.send(JSON.stringify(message));
    return true;
  }

  async open() {
    clearTimeout(this.timer);
    if (this.opening) return;
    this.opening = true;
    let pass = null;
    try {
      pass = await this.ticket();
    } catch (unreachable) {
      pass = null;
    }
    this.opening = false;
    if (!this.wanted) return;
    if (pass) this.connect(pass);
    else this.again();
  }

  async ticket() {
    const answer = await fetch(this.path, {
      method: "POST", cache: "no-store", headers: {accept: "application/json"},
      signal: AbortSignal.timeout(PATIENCE_MS),
    });
    const date = Date.parse(answer.headers.get("date") || "");
    if (date) this.aheadMs = Math.abs(date - Date.now()) > 2000 ? date - Date.now() : 0;
    return answer.ok ? answer.json() : null;
  }

  connect(pass) {
    const address = new URL(pass.address, window.location.href);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address);
    this.socket = socket;
    this.patience = setTimeout(() => socket.close(), PATIENCE_MS);
    socket.onopen = () => socket.send(JSON.stringify({type: "hello", ticket: pass.ticket, ...this.hello()}));
    socket.onmessage = (event) => {
      if (this.socket !== socket) return;
      const message = JSON.parse(event.data);
      if (message.type === "welcome") {
        clearTimeout(this.patience);
        this.tries = 0;
        this.onLink("open");
      }
      this.onMessage(message);
    };
    socket.onclose = (event) => {
      clearTimeout(this.patience);
      if (this.socket !== socket) return;
      this.socket = null;
      if (event.code === REPLACED) {
        this.wanted = false;
        this.onLink("replaced");
      } else {
        this.again();
      }
    };
  }

  again() {
    const pause = PAUSES_MS[Math.min(this.tries, PAUSES_MS.length - 1)] * (0.75 + Math.random() / 2);
    this.tries += 1;
    this.onLink("away", Date.now() + pause);
    this.timer = setTimeout(() => this.open(), pause);
  }
}
