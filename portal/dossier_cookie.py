"""Which dossier a browser has: the cookie `qoltanba_dossier` holds its secret, the dossier keeps the SHA-256 (F1)."""

import hashlib
import secrets

from starlette.requests import Request
from starlette.responses import Response

from ca_core.registration import dossier
from portal import parts

COOKIE = "qoltanba_dossier"
_SECRET_BYTES = 32
# Ours are 43 characters long; what is longer is nobody's.
_LONGEST = 100


def fresh() -> str:
    """The secret of a new dossier: 256 bits."""
    return secrets.token_urlsafe(_SECRET_BYTES)


def digest_of(secret: str) -> bytes:
    return hashlib.sha256(secret.encode()).digest()


def digest(request: Request) -> bytes:
    """Empty for a browser without one."""
    secret = request.cookies.get(COOKIE, "")[:_LONGEST]
    return digest_of(secret) if secret else b""


def give(request: Request, response: Response, secret: str) -> None:
    response.set_cookie(
        COOKIE,
        secret,
        max_age=int(dossier.KEPT_FOR.total_seconds()),
        path="/",
        secure=parts.of(request).service.settings.portal_url.startswith("https:"),
        httponly=True,
        samesite="strict",
    )


def drop(request: Request, response: Response) -> None:
    response.delete_cookie(
        COOKIE,
        path="/",
        secure=parts.of(request).service.settings.portal_url.startswith("https:"),
        httponly=True,
        samesite="strict",
    )
