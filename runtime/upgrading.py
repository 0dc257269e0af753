"""An older database is brought to this version's schema when the system starts, after a copy was made."""

import contextlib
import logging
from pathlib import Path

from sqlalchemy import Engine

from data import copying, migrate
from runtime import backup, wiring
from runtime.backup_parts import BackupRefused
from runtime.files import sync_folder
from runtime.service import clock
from runtime.settings import Settings

log = logging.getLogger(__name__)


def bring_up(configured: Settings) -> bool:
    """Whether anything had to be done. The database is as it was when this raises.

    Raises DatabaseFromNewerVersion, BackupRefused, SettingRefused.
    """
    wiring.refuse_half_restore(configured)
    engine = wiring.open_database(configured)
    try:
        before = migrate.require_known(engine)
        if before is not None and before != migrate.head(engine):
            _copy(configured, engine, before)
        return migrate.upgrade(engine)
    finally:
        engine.dispose()


def _copy(configured: Settings, engine: Engine, revision: str) -> Path:
    """In the folder of the database's own files, as plain as the database itself: 0600, and for nobody to take away."""
    folder = configured.var_dir / "before-upgrade"
    _make_folder(folder)
    # The upgrade itself may write every table anew.
    backup.require_space(folder, 2 * copying.size_bytes(engine))
    end = "sqlite" if copying.kind(engine) == "sqlite" else "dump"
    path = folder / f"{revision}-{clock():%Y%m%dT%H%M%SZ}.{end}"
    unfinished = path.with_suffix(".unfinished")
    try:
        unfinished.touch(mode=0o600)
        with unfinished.open("wb") as file:
            copying.dump(engine, file, scratch=folder)
        unfinished.replace(path)
        sync_folder(folder)
    except copying.CopyFailed as failure:
        raise BackupRefused(f"no copy, no upgrade: {failure}") from failure
    except OSError as failure:
        raise BackupRefused(f"no copy, no upgrade: {folder} takes no file ({failure.strerror}).") from failure
    finally:
        # A folder that takes nothing gives nothing back either.
        with contextlib.suppress(OSError):
            unfinished.unlink(missing_ok=True)
    log.info("database copied before its upgrade", extra={"revision": revision})
    return path


def _make_folder(folder: Path) -> None:
    try:
        folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as failure:
        raise BackupRefused(
            f"no copy, no upgrade: {folder} cannot be made ({failure.strerror})."
        ) from failure
