// The key program on the citizen's own computer, over its WebSocket on loopback. Nothing secret passes through here:
// folders and passwords are asked for in pages of the key program itself.

const PORT = document.documentElement.dataset.keyAgent;
const GREETING_MS = 2500;
export const ENROLMENT = "kz.qoltanba.enrolment";
export const BASICS = "kz.gov.pki.knca.basics";

export class AgentMissing extends Error {}

export class AgentRefused extends Error {
  constructor(code) {
    super(code);
    this.code = code;
  }
}

function addresses() {
  const plain = `ws://127.0.0.1:${PORT}/`;
  const secure = `wss://127.0.0.1:${PORT}/`;
  return location.protocol === "https:" ? [secure, plain] : [plain, secure];
}

function open(address) {
  return new Promise((resolve, reject) => {
    let socket;
    try {
      socket = new WebSocket(address);
    } catch {
      reject(new AgentMissing());
      return;
    }
    const timer = setTimeout(() => fail(), GREETING_MS);
    function fail() {
      clearTimeout(timer);
      socket.close();
      reject(new AgentMissing());
    }
    socket.addEventListener("error", fail, { once: true });
    socket.addEventListener("close", fail, { once: true });
    // It speaks first: {"result": {"version": ...}}.
    socket.addEventListener("message", () => {
      clearTimeout(timer);
      socket.removeEventListener("error", fail);
      socket.removeEventListener("close", fail);
      resolve(socket);
    }, { once: true });
  });
}

export async function connect() {
  for (const address of addresses()) {
    try {
      return await open(address);
    } catch (problem) {
      if (!(problem instanceof AgentMissing)) throw problem;
    }
  }
  throw new AgentMissing();
}

// Only a page of the key program itself is opened: whoever else listens there leads nobody anywhere.
function isOwnPage(address) {
  return String(address).startsWith(`http://127.0.0.1:${PORT}/dialog/`);
}

// One question, one answer. `onDialog` is told the address of the page in which the key program asks its owner.
export async function ask(module, method, args, onDialog = () => {}) {
  const socket = await connect();
  try {
    return await new Promise((resolve, reject) => {
      socket.addEventListener("close", () => reject(new AgentMissing()));
      socket.addEventListener("message", (event) => {
        const told = JSON.parse(event.data);
        if (told.dialog && isOwnPage(told.dialog.url)) onDialog(told.dialog.url);
        else if (told.dialog) reject(new AgentMissing());
        else if (told.status === true) resolve(told.body ?? {});
        else reject(new AgentRefused(told.code ?? ""));
      });
      socket.send(JSON.stringify({ module, method, args }));
    });
  } finally {
    socket.close();
  }
}

// A button of a page that needs the key program: off until the program answers, looked for again every few seconds.
export function button(root, pressed) {
  const words = JSON.parse(root.dataset.words);
  const control = root.querySelector("button");
  const told = root.querySelector("[data-told]");
  let busy = false;

  function tell(key, link = "", look = "wait") {
    told.hidden = !key;
    told.className = `note ${look}`;
    told.textContent = key ? words[key] : "";
    if (link) {
      const anchor = document.createElement("a");
      anchor.href = link;
      anchor.target = "_blank";
      anchor.rel = "noopener";
      anchor.textContent = words.open_dialog;
      told.append(" ", anchor);
    }
  }

  async function look() {
    if (!busy) {
      try {
        (await connect()).close();
        control.disabled = false;
        if (told.dataset.missing) tell("");
        delete told.dataset.missing;
      } catch {
        control.disabled = true;
        told.dataset.missing = "yes";
        tell("missing");
      }
    }
    setTimeout(look, document.hidden ? 15000 : 4000);
  }

  control.addEventListener("click", async () => {
    busy = true;
    control.disabled = true;
    tell("waiting");
    try {
      await pressed({
        words,
        tell,
        dialog(url) {
          tell("dialog", url);
          window.open(url, "_blank", "noopener");
        },
      });
    } catch (problem) {
      if (problem instanceof AgentMissing) tell("gone");
      else if (problem instanceof AgentRefused) tell(words[`refused_${problem.code}`] ? `refused_${problem.code}` : "refused");
      else if (problem instanceof ServerRefused) {
        told.hidden = false;
        told.className = "note bad";
        told.textContent = problem.message;
      } else {
        tell("failed", "", "bad");
      }
    } finally {
      busy = false;
      control.disabled = false;
    }
  });
  look();
}

export class ServerRefused extends Error {}

export function post(address, body) {
  return asked(address, { method: "POST", body: JSON.stringify(body) });
}

export async function asked(address, how = {}) {
  const headers = { "Content-Type": "application/json", Accept: "application/json" };
  const answer = await fetch(address, { ...how, headers });
  const told = await answer.json();
  if (!answer.ok) throw new ServerRefused(`${told.text} ${told.next}`);
  return told;
}
