"""What is looked after every few seconds: the quality of the lines, and whether agents are agents still."""

import asyncio
import logging

from ca_core import roles, staff
from ca_core.call import Leg
from ca_core.errors import GatewayRejected, GatewayUnavailable
from ca_core.staff import SessionEnded
from video.engine import CallNotKnown
from video.gateway import exchange, media_events, messages
from video.gateway.gateway import Gateway
from video.gateway.lines import Line
from video.gateway.pages import Page
from video.gateway.service import Work

log = logging.getLogger(__name__)


async def watch_lines(gateway: Gateway) -> None:
    """Loss and delay of every line, as its worker measures them."""
    made = [line for line in gateway.lines.values() if line.is_made and not line.is_busy]
    before = [_qualities(line) for line in made]
    await asyncio.gather(*(_measure(gateway, line) for line in made))
    if [_qualities(line) for line in made] != before:
        gateway.pulse.wake()


def _qualities(line: Line) -> tuple[str, ...]:
    return tuple(end.quality for end in line.ends.values())


async def _measure(gateway: Gateway, line: Line) -> None:
    try:
        stats = await gateway.workers.of(line.worker).stats(line.call_id)
    except CallNotKnown:
        line.broke(gateway.clock)
        gateway.pulse.wake()
        return
    except (GatewayUnavailable, GatewayRejected):
        # The lease tells soon enough that a worker is gone.
        return
    for leg in stats.legs:
        line.ends[Leg(leg.role.value)].quality = media_events.quality(leg)


async def turn_out(gateway: Gateway) -> None:
    """The page of an agent whose account was disabled, or who is no agent any more, is closed."""
    pages = [page for page in gateway.pages if page.seat.leg is Leg.AGENT]
    if not pages:
        return
    leaving = await exchange.look(gateway, lambda work: [page for page in pages if not _may_stay(work, page)])
    for page in leaving:
        page.close(messages.TICKET_REFUSED)


def _may_stay(work: Work, page: Page) -> bool:
    try:
        account = staff.account(work, staff_id=page.seat.number)
    except SessionEnded:
        return False
    return roles.may(staff.actor(account), roles.Permission.TAKE_CALLS)
