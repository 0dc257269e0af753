"""One socket from its opening to its end: origin, ticket, limits, messages in their order.

Neither tickets nor session descriptions are ever logged.
"""

import asyncio
import contextlib
import logging
import secrets
from dataclasses import dataclass
from types import ModuleType

from starlette.websockets import WebSocket, WebSocketDisconnect

from ca_core import roles, staff
from ca_core.call import Leg, Ticket
from ca_core.errors import Refusal
from ca_core.records import CallUnknown
from ca_core.registration import listening, ticket
from ca_core.registration.call import NotConnected
from ca_core.registration.ticket import TicketRefused
from ca_core.staff import SessionEnded
from video.gateway import agent, citizen, exchange, limits, messages, observer, rounds
from video.gateway.gateway import Gateway
from video.gateway.messages import BadMessage, Message
from video.gateway.pages import Page, Seat
from video.gateway.service import Work

log = logging.getLogger(__name__)

HELLO_SECONDS = 5.0

_SIDES = {Leg.CITIZEN: citizen, Leg.AGENT: agent, None: observer}


class _Turned(Exception):
    """The socket is closed with this code."""

    def __init__(self, code: int) -> None:
        super().__init__(str(code))
        self.code = code


@dataclass(frozen=True, slots=True)
class _Visitor:
    """Whom the ticket lets in."""

    seat: Seat
    actor: roles.Actor
    language: str
    session_digest: bytes = b""
    observed: int | None = None


async def serve(gateway: Gateway, socket: WebSocket) -> None:
    """The socket's whole life."""
    await socket.accept()
    try:
        page, visitor = await _let_in(gateway, socket)
    except _Turned as turned:
        await _close(socket, turned.code)
        return
    except WebSocketDisconnect:
        return
    writer = asyncio.create_task(page.write())
    options = gateway.options
    page.tell(
        messages.welcome(
            role=page.seat.leg.value if page.seat.leg is not None else observer.ROLE,
            language=visitor.language,
            servers=gateway.ice_servers(page),
            relay_only=options.relay_only,
        )
    )
    try:
        await _sit(gateway, socket, page)
    finally:
        await _leave(gateway, page, writer)


async def _let_in(gateway: Gateway, socket: WebSocket) -> tuple[Page, _Visitor]:
    options = gateway.options
    origin = socket.headers.get("origin")
    if origin not in (None, options.portal_origin, options.console_origin):
        raise _Turned(messages.ORIGIN_REFUSED)
    if not gateway.visits.take(socket.client.host if socket.client else ""):
        raise _Turned(messages.TOO_MANY_MESSAGES)
    try:
        async with asyncio.timeout(HELLO_SECONDS):
            hello = messages.parse(await _text(socket))
        if hello.kind != "hello":
            raise BadMessage("hello")
        secret = hello.text("ticket")
    except TimeoutError:
        raise _Turned(messages.NO_HELLO) from None
    except BadMessage:
        raise _Turned(messages.BAD_MESSAGE) from None
    visitor = await _who(gateway, secret)
    own = options.portal_origin if visitor.seat.leg is Leg.CITIZEN else options.console_origin
    if origin not in (None, own):
        raise _Turned(messages.ORIGIN_REFUSED)
    page = Page(
        socket,
        visitor.seat,
        visitor.actor,
        session_digest=visitor.session_digest,
        has_line=hello.flag("line"),
        observed=visitor.observed,
    )
    return page, visitor


async def _who(gateway: Gateway, secret: str) -> _Visitor:
    def write(work: Work) -> _Visitor:
        spent = ticket.spend(work, secret=secret, now=gateway.service.now())
        if spent.leg is not Leg.CITIZEN:
            return _staff(gateway, work, spent)
        call = work.calls.by_id(spent.call_id or 0)
        if call is None:
            raise CallUnknown
        return _Visitor(Seat(Leg.CITIZEN, call.call_id), roles.OWNER, call.language)

    try:
        # Nobody can fill the audit log with tickets that never were.
        return await exchange.operate(gateway, by=None, on="ticket", write=write)
    except (TicketRefused, SessionEnded, roles.NotAllowed, CallUnknown, NotConnected) as refusal:
        gateway.counts.refusals[refusal.code] += 1
        raise _Turned(messages.TICKET_REFUSED) from None


def _staff(gateway: Gateway, work: Work, spent: Ticket) -> _Visitor:
    """Raises SessionEnded, NotAllowed, and of an observer's call CallUnknown, NotConnected."""
    account = staff.account(work, staff_id=spent.staff_id or 0)
    actor = staff.actor(account)
    rounds.require_seat(actor, spent.leg)
    if rounds.ended_sessions(gateway, work, {spent.session_digest}):
        raise SessionEnded
    if spent.leg is None:
        listening.on_the_line(work, spent.call_id or 0)
    seat = Seat(spent.leg, account.staff_id)
    return _Visitor(seat, actor, account.language, spent.session_digest, spent.call_id)


async def _sit(gateway: Gateway, socket: WebSocket, page: Page) -> None:
    """Messages until the socket ends. A newer page of the same side has taken the older one's place."""
    gateway.pages.seat(page)
    await _side(page).came(gateway, page)
    gateway.pulse.wake()
    bucket = limits.of_page()
    while True:
        try:
            text = await _text(socket)
            if not bucket.take():
                page.close(messages.TOO_MANY_MESSAGES)
                return
            await _answer(gateway, page, messages.parse(text))
        except BadMessage:
            page.close(messages.BAD_MESSAGE)
            return
        except WebSocketDisconnect:
            return


async def _answer(gateway: Gateway, page: Page, message: Message) -> None:
    """Raises BadMessage. A bug of ours is logged under an id, which the page is told."""
    try:
        await _side(page).take(gateway, page, message)
    except Refusal as refusal:
        gateway.counts.refusals[refusal.code] += 1
        page.tell(messages.refused(message.kind, refusal))
    except (BadMessage, WebSocketDisconnect):
        raise
    except Exception:  # the one handler of this door
        incident = secrets.token_hex(4)
        log.exception("a message failed", extra={"incident": incident, "message_kind": message.kind[:40]})
        page.tell(messages.failed(message.kind, incident))


async def _leave(gateway: Gateway, page: Page, writer: asyncio.Task[None]) -> None:
    """What waits to be said is said; then the place is empty, unless a newer page has it."""
    page.close(messages.GOING_AWAY)
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(2):
            await writer
    writer.cancel()
    # An observer's newer page may be about another call.
    if not gateway.pages.leave(page) and page.observed is None:
        return
    gateway.pulse.wake()
    await _side(page).went(gateway, page)


def _side(page: Page) -> ModuleType:
    return _SIDES[page.seat.leg]


async def _text(socket: WebSocket) -> str:
    """The next message. Raises WebSocketDisconnect, and BadMessage for one that is no text."""
    received = await socket.receive()
    if received["type"] == "websocket.disconnect":
        raise WebSocketDisconnect(received.get("code", 1005))
    text = received.get("text")
    if not isinstance(text, str):
        raise BadMessage("binary")
    return text


async def _close(socket: WebSocket, code: int) -> None:
    with contextlib.suppress(WebSocketDisconnect, RuntimeError):
        await socket.close(code)
