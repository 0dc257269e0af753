// Shows new messages as they arrive. The page works without it: then one reloads.

const handset = document.querySelector("[data-live]");
let refreshing = false;

async function refresh() {
  if (refreshing) return;
  refreshing = true;
  try {
    const address = new URL(location.href);
    address.searchParams.set("phone", document.querySelector("#phone").defaultValue);
    const answer = await fetch(address, { headers: { Accept: "text/html" } });
    if (!answer.ok) return;
    const fresh = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const part of ["[data-live]", "[data-recipients]"]) {
      document.querySelector(part).replaceChildren(...fresh.querySelector(part).childNodes);
    }
    handset.dataset.newest = fresh.querySelector("[data-live]").dataset.newest;
  } finally {
    refreshing = false;
  }
}

const news = new EventSource(handset.dataset.live);
news.addEventListener("message", (event) => {
  if (event.data !== handset.dataset.newest) refresh();
});
