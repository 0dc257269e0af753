"""Credentials for TURN servers that end by themselves (the "TURN REST API" that coturn and others speak).

The user name is the end of their time and whose they are; the password is an HMAC of it under the secret that we
share with the servers. Nobody has to tell the servers anything.
"""

import base64
import hashlib
import hmac
from dataclasses import dataclass, field
from datetime import datetime, timedelta

VALIDITY = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class IceServer:
    """As `RTCIceServer` names its fields."""

    urls: tuple[str, ...]
    username: str = ""
    credential: str = field(default="", repr=False)

    def as_json(self) -> dict[str, object]:
        return {"urls": list(self.urls), "username": self.username, "credential": self.credential}


def credentials(secret: str, *, subject: str, now: datetime) -> tuple[str, str]:
    """User name and password for `subject`, for an hour."""
    username = f"{int((now + VALIDITY).timestamp())}:{subject}"
    # The scheme fixes SHA-1; HMAC does not rest on its collision resistance.
    digest = hmac.new(secret.encode(), username.encode(), hashlib.sha1).digest()
    return username, base64.b64encode(digest).decode()


def ice_servers(urls: tuple[str, ...], secret: str, *, subject: str, now: datetime) -> list[IceServer]:
    """None where no TURN server is set up: pages and workers then meet directly."""
    if not urls:
        return []
    username, credential = credentials(secret, subject=subject, now=now)
    return [IceServer(urls, username, credential)]
