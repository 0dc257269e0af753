"""Puts the parts together, once a process."""

import functools
import secrets
from pathlib import Path

from sqlalchemy import Engine

from data import engine as engines
from data import migrate
from data.work import Store
from runtime import procedures, settings
from runtime.secrets import HmacSeal, Passwords
from runtime.service import Service
from runtime.settings import Settings
from runtime.wake import Watcher


def make_secret(path: Path) -> None:
    """A fresh secret, unless there is one; readable by its owner alone."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    path.touch(mode=0o600)
    path.write_text(secrets.token_hex(32))


def open_database(configured: Settings) -> Engine:
    configured.var_dir.mkdir(parents=True, exist_ok=True)
    return engines.open_engine(configured.database_url)


def restore_mark(configured: Settings) -> Path:
    """There while a restore goes on, and after one that did not come to its end."""
    return configured.var_dir / "RESTORING"


def refuse_half_restore(configured: Settings) -> None:
    """Raises SettingRefused."""
    if restore_mark(configured).exists():
        raise settings.SettingRefused(
            "var_dir",
            f"a restore into {configured.var_dir} did not come to its end: empty folders and database, and begin anew.",
        )


def make_service(configured: Settings) -> Service:
    """A service of its own. Demo mode makes the secrets that it needs; production demands them.

    Raises SettingRefused, DatabaseFromNewerVersion.
    """
    refuse_half_restore(configured)
    if configured.is_demo:
        make_secret(configured.code_secret_file)
        make_secret(configured.media_secret_file)
        make_secret(configured.evidence_secret_file)
    engine = open_database(configured)
    try:
        migrate.require_known(engine)
    except migrate.DatabaseFromNewerVersion:
        engine.dispose()
        raise
    seal = HmacSeal(settings.read_secret(configured.code_secret_file, setting="code_secret_file"))
    watcher = Watcher(engine)
    watcher.start()
    return Service(
        settings=configured,
        store=Store(engine, code_seal=seal),
        policy=procedures.load(configured.policy),
        passwords=Passwords(),
        watcher=watcher,
    )


@functools.cache
def service() -> Service:
    """This process's service, made at first use from its settings."""
    return make_service(settings.load())
