"""Runs the gateway until SIGTERM."""

from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from video.gateway import app, limits
from video.gateway.service import Options, Service
from video.media.client import MediaClient

_PING_SECONDS = 5.0
_DEAD_SECONDS = 10.0


def make(service: Service, options: Options) -> Starlette:
    """The application with real media workers behind it."""
    media = {address: MediaClient(address, options.media_secret) for address in options.media_addresses}
    return app.make_app(service, options, media)


def config(
    made: Starlette,
    *,
    host: str,
    port: int,
    tls_certificate_file: Path | None = None,
    tls_key_file: Path | None = None,
) -> uvicorn.Config:
    """No access log: addresses of callers are nobody's business. A dead page is noticed by its missing pongs."""
    return uvicorn.Config(
        made,
        host=host,
        port=port,
        ws="websockets-sansio",
        # What is too long for the protocol is closed by its own code; this bounds what is read at all.
        ws_max_size=2 * limits.MESSAGE_BYTES,
        ws_ping_interval=_PING_SECONDS,
        ws_ping_timeout=_DEAD_SECONDS,
        log_config=None,
        access_log=False,
        # The server's own lines of each socket name the caller's address.
        log_level="warning",
        timeout_graceful_shutdown=3,
        ssl_certfile=tls_certificate_file,
        ssl_keyfile=tls_key_file,
    )


def serve(
    service: Service,
    options: Options,
    *,
    host: str,
    port: int,
    tls_certificate_file: Path | None = None,
    tls_key_file: Path | None = None,
) -> None:
    """A second signal ends it at once."""
    made = make(service, options)
    uvicorn.Server(
        config(
            made,
            host=host,
            port=port,
            tls_certificate_file=tls_certificate_file,
            tls_key_file=tls_key_file,
        )
    ).run()
