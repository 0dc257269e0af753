"""What a browser's page did by itself: its connections, and what the gateway told it."""

import time
from pathlib import Path
from typing import Any

from playwright.sync_api import Page

SCRIPT = Path(__file__).with_name("eyes.js").read_text(encoding="utf-8")


def heard(page: Page, kind: str) -> list[dict[str, Any]]:
    """Every message of this kind since the page was loaded; `revision` is the server's clock in milliseconds."""
    found: list[dict[str, Any]] = page.evaluate(
        "kind => window.__heard.filter((message) => message.type === kind)", kind
    )
    return found


def until(page: Page, script: str, argument: object = None, *, seconds: float = 15) -> None:
    """Waits until this is true of the page. Playwright's own way has the page evaluate text, which our CSP forbids."""
    deadline = time.monotonic() + seconds
    while not page.evaluate(script, argument):
        assert time.monotonic() < deadline, script
        page.wait_for_timeout(50)


def send(page: Page, message: dict[str, Any]) -> None:
    """Past the page's own buttons, over its own socket."""
    page.evaluate("message => window.__sockets.at(-1).send(JSON.stringify(message))", message)


def peers(page: Page) -> list[str]:
    """The state of every peer connection that the page made, oldest first."""
    found: list[str] = page.evaluate("window.__peers.map((peer) => peer.connectionState)")
    return found


def offers(page: Page) -> list[tuple[int, int, int]]:
    """Which call was on this agent's screen from when to when; the last may still be."""
    spans: list[tuple[int, int, int]] = []
    shown, since = None, 0
    for desk in heard(page, "desk"):
        call_id = desk["offer"]["call_id"] if desk["offer"] else None
        if call_id == shown:
            continue
        if shown is not None:
            spans.append((shown, since, desk["revision"]))
        shown, since = call_id, desk["revision"]
    return spans if shown is None else [*spans, (shown, since, 1 << 62)]
