"""The portal's process: public CA endpoints, public pages, and in demo mode the demo phone.

`uvicorn portal.app:create --factory` starts it. It opens the OCSP key and no other.
"""

import asyncio
import contextlib
import logging
import sys
from collections.abc import AsyncIterator
from importlib import resources
from pathlib import Path

from anyio import to_thread
from starlette.applications import Starlette
from starlette.exceptions import HTTPException
from starlette.middleware import Middleware
from starlette.routing import BaseRoute, Mount, Route
from starlette.staticfiles import StaticFiles

from ca_core.errors import Refusal
from ca_core.x509.ocsp import Responder
from portal import files, health, keyagent_download, limits, published, refusals, status_protocol, words
from portal.call_dossier import Dossiers
from portal.limits import Limits
from portal.pages import (
    bmg,
    cabinet_acts,
    cabinet_sign_in,
    call_start,
    get_agent,
    get_begin,
    get_codes,
    get_key,
    get_terms,
    kenes_page,
    landing,
    not_me,
    renewal,
    status,
    verification,
    verify,
    video_call,
)
from portal.parts import Parts
from portal.protection import AccessLog, BodyLimit, LastResort, OwnFormsOnly, Protection
from portal.published import PublicFiles
from portal.pulse import Pulse
from portal.uses import UseBook
from runtime import authority, logs, settings, wiring
from runtime.service import Service

log = logging.getLogger(__name__)

# With the four of OCSP, the flush and the watcher: as many connections as the pool gives.
_THREADS = 8

PUBLIC_ROUTES: tuple[BaseRoute, ...] = (
    Route("/cps", landing.practice),
    Route("/ocsp", status_protocol.by_post, methods=["POST"]),
    Route("/ocsp/{question:path}", status_protocol.by_get),
    *(Route(f"/crl/{name}", files.show) for name in published.LISTS),
    *(Route(f"/ca/{name}", files.show) for name in published.CERTIFICATES),
    Route("/health", health.health),
    Route("/ready", health.ready),
    Mount("/static", StaticFiles(directory=str(resources.files("portal").joinpath("static")))),
)
ROUTES: tuple[BaseRoute, ...] = (
    Route("/", landing.show),
    Route("/status", status.by_address, methods=["GET"]),
    Route("/status", status.by_form, methods=["POST"]),
    Route("/api/status", status.as_json),
    Route("/api/renewals/{number}/signature", renewal.sign, methods=["POST"]),
    Route("/bmg", bmg.show, methods=["GET"]),
    Route("/bmg", bmg.look_up, methods=["POST"]),
    Route("/kenes", kenes_page.show),
    Route("/call/start", call_start.show, methods=["GET"]),
    Route("/call/start", call_start.fill_in, methods=["POST"]),
    Route("/call", video_call.show, methods=["GET"]),
    Route("/call", video_call.open_, methods=["POST"]),
    Route("/call/ticket", video_call.hand_ticket, methods=["POST"]),
    Route("/call/back", video_call.call_me_back, methods=["POST"]),
    Route("/call/back/{token}", call_start.invited),
    Route("/not-me/{token}", not_me.show, methods=["GET"]),
    Route("/not-me/{token}", not_me.act, methods=["POST"]),
    Route("/verify", verify.show, methods=["GET"]),
    Route("/verify", verify.check, methods=["POST"]),
    Route("/cabinet", cabinet_sign_in.show, methods=["GET"]),
    Route("/cabinet/code", cabinet_sign_in.ask_code, methods=["GET"]),
    Route("/cabinet/code", cabinet_sign_in.confirm, methods=["POST"]),
    # Who changes the language of a page that refused what was typed asks for its address.
    Route("/cabinet/code/send", cabinet_sign_in.ask_code, methods=["GET"]),
    Route("/cabinet/code/send", cabinet_sign_in.send, methods=["POST"]),
    Route("/cabinet/key", cabinet_sign_in.by_signature, methods=["POST"]),
    Route("/cabinet/key/nonce", cabinet_sign_in.nonce, methods=["POST"]),
    Route("/cabinet/sign-out", cabinet_sign_in.sign_out, methods=["POST"]),
    *cabinet_acts.ROUTES,
    Route("/keyagent/{name}", keyagent_download.show),
    *get_begin.ROUTES,
    *get_codes.ROUTES,
    *get_agent.ROUTES,
    *get_terms.ROUTES,
    *get_key.ROUTES,
    Route("/get/face", verification.show, methods=["GET"]),
    Route("/get/face/draw", verification.draw, methods=["POST"]),
    Route("/get/face/burst", verification.burst, methods=["POST"]),
    Route("/get/face/judge", verification.judge, methods=["POST"]),
    *PUBLIC_ROUTES,
)


def make_app(
    service: Service,
    responder: Responder,
    *,
    public_dir: Path,
    limited: Limits | None = None,
    public_only: bool = False,
) -> Starlette:
    """The application over what it is handed; tests hand it theirs.

    `public_only` leaves the signed public endpoints, which may be served on plain http to everybody.
    """
    tls = service.settings.portal_url.startswith("https:") and not public_only
    app = Starlette(
        routes=PUBLIC_ROUTES if public_only else [*ROUTES, *_demo_routes(service)],
        middleware=[
            Middleware(AccessLog),
            Middleware(
                Protection,
                tls=tls,
                video_url=service.settings.video_url,
                keyagent_port=service.settings.keyagent_port,
            ),
            Middleware(LastResort, answer=refusals.failed),
            Middleware(OwnFormsOnly, refuse=refusals.foreign_form),
            Middleware(BodyLimit),
        ],
        exception_handlers={Refusal: refusals.refused, HTTPException: refusals.turned_away},
        lifespan=_living,
    )
    app.state.parts = Parts(
        service=service,
        responder=responder,
        files=PublicFiles(public_dir),
        uses=UseBook(service),
        pulse=Pulse(service.watcher),
        limits=limited or limits.usual(),
        words=words.load(),
        dossiers=Dossiers(service.settings),
        public_only=public_only,
    )
    return app


def create() -> Starlette:
    """The application of this process, from its settings; ends it with a sentence where it may not or cannot run."""
    return _create("portal", public_only=False)


def create_public() -> Starlette:
    """The same for the listener that relying parties reach on plain http (RFC 5280, 8: no TLS to fetch a list)."""
    return _create("public", public_only=True)


def _create(process: str, *, public_only: bool) -> Starlette:
    try:
        service = wiring.service()
        settings.check_production(service.settings, secrets=("ocsp_secret_file", "code_secret_file"))
        logs.configure(service.settings, process=process)
        _adopt_the_servers_log()
        responder = authority.responder(service.settings)
    except settings.SettingRefused as refused:
        sys.exit(f"portal: {refused}")
    except authority.AuthorityMissing:
        sys.exit("portal: there is no certificate authority here yet; run `qoltanba ca init`")
    folder = authority.public_dir(service.settings)
    return make_app(service, responder, public_dir=folder, public_only=public_only)


def _demo_routes(service: Service) -> list[BaseRoute]:
    if not service.settings.is_demo:
        return []
    # Production never imports the demo.
    from portal.pages import demo_phone  # noqa: PLC0415

    return [
        Route("/demo/phone", demo_phone.show, methods=["GET"]),
        Route("/demo/phone", demo_phone.act, methods=["POST"]),
        Route("/demo/phone/changes", demo_phone.changes),
    ]


def _adopt_the_servers_log() -> None:
    """uvicorn's lines come to our handler alone, and its access log nowhere: it writes whole addresses."""
    for name in ("uvicorn", "uvicorn.error"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.setLevel(logging.NOTSET)
    access = logging.getLogger("uvicorn.access")
    access.handlers.clear()
    access.propagate = False


@contextlib.asynccontextmanager
async def _living(app: Starlette) -> AsyncIterator[None]:
    handed: Parts = app.state.parts
    to_thread.current_default_thread_limiter().total_tokens = _THREADS
    handed.pulse.stop_on_signals()
    tasks = [asyncio.create_task(handed.uses.run())]
    if handed.service.settings.is_demo:
        tasks.append(asyncio.create_task(handed.pulse.run()))
    try:
        yield
    finally:
        handed.pulse.stop()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        handed.service.close()
        log.info("portal stopped")
