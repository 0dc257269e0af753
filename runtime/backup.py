"""`qoltanba backup`: database, keys, secrets, evidence, lists and copies of the audit log's heads in one folder.

It may be made while the system runs. What it consists of is taken in the order in which a restored system needs it:
lists and heads before the database, which never knows less than they say; evidence after it, which never lacks what
the database names. Everything is sealed under a passphrase (see `backup_parts`): personal data and keys never lie
in a backup as they are.
"""

import io
import shutil
import stat
import tarfile
from collections.abc import Iterator
from pathlib import Path

from sqlalchemy import Engine

from ca_core import audit_head
from data import copying, migrate, scratch
from data.audit_heads import AuditHeads
from runtime import authority, backup_parts, settings, wiring
from runtime.backup_parts import BackupRefused, Manifest
from runtime.files import sync_folder
from runtime.service import clock
from runtime.settings import Settings
from video.evidence import Writer

# Room for what is written while the backup is made.
_SPARE_BYTES = 16 * 1024 * 1024
_UNFINISHED = ".qoltanba-backup-"


def folders(configured: Settings) -> dict[str, Path]:
    """Every folder that a backup holds, by its name in there."""
    return {
        "public": authority.public_dir(configured),
        "audit-heads": configured.audit_heads_dir,
        "keys": configured.keys_dir,
        "evidence": configured.evidence_dir,
    }


def secret_files(configured: Settings) -> dict[str, Path]:
    """Without these secrets the keys do not open and the evidence stays sealed."""
    return {name: getattr(configured, name) for name in settings.SECRETS}


def make(configured: Settings, into: Path, passphrase: bytes) -> Manifest:
    """The folder appears whole or not at all. Raises BackupRefused."""
    salt = backup_parts.new_salt()
    keys = backup_parts.keys(passphrase, salt)
    if into.exists():
        raise BackupRefused(f"{into} is there already: a backup never replaces anything.")
    if not authority.exists(configured):
        raise BackupRefused("there is no certificate authority here to make a backup of.")
    try:
        into.parent.mkdir(parents=True, exist_ok=True)
        _require_space(configured, into.parent)
        with scratch.folder(into.parent, _UNFINISHED) as folder:
            beside = folder / "backup"
            beside.mkdir(mode=0o700)
            manifest = _write(configured, beside, salt=salt, keys=keys)
            sync_folder(beside)
            beside.rename(into)
            sync_folder(into.parent)
    except copying.CopyFailed as failure:
        raise BackupRefused(str(failure)) from failure
    except OSError as failure:
        raise BackupRefused(f"the backup could not be written ({failure.strerror}).") from failure
    return manifest


def _write(configured: Settings, folder: Path, *, salt: bytes, keys: backup_parts.Keys) -> Manifest:
    engine = wiring.open_database(configured)
    made_at = clock()
    first = [*_files_of(configured, "public"), *_files_of(configured, "audit-heads")]
    held = [(name, path.read_bytes()) for name, path in first]
    try:
        schema = migrate.current(engine)
        if schema != migrate.head(engine):
            raise BackupRefused("the database is not of this version: run `qoltanba db upgrade` first.")
        head = _newest_head(engine)
        database = backup_parts.write_part(
            folder,
            backup_parts.DATABASE,
            keys.sealing,
            lambda writer: copying.dump(engine, writer, scratch=configured.var_dir),
        )
    finally:
        engine.dispose()
    others = backup_parts.write_part(
        folder, backup_parts.FILES, keys.sealing, lambda writer: _pack(configured, held, writer)
    )
    manifest = Manifest(
        format=backup_parts.FORMAT,
        made_at=made_at.isoformat(),
        mode=configured.mode,
        database=copying.kind(engine),
        schema=schema or "",
        audit_head=head,
        salt=salt.hex(),
        parts=(database, others),
    )
    backup_parts.write_manifest(folder, manifest, keys.proving)
    return manifest


def _newest_head(engine: Engine) -> str:
    with engine.connect() as connection:
        newest = AuditHeads(connection).newest()
    return audit_head.to_line(newest) if newest is not None else ""


def _pack(configured: Settings, held: list[tuple[str, bytes]], writer: Writer) -> None:
    with tarfile.open(fileobj=_Into(writer), mode="w|", format=tarfile.PAX_FORMAT) as tar:
        for name, content in held:
            tar.addfile(_entry(name, len(content), 0o644), io.BytesIO(content))
        for name, path in _files_of(configured, "keys"):
            _add(tar, name, path)
        for setting, path in secret_files(configured).items():
            _add(tar, f"secrets/{setting}", path)
        for name, path in _files_of(configured, "evidence"):
            _add(tar, name, path)


def _add(tar: tarfile.TarFile, name: str, path: Path) -> None:
    """As long as it is now: a recording under way grows, and is one that was interrupted in the copy."""
    try:
        with path.open("rb") as file:
            size = path.stat().st_size
            tar.addfile(_entry(name, size, 0o600), file)
    except FileNotFoundError as gone:
        # What was erased meanwhile by its term (R14) is not kept by a backup. A key or secret is never erased.
        if not name.startswith("evidence/"):
            raise BackupRefused(f"{path} is missing.") from gone


def _entry(name: str, size_bytes: int, mode: int) -> tarfile.TarInfo:
    entry = tarfile.TarInfo(name)
    entry.size, entry.mode = size_bytes, mode
    return entry


def _files_of(configured: Settings, folder: str) -> Iterator[tuple[str, Path]]:
    """Regular files with their names in the backup; names that begin with a dot are unfinished or locks."""
    root = folders(configured)[folder]
    for path in sorted(root.rglob("*")):
        if not path.name.startswith(".") and stat.S_ISREG(path.lstat().st_mode):
            yield f"{folder}/{path.relative_to(root).as_posix()}", path


def _require_space(configured: Settings, into: Path) -> None:
    engine = wiring.open_database(configured)
    try:
        database = copying.size_bytes(engine)
    finally:
        engine.dispose()
    others = sum(
        path.stat().st_size for name in folders(configured) for _, path in _files_of(configured, name)
    )
    needed = {into: database + others + _SPARE_BYTES}
    if configured.database_url.startswith("sqlite"):
        # The copy that is sealed afterwards lies there; on one disk both are needed.
        same = configured.var_dir.stat().st_dev == into.stat().st_dev
        needed[configured.var_dir] = database + _SPARE_BYTES + (needed[into] if same else 0)
    for folder, wanted in needed.items():
        require_space(folder, wanted)


def require_space(folder: Path, wanted_bytes: int) -> None:
    """Raises BackupRefused."""
    free = shutil.disk_usage(folder).free
    if free < wanted_bytes:
        raise BackupRefused(
            f"{folder} has {free // 2**20} MB free, and {wanted_bytes // 2**20 + 1} MB are needed."
        )


class _Into(io.RawIOBase):
    """What a tar is written to."""

    def __init__(self, writer: Writer) -> None:
        self._writer = writer

    def writable(self) -> bool:
        return True

    def write(self, data: object) -> int:
        content = bytes(data)  # type: ignore[call-overload]
        self._writer.write(content)
        return len(content)
