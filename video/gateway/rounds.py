"""What is looked after every few seconds: the quality of the lines, and whether agents are agents still."""

import asyncio
import logging

from ca_core import roles, staff
from ca_core.call import Leg
from ca_core.errors import GatewayRejected, GatewayUnavailable
from ca_core.staff import SessionEnded
from video.engine import CallNotKnown, Role
from video.gateway import exchange, media_events, messages, observer
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
    # Their page is gone: closed, or lost by a gateway that was started anew.
    here = gateway.pages.observed()
    for number in stats.observers:
        if (number, line.call_id) not in here:
            await observer.dismiss(gateway, line.call_id, number)


async def turn_out(gateway: Gateway) -> None:
    """The page of an agent or an observer whose account was disabled, who has lost the role, or whose session of the
    console ended (signed out, here or everywhere, idle, past its limit) is closed, and their end of the media with it:
    a page that does not obey sees and hears nobody any more.
    """
    pages = [page for page in gateway.pages if page.seat.leg is not Leg.CITIZEN]
    if not pages:
        return

    def leaving(work: Work) -> list[Page]:
        ended = ended_sessions(gateway, work, {page.session_digest for page in pages})
        return [page for page in pages if page.session_digest in ended or not _may_stay(work, page)]

    for page in await exchange.look(gateway, leaving):
        page.close(messages.TICKET_REFUSED)
        await _cut_off(gateway, page)


async def _cut_off(gateway: Gateway, page: Page) -> None:
    if page.observed is not None:
        await observer.dismiss(gateway, page.observed, page.seat.number)
        return
    carried = [
        line for line in gateway.lines.values() if line.is_made and line.ends[Leg.AGENT].page == page.number
    ]
    for line in carried:
        try:
            await gateway.workers.of(line.worker).leave(line.call_id, Role.AGENT)
        except (CallNotKnown, GatewayUnavailable, GatewayRejected):
            # Gone already, or with its worker.
            log.info("nothing to cut off", extra={"call": line.call_id})


def ended_sessions(gateway: Gateway, work: Work, digests: set[bytes]) -> frozenset[bytes]:
    """Which of these sessions of the console are over."""
    options = gateway.options
    return staff.ended(
        work,
        token_digests=digests,
        idle=options.session_idle,
        absolute=options.session_absolute,
        now=gateway.service.now(),
    )


def _may_stay(work: Work, page: Page) -> bool:
    try:
        account = staff.account(work, staff_id=page.seat.number)
        require_seat(staff.actor(account), page.seat.leg)
    except (SessionEnded, roles.NotAllowed):
        return False
    return True


def require_seat(actor: roles.Actor, leg: Leg | None) -> None:
    """Of a member of staff. Raises NotAllowed."""
    roles.require(actor, roles.Permission.LISTEN_IN if leg is None else roles.Permission.TAKE_CALLS)
