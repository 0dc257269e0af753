"""The console as one ASGI application: `streamlit run console/app.py`.

The gate stands outermost, then our routes, then Streamlit with the script `desk.py`.
"""

import asyncio
import gc
import logging
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import streamlit as st
from starlette.middleware import Middleware

_HERE = Path(__file__).resolve().parent
# Streamlit puts the script's own folder on the path, not the one above it that holds our rooms.
if str(_HERE.parent) not in sys.path:
    sys.path.append(str(_HERE.parent))

from console import desk_errors, gate, pages, routes  # noqa: E402
from console.gate import Gate  # noqa: E402
from console.sessions import Sessions  # noqa: E402
from runtime import logs, settings, wiring  # noqa: E402
from runtime.settings import SettingRefused  # noqa: E402

# Streamlit would collect after every run, at twelve times the cost of the run; config.toml switches that off.
_COLLECT_EVERY_SECONDS = 30.0


async def _collect() -> None:
    while True:
        await asyncio.sleep(_COLLECT_EVERY_SECONDS)
        gc.collect()


def _require_allowed() -> None:
    """Production refuses what only a demo may have; without its own options the console would know nobody.

    Raises SettingRefused.
    """
    configured = _service.settings
    trusted = st.get_option("server.trustedUserHeaders")
    if trusted != {gate.STAFF_HEADER: "sub", gate.SESSION_HEADER: "session"}:
        raise SettingRefused("server.trustedUserHeaders", "console/.streamlit/config.toml was not read.")
    settings.check_production(
        configured, secrets=("code_secret_file", "media_secret_file", "evidence_secret_file")
    )
    if not configured.is_demo:
        with _service.look() as work:
            settings.refuse_demo_accounts(configured, accounts=len(work.accounts.demo_logins()))


@asynccontextmanager
async def _lifespan(_app: st.App) -> AsyncIterator[dict[str, Any] | None]:
    _require_allowed()
    logs.configure(_service.settings, process="console")
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        # Started by Streamlit they have handlers of their own: every line would appear twice.
        logging.getLogger(name).handlers.clear()
        # Each request and each socket would be a line, with its query.
        logging.getLogger(name).setLevel(logging.WARNING)
    # What start-up made lives as long as the process: the collector need not look at it again.
    gc.collect()
    gc.freeze()
    tasks = [asyncio.create_task(_sessions.keep()), asyncio.create_task(_collect())]
    try:
        yield None
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        _service.watcher.stop()


_service = wiring.service()
_sessions = Sessions(_service)

app = st.App(
    _HERE / "desk.py",
    routes=list(routes.make(_service)),
    middleware=[
        Middleware(Gate, settings=_service.settings, sessions=_sessions, page_paths=pages.PATHS),
    ],
    lifespan=_lifespan,
    on_script_error=desk_errors.shown,
)
