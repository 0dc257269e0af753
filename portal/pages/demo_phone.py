"""The demo's phone and device: messages as their owner reads them, and the key that the owner would hold.

Demo mode only: outside it this module is never imported and its addresses do not exist.
"""

import re
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import quote

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import RedirectResponse, Response, StreamingResponse

from ca_core import records
from ca_core.errors import Refusal
from ca_core.identifiers import ApplicationId, Phone
from ca_core.issuance import renew
from portal import parts, rendering
from portal.pages import renewal
from portal.words import Told
from runtime.demo import keys

# Six digits alone: not the end of a serial number, nor a part of an application's.
_CODE = re.compile(r"(?<![…\w.-])\d{6}(?![\w-])")
_LINK = re.compile(r"https?://[^\s<>\"]+[^\s<>\".,;:!?]")
# A proxy that sees nothing for a minute closes a connection; a page that went away is noticed.
_ALIVE_EVERY_SECONDS = 15.0


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of a message; `link` where it leads somewhere."""

    text: str
    link: bool


@dataclass(frozen=True, slots=True)
class Shown:
    """One message as the page draws it."""

    medium: str
    recipient: str
    code: str
    pieces: tuple[Piece, ...]
    at: datetime


@dataclass(frozen=True, slots=True)
class Device:
    """What the owner's device did: a key that was made, or a number that was signed."""

    number: str = ""
    state: str = ""
    csr_pem: str = ""
    told: Told | None = None


def show(request: Request) -> Response:
    return _page(request, request.query_params.get("phone", "").strip())


async def act(request: Request) -> Response:
    """POST: make a key, or sign a renewal's number with the owner's key."""
    async with request.form(max_files=0, max_fields=4) as form:
        given = {name: str(form.get(name) or "").strip() for name in ("act", "number", "phone")}
    if given["act"] == "make":
        return await run_in_threadpool(_make, request, given["phone"])
    if given["act"] == "sign":
        return await run_in_threadpool(_sign, request, given["phone"], given["number"])
    return RedirectResponse(f"/demo/phone?phone={quote(given['phone'])}", 303)


async def changes(request: Request) -> Response:
    """Server-sent events: the number of the newest message, whenever there is a newer one."""
    recipient = _recipient(request.query_params.get("phone", "").strip())
    return StreamingResponse(_news(request, recipient), media_type="text/event-stream")


async def _news(request: Request, recipient: str) -> AsyncIterator[str]:
    pulse = parts.of(request).pulse
    told = -1
    yield "retry: 2000\n\n"
    while not pulse.stopped:
        beat = pulse.beat
        newest = await run_in_threadpool(_newest, request, recipient)
        if newest != told:
            told = newest
            yield f"data: {newest}\n\n"
        if not await pulse.changed(beat, _ALIVE_EVERY_SECONDS):
            yield ": alive\n\n"


def _newest(request: Request, recipient: str) -> int:
    with parts.of(request).service.look() as work:
        found = work.demo_messages.of(recipient, 1) if recipient else work.demo_messages.latest(1)
    return found[0].message_id if found else 0


def _make(request: Request, typed: str) -> Response:
    made = keys.make(parts.of(request).service.settings)
    return _page(request, typed, Device(csr_pem=made.csr_pem))


def _sign(request: Request, typed: str, number: str) -> Response:
    try:
        device = _signed(request, ApplicationId.parse(number))
    except Refusal as refusal:
        device = Device(number=number, told=rendering.words(request).told(refusal))
    return _page(request, typed, device)


def _signed(request: Request, number: ApplicationId) -> Device:
    service = parts.of(request).service
    with service.look() as work:
        opened = records.application(work, number)
        certified = work.certificates.by_id(opened.previous_certificate_id or 0)
    key = keys.key_for(service.settings, certified) if certified is not None else None
    if key is None:
        told = rendering.words(request).of_code("phone.no_key", "demo.no_key")
        return Device(number=str(number), told=told)
    signature = key.sign(renew.statement(number), ec.ECDSA(hashes.SHA256()))
    confirmed = renewal.confirm(service, number, signature)
    return Device(number=str(number), state=confirmed.state.name)


def _page(request: Request, typed: str, device: Device | None = None) -> Response:
    recipient = _recipient(typed)
    with parts.of(request).service.look() as work:
        found = work.demo_messages.of(recipient) if recipient else work.demo_messages.latest(10)
        recipients = work.demo_messages.recipients()
    return rendering.page(
        request,
        "phone.html",
        typed=typed,
        recipient=_readable(recipient),
        recipients=[(one.recipient, _readable(one.recipient)) for one in recipients],
        messages=[
            Shown(m.medium, _readable(m.recipient), _code(m.text), _pieces(m.text), m.at) for m in found
        ],
        newest=found[0].message_id if found else 0,
        live=f"/demo/phone/changes?phone={quote(recipient)}",
        device=device or Device(),
    )


def _recipient(typed: str) -> str:
    """Eleven digits of a phone, or an e-mail address in lower case. Raises PhoneInvalid."""
    return typed.lower() if not typed or "@" in typed else Phone.parse(typed).digits


def _readable(recipient: str) -> str:
    return Phone(recipient).full if recipient.isdigit() and len(recipient) == 11 else recipient


def _code(text: str) -> str:
    found = _CODE.search(text)
    return found.group() if found else ""


def _pieces(text: str) -> tuple[Piece, ...]:
    pieces: list[Piece] = []
    end = 0
    for found in _LINK.finditer(text):
        pieces += [Piece(text[end : found.start()], False), Piece(found.group(), True)]
        end = found.end()
    return (*pieces, Piece(text[end:], False))
