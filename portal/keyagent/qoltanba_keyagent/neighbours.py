"""Whose program is at the other end of a connection: loopback belongs to every account of a computer.

Another account could otherwise list this one's folders, erase its waiting keys and open its dialogs. Linux tells whose
a connection is (proc(5), /proc/net/tcp); elsewhere, or where that cannot be read, nothing is known.
"""

import os
import socket
import sys
from collections.abc import Iterator
from pathlib import Path

_TABLES = (Path("/proc/net/tcp"), Path("/proc/net/tcp6"))
_MAPPED = bytes(10) + b"\xff\xff"


def is_strange(connection: socket.socket) -> bool:
    """Whether it certainly belongs to another account, or to nobody any more."""
    if sys.platform != "linux":
        return False
    theirs, ours = _ends(connection.getpeername()), _ends(connection.getsockname())
    known = False
    for table in _TABLES:
        for local, remote, account in _rows(table):
            known = True
            if local in theirs and remote in ours:
                return account != os.getuid()
    return known


def _ends(address: tuple[object, ...]) -> tuple[str, ...]:
    """An address as the tables write it: a program may reach 127.0.0.1 through a socket of the other family, too."""
    host, port = str(address[0]), int(str(address[1]))
    if ":" in host:
        return (_written(socket.inet_pton(socket.AF_INET6, host), port),)
    four = socket.inet_pton(socket.AF_INET, host)
    return (_written(four, port), _written(_MAPPED + four, port))


def _written(address: bytes, port: int) -> str:
    words = (address[at : at + 4] for at in range(0, len(address), 4))
    shown = "".join(f"{int.from_bytes(word, sys.byteorder):08X}" for word in words)
    return f"{shown}:{port:04X}"


def _rows(table: Path) -> Iterator[tuple[str, str, int]]:
    try:
        lines = table.read_text("ascii").splitlines()[1:]
    except OSError:
        return
    for line in lines:
        columns = line.split()
        yield columns[1], columns[2], int(columns[7])
