// After the call: the agent may decide while wrapping up, so the page looks again for a while.

const EVERY_MS = 4000;
const TIMES = 30;

async function look(left) {
  const place = document.querySelector("[data-ended]");
  if (!place.dataset.undecided) return;
  if (!left) {
    place.querySelector("[data-waiting]").hidden = true;
    place.querySelector("[data-nothing]").hidden = false;
    return;
  }
  try {
    const answer = await fetch("/call", { headers: { Accept: "text/html" } });
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-ended]");
    if (fresh && !fresh.dataset.undecided) {
      place.replaceWith(document.adoptNode(fresh));
      fresh.focus();
      return;
    }
  } catch {
    // The line may be away for a moment.
  }
  setTimeout(look, EVERY_MS, left - 1);
}

setTimeout(look, EVERY_MS, TIMES);
