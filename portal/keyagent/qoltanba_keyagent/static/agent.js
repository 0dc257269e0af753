// The rules of a new password follow the typing. The agent itself judges it, here and again when it is sent.
const form = document.querySelector("form[data-check]");
if (form) {
  const password = form.querySelector("#password");
  const again = form.querySelector("#again");
  const rules = [...form.querySelectorAll("[data-rule]")];
  const same = form.querySelector("[data-same]");
  let asked = 0;

  const mark = (line, broken, empty) => {
    line.classList.toggle("broken", !empty && broken);
    line.classList.toggle("kept", !empty && !broken);
  };

  const compare = () => mark(same, password.value !== again.value, !again.value);

  const judge = async () => {
    const mine = ++asked;
    compare();
    if (!password.value) {
      rules.forEach((line) => mark(line, false, true));
      return;
    }
    const answer = await fetch(form.dataset.check, {
      method: "POST",
      body: new URLSearchParams({ password: password.value }),
    });
    if (!answer.ok || mine !== asked) return;
    const { faults } = await answer.json();
    rules.forEach((line) => mark(line, line.dataset.rule.split(" ").some((rule) => faults.includes(rule)), false));
  };

  let pause;
  password.addEventListener("input", () => { clearTimeout(pause); pause = setTimeout(judge, 120); });
  again.addEventListener("input", compare);
}

// What is typed can be looked at.
for (const button of document.querySelectorAll("[data-show]")) {
  button.hidden = false;
  button.addEventListener("click", () => {
    const fields = document.querySelectorAll("input[data-secret]");
    const shown = fields[0].type === "text";
    fields.forEach((field) => { field.type = shown ? "password" : "text"; });
    button.textContent = shown ? button.dataset.show : button.dataset.hide;
    button.setAttribute("aria-pressed", String(!shown));
  });
}

// A page that opens under somebody's click must not take the second half of a double click for an answer.
const unhurried = document.querySelectorAll("[data-unhurried]");
function wait() {
  unhurried.forEach((button) => { button.disabled = true; });
  setTimeout(() => unhurried.forEach((button) => { button.disabled = document.hidden; }), 900);
}
if (unhurried.length) {
  wait();
  document.addEventListener("visibilitychange", wait);
  window.addEventListener("focus", wait);
}

// A form is sent once; opening a key takes a moment.
for (const one of document.querySelectorAll("form")) {
  one.addEventListener("submit", () => {
    setTimeout(() => one.querySelectorAll("button").forEach((button) => { button.disabled = true; }));
  });
}

// The agent is at work on the question before, and will have the next one in a moment.
if (document.querySelector("[data-again]")) setTimeout(() => location.reload(), 700);
