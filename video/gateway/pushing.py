"""Looks at the database after every change and shows every page the whole truth."""

from functools import partial

from anyio import to_thread

from ca_core.call import Leg
from ca_core.lifecycle import CallState
from video.gateway import messages, scene, snapshots
from video.gateway.gateway import Gateway
from video.gateway.pages import Page
from video.gateway.scene import Scene
from video.gateway.settling import Settling


class Pushing:
    def __init__(self, gateway: Gateway, settling: Settling) -> None:
        self._gateway = gateway
        self._settling = settling

    async def round(self) -> None:
        """One look, shown to every page; then what follows for the media."""
        gateway = self._gateway
        gateway.looks += 1
        pages = gateway.pages
        read = partial(
            scene.read,
            gateway.service,
            citizens=[*pages.numbers(Leg.CITIZEN), *(call_id for _, call_id in pages.observed())],
            agents=pages.numbers(Leg.AGENT),
            lines=list(gateway.lines),
        )
        seen = gateway.scene = await to_thread.run_sync(read)
        for page in pages:
            self.show(page, seen)
        self._settling.round(seen)

    def show(self, page: Page, seen: Scene) -> None:
        lines = self._gateway.lines
        if page.seat.leg is Leg.AGENT:
            desk = seen.desk(page.seat.number)
            page.show(snapshots.of_agent(seen, desk, lines.get(desk.call_id or 0)))
            return
        call = seen.call(page.observed or page.seat.number)
        # A page that came while the database was looked at is in the next look.
        if call is None:
            return
        if page.observed is not None:
            page.show(snapshots.of_observer(seen, call, lines.get(call.call_id)))
            if call.state is CallState.ENDED:
                page.close(messages.CALL_ENDED)
            return
        page.show(snapshots.of_citizen(seen, call, lines.get(call.call_id)))
        if snapshots.is_last(seen, call):
            page.close(messages.CALL_ENDED)
