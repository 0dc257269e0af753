"""Takes the steps that `lines.plan` names: places calls, asks pages to join, writes down what the line does.

Each call's steps run by themselves: a worker or a page that does not answer delays no other call. A step that is
refused is no matter: the next look at the database names the right one.
"""

import asyncio
import logging
from functools import partial

from ca_core.call import Call, Leg
from ca_core.errors import GatewayRejected, GatewayUnavailable, Refusal
from ca_core.lifecycle import CallState
from ca_core.registration import call as calls
from video.gateway import lines, loops, media_events, messages
from video.gateway.gateway import Gateway
from video.gateway.lines import Line
from video.gateway.pages import Page
from video.gateway.scene import Scene
from video.gateway.service import SYSTEM
from video.gateway.workers import LEASE_SECONDS

log = logging.getLogger(__name__)

_STEPS_AT_MOST_SECONDS = 20.0


class Settling:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._tasks: set[asyncio.Task[None]] = set()

    def round(self, scene: Scene) -> None:
        """Begins what is to be done for every call; returns at once."""
        gateway = self._gateway
        for call in scene.calls:
            if call.accepted_at is not None:
                gateway.line(call.call_id)
        for line in tuple(gateway.lines.values()):
            if line.is_busy or line.settled_at_read >= gateway.looks:
                continue
            known = scene.call(line.call_id)
            if known is None or known.state is CallState.ENDED:
                self._begin(line, None)
            else:
                self._meet(known, line)
                self._begin(line, known)

    async def stop(self) -> None:
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _meet(self, call: Call, line: Line) -> None:
        """Which of the two pages are here now."""
        now = self._gateway.clock
        for leg, end in line.ends.items():
            number = call.call_id if leg is Leg.CITIZEN else call.agent_id
            page = self._gateway.pages.at(leg, number)
            if page is None:
                if end.is_here:
                    end.went(now)
                elif end.gone_at is None:
                    end.gone_at = self._patience(now)
            elif page.number != end.page:
                end.came(page.number, now, has_line=page.has_line)

    def _patience(self, now: float) -> float:
        """Pages that were there before this gateway have a while to find it."""
        back_by = self._gateway.began_at + lines.PAGES_RETURN_SECONDS
        return max(now, back_by - lines.PAGE_AWAY_SECONDS)

    def _begin(self, line: Line, call: Call | None) -> None:
        gateway = self._gateway
        if call is None:
            steps: list[lines.Step] = [lines.Close()] if line.is_made else []
            if not steps:
                del gateway.lines[line.call_id]
        else:
            now = gateway.clock
            is_settled = now >= gateway.began_at + LEASE_SECONDS
            steps = lines.plan(call, line, live=gateway.workers.live(), now=now, is_settled=is_settled)
        if steps:
            line.is_busy = True
            task = asyncio.create_task(self._take(line, call, steps))
            self._tasks.add(task)
            task.add_done_callback(self._tasks.discard)

    async def _take(self, line: Line, call: Call | None, steps: list[lines.Step]) -> None:
        try:
            async with asyncio.timeout(_STEPS_AT_MOST_SECONDS):
                for step in steps:
                    await self._step(line, call, step)
        except (Refusal, GatewayUnavailable, GatewayRejected, TimeoutError) as problem:
            log.info("a step was not taken", extra={"call_id": line.call_id, "problem": str(problem)})
            await asyncio.sleep(0.5)
        except Exception:  # the one handler of this loop: a bug in one call is no other call's matter
            log.exception("a step failed", extra={"call_id": line.call_id})
            await asyncio.sleep(1)
        finally:
            line.is_busy = False
            line.settled_at_read = self._gateway.looks
            self._gateway.pulse.wake()

    async def _step(self, line: Line, call: Call | None, step: lines.Step) -> None:
        match step:
            case lines.Close():
                await self._close(line)
            case lines.Place():
                await self._place(line)
            case lines.Join(leg) if call is not None:
                self._ask_to_join(line, call, leg)
            case lines.Hold(on):
                await self._gateway.workers.of(line.worker).hold(line.call_id, on)
                line.is_held = on
            case lines.Record():
                await self._gateway.workers.of(line.worker).start_recording(line.call_id)
                # The worker may tell of a failure before it answers.
                line.is_recording = self._gateway.clock >= line.record_not_before
            case _:
                await loops.perform(partial(self._write, line.call_id, step))

    async def _close(self, line: Line) -> None:
        """A worker that is gone has closed its calls."""
        link = self._gateway.workers.live().get(line.worker)
        if link is not None:
            await link.client.close(line.call_id)
        line.is_made = False

    async def _place(self, line: Line) -> None:
        """On the worker that carried it, when that one lives, else on the best."""
        gateway = self._gateway
        link = gateway.workers.best()
        call = gateway.scene.call(line.call_id) if gateway.scene is not None else None
        if call is not None and call.worker in gateway.workers.live():
            link = gateway.workers.links[call.worker]
        await link.client.create_call(line.call_id)
        gateway.workers.placed(link)
        await loops.perform(partial(self._placed, line.call_id, link.address))
        # It may have been carrying the call all the time.
        media_events.found(line, await link.client.stats(line.call_id), gateway.clock)
        line.worker = link.address

    def _placed(self, call_id: int, worker: str) -> None:
        with self._gateway.service.work() as work:
            calls.placed(work, actor=SYSTEM, call_id=call_id, worker=worker, now=self._gateway.service.now())

    def _ask_to_join(self, line: Line, call: Call, leg: Leg) -> None:
        page = self.page_of(call, leg)
        if page is not None:
            page.tell(messages.join(self._gateway.ice_servers(page)))
            line.ends[leg].asked_at = self._gateway.clock

    def page_of(self, call: Call, leg: Leg) -> Page | None:
        return self._gateway.pages.at(leg, call.call_id if leg is Leg.CITIZEN else call.agent_id)

    def _write(self, call_id: int, step: lines.Step) -> None:
        service = self._gateway.service
        with service.work() as work:
            now = service.now()
            match step:
                case lines.Connected():
                    calls.connected(work, actor=SYSTEM, call_id=call_id, now=now)
                case lines.CameBack():
                    calls.came_back(work, actor=SYSTEM, call_id=call_id, now=now)
                case lines.Lost(leg, why):
                    calls.lost(work, actor=SYSTEM, call_id=call_id, leg=leg, why=why.value, now=now)
                case _:
                    raise AssertionError(f"no step of the database: {step}")
