"""`qoltanba restore`: a backup in the place of nothing.

1. The backup opens with the passphrase, is whole, unchanged, of this kind of database and not of a newer version.
2. Nothing is here that it would replace.
3. Files first, the database last, and a mark while it lasts: nothing starts on half a restore.
4. Who was signed in when the backup was made is not any more, and no cookie, ticket or code of then opens anything.
"""

import os
import shutil
import tarfile
from collections.abc import Iterator
from datetime import datetime
from pathlib import Path
from typing import IO, BinaryIO

from sqlalchemy import Engine

from data import copying, migrate, restored
from data import engine as engines
from runtime import backup, backup_parts, publication, wiring
from runtime.backup_parts import BackupRefused, Manifest
from runtime.service import clock
from runtime.settings import Settings
from video.evidence import EvidenceDamaged

_BLOCK_BYTES = 1 << 20


def restore(configured: Settings, source: Path, passphrase: bytes) -> Manifest:
    """Raises BackupRefused; before step 3 nothing was written."""
    manifest, keys = backup_parts.read_manifest(source, passphrase)
    backup_parts.require_whole(source, manifest)
    mark = wiring.restore_mark(configured)
    if mark.exists():
        raise BackupRefused(f"{mark} says that a restore did not end here: empty the folders and begin anew.")
    _require_nothing_here(configured)
    engine = wiring.open_database(configured)
    try:
        _require_fitting(engine, manifest)
        mark.touch()
        with backup_parts.open_part(source, backup_parts.FILES, keys.sealing) as plain:
            _unpack(configured, plain)
        with backup_parts.open_part(source, backup_parts.DATABASE, keys.sealing) as plain:
            copying.load(engine, plain)
        with engine.connect().execution_options(**{engines.WRITE: True}) as connection, connection.begin():
            restored.end_open(connection, now=clock())
        publication.skip_lost(configured, since=datetime.fromisoformat(manifest.made_at), now=clock())
        os.sync()
        mark.unlink()
    except copying.CopyFailed as failure:
        raise BackupRefused(str(failure)) from failure
    except (EvidenceDamaged, tarfile.TarError) as failure:
        raise BackupRefused(f"{source} is damaged: {failure}") from failure
    except OSError as failure:
        raise BackupRefused(
            f"the restore stopped ({failure.strerror}): empty the folders and begin anew."
        ) from failure
    finally:
        engine.dispose()
    return manifest


def _require_fitting(engine: Engine, manifest: Manifest) -> None:
    if manifest.database != copying.kind(engine):
        raise BackupRefused(
            f"the backup is of a {manifest.database} database, and `database_url` names another kind."
        )
    if not migrate.knows(engine, manifest.schema):
        raise BackupRefused(
            f"the backup's database (revision {manifest.schema}) is from a newer version of the program:"
            " install that one."
        )
    if not copying.is_empty(engine):
        raise BackupRefused("the database is not empty: a restore never replaces anything.")


def _require_nothing_here(configured: Settings) -> None:
    for place in (*backup.folders(configured).values(), *backup.secret_files(configured).values()):
        if place.is_file() or (place.is_dir() and any(place.iterdir())):
            raise BackupRefused(f"{place} is not empty: a restore never replaces anything.")


def _unpack(configured: Settings, plain: BinaryIO) -> None:
    """Only plain files, only below the folders that backups are made of (PEP 706)."""
    places = backup.folders(configured)
    for place in places.values():
        place.mkdir(parents=True, exist_ok=True)
    configured.keys_dir.chmod(0o700)
    with tarfile.open(fileobj=plain, mode="r|") as tar:
        for entry, content in _entries(tar):
            folder, _, name = entry.name.partition("/")
            if folder == "secrets":
                path = backup.secret_files(configured)[name]
                path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            else:
                checked = tarfile.data_filter(entry.replace(name=name, deep=False), str(places[folder]))
                path = places[folder] / checked.name
                path.parent.mkdir(parents=True, exist_ok=True)
            _write(path, content, entry.mode)
    # To the end that was sealed: what was cut off there shows.
    while plain.read(_BLOCK_BYTES):
        pass


def _entries(tar: tarfile.TarFile) -> Iterator[tuple[tarfile.TarInfo, IO[bytes]]]:
    for entry in tar:
        content = tar.extractfile(entry) if entry.isfile() else None
        if content is None:
            raise tarfile.TarError(f"{entry.name} is no plain file.")
        yield entry, content


def _write(path: Path, content: IO[bytes], mode: int) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode & 0o644)
    with os.fdopen(descriptor, "wb") as file:
        shutil.copyfileobj(content, file)
