"""The vision service: pictures in, verdicts out, on loopback, for those who know the secret.

    POST /documents          the bytes of a still -> its machine-readable zone
    POST /faces?role=        the bytes of a picture -> the faces in it, and what is wrong with it
    POST /aligned            the bytes of a picture -> the largest face in it as JPEG, its eyes in their place
    POST /comparisons        multipart: two or three of live, document, portrait -> the distances between them
    POST /bursts             multipart: some frames -> where the face is in each
    POST /clips              multipart: all frames of a verification, what was asked, the portrait -> what they show
    GET  /health /ready      alive; models loaded, and which checks are off

Nothing is kept: no picture, no embedding, no name of anybody (R14).
"""

import asyncio
import contextlib
import hmac
import logging
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from http import HTTPStatus
from typing import ParamSpec, TypeVar

from starlette.applications import Starlette
from starlette.datastructures import UploadFile
from starlette.formparsers import MultiPartException
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from video.vision import clip_wire, wire, worker
from video.vision.clip_wire import FRAME_LIMIT_BYTES, FRAMES_LIMIT
from video.vision.pool import JobLost, Overloaded, Pool
from video.vision.wire import SIZE_LIMIT_BYTES, CheckIsOff, PictureUndecodable, Role

log = logging.getLogger(__name__)

# Three pictures, and what multipart writes around them.
_FORM_LIMIT_BYTES = 3 * SIZE_LIMIT_BYTES + 64 * 1024
_LEAST_COMPARED = 2
# All frames of a verification, the portrait, and what multipart writes around them: what the portal took one by one
# must not be refused as a whole.
_FILM_LIMIT_BYTES = FRAMES_LIMIT * FRAME_LIMIT_BYTES + SIZE_LIMIT_BYTES + 128 * 1024

P = ParamSpec("P")
T = TypeVar("T")
Endpoint = Callable[[Request], Awaitable[Response]]


@dataclass(frozen=True, slots=True)
class _Film:
    """What a form brought: frames in their order, what was asked (JSON), the portrait to compare with."""

    frames: tuple[bytes, ...]
    plan: str
    portrait: bytes | None


class _Said(Exception):
    """Ends a request with a status and a stable code."""

    def __init__(self, status: HTTPStatus, code: str) -> None:
        super().__init__(code)
        self.status, self.code = status, code


def make_app(*, secret: bytes, workers: int) -> Starlette:
    """`secret` is what callers show as a bearer token; `workers` is how many pictures are looked at at once."""

    @contextlib.asynccontextmanager
    async def lifespan(app: Starlette) -> AsyncIterator[None]:
        app.state.pool = pool = Pool(workers)
        warming = asyncio.create_task(_warm(pool))
        yield
        warming.cancel()
        pool.close()

    def guarded(endpoint: Endpoint) -> Endpoint:
        async def answer(request: Request) -> Response:
            try:
                _demand(request, secret)
                return await endpoint(request)
            except _Said as said:
                return JSONResponse({"code": said.code}, said.status)

        return answer

    return Starlette(
        routes=[
            Route("/health", _health),
            Route("/ready", guarded(_ready)),
            Route("/documents", guarded(_documents), methods=["POST"]),
            Route("/faces", guarded(_faces), methods=["POST"]),
            Route("/aligned", guarded(_aligned), methods=["POST"]),
            Route("/comparisons", guarded(_comparisons), methods=["POST"]),
            Route("/bursts", guarded(_bursts), methods=["POST"]),
            Route("/clips", guarded(_clips), methods=["POST"]),
        ],
        lifespan=lifespan,
    )


async def _warm(pool: Pool) -> None:
    try:
        await pool.warm()
    except JobLost:
        log.warning("the vision models could not be loaded")


def _demand(request: Request, secret: bytes) -> None:
    shown = request.headers.get("authorization", "").encode()
    if not hmac.compare_digest(shown, b"Bearer " + secret):
        raise _Said(HTTPStatus.UNAUTHORIZED, "vision.unauthorized")


async def _health(_request: Request) -> Response:
    return JSONResponse({"alive": True})


async def _ready(request: Request) -> Response:
    readiness = _pool(request).readiness
    if readiness is None:
        raise _Said(HTTPStatus.SERVICE_UNAVAILABLE, "vision.warming")
    return JSONResponse(wire.readiness_to_json(readiness))


async def _documents(request: Request) -> Response:
    picture = await _body(request, SIZE_LIMIT_BYTES)
    reading = await _run(request, worker.read_document, picture, _today())
    return JSONResponse(wire.reading_to_json(reading))


async def _faces(request: Request) -> Response:
    try:
        role = Role(request.query_params.get("role", ""))
    except ValueError as error:
        raise _Said(HTTPStatus.BAD_REQUEST, "vision.role") from error
    picture = await _body(request, SIZE_LIMIT_BYTES)
    return JSONResponse(wire.faces_to_json(await _run(request, worker.find_faces, picture, role, _today())))


async def _aligned(request: Request) -> Response:
    jpeg = await _run(request, worker.align, await _body(request, SIZE_LIMIT_BYTES))
    if jpeg is None:
        raise _Said(HTTPStatus.UNPROCESSABLE_ENTITY, "vision.no_face")
    return Response(jpeg, media_type="image/jpeg")


async def _comparisons(request: Request) -> Response:
    pictures = await _pictures(request)
    if len(pictures) < _LEAST_COMPARED:
        raise _Said(HTTPStatus.BAD_REQUEST, "vision.pictures")
    comparison = await _run(request, worker.compare, pictures, _today())
    return JSONResponse(wire.comparison_to_json(comparison))


async def _bursts(request: Request) -> Response:
    film = await _film(request)
    return JSONResponse(clip_wire.burst_to_json(await _run_film(request, worker.glance, film.frames)))


async def _clips(request: Request) -> Response:
    film = await _film(request)
    try:
        plan = clip_wire.plan_from_text(film.plan)
    except (ValueError, KeyError, TypeError) as error:
        raise _Said(HTTPStatus.BAD_REQUEST, "vision.plan") from error
    if len(plan.frames) != len(film.frames):
        raise _Said(HTTPStatus.BAD_REQUEST, "vision.plan")
    found = await _run_film(request, worker.verify, film.frames, plan, film.portrait)
    return JSONResponse(clip_wire.verified_to_json(found))


async def _film(request: Request) -> _Film:
    """Frames in the order of the form. Nothing is decoded here."""
    _limit(request, _FILM_LIMIT_BYTES)
    try:
        async with request.form(max_files=FRAMES_LIMIT + 1, max_fields=1) as form:
            parts = [
                (name, await part.read()) for name, part in form.multi_items() if isinstance(part, UploadFile)
            ]
            plan = form.get("plan", "")
    except MultiPartException as error:
        raise _Said(HTTPStatus.BAD_REQUEST, "vision.pictures") from error
    frames = tuple(data for name, data in parts if name == "frame")
    if not 0 < len(frames) <= FRAMES_LIMIT or any(len(data) > FRAME_LIMIT_BYTES for data in frames):
        raise _Said(HTTPStatus.BAD_REQUEST, "vision.frames")
    return _Film(frames, str(plan), next((data for name, data in parts if name == "portrait"), None))


async def _run(request: Request, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    return await _answered(_pool(request).run(job, *args, **kwargs))


async def _run_film(request: Request, job: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    return await _answered(_pool(request).run_film(job, *args, **kwargs))


async def _answered(answer: Awaitable[T]) -> T:
    try:
        return await answer
    except PictureUndecodable as error:
        raise _Said(HTTPStatus.UNPROCESSABLE_ENTITY, "vision.picture_undecodable") from error
    except CheckIsOff as error:
        raise _Said(HTTPStatus.NOT_IMPLEMENTED, "vision.check_off") from error
    except (JobLost, Overloaded) as error:
        raise _Said(HTTPStatus.SERVICE_UNAVAILABLE, "vision.unavailable") from error


async def _body(request: Request, limit_bytes: int) -> bytes:
    _limit(request, limit_bytes)
    return await request.body()


async def _pictures(request: Request) -> dict[Role, bytes]:
    _limit(request, _FORM_LIMIT_BYTES)
    try:
        async with request.form(max_files=len(Role), max_fields=0) as form:
            found = [(Role(name), part) for name, part in form.multi_items()]
            parts = {role: await part.read() for role, part in found if isinstance(part, UploadFile)}
    except (MultiPartException, ValueError) as error:
        raise _Said(HTTPStatus.BAD_REQUEST, "vision.pictures") from error
    if any(len(data) > SIZE_LIMIT_BYTES for data in parts.values()):
        raise _Said(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "vision.too_large")
    return parts


def _limit(request: Request, limit_bytes: int) -> None:
    """The server holds a sender to the length that it announced, so the announcement is enough."""
    length = request.headers.get("content-length", "")
    if not length.isdecimal():
        raise _Said(HTTPStatus.LENGTH_REQUIRED, "vision.length")
    if int(length) > limit_bytes:
        raise _Said(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "vision.too_large")


def _pool(request: Request) -> Pool:
    pool = request.app.state.pool
    assert isinstance(pool, Pool)
    return pool


def _today() -> date:
    return datetime.now(UTC).date()
