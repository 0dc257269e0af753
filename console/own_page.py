"""What the console's routes for components have in common: only for our own pages, whose browser it is, and a
refusal as JSON with its code. Nothing of an answer is kept by anybody.
"""

from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from typing import TypeVar
from urllib.parse import urlsplit

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from ca_core import roles, staff
from ca_core.errors import Refusal
from ca_core.roles import Actor
from console.sessions import SignedIn
from runtime import room, rounds

# What is about a person leaves no copy on the officer's disk.
UNKEPT = {"cache-control": "private, no-store"}
_CONFLICT, _UNAVAILABLE = 409, 503
_MAY_BE_FULL = (*rounds.DATABASE_AWAY, OSError)

Routes = TypeVar("Routes")
Answer = Callable[[Routes, Request], Awaitable[Response]]


def guarded(status: Mapping[type[Refusal], int]) -> Callable[[Answer[Routes]], Answer[Routes]]:
    """For a method that answers a request. A refusal without a status of its own is a conflict."""

    def guard(answer: Answer[Routes]) -> Answer[Routes]:
        @wraps(answer)
        async def answered(self: Routes, request: Request) -> Response:
            if not _is_ours(request):
                return no("gate.other_site", 403)
            try:
                return await answer(self, request)
            except Refusal as refused:
                return no(refused.code, status.get(type(refused), _CONFLICT))
            except _MAY_BE_FULL as error:
                no_room = room.refusal(error)
                if no_room is None:
                    raise
                return no(no_room.code, _UNAVAILABLE)

        return answered

    return guard


def no(code: str, status: int) -> Response:
    return JSONResponse({"code": code}, status, headers=UNKEPT)


def signed_in(request: Request) -> SignedIn:
    """Whose browser the gate found it to be. Raises NotAllowed."""
    found = request.scope.get("staff")
    if not isinstance(found, SignedIn):
        raise roles.NotAllowed
    return found


def actor(request: Request) -> Actor:
    """Raises NotAllowed."""
    return staff.actor(signed_in(request).account)


def _is_ours(request: Request) -> bool:
    """An address typed by hand is none of our pages: evidence is shown under a watermark."""
    site = request.headers.get("sec-fetch-site")
    if site is not None:
        return site == "same-origin"
    origin = request.headers.get("origin")
    return origin is None or urlsplit(origin).netloc == request.headers.get("host")
