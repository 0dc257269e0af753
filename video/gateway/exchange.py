"""What both sides' pages do alike: operations in threads, media offers, lines of the chat."""

from collections.abc import Callable
from typing import TypeVar

from ca_core import roles
from ca_core.call import Call, Leg
from ca_core.errors import GatewayRejected, GatewayUnavailable, Refusal
from ca_core.lifecycle import CallState
from ca_core.registration import call as calls
from video.engine import Role
from video.gateway import loops, messages
from video.gateway.gateway import Gateway
from video.gateway.messages import Message
from video.gateway.pages import Page
from video.gateway.service import Work

T = TypeVar("T")


class MediaAway(Refusal):
    """No media worker carries the call at the moment; the page is asked to join as soon as one does."""

    code = "media.unavailable"


async def operate(gateway: Gateway, *, by: roles.Actor | None, on: str, write: Callable[[Work], T]) -> T:
    """One operation of the core in one transaction; with `by`, a refusal is audited. Raises its Refusals."""

    def operation() -> T:
        with gateway.service.work(by=by, on=on) as work:
            return write(work)

    return await loops.perform(operation)


async def look(gateway: Gateway, read: Callable[[Work], T]) -> T:
    def reading() -> T:
        with gateway.service.look() as work:
            return read(work)

    return await loops.perform(reading)


async def offer(gateway: Gateway, page: Page, call: Call, message: Message) -> None:
    """The page's media offer goes to the call's worker, its answer back. Raises NotConnected, MediaAway and the
    worker's Refusals.
    """
    if call.answered_at is None or call.state is CallState.ENDED:
        raise calls.NotConnected(state=call.state.name)
    line = gateway.line(call.call_id)
    end = line.ends[page.leg]
    if not line.is_made:
        raise MediaAway
    # From now on what the old leg says is no news, and the page has done what it was asked to.
    end.is_up, end.asked_at = False, gateway.clock
    try:
        worker = gateway.workers.of(line.worker)
        answer = await worker.join(call.call_id, Role(page.leg.value), message.text("sdp"))
    except (GatewayUnavailable, GatewayRejected) as problem:
        raise MediaAway from problem
    page.tell(messages.sdp(answer))


def say(gateway: Gateway, page: Page, call: Call, message: Message) -> None:
    """A line of the chat to the other side. Raises NotConnected, TextTooLong."""
    if call.answered_at is None or call.state is CallState.ENDED:
        raise calls.NotConnected(state=call.state.name)
    text = messages.spoken(message)
    if not text:
        return
    said = messages.said(page.leg.value, text, gateway.service.now())
    gateway.line(call.call_id).said.append(said)
    other = (
        gateway.pages.at(Leg.AGENT, call.agent_id)
        if page.leg is Leg.CITIZEN
        else gateway.pages.at(Leg.CITIZEN, call.call_id)
    )
    if other is not None:
        other.tell(said)


def retell(gateway: Gateway, page: Page, call_id: int) -> None:
    """A page that was loaded anew sees again what was said."""
    line = gateway.lines.get(call_id)
    if line is not None and page.has_line is False:
        for said in line.said:
            page.tell(said)
