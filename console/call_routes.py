"""The console's routes for calls: tickets to the gateway, presence, and evidence that leaves no copy behind (R14).

All of it is behind the gate: whose browser it is stands in the scope. A refusal is JSON with its code.
"""

import asyncio
import re
from collections.abc import AsyncIterator, Sequence
from typing import BinaryIO

from starlette.requests import Request
from starlette.responses import JSONResponse, Response, StreamingResponse
from starlette.routing import Route

from ca_core import records, roles
from ca_core.call import DeskState, Side
from ca_core.errors import Refusal
from ca_core.registration import call, desk, evidence, listening, ticket
from ca_core.roles import Actor
from console import own_page, sessions
from console.opened_recordings import Film, Look, OpenedRecordings
from console.own_page import UNKEPT
from console.sessions import SignedIn
from runtime import calling
from runtime.service import Service

TICKET = "/calls/ticket"
PRESENT = "/calls/present"
LISTENING = "/calls/{call_id:int}/listening"
STILL = "/evidence/stills/{evidence_id:int}"
RECORDING = "/evidence/recordings/{evidence_id:int}/{side}"
PORTRAIT = "/evidence/portrait/{call_id:int}"

_STATUS: dict[type[Refusal], int] = {
    roles.NotAllowed: 403,
    call.NotYourCall: 403,
    evidence.EvidenceReasonMissing: 403,
    records.CallUnknown: 404,
    evidence.EvidenceUnknown: 404,
    evidence.NoStill: 404,
    calling.EvidenceErased: 410,
}
# A player asks for "from here to the end" and then reads on; nothing larger is sent at once.
_LARGEST_PIECE_BYTES = 4 * 1024 * 1024
_STREAMED_BYTES = 256 * 1024
_RANGE = re.compile(r"bytes=(\d{0,18})-(\d{0,18})")

_guarded = own_page.guarded(_STATUS)


class CallRoutes:
    """Of one process; recordings that were opened are its only memory."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._opened = OpenedRecordings()

    def make(self) -> Sequence[Route]:
        return [
            Route(TICKET, self.ticket, methods=["POST"]),
            Route(PRESENT, self.present, methods=["POST"]),
            Route(LISTENING, self.listening, methods=["POST"]),
            Route(STILL, self.still, methods=["GET"]),
            Route(RECORDING, self.recording, methods=["GET"]),
            Route(PORTRAIT, self.portrait, methods=["GET"]),
        ]

    @_guarded
    async def ticket(self, request: Request) -> Response:
        """A single-use pass to the gateway for the agent's page. Raises NotAllowed."""
        secret = await asyncio.to_thread(self._ticket, own_page.signed_in(request), own_page.actor(request))
        return self._pass(secret)

    def _pass(self, secret: str) -> Response:
        address = f"{self._service.settings.video_url.rstrip('/')}/calls"
        return JSONResponse({"ticket": secret, "address": address}, headers=UNKEPT)

    def _ticket(self, signed_in: SignedIn, actor: Actor) -> str:
        with self._service.work(by=actor, on=f"staff/{actor.staff_id}") as work:
            return ticket.for_agent(
                work, actor=actor, session_digest=signed_in.token_digest, now=self._service.now()
            )

    @_guarded
    async def listening(self, request: Request) -> Response:
        """The same for the page of a supervisor who listens in. Raises as `listening.begin`."""
        signed_in, actor = own_page.signed_in(request), own_page.actor(request)
        call_id, reason = request.path_params["call_id"], _reason(request)

        def begun() -> str:
            with self._service.work(by=actor, on=f"call/{call_id}") as work:
                return listening.begin(
                    work, actor=actor, call_id=call_id, reason=reason, session_digest=signed_in.token_digest,
                    now=self._service.now(),
                )  # fmt: skip

        return self._pass(await asyncio.to_thread(begun))

    @_guarded
    async def present(self, request: Request) -> Response:
        """Talking in a call is work: the session of an agent on the line does not end for want of clicks.

        The page says that it is there; that there is a call says the database. Raises NotAllowed.
        """
        signed_in = own_page.signed_in(request)
        await asyncio.to_thread(self._present, signed_in, own_page.actor(request))
        return Response(status_code=204, headers=UNKEPT)

    def _present(self, signed_in: SignedIn, actor: Actor) -> None:
        # Asked also where there is nothing to write.
        roles.require(actor, roles.Permission.TAKE_CALLS)
        now = self._service.now()
        with self._service.look() as work:
            is_talking = desk.of(work, actor=actor, now=now).state is DeskState.IN_CALL
        if is_talking and signed_in.is_to_be_noted(now):
            sessions.note(self._service, signed_in.token_digest)

    @_guarded
    async def still(self, request: Request) -> Response:
        """One look at a still is one audit entry. Raises as `calling.open_still`."""
        content = await asyncio.to_thread(
            calling.open_still,
            self._service,
            actor=own_page.actor(request),
            evidence_id=request.path_params["evidence_id"],
            reason=_reason(request),
        )
        return Response(content, media_type=_media_type(content), headers=UNKEPT)

    @_guarded
    async def recording(self, request: Request) -> Response:
        """One party's picture and sound, or what a supervisor said to them, in pieces as a player asks for them.
        Raises as `calling.open_recording`.
        """
        if request.path_params["side"] not in tuple(Side):
            return own_page.no("evidence.unknown", 404)
        actor = own_page.actor(request)
        look = Look(
            session=own_page.signed_in(request).label,
            role=actor.role,
            evidence_id=request.path_params["evidence_id"],
            side=Side(request.path_params["side"]),
            reason=_reason(request),
        )

        def opened() -> BinaryIO:
            return calling.open_recording(
                self._service, actor=actor, evidence_id=look.evidence_id, reason=look.reason, side=look.side
            )

        film = await self._opened.film(look, opened)
        return await _piece(film, request.headers.get("range", ""))

    @_guarded
    async def portrait(self, request: Request) -> Response:
        """The register's portrait of the caller. Raises as `calling.portrait`."""
        content = await asyncio.to_thread(
            calling.portrait,
            self._service,
            actor=own_page.actor(request),
            call_id=request.path_params["call_id"],
            reason=request.query_params.get("reason", ""),
        )
        if content is None:
            return own_page.no("evidence.unknown", 404)
        return Response(content, media_type="image/jpeg", headers=UNKEPT)


def _media_type(still: bytes) -> str:
    """Stills of earlier versions are JPEG."""
    return "image/png" if still.startswith(b"\x89PNG") else "image/jpeg"


def _reason(request: Request) -> str:
    return request.query_params.get("reason", "")


async def _piece(film: Film, asked: str) -> Response:
    """The part that was asked for, or a shorter one (RFC 9110, 14.2 and 15.3.7); several at once are not given."""
    headers = {**UNKEPT, "accept-ranges": "bytes"}
    found = _RANGE.fullmatch(asked.strip())
    size = film.size_bytes
    if found is None or not _is_valid(*found.groups()):
        headers["content-length"] = str(size)
        return StreamingResponse(_from_the_start(film), media_type="video/webm", headers=headers)
    first, last = _bounds(found, size)
    if first > last:
        return Response(status_code=416, headers={**headers, "content-range": f"bytes */{size}"})
    last = min(last, first + _LARGEST_PIECE_BYTES - 1)
    headers["content-range"] = f"bytes {first}-{last}/{size}"
    content = await asyncio.to_thread(film.read, first, last + 1 - first)
    return Response(content, 206, media_type="video/webm", headers=headers)


async def _from_the_start(film: Film) -> AsyncIterator[bytes]:
    for first in range(0, film.size_bytes, _STREAMED_BYTES):
        yield await asyncio.to_thread(film.read, first, _STREAMED_BYTES)


def _is_valid(first: str, last: str) -> bool:
    """RFC 9110, 14.1.2: what is no range is ignored."""
    return bool(first or last) and not (first and last and int(first) > int(last))


def _bounds(found: re.Match[str], size: int) -> tuple[int, int]:
    """The first and the last octet; the first is behind the last where nothing is there."""
    first, last = found.groups()
    if not first:
        return (size - min(int(last), size), size - 1) if int(last) else (size, size - 1)
    end = min(int(last), size - 1) if last else size - 1
    return int(first), end
