// After the call: the agent may decide while wrapping up, so the page looks again for a while. What was left to a
// supervisor takes longer: it looks slowly then, and only while somebody sees the page.

const UNDECIDED = { every: 4000, times: 30 };
const AWAITED = { every: 30000 };

function place() {
  return document.querySelector("[data-ended]");
}

async function fetched() {
  const answer = await fetch("/call", { headers: { Accept: "text/html" } });
  return new DOMParser().parseFromString(await answer.text(), "text/html").querySelector("[data-ended]");
}

// Whether the page now says something else; it is put in the old one's place then.
async function changed() {
  const now = place();
  try {
    const fresh = await fetched();
    if (!fresh || same(fresh, now)) return false;
    now.replaceWith(document.adoptNode(fresh));
    fresh.focus();
    return true;
  } catch {
    // The line may be away for a moment.
    return false;
  }
}

function same(one, other) {
  return ["undecided", "awaited", "decision"].every((name) => one.dataset[name] === other.dataset[name]);
}

function giveUp() {
  place().querySelector("[data-waiting]").hidden = true;
  place().querySelector("[data-nothing]").hidden = false;
}

async function look(left) {
  if (place().dataset.undecided) {
    if (!left) giveUp();
    else if (await changed()) watch();
    else setTimeout(look, UNDECIDED.every, left - 1);
  } else if (place().dataset.awaited) {
    if (!document.hidden) await changed();
    watch();
  }
}

function watch() {
  if (place().dataset.undecided) setTimeout(look, UNDECIDED.every, UNDECIDED.times);
  else if (place().dataset.awaited) setTimeout(look, AWAITED.every);
}

// Who comes back to the page need not wait for the next look.
document.addEventListener("visibilitychange", () => {
  if (!document.hidden && place().dataset.awaited) changed();
});

watch();
