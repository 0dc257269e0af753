"""A disk that takes nothing more, as each door tells it: nothing was stored, and everything goes on once there is room.

It is no Refusal where it happens. What a job could not write stays due; only who waits for an answer is told no.
"""

import errno
import sqlite3

from ca_core.errors import Refusal

_ERRNO = (errno.ENOSPC, errno.EDQUOT, errno.EROFS)
# SQLite says the one or the other, by what it was writing: the log, its index, the database.
_SQLITE = (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_CANTOPEN)
# PostgreSQL: disk_full.
_SQLSTATE = ("53100",)


class NoRoom(Refusal):
    """Nothing can be stored at the moment, and nothing was."""

    code = "storage.no_room"


def refusal(error: BaseException) -> NoRoom | None:
    """What is told of an error that a full disk made; None for any other one."""
    cause: BaseException | None = error
    while cause is not None:
        if _says_so(cause):
            return NoRoom()
        cause = cause.__cause__
    return None


def _says_so(cause: BaseException) -> bool:
    if isinstance(cause, OSError):
        return cause.errno in _ERRNO
    if isinstance(cause, sqlite3.Error):
        # The low byte is the error, the rest its kind.
        return getattr(cause, "sqlite_errorcode", 0) & 0xFF in _SQLITE
    return getattr(cause, "sqlstate", None) in _SQLSTATE
