"""What the agent's page may ask: be available, take or decline the offer, hold, show, write, hang up."""

from collections.abc import Callable
from functools import partial

from ca_core import records
from ca_core.call import Call, Desk, DeskState
from ca_core.registration import call as calls
from ca_core.registration import desk
from video.gateway import exchange, voices
from video.gateway.gateway import Gateway
from video.gateway.lines import Shown
from video.gateway.messages import BadMessage, Message, MessageUnknown
from video.gateway.pages import Page
from video.gateway.service import SYSTEM, Work

_LANGUAGES = 8

# Acts upon the agent's own desk, and upon the call at it; each takes the actor and the time.
_AT_THE_DESK: dict[str, Callable[..., Desk]] = {
    "pause": desk.pause,
    "finish_wrap_up": desk.finish_wrap_up,
    "extend_wrap_up": desk.extend_wrap_up,
}
_IN_THE_CALL: dict[str, Callable[..., Call]] = {
    "hold": calls.hold,
    "resume": calls.resume,
    "hang_up": calls.hang_up,
}
_ON_THE_OFFER: dict[str, Callable[..., Call]] = {"accept": calls.accept, "decline": calls.decline}


async def came(gateway: Gateway, page: Page) -> None:
    """The agent's page holds a socket (again)."""
    staff_id = page.seat.number

    def write(work: Work) -> int | None:
        desk.appeared(work, staff_id=staff_id, now=gateway.service.now())
        found = work.desks.by_id(staff_id)
        return found.call_id if found is not None else None

    call_id = await exchange.operate(gateway, by=SYSTEM, on=_on(page), write=write)
    if call_id is not None:
        exchange.retell(gateway, page, call_id)


async def went(gateway: Gateway, page: Page) -> None:
    """An available agent goes offline after a moment; a call is missed by its line."""
    vanish = partial(desk.vanished, staff_id=page.seat.number, now=gateway.service.now())
    await exchange.operate(gateway, by=SYSTEM, on=_on(page), write=vanish)


async def take(gateway: Gateway, page: Page, message: Message) -> None:
    """One message. Raises BadMessage and Refusals."""
    kind = message.kind
    if kind in _AT_THE_DESK:
        await _operate(gateway, page, _on(page), _AT_THE_DESK[kind])
    elif kind == "available":
        languages = message.words("languages")[:_LANGUAGES]
        await _operate(gateway, page, _on(page), partial(desk.go_available, languages=languages))
    elif kind in _ON_THE_OFFER:
        call_id = message.number("call_id")
        await _operate(gateway, page, f"call/{call_id}", partial(_ON_THE_OFFER[kind], call_id=call_id))
    else:
        await _in_call(gateway, page, message)


async def _in_call(gateway: Gateway, page: Page, message: Message) -> None:
    if message.kind not in (*_IN_THE_CALL, "offer", "hear", "say", "show"):
        raise MessageUnknown
    if message.kind in ("offer", "hear"):
        page.offers()
    call = await exchange.look(gateway, partial(_call_of, page=page))
    match message.kind:
        case "offer":
            await exchange.offer(gateway, page, call, message)
        case "hear":
            await voices.hear(gateway, page, call, message)
        case "say":
            exchange.say(gateway, page, call, message)
        case "show":
            _show(gateway, call, message)
        case act:
            operation = partial(_IN_THE_CALL[act], call_id=call.call_id)
            await _operate(gateway, page, f"call/{call.call_id}", operation)


def _call_of(work: Work, *, page: Page) -> Call:
    """The call that is at the agent's desk. Raises NotYourCall."""
    place = work.desks.by_id(page.seat.number)
    if place is None or place.state is not DeskState.IN_CALL or place.call_id is None:
        raise calls.NotYourCall
    return records.call(work, place.call_id)


def _show(gateway: Gateway, call: Call, message: Message) -> None:
    try:
        gateway.line(call.call_id).shown = Shown(message.text("what"))
    except ValueError as problem:
        raise BadMessage("what") from problem
    gateway.pulse.wake()


async def _operate(gateway: Gateway, page: Page, on: str, operation: Callable[..., object]) -> None:
    now = gateway.service.now()
    await exchange.operate(
        gateway, by=page.actor, on=on, write=lambda work: operation(work, actor=page.actor, now=now)
    )


def _on(page: Page) -> str:
    return f"staff/{page.seat.number}"
