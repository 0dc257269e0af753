"""A pool of processes that see: never in the event loop, never in the process that answers.

A process that dies (a crash of a native library, the alarm on one that hangs) breaks the pool; it is replaced, and
what it was doing is done once more. What fails twice is refused, so that one picture cannot stop the service.

Films are sent by anybody who applies, as many as want to; stills come from calls, where an agent and a caller wait.
So films wait in a queue of their own and never take the last process, nor the place of a still in the queue.
"""

import asyncio
import logging
import multiprocessing
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from typing import ParamSpec, TypeVar

from video.vision import worker
from video.vision.wire import Readiness

log = logging.getLogger(__name__)

TIMEOUT_SECONDS = 20.0
_WARM_UP_SECONDS = 120.0
# Waiting longer than a few jobs would run into the timeout anyway: better to say so at once.
_QUEUE_A_WORKER = 6
_FILMS_A_WORKER = 4

P = ParamSpec("P")
T = TypeVar("T")


class Overloaded(Exception):
    """Too many are waiting."""


class JobLost(Exception):
    """The process died over it, twice, or it took too long."""


class Pool:
    """Runs the functions of `worker`. Belongs to one event loop."""

    def __init__(self, workers: int, *, prepare: Callable[[], None] = worker.prepare) -> None:
        self._workers = workers
        self._prepare = prepare
        self._executor = self._start()
        self._waiting = 0
        self._films = 0
        # With one process alone a still waits for one film at most.
        self._film_turn = asyncio.Semaphore(max(1, workers - 1))
        self.readiness: Readiness | None = None

    async def warm(self) -> None:
        """Loads the models now and not with the first caller."""
        self.readiness = await self._within(_WARM_UP_SECONDS, worker.checks)

    async def run(self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """The job's answer, or what it raises. Raises Overloaded, JobLost."""
        if self._waiting >= self._workers * _QUEUE_A_WORKER:
            raise Overloaded
        self._waiting += 1
        try:
            return await self._within(TIMEOUT_SECONDS, job, *args, **kwargs)
        finally:
            self._waiting -= 1

    async def run_film(self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """As `run`, after the films before it, for which it waits as long as the job itself may take."""
        if self._films >= self._workers * _FILMS_A_WORKER:
            raise Overloaded
        self._films += 1
        try:
            async with asyncio.timeout(TIMEOUT_SECONDS):
                await self._film_turn.acquire()
                looked = asyncio.ensure_future(self._twice(job, *args, **kwargs))
                looked.add_done_callback(self._next_film)
                # Whoever gives up frees no process: the next film's turn comes when this one is done with.
                return await asyncio.shield(looked)
        except TimeoutError as error:
            raise JobLost("timeout") from error
        finally:
            self._films -= 1

    def _next_film(self, looked: asyncio.Future[T]) -> None:
        self._film_turn.release()
        if not looked.cancelled():
            # Read, as nobody may wait for it any more.
            looked.exception()

    def close(self) -> None:
        self._executor.shutdown(wait=False, cancel_futures=True)

    async def _within(self, seconds: float, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        try:
            async with asyncio.timeout(seconds):
                return await self._twice(job, *args, **kwargs)
        except TimeoutError as error:
            raise JobLost("timeout") from error

    async def _twice(self, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        for _ in range(2):
            executor = self._executor
            try:
                return await asyncio.wrap_future(executor.submit(job, *args, **kwargs))
            except BrokenProcessPool:
                self._replace(executor)
        raise JobLost("crash")

    def _replace(self, broken: ProcessPoolExecutor) -> None:
        """Whoever notices first starts the next pool; those who waited with them find it there."""
        if self._executor is broken:
            log.warning("a vision process died, starting another pool")
            broken.shutdown(wait=False, cancel_futures=True)
            self._executor = self._start()

    def _start(self) -> ProcessPoolExecutor:
        # Spawned, not forked: native libraries with threads do not survive a fork.
        context = multiprocessing.get_context("spawn")
        return ProcessPoolExecutor(self._workers, mp_context=context, initializer=self._prepare)
