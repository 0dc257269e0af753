/* The console's routes for the desk. A refusal keeps its code; what never arrived is told apart from it. */
const PATIENCE_MS = 15000;

class Refused extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

class Away extends Error {}

/* Nobody waits for the answer any more. */
class Stopped extends Error {}

class Server {
  async ask(path, {stop, ...init} = {}) {
    const signals = [AbortSignal.timeout(PATIENCE_MS), ...(stop ? [stop] : [])];
    let answer;
    try {
      answer = await fetch(path, {cache: "no-store", signal: AbortSignal.any(signals), ...init});
    } catch (unreachable) {
      throw stop && stop.aborted ? new Stopped() : new Away();
    }
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
  async picture(path, stop) {
    const answer = await this.ask(path, {stop});
    try {
      return URL.createObjectURL(await answer.blob());
    } catch (cutOff) {
      throw stop.aborted ? new Stopped() : new Away();
    }
  }
}
