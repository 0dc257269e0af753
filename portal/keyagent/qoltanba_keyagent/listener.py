"""One port for ws, wss and http: the first byte of a connection says whether it speaks TLS."""

import asyncio
import contextlib
import logging
import socket
import ssl

import uvicorn
from starlette.types import ASGIApp

from qoltanba_keyagent import neighbours

# RFC 8446, 5.1: a TLS connection begins with a record of type handshake.
_TLS_HANDSHAKE = 0x16
_PATIENCE_SECONDS = 10
MESSAGE_LIMIT_BYTES = 32 * 1024 * 1024
# A browser keeps a handful open; more than these are a page that wants to take memory and descriptors.
_CONNECTIONS_AT_MOST = 96

log = logging.getLogger(__name__)


class PortTaken(Exception):
    """Somebody listens there already: another agent, or NCALayer itself."""


async def serve(
    app: ASGIApp, *, listening: list[socket.socket], tls: ssl.SSLContext, any_account: bool = False
) -> None:
    """Runs until SIGINT or SIGTERM."""
    config = uvicorn.Config(
        app,
        http="h11",
        ws="websockets-sansio",
        lifespan="off",
        log_config=None,
        access_log=False,
        server_header=False,
        ws_max_size=MESSAGE_LIMIT_BYTES,
        ws_per_message_deflate=False,
        timeout_graceful_shutdown=2,
    )
    config.load()
    server = uvicorn.Server(config)
    door = _Door(config, server, tls, any_account=any_account)
    accepting = [asyncio.create_task(door.accept(one)) for one in listening]
    try:
        # It opens no socket itself: connections come from the door.
        await server.serve(sockets=[])
    finally:
        for task in accepting:
            task.cancel()
        await asyncio.gather(*accepting, return_exceptions=True)
        for one in listening:
            one.close()


def listen(port: int) -> list[socket.socket]:
    """Loopback only, in both families where there are two: browsers try ::1 first for "localhost".

    Raises PortTaken.
    """
    try:
        found = [socket.create_server(("127.0.0.1", port))]
    except OSError as error:
        raise PortTaken(str(port)) from error
    with contextlib.suppress(OSError):
        found.append(socket.create_server(("::1", port), family=socket.AF_INET6))
    for one in found:
        one.setblocking(False)
    return found


class _Door:
    """Hands each accepted connection to the server, through TLS if it wants that."""

    def __init__(
        self, config: uvicorn.Config, server: uvicorn.Server, tls: ssl.SSLContext, *, any_account: bool
    ) -> None:
        self._config = config
        self._server = server
        self._tls = tls
        self._any_account = any_account
        self._welcomed: set[asyncio.Task[None]] = set()

    async def accept(self, listening: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        while True:
            try:
                connection, _ = await loop.sock_accept(listening)
            except OSError:
                # Out of file descriptors, or the peer was gone before: the next one may come.
                await asyncio.sleep(0.1)
                continue
            if not self._has_room() or not self._is_ours(connection):
                connection.close()
                continue
            task = asyncio.create_task(self._welcome(connection))
            self._welcomed.add(task)
            task.add_done_callback(self._welcomed.discard)

    def _has_room(self) -> bool:
        return len(self._welcomed) + len(self._server.server_state.connections) < _CONNECTIONS_AT_MOST

    def _is_ours(self, connection: socket.socket) -> bool:
        try:
            if self._any_account or not neighbours.is_strange(connection):
                return True
        except OSError:
            # Gone before we looked.
            return False
        log.warning("a connection of another account was refused")
        return False

    async def _welcome(self, connection: socket.socket) -> None:
        loop = asyncio.get_running_loop()
        try:
            async with asyncio.timeout(_PATIENCE_SECONDS):
                speaks_tls = await _first_byte(connection) == _TLS_HANDSHAKE
            await loop.connect_accepted_socket(
                self._protocol,
                connection,
                ssl=self._tls if speaks_tls else None,
                ssl_handshake_timeout=_PATIENCE_SECONDS if speaks_tls else None,
            )
        except (OSError, TimeoutError) as error:
            # A scanner, a browser that does not trust the certificate yet, a line that broke.
            log.debug("a connection was not taken", extra={"reason": type(error).__name__})
            connection.close()

    def _protocol(self) -> asyncio.Protocol:
        made: asyncio.Protocol = self._config.http_protocol_class(  # type: ignore[call-arg]  # as uvicorn calls it
            config=self._config, server_state=self._server.server_state, app_state={}
        )
        return made


async def _first_byte(connection: socket.socket) -> int:
    """Looked at and left where it is. Raises ConnectionError when nothing comes."""
    connection.setblocking(False)
    loop = asyncio.get_running_loop()
    while True:
        try:
            first = connection.recv(1, socket.MSG_PEEK)
        except BlockingIOError:
            readable = loop.create_future()
            loop.add_reader(connection, _wake, readable)
            try:
                await readable
            finally:
                loop.remove_reader(connection)
            continue
        if not first:
            raise ConnectionError
        return first[0]


def _wake(readable: "asyncio.Future[None]") -> None:
    if not readable.done():
        readable.set_result(None)
