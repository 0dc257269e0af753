/* The console's routes for the desk. A refusal keeps its code; what never arrived is told apart from it. */
const PATIENCE_MS = 15000;

class Refused extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

class Away extends Error {}

class Server {
  constructor() {
    /* How far the server's clock is ahead of ours. */
    this.aheadMs = 0;
  }

  get now() {
    return Date.now() + this.aheadMs;
  }

  async ask(path, init) {
    let answer;
    try {
      answer = await fetch(path, {cache: "no-store", signal: AbortSignal.timeout(PATIENCE_MS), ...init});
    } catch (unreachable) {
      throw new Away();
    }
    const date = Date.parse(answer.headers.get("date") || "");
    if (date) this.aheadMs = Math.abs(date - Date.now()) > 2000 ? date - Date.now() : 0;
    if (answer.ok) return answer;
    if (answer.status >= 500) throw new Away();
    const said = await answer.json().catch(() => ({}));
    throw new Refused(said.code || `http.${answer.status}`);
  }

  async post(path, said = {}) {
    const headers = {"content-type": "application/json", accept: "application/json"};
    const answer = await this.ask(path, {method: "POST", headers, body: JSON.stringify(said)});
    return answer.status === 204 ? null : answer.json();
  }

  async get(path) {
    return (await this.ask(path, {headers: {accept: "application/json"}})).json();
  }

  /* Asked for once, however often it is drawn: each answer is one look in the audit log. */
  async picture(path) {
    return URL.createObjectURL(await (await this.ask(path, {})).blob());
  }
}
