"""What a citizen entered on the way to a call: kept in a cookie of their own that only this portal can read.

Nothing of it stands in an address or in a table: until consent there is no call (F2). The cookie is encrypted,
lasts an hour, and is dropped when the call is opened.
"""

import base64
import json
import secrets
from dataclasses import asdict, dataclass, field, fields

from cryptography.fernet import Fernet, InvalidToken
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.kdf.hkdf import HKDF
from starlette.requests import Request
from starlette.responses import Response

from runtime import settings
from runtime.settings import Settings

COOKIE = "qoltanba_call_start"
PATH = "/call"
_LASTS_SECONDS = 3600
_SECRET_BYTES = 32


def fresh_page() -> str:
    """The secret of one page: its digest binds the call, and the code sent in it, to that page (R4)."""
    return secrets.token_urlsafe(_SECRET_BYTES)


@dataclass(frozen=True, slots=True)
class Dossier:
    """`own_will`: the citizen said that nobody does this for them. `page`: the secret that the call is to have.

    The secret is made before the call, so that a form sent twice opens one call.
    """

    iin: str = ""
    phone: str = ""
    need: str = ""
    own_will: bool = False
    invitation: str = ""
    page: str = field(default_factory=fresh_page)


class Dossiers:
    """Reads and writes the cookie under a key derived from this installation's secret."""

    def __init__(self, configured: Settings) -> None:
        secret = settings.read_secret(configured.code_secret_file, setting="code_secret_file")
        key = HKDF(hashes.SHA256(), 32, salt=None, info=b"qoltanba portal call dossier").derive(secret)
        self._box = Fernet(base64.urlsafe_b64encode(key))
        self._tls = configured.portal_url.startswith("https:")

    def of(self, request: Request) -> Dossier:
        """An empty one for whoever begins, was away for an hour, or sends what is not ours."""
        try:
            opened = self._box.decrypt(request.cookies.get(COOKIE, ""), ttl=_LASTS_SECONDS)
        except (InvalidToken, ValueError):
            # What holds other letters than Base64's is not even looked at: a ValueError.
            return Dossier()
        known = {item.name for item in fields(Dossier)}
        return Dossier(**{name: value for name, value in json.loads(opened).items() if name in known})

    def keep(self, response: Response, dossier: Dossier) -> None:
        sealed = self._box.encrypt(json.dumps(asdict(dossier)).encode()).decode()
        response.set_cookie(
            COOKIE,
            sealed,
            max_age=_LASTS_SECONDS,
            path=PATH,
            secure=self._tls,
            httponly=True,
            samesite="strict",
        )

    def drop(self, response: Response) -> None:
        response.delete_cookie(COOKIE, path=PATH, secure=self._tls, httponly=True, samesite="strict")
