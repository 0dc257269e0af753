"""One media worker, which never learns where the database is.

A process of its own beside the command line, for a call whose worker was killed goes on when the next one is up: what
the other processes need is not loaded here, and it is there in a third of the time.
"""

import logging
import sys

from ca_core.errors import Refusal
from runtime import compiling, logs, settings
from runtime.settings import SettingRefused, Settings

log = logging.getLogger(__name__)


def run(configured: Settings, number: int) -> None:
    """Until SIGTERM. Raises SettingRefused, and PortTaken before it opens anything."""
    logs.configure(configured, process=f"media-{number}")
    settings.check_production(configured, secrets=("media_secret_file", "evidence_secret_file"))
    if not 0 <= number < len(configured.media_ports):
        raise settings.SettingRefused("media_workers", f"there is no worker {number}.")
    is_compiled = compiling.use()
    # Not before the compiled ones are in their place.
    from video.media import app as media  # noqa: PLC0415
    from video.media import port as media_port  # noqa: PLC0415
    from video.media.ice import IceSettings  # noqa: PLC0415

    udp_port = configured.media_udp(number)
    media_port.require_free(udp_port, configured.media_host.split() or None)
    log.info("media worker starts", extra={"is_compiled": is_compiled})
    media.serve(
        settings=media.WorkerSettings(
            secret=settings.media_secret(configured),
            evidence_dir=configured.evidence_dir,
            evidence_secret=settings.evidence_secret(configured),
            addresses=IceSettings(
                bind_host=configured.media_host or None,
                advertised_host=configured.media_advertised_host or None,
                udp_port=udp_port,
            ),
            engine_kind=configured.video_engine,
        ),
        port=configured.media_ports[number],
    )


def main() -> None:
    """`python -m runtime.media_worker NUMBER`. What is refused is one sentence on the error stream, never a trace."""
    try:
        run(settings.load(), int(sys.argv[1]))
    except SettingRefused as refused:
        raise SystemExit(str(refused)) from None
    except Refusal as refusal:
        facts = ", ".join(f"{key}={value}" for key, value in refusal.facts.items())
        raise SystemExit(f"refused: {refusal.code} ({facts})") from None


if __name__ == "__main__":
    main()
