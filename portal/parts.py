"""What every page and endpoint of this process is handed."""

from dataclasses import dataclass
from typing import cast

from starlette.requests import Request

from ca_core.x509.ocsp import Responder
from portal.call_dossier import Dossiers
from portal.limits import Limits
from portal.published import PublicFiles
from portal.pulse import Pulse
from portal.uses import UseBook
from portal.words import Words
from runtime.service import Service


@dataclass(frozen=True, slots=True)
class Parts:
    """One a process, made by `app.make_app`."""

    service: Service
    responder: Responder
    files: PublicFiles
    uses: UseBook
    pulse: Pulse
    limits: Limits
    words: dict[str, Words]
    dossiers: Dossiers
    # The listener on plain http: signed things alone, no help panel that leads to a call.
    public_only: bool


def of(request: Request) -> Parts:
    return cast(Parts, request.app.state.parts)
