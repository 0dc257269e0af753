"""Two of the three processes of the video call: gateway, and reader of documents and faces. See `media_worker` too."""

import asyncio
from datetime import timedelta
from urllib.parse import urlsplit

import uvicorn

from runtime import logs, settings, wiring
from runtime.settings import Settings
from video.gateway import serve as gateway_server
from video.gateway.service import Options
from video.media.client import MediaClient
from video.vision import app as vision_app

_GATEWAY_SECRETS = ("code_secret_file", "media_secret_file", "evidence_secret_file")


def worker_address(port: int) -> str:
    return f"http://127.0.0.1:{port}"


def gateway(configured: Settings) -> None:
    """Queue and signalling, until SIGTERM. Raises SettingRefused."""
    logs.configure(configured, process="calls")
    settings.check_production(configured, secrets=_GATEWAY_SECRETS)
    service = wiring.make_service(configured)
    options = Options(
        portal_origin=_origin(configured.portal_url),
        console_origin=_origin(configured.console_url),
        evidence_dir=configured.evidence_dir,
        evidence_secret=settings.evidence_secret(configured),
        media_addresses=tuple(worker_address(port) for port in configured.media_ports),
        media_secret=settings.media_secret(configured),
        turn_urls=tuple(configured.turn_urls.split()),
        turn_secret=_turn_secret(configured),
        relay_only=configured.turn_only == "yes",
        session_idle=timedelta(minutes=configured.session_idle_minutes),
        session_absolute=timedelta(hours=configured.session_absolute_hours),
    )
    try:
        gateway_server.serve(
            service,
            options,
            host=configured.video_host,
            port=configured.video_port,
            tls_certificate_file=configured.tls_certificate_file,
            tls_key_file=configured.tls_key_file,
        )
    finally:
        service.close()


def drain(configured: Settings, number: int) -> int:
    """The calls that go on there. Raises SettingRefused, GatewayUnavailable, GatewayRejected."""
    if not 0 <= number < len(configured.media_ports):
        raise settings.SettingRefused("media_workers", f"there is no worker {number}.")

    async def ask() -> int:
        address = worker_address(configured.media_ports[number])
        async with MediaClient(address, settings.media_secret(configured)) as client:
            await client.drain()
            return len(await client.calls())

    return asyncio.run(ask())


def vision(configured: Settings) -> None:
    """The reader, until SIGTERM. Raises SettingRefused."""
    logs.configure(configured, process="vision")
    settings.check_production(configured, secrets=("media_secret_file",))
    app = vision_app.make_app(
        secret=settings.media_secret(configured).encode(), workers=configured.vision_workers
    )
    uvicorn.run(app, host="127.0.0.1", port=configured.vision_port, log_config=None, access_log=False)


def _origin(url: str) -> str:
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def _turn_secret(configured: Settings) -> str:
    """Raises SettingRefused where TURN servers are named and the secret shared with them is not."""
    if not configured.turn_urls:
        return ""
    if configured.turn_secret_file is None:
        raise settings.SettingRefused("turn_secret_file", "TURN servers need the secret shared with them.")
    return settings.read_secret(configured.turn_secret_file, setting="turn_secret_file").decode()
