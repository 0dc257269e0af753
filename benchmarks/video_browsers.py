"""Calls between real Chromium pages through one media worker: how soon they see each other, and what stands still.

    python -m benchmarks.video_browsers [--joins 20] [--calls 10] [--seconds 30] [--json]

First one citizen waits while an agent joins again and again: from the start of the agent's page to the citizen's first
picture (camera, offer, ICE, DTLS, keyframe), and from a new offer with the camera kept to the same. Then `--calls`
recorded calls at once, each of two pages at five pictures a second, for so long: every gap of over a second between
two decoded pictures is a freeze. Both ends and the server share the machine; gaps between what the senders' browsers
encoded are therefore told beside them.
"""

import asyncio
import secrets
import shutil
import statistics
import subprocess
import sys
import tempfile
import threading
from collections.abc import AsyncIterator, Iterator, Mapping
from contextlib import asynccontextmanager, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

from playwright.async_api import Browser, Page, async_playwright

from benchmarks import report
from video.engine import Role
from video.media.client import MediaClient

PORT = 9131
Browsers = Mapping[Role, Browser]
_BARS = {"first picture": 700.0, "picture after a new offer": 1000.0}
_SWITCHES = [
    "--no-sandbox",
    "--disable-gpu",
    "--use-fake-ui-for-media-stream",
    "--use-fake-device-for-media-stream",
    "--autoplay-policy=no-user-gesture-required",
    "--disable-renderer-backgrounding",
    "--disable-background-timer-throttling",
    "--disable-backgrounding-occluded-windows",
]
_SERVE = """
import sys
from pathlib import Path
from video.media import app
app.serve(port=int(sys.argv[1]), settings=app.WorkerSettings(
    secret=sys.argv[2], evidence_dir=Path(sys.argv[3]), evidence_secret=bytes(32), engine_kind="translator"))
"""
# What both of the product's pages do, without their words: camera, offer, answer; and when pictures came and went.
_PAGE = """<!doctype html><title>call</title><script>
const pictures = {framesDecoded: {n: 0, at: []}, framesEncoded: {n: 0, at: []}};
let stream, peer;
async function look() {
  if (!peer) return;
  const now = performance.now();
  for (const one of (await peer.getStats()).values())
    for (const [name, told] of Object.entries(pictures))
      if (one.kind === "video" && one[name] > told.n) { told.n = one[name]; told.at.push(now); }
}
async function join(fps, isAnew) {
  const began = performance.now();
  if (isAnew && stream) { stream.getTracks().forEach((track) => track.stop()); stream = null; }
  const isOneOfMany = fps < 10;
  const size = isOneOfMany ? {width: 320, height: 180} : {width: 1280, height: 720};
  const raw = {echoCancellation: false, noiseSuppression: false, autoGainControl: false};
  stream ??= await navigator.mediaDevices.getUserMedia({
    audio: isOneOfMany ? raw : true, video: {...size, frameRate: fps},
  });
  peer?.close();
  const made = peer = new RTCPeerConnection();
  const video = document.createElement("video");
  video.muted = video.autoplay = video.playsInline = true;
  /* Drawn by the processor here: twenty large ones would leave nothing for the calls. */
  video.width = 32;
  document.body.replaceChildren(video);
  const incoming = new MediaStream();
  const first = new Promise((done) => {
    video.requestVideoFrameCallback(() => done(performance.now() - began));
  });
  made.ontrack = ({track}) => { incoming.addTrack(track); video.srcObject = incoming; };
  for (const track of stream.getTracks()) made.addTrack(track, stream);
  await made.setLocalDescription();
  if (made.iceGatheringState !== "complete")
    await new Promise((done) => { made.onicegatheringstatechange = () => {
      if (made.iceGatheringState === "complete") done(); }; });
  await made.setRemoteDescription({type: "answer", sdp: await window.ask(made.localDescription.sdp)});
  return first;
}
const watch = () => { setInterval(look, 200); return performance.now(); };
function gaps(name, since) {
  const times = [since, ...pictures[name].at.filter((time) => time >= since), performance.now()];
  return times.slice(1).map((time, at) => time - times[at]);
}
</script>"""


def main() -> None:
    chosen = report.arguments(__doc__, joins=20, calls=10, seconds=30)
    report.show(asyncio.run(_measured(chosen.joins, chosen.calls, chosen.seconds)), as_json=chosen.json)


async def _measured(joins: int, calls: int, seconds: int) -> list[report.Row]:
    rows: list[report.Row] = []
    with tempfile.TemporaryDirectory() as folder, _pages() as address:
        # One browser captures sound for sixteen pages at most.
        async with _worker(Path(folder)) as client, _chromium() as callers, _chromium() as agents:
            browsers = {Role.CITIZEN: callers, Role.AGENT: agents}
            for figure, took in (await _joins(client, browsers, address, joins)).items():
                rows += _soon(figure, took)
            rows += await _parallel(client, browsers, address, calls, seconds)
    return rows


def _soon(figure: str, took: list[float]) -> Iterator[report.Row]:
    bar = _BARS[figure]
    yield report.Row(f"{figure}, median", "ms", statistics.median(took), "bar", bar, "lower", len(took))
    p95 = sorted(took)[max(0, round(0.95 * len(took)) - 1)]
    yield report.Row(f"{figure}, p95", "ms", p95, "bar", bar, "lower", len(took))


async def _joins(client: MediaClient, browsers: Browsers, address: str, joins: int) -> dict[str, list[float]]:
    """Milliseconds, by figure."""
    await client.create_call(1)
    citizen = await _page(client, browsers, address, 1, Role.CITIZEN)
    agent = await _page(client, browsers, address, 1, Role.AGENT)
    # Nobody waits for the citizen's first picture here: nobody is there yet to be seen.
    waiting = asyncio.ensure_future(citizen.evaluate("join(30, true)"))
    await asyncio.sleep(2)
    took: dict[str, list[float]] = {"first picture": [], "picture after a new offer": []}
    for _ in range(joins):
        took["first picture"].append(await agent.evaluate("join(30, true)"))
        await asyncio.sleep(1)
        took["picture after a new offer"].append(await agent.evaluate("join(30, false)"))
        await asyncio.sleep(0.5)
    await waiting
    await client.close(1)
    await asyncio.gather(citizen.close(), agent.close())
    return took


async def _parallel(
    client: MediaClient, browsers: Browsers, address: str, calls: int, seconds: int
) -> list[report.Row]:
    pages: list[Page] = []
    for number in range(2, 2 + calls):
        await client.create_call(number, record=True)
        sides = [await _page(client, browsers, address, number, role) for role in Role]
        await asyncio.gather(*(side.evaluate("join(5, true)") for side in sides))
        pages += sides
    # Until the encoders' first estimates have settled.
    await asyncio.sleep(5)
    since = [await page.evaluate("watch()") for page in pages]
    await asyncio.sleep(seconds)
    decoded, encoded = [
        [
            await page.evaluate("told => gaps(...told)", [name, at])
            for page, at in zip(pages, since, strict=True)
        ]
        for name in ("framesDecoded", "framesEncoded")
    ]
    frozen, held_up = (sum(gap > 1000 for each in found for gap in each) for found in (decoded, encoded))
    longest, longest_sent = (max(gap for each in found for gap in each) for found in (decoded, encoded))
    of_senders = "of the senders' encoders"
    return [
        report.Row(
            f"freezes over 1 s, {calls} calls at once", "", frozen, of_senders, held_up, "lower", len(pages)
        ),
        report.Row(
            "longest gap between two pictures", "ms", longest, of_senders, longest_sent, "lower", len(pages)
        ),
    ]


async def _page(client: MediaClient, browsers: Browsers, address: str, call_id: int, role: Role) -> Page:
    page = await (await browsers[role].new_context()).new_page()

    async def ask(offer: str) -> str:
        return await client.join(call_id, role, offer)

    await page.expose_function("ask", ask)
    await page.goto(address)
    return page


@asynccontextmanager
async def _worker(folder: Path) -> AsyncIterator[MediaClient]:
    secret = secrets.token_hex()
    argv = [sys.executable, "-c", _SERVE, str(PORT), secret, str(folder)]
    process = await asyncio.to_thread(subprocess.Popen, argv)
    try:
        async with MediaClient(f"http://127.0.0.1:{PORT}", secret) as client:
            for _ in range(200):
                if await client.is_ready():
                    break
                await asyncio.sleep(0.1)
            yield client
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 10)


@asynccontextmanager
async def _chromium() -> AsyncIterator[Browser]:
    program = shutil.which("chromium") or shutil.which("chromium-browser")
    if program is None:
        raise SystemExit("Chromium is not installed: apt-get install chromium")
    async with async_playwright() as playwright:
        opened = await playwright.chromium.launch(executable_path=program, args=_SWITCHES)
        yield opened
        await opened.close()


@contextmanager
def _pages() -> Iterator[str]:
    """The page, from a local host: browsers give their camera to no other address without TLS."""

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.send_header("Content-Type", "text/html; charset=utf-8")
            self.end_headers()
            self.wfile.write(_PAGE.encode())

        def log_message(self, *_: Any) -> None: ...

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    try:
        yield f"http://localhost:{server.server_address[1]}/"
    finally:
        server.shutdown()


if __name__ == "__main__":
    main()
