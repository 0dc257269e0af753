"""The gateway's application: one WebSocket for both pages, the device check, health and figures."""

import asyncio
import contextlib
import hmac
import logging
from collections.abc import AsyncIterator, Coroutine, Mapping

from anyio import to_thread
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route, WebSocketRoute
from starlette.websockets import WebSocket

from video.gateway import loops, metrics, probe, rounds, sockets
from video.gateway.dispatcher import Dispatcher
from video.gateway.gateway import Gateway
from video.gateway.media_events import Book, Ear
from video.gateway.pushing import Pushing
from video.gateway.sealing import Sealing
from video.gateway.service import MediaWorker, Options, Service
from video.gateway.settling import Settling

log = logging.getLogger(__name__)

# The longest that a deadline, a lost page or a dead worker goes unnoticed.
_LOOK_SECONDS = 0.5
_QUALITY_SECONDS = 2.0
_STAFF_SECONDS = 5.0
_SEAL_SECONDS = 2.0
# Fewer than the connections that the pool gives: a database that is locked makes them wait, not fail.
_THREADS = 12


def make_app(service: Service, options: Options, media: Mapping[str, MediaWorker]) -> Starlette:
    """The application over what it is handed; `media` are the workers by the address that a call keeps."""
    gateway = Gateway(service, options, media)

    async def calls(socket: WebSocket) -> None:
        await sockets.serve(gateway, socket)

    async def check_devices(request: Request) -> Response:
        return await probe.answer(gateway, request)

    async def health(_request: Request) -> Response:
        return JSONResponse({"alive": True})

    async def ready(_request: Request) -> Response:
        is_ready = gateway.scene is not None and bool(gateway.workers.live())
        return JSONResponse({"ready": is_ready}, 200 if is_ready else 503)

    async def figures(request: Request) -> Response:
        if not _may_read_figures(request, options.media_secret):
            return Response(status_code=401, headers={"WWW-Authenticate": "Bearer"})
        return PlainTextResponse(metrics.text(gateway), media_type="text/plain; version=0.0.4")

    @contextlib.asynccontextmanager
    async def living(_app: Starlette) -> AsyncIterator[None]:
        async with _living(gateway):
            yield

    return Starlette(
        routes=[
            WebSocketRoute("/calls", calls),
            Route("/probe", check_devices, methods=["POST", "OPTIONS"]),
            Route("/health", health),
            Route("/ready", ready),
            Route("/metrics", figures),
        ],
        lifespan=living,
    )


def _may_read_figures(request: Request, secret: str) -> bool:
    """Whoever knows the media workers' secret; nobody where none is set up."""
    shown = request.headers.get("authorization", "").encode()
    return bool(secret) and hmac.compare_digest(shown, f"Bearer {secret}".encode())


@contextlib.asynccontextmanager
async def _living(gateway: Gateway) -> AsyncIterator[None]:
    to_thread.current_default_thread_limiter().total_tokens = _THREADS
    gateway.began_at = gateway.clock
    settling, book = Settling(gateway), Book(gateway)
    tasks = [asyncio.create_task(each) for each in _loops(gateway, settling, book)]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await settling.stop()
        for link in gateway.workers.links.values():
            await link.client.aclose()
        log.info("video gateway stopped")


def _loops(gateway: Gateway, settling: Settling, book: Book) -> list[Coroutine[None, None, None]]:
    pulse = gateway.pulse
    pushing, dispatcher, sealing = Pushing(gateway, settling), Dispatcher(gateway), Sealing(gateway)

    async def qualities() -> None:
        await rounds.watch_lines(gateway)
        await asyncio.sleep(_QUALITY_SECONDS)

    async def staff() -> None:
        await rounds.turn_out(gateway)
        await asyncio.sleep(_STAFF_SECONDS)

    async def seals() -> None:
        await sealing.round()
        await asyncio.sleep(_SEAL_SECONDS)

    return [
        pulse.run(),
        book.run(),
        loops.keep("pages", pulse, pushing.round, every_seconds=_LOOK_SECONDS),
        loops.keep("dispatcher", pulse, dispatcher.round, every_seconds=_LOOK_SECONDS),
        loops.keep("qualities", pulse, qualities, every_seconds=_QUALITY_SECONDS),
        loops.keep("staff", pulse, staff, every_seconds=_STAFF_SECONDS),
        loops.keep("seals", pulse, seals, every_seconds=_SEAL_SECONDS),
        *(Ear(gateway, link, book).run() for link in gateway.workers.links.values()),
    ]
