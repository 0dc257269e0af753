"""What the citizen's page may ask: take the ringing call, send media, rest the picture, type the code, write, leave."""

from functools import partial

from ca_core import records, roles
from ca_core.call import Call
from ca_core.lifecycle import CallState
from ca_core.registration import call as calls
from ca_core.registration import phone_code
from video.gateway import exchange, loops, voices
from video.gateway.gateway import Gateway
from video.gateway.messages import BadMessage, Message, MessageUnknown
from video.gateway.pages import Page
from video.gateway.service import SYSTEM, Work

_CODE_CHARACTERS = 12


async def came(gateway: Gateway, page: Page) -> None:
    """The page holds a socket (again): the place in the queue is kept."""
    call_id = page.seat.number
    await exchange.operate(
        gateway, by=SYSTEM, on=_on(call_id),
        write=lambda work: calls.page_here(work, actor=SYSTEM, call_id=call_id, now=gateway.service.now()),
    )  # fmt: skip
    exchange.retell(gateway, page, call_id)


async def went(gateway: Gateway, page: Page) -> None:
    """A waiting caller has a minute to come back; one on the line is missed by the line itself."""
    call_id = page.seat.number

    def write(work: Work) -> None:
        found = records.call(work, call_id)
        if found.state in (CallState.QUEUED, CallState.RINGING):
            calls.page_gone(work, actor=SYSTEM, call_id=call_id, now=gateway.service.now())

    await exchange.operate(gateway, by=SYSTEM, on=_on(call_id), write=write)


async def take(gateway: Gateway, page: Page, message: Message) -> None:
    """One message. Raises BadMessage and Refusals.

    Anybody can open a call: a refusal is no audit entry, and nothing that is sure to be refused takes the database's
    one place for writing.
    """
    call_id = page.seat.number
    match message.kind:
        case "answer":
            page.writes()
            await _take_it(gateway, await _call(gateway, call_id))
        case "leave":
            page.writes()
            await _leave(gateway, await _call(gateway, call_id))
        case "offer":
            page.offers()
            # A new connection begins with the picture.
            _carries_picture(gateway, call_id, True)
            await exchange.offer(gateway, page, await _call(gateway, call_id), message)
        case "hear":
            page.offers()
            await voices.hear(gateway, page, await _call(gateway, call_id), message)
        case "picture":
            _picture(gateway, call_id, message)
        case "say":
            exchange.say(gateway, page, await _call(gateway, call_id), message)
        case "code":
            await _type_code(gateway, page, message)
        case _:
            raise MessageUnknown


def _picture(gateway: Gateway, call_id: int, message: Message) -> None:
    """The page says whether its line carries the picture; the agent is told."""
    on = message.flag("on")
    if on is None:
        raise BadMessage("on")
    _carries_picture(gateway, call_id, on)


def _carries_picture(gateway: Gateway, call_id: int, on: bool) -> None:
    line = gateway.lines.get(call_id)
    if line is not None and line.is_sound_only == on:
        line.is_sound_only = not on
        gateway.pulse.wake()


async def _take_it(gateway: Gateway, call: Call) -> None:
    """Raises OfferGone. Twice is once."""
    if call.accepted_at is None or call.state is CallState.ENDED:
        raise calls.OfferGone
    if call.answered_at is None:
        write = partial(calls.answer, call_id=call.call_id, now=gateway.service.now())
        await exchange.operate(gateway, by=None, on=_on(call.call_id), write=write)


async def _leave(gateway: Gateway, call: Call) -> None:
    if call.state is not CallState.ENDED:
        write = partial(calls.leave, call_id=call.call_id, now=gateway.service.now())
        await exchange.operate(gateway, by=None, on=_on(call.call_id), write=write)


async def _type_code(gateway: Gateway, page: Page, message: Message) -> None:
    """The try is counted and kept before anything is compared (R4)."""
    call_id = page.seat.number
    typed = message.text("typed")
    if len(typed) > _CODE_CHARACTERS:
        raise BadMessage("typed")
    page.writes()
    call = await _call(gateway, call_id)
    if call.state is not CallState.ACTIVE:
        raise calls.NotConnected(state=call.state.name)
    service = gateway.service

    def confirm() -> None:
        with service.work() as work:
            attempt = phone_code.take_try(work, actor=roles.OWNER, call_id=call_id, now=service.now())
        with service.work() as work:
            phone_code.confirm(
                work, actor=roles.OWNER, call_id=call_id, attempt=attempt, typed=typed, now=service.now()
            )

    await loops.perform(confirm)


async def _call(gateway: Gateway, call_id: int) -> Call:
    return await exchange.look(gateway, lambda work: records.call(work, call_id))


def _on(call_id: int) -> str:
    return f"call/{call_id}"
