"""The cabinet's two cookies: one that begins a sign-in (sealed, ten minutes), one that is the session (opaque)."""

import base64
import binascii
import json
import secrets
from dataclasses import asdict, dataclass, field

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from starlette.requests import Request
from starlette.responses import Response

from ca_core.cabinet import sessions
from portal import parts
from runtime import settings

START = "qoltanba_cabinet_start"
SESSION = "qoltanba_cabinet"
PATH = "/cabinet"
_START_SECONDS = 600


def _fresh_page() -> str:
    return secrets.token_urlsafe(32)


@dataclass(frozen=True, slots=True)
class Start:
    """A sign-in under way: the IIN that was typed, and the page that its code or nonce is bound to (R4)."""

    iin: str = ""
    page: str = field(default_factory=_fresh_page)


def start_of(request: Request) -> Start:
    """A fresh one for whoever begins, was away, or sends what is not ours."""
    try:
        opened = json.loads(_box(request).decrypt(request.cookies.get(START, ""), ttl=_START_SECONDS))
    except (InvalidToken, ValueError, binascii.Error):
        return Start()
    return Start(iin=opened["iin"], page=opened["page"])


def keep_start(request: Request, response: Response, start: Start) -> None:
    sealed = _box(request).encrypt(json.dumps(asdict(start)).encode()).decode()
    _set(request, response, START, sealed, _START_SECONDS)


def keep_session(request: Request, response: Response, token: str) -> None:
    """A fresh secret at every sign-in; the one that began it is dropped."""
    _set(request, response, SESSION, token, int(sessions.ABSOLUTE.total_seconds()))
    drop(request, response, START)


def session_of(request: Request) -> str:
    return request.cookies.get(SESSION, "")


def drop(request: Request, response: Response, name: str) -> None:
    response.delete_cookie(name, path=PATH, secure=_tls(request), httponly=True, samesite="strict")


def _set(request: Request, response: Response, name: str, value: str, seconds: int) -> None:
    response.set_cookie(
        name, value, max_age=seconds, path=PATH, secure=_tls(request), httponly=True, samesite="strict"
    )


def _tls(request: Request) -> bool:
    return parts.of(request).service.settings.portal_url.startswith("https:")


def _box(request: Request) -> Fernet:
    configured = parts.of(request).service.settings
    secret = settings.read_secret(configured.code_secret_file, setting="code_secret_file")
    key = HKDF(hashes.SHA256(), 32, salt=None, info=b"qoltanba portal cabinet start").derive(secret)
    return Fernet(base64.urlsafe_b64encode(key))
