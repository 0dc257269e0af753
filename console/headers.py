"""The security headers of every answer. The page's one inline script is allowed by its hash, computed at start."""

import base64
import hashlib
import re
from pathlib import Path
from urllib.parse import urlsplit

import streamlit
from starlette.datastructures import MutableHeaders
from starlette.types import Message, Send

from runtime.settings import Settings

_FEATURES = (
    "camera=(self), microphone=(self), geolocation=(), payment=(), usb=(), serial=(),"
    " display-capture=(), publickey-credentials-get=(), browsing-topics=()"
)


def inline_script_hashes() -> list[str]:
    """Of the page that this release of Streamlit ships; they change with every release."""
    page = Path(streamlit.__file__).parent.joinpath("static", "index.html").read_text("utf-8")
    scripts = re.findall(r"<script(?![^>]*\ssrc=)[^>]*>(.*?)</script>", page, re.DOTALL)
    digests = (hashlib.sha256(script.encode()).digest() for script in scripts)
    return [f"'sha256-{base64.b64encode(digest).decode()}'" for digest in digests]


def gateway_origins(video_url: str) -> str:
    """Where the call dock may open its socket, and nothing else may go."""
    parts = urlsplit(video_url)
    return f"{parts.scheme}://{parts.netloc} {parts.scheme.replace('http', 'ws')}://{parts.netloc}"


def content_security_policy(video_url: str) -> str:
    scripts = " ".join(inline_script_hashes())
    return "; ".join(
        (
            "default-src 'none'",
            # Streamlit imports the code of its components from blob: addresses.
            f"script-src 'self' blob: {scripts}",
            "style-src 'self' 'unsafe-inline'",
            "img-src 'self' data: blob:",
            "font-src 'self' data:",
            f"connect-src 'self' {gateway_origins(video_url)}",
            "media-src 'self' blob:",
            "worker-src 'self' blob:",
            "manifest-src 'self'",
            "frame-src 'self'",
            "frame-ancestors 'none'",
            "base-uri 'self'",
            "form-action 'self'",
        )
    )


class Security:
    """Adds the headers; the two policies are made once."""

    def __init__(self, settings: Settings) -> None:
        self._page = content_security_policy(settings.video_url)
        self._https = settings.console_url.startswith("https://")

    def adding(self, path: str, send: Send) -> Send:
        async def sending(message: Message) -> None:
            if message["type"] == "http.response.start":
                self._add(path, MutableHeaders(scope=message))
            await send(message)

        return sending

    def _add(self, path: str, headers: MutableHeaders) -> None:
        headers.setdefault("content-security-policy", self._page)
        headers["x-content-type-options"] = "nosniff"
        headers["x-frame-options"] = "DENY"
        headers["referrer-policy"] = "same-origin"
        headers["permissions-policy"] = _FEATURES
        headers["cross-origin-opener-policy"] = "same-origin"
        headers["cross-origin-resource-policy"] = "same-origin"
        if self._https:
            headers["strict-transport-security"] = "max-age=31536000"
        if path.startswith(("/media/", "/_stcore/")):
            # What Streamlit keeps there may be about a person: no copy stays on the officer's disk.
            headers["cache-control"] = "private, no-store"
