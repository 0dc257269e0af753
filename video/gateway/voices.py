"""A supervisor speaks into the call that they observe: to the agent alone, or to both parties.

Whoever is to hear it is told so by their page's snapshot, and asks for the voice by a connection of its own beside the
call's. What the workers tell is the truth about who speaks: it comes in its order, and for every end there is.
"""

import itertools
from dataclasses import replace
from functools import partial

from ca_core.call import Call, Leg
from ca_core.errors import GatewayRejected, GatewayUnavailable
from ca_core.registration import listening
from ca_core.registration.listening import Speech
from video.engine import Event, EventKind, Role
from video.gateway import exchange, messages
from video.gateway.gateway import Gateway
from video.gateway.lines import Line, Voice
from video.gateway.messages import BadMessage, Message
from video.gateway.pages import Page

TOLD = (
    EventKind.OBSERVER_SPEAKS,
    EventKind.OBSERVER_QUIET,
    EventKind.OBSERVER_HEARD,
    EventKind.OBSERVER_UNHEARD,
)

_numbers = itertools.count(1)


async def begin(gateway: Gateway, page: Page, call_id: int, message: Message) -> None:
    """The observer's voice goes to the call's worker. Raises BadMessage, NotAllowed, NotConnected, MediaAway and the
    worker's Refusals.
    """
    try:
        speech = Speech(message.text("speech"))
    except ValueError as problem:
        raise BadMessage("speech") from problem
    sdp = message.text("sdp")
    page.offers()
    write = partial(
        listening.speak, actor=page.actor, call_id=call_id, speech=speech, now=gateway.service.now()
    )
    await exchange.operate(gateway, by=page.actor, on=f"call/{call_id}", write=write)
    line = made(gateway, call_id)
    audience = frozenset(Role(leg.value) for leg in speech.audience)
    try:
        answer = await gateway.workers.of(line.worker).speak(call_id, page.seat.number, audience, sdp)
    except (GatewayUnavailable, GatewayRejected) as problem:
        raise exchange.MediaAway from problem
    page.tell(messages.voice(answer))


async def end(gateway: Gateway, page: Page, call_id: int) -> None:
    """Raises MediaAway and the worker's Refusals."""
    line = made(gateway, call_id)
    try:
        await gateway.workers.of(line.worker).fall_quiet(call_id, page.seat.number)
    except (GatewayUnavailable, GatewayRejected) as problem:
        raise exchange.MediaAway from problem


async def hear(gateway: Gateway, page: Page, call: Call, message: Message) -> None:
    """A party's page asks for the voice that its snapshot names. Raises BadMessage, MediaAway and the worker's
    Refusals.
    """
    sdp = message.text("sdp")
    line = made(gateway, call.call_id)
    try:
        answer = await gateway.workers.of(line.worker).hear(call.call_id, Role(page.leg.value), sdp)
    except (GatewayUnavailable, GatewayRejected) as problem:
        raise exchange.MediaAway from problem
    page.tell(messages.voice(answer))


def heard(line: Line, event: Event) -> None:
    """What a worker told about who speaks."""
    if event.kind is EventKind.OBSERVER_QUIET:
        line.voice = None
    elif event.kind is EventKind.OBSERVER_SPEAKS:
        told = str(event.facts["audience"])
        audience = frozenset(Leg) if told == "both" else frozenset({Leg(told)})
        line.voice = Voice(next(_numbers), int(event.facts["observer"] or 0), audience)
    elif line.voice is not None and event.role is not None:
        party = frozenset({Leg(event.role.value)})
        is_heard = event.kind is EventKind.OBSERVER_HEARD
        now = line.voice.heard_by | party if is_heard else line.voice.heard_by - party
        line.voice = replace(line.voice, heard_by=now)


def made(gateway: Gateway, call_id: int) -> Line:
    """The call's line, which a worker carries. Raises MediaAway."""
    line = gateway.line(call_id)
    if not line.is_made:
        raise exchange.MediaAway
    return line
