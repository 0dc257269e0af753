"""A whole database as a stream of bytes while others write in it, and such a stream as a database again.

SQLite: its online backup, checked. PostgreSQL: `pg_dump` and `pg_restore`, programs of their own.
"""

import contextlib
import shutil
import sqlite3
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Protocol

from sqlalchemy import URL, Engine, inspect
from sqlalchemy.exc import DBAPIError

from data import scratch as folders

_BLOCK_BYTES = 1 << 20
_FAILED_SQLITE = (sqlite3.Error, OSError)


class CopyFailed(Exception):
    """One sentence for who runs the system."""


class Sink(Protocol):
    def write(self, data: bytes, /) -> object: ...


def kind(engine: Engine) -> str:
    return engine.dialect.name


def is_empty(engine: Engine) -> bool:
    """Whether nothing would be written over. A SQLite database that is not there is not made by asking."""
    if kind(engine) == "sqlite" and not _file(engine).exists():
        return True
    try:
        return not inspect(engine).get_table_names()
    except DBAPIError as error:
        raise CopyFailed(f"the database cannot be asked ({type(error).__name__}).") from error


def size_bytes(engine: Engine) -> int:
    """How large a copy may become."""
    with engine.connect() as connection:
        if kind(engine) == "postgresql":
            return int(connection.exec_driver_sql("SELECT pg_database_size(current_database())").scalar_one())
        pages = connection.exec_driver_sql("PRAGMA page_count").scalar_one()
        return int(pages) * int(connection.exec_driver_sql("PRAGMA page_size").scalar_one())


def dump(engine: Engine, into: Sink, *, scratch: Path) -> None:
    """One moment of the database. SQLite's lies in `scratch` for a while. Raises CopyFailed, and what `into` does."""
    if kind(engine) == "postgresql":
        _pg_dump(engine.url, into)
        return
    with folders.folder(scratch, ".copy-") as folder:
        copy = folder / "database"
        snapshot(engine, copy)
        with copy.open("rb") as plain:
            shutil.copyfileobj(plain, into, _BLOCK_BYTES)


def load(engine: Engine, source: BinaryIO) -> None:
    """Into an empty database, whole or not at all. Raises CopyFailed."""
    if not is_empty(engine):
        raise CopyFailed("the database is not empty.")
    if kind(engine) == "postgresql":
        _pg_restore(engine.url, source)
    else:
        _put_file(_file(engine), source)


def snapshot(engine: Engine, into: Path) -> None:
    """SQLite's online backup: one transaction's view, in a file of its own, 0600, checked. Raises CopyFailed."""
    into.touch(mode=0o600)
    try:
        with contextlib.closing(_read_only(_file(engine))) as source:
            with contextlib.closing(sqlite3.connect(into)) as copy:
                # All pages in one step: writers go on in the log, and nothing begins anew because of them.
                source.backup(copy, pages=-1)
            require_sound(into)
    except _FAILED_SQLITE as error:
        into.unlink(missing_ok=True)
        raise CopyFailed(f"the database could not be copied ({error}).") from error


def require_sound(path: Path) -> None:
    """Raises CopyFailed."""
    try:
        with contextlib.closing(_read_only(path)) as opened:
            found = opened.execute("PRAGMA quick_check(1)").fetchone()[0]
    except _FAILED_SQLITE as error:
        raise CopyFailed(f"the copy cannot be read ({error}).") from error
    if found != "ok":
        raise CopyFailed(f"the copy is damaged ({found}).")


def _read_only(path: Path) -> sqlite3.Connection:
    return sqlite3.connect(f"{path.absolute().as_uri()}?mode=ro", uri=True, timeout=30)


def _file(engine: Engine) -> Path:
    name = engine.url.database
    if not name or name == ":memory:":
        raise CopyFailed("a database in memory has no file.")
    return Path(name)


def _put_file(path: Path, source: BinaryIO) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_name(f"{path.name}.restoring")
    unfinished.touch(mode=0o600)
    try:
        with unfinished.open("wb") as file:
            shutil.copyfileobj(source, file, _BLOCK_BYTES)
        require_sound(unfinished)
        _forget_log(unfinished)
        unfinished.replace(path)
    except OSError as error:
        raise CopyFailed(f"the database could not be written ({error.strerror}).") from error
    finally:
        unfinished.unlink(missing_ok=True)


def _forget_log(path: Path) -> None:
    """What reading a file in WAL mode leaves beside it."""
    for end in ("-wal", "-shm"):
        path.with_name(path.name + end).unlink(missing_ok=True)


def _pg_dump(url: URL, into: Sink) -> None:
    with _address(url) as address, tempfile.TemporaryFile() as said:
        argv = [_program("pg_dump"), "--format=custom", "--no-owner", "--no-privileges", address]
        with subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=said) as process:
            assert process.stdout is not None
            try:
                shutil.copyfileobj(process.stdout, into, _BLOCK_BYTES)
            except BaseException:
                process.kill()
                raise
        _require_done("pg_dump", process.returncode, said)


def _pg_restore(url: URL, source: BinaryIO) -> None:
    with _address(url) as address, tempfile.TemporaryFile() as said:
        argv = [
            *(_program("pg_restore"), "--single-transaction", "--exit-on-error", "--no-owner"),
            *("--no-privileges", "--dbname", address),
        ]
        with subprocess.Popen(argv, stdin=subprocess.PIPE, stdout=said, stderr=said) as process:
            assert process.stdin is not None
            try:
                # Where it gave up early, its own words say why.
                with contextlib.suppress(BrokenPipeError), process.stdin as into:
                    shutil.copyfileobj(source, into, _BLOCK_BYTES)
            except BaseException:
                process.kill()
                raise
        _require_done("pg_restore", process.returncode, said)


def _program(name: str) -> str:
    found = shutil.which(name)
    if found is None:
        raise CopyFailed(f"{name} is not installed: it comes with PostgreSQL's client programs.")
    return found


@contextlib.contextmanager
def _address(url: URL) -> Iterator[str]:
    """For libpq; a password goes into a file for the time being, as everybody may read an argument."""
    plain = url.set(drivername="postgresql", password=None)
    if url.password is None:
        yield plain.render_as_string(hide_password=False)
        return
    with tempfile.NamedTemporaryFile("w", prefix="qoltanba-", encoding="utf-8") as file:
        password = str(url.password).replace("\\", "\\\\").replace(":", "\\:")
        file.write(f"*:*:*:*:{password}\n")
        file.flush()
        yield plain.update_query_dict({"passfile": file.name}).render_as_string(hide_password=False)


def _require_done(program: str, code: int, said: BinaryIO) -> None:
    if code:
        said.seek(0)
        lines = [line for line in said.read().decode(errors="replace").splitlines() if line.strip()]
        raise CopyFailed(f"{program} failed: {lines[0] if lines else f'exit code {code}'}")
