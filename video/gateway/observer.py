"""What an observer's page may ask: to see and hear one party, and the other; to be heard by the agent, or by both."""

import logging
from functools import partial

from ca_core.call import Leg
from ca_core.errors import GatewayRejected, GatewayUnavailable
from ca_core.registration import listening
from video.engine import CallNotKnown, Role
from video.gateway import exchange, messages, voices
from video.gateway.gateway import Gateway
from video.gateway.messages import BadMessage, Message, MessageUnknown
from video.gateway.pages import Page

log = logging.getLogger(__name__)

ROLE = "observer"


async def came(gateway: Gateway, page: Page) -> None:
    """The page shows the call from the next look on, and asks for each party itself."""


async def went(gateway: Gateway, page: Page) -> None:
    """Unless a newer page of theirs is about the same call."""
    call_id, number = _observed(page), page.seat.number
    if (number, call_id) not in gateway.pages.observed():
        await dismiss(gateway, call_id, number)


async def take(gateway: Gateway, page: Page, message: Message) -> None:
    """One message. Raises BadMessage and Refusals."""
    match message.kind:
        case "observe":
            await _observe(gateway, page, message)
        case "speak":
            await voices.begin(gateway, page, _observed(page), message)
        case "fall_quiet":
            await voices.end(gateway, page, _observed(page))
        case _:
            raise MessageUnknown


async def _observe(gateway: Gateway, page: Page, message: Message) -> None:
    try:
        party = Leg(message.text("party"))
    except ValueError as problem:
        raise BadMessage("party") from problem
    page.offers()
    call_id = _observed(page)
    await exchange.look(gateway, partial(listening.on_the_line, call_id=call_id))
    line = voices.made(gateway, call_id)
    try:
        worker = gateway.workers.of(line.worker)
        answer = await worker.observe(call_id, page.seat.number, Role(party.value), message.text("sdp"))
    except (GatewayUnavailable, GatewayRejected) as problem:
        raise exchange.MediaAway from problem
    page.tell(messages.sdp_of(party, answer))


async def dismiss(gateway: Gateway, call_id: int, number: int) -> None:
    """They see and hear nothing more, whatever their page does."""
    line = gateway.lines.get(call_id)
    if line is None or not line.is_made:
        return
    try:
        await gateway.workers.of(line.worker).unobserve(call_id, number)
    except (CallNotKnown, GatewayUnavailable, GatewayRejected):
        # Gone already, or with its worker; `rounds` looks again.
        log.info("no observer to dismiss")


def _observed(page: Page) -> int:
    assert page.observed is not None, "no observer's page"
    return page.observed
