"""Keeps our processes running: starts them, waits until they are ready, restarts what dies, ends them all.

Each child leads a process group of its own, so that Ctrl-C reaches the supervisor alone, and what a child
started goes with it. A guard process holds the other end of a pipe: should the supervisor itself be killed,
the pipe closes and the guard ends the groups. Why our own: docs/decisions/0002-supervisor.md.
"""

import asyncio
import contextlib
import os
import signal
import socket
import ssl
import sys
import urllib.error
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import timedelta

from runtime import guard

_COLOURS = (36, 35, 33, 32, 34, 31)
_SILENT = "no answer"
_LONGEST_PROBLEM = 2000


class PortTaken(Exception):
    """A port that a child needs is not free; the sentence names the setting."""

    def __init__(self, port: "Port", reason: str) -> None:
        super().__init__(
            f"{port.setting}: {port.host}:{port.number} {reason}; free it, or choose another with"
            f" QOLTANBA_{port.setting.upper()}."
        )
        self.setting = port.setting


@dataclass(frozen=True, slots=True)
class Port:
    """Where a child will listen, and the setting that says so."""

    setting: str
    host: str
    number: int
    is_udp: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class Child:
    """One process: what is run, and the address that answers 200 when it can do its work."""

    name: str
    argv: Sequence[str]
    ready_url: str = ""
    env: Mapping[str, str] = field(default_factory=dict)
    port: Port | None = None
    second_port: Port | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Patience:
    """How long the supervisor waits for what."""

    ready: timedelta = timedelta(seconds=120)
    stop: timedelta = timedelta(seconds=10)
    first_restart: timedelta = timedelta(seconds=0.5)
    longest_restart: timedelta = timedelta(seconds=30)
    # A child that lived as long as this starts again at the shortest delay.
    settled: timedelta = timedelta(seconds=60)


def require_free(port: Port) -> None:
    """Raises PortTaken unless we could listen there now."""
    try:
        wanted = socket.SOCK_DGRAM if port.is_udp else socket.SOCK_STREAM
        family, kind, _, _, address = socket.getaddrinfo(port.host, port.number, type=wanted)[0]
        with socket.socket(family, kind) as probe:
            # As the servers do it: connections of an earlier run that are still closing do not matter. Two UDP
            # sockets, though, would both be given the port.
            if not port.is_udp:
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(address)
    except PermissionError as failure:
        raise PortTaken(port, "may not be used without special rights") from failure
    except socket.gaierror as failure:
        raise PortTaken(port, "is no address of this machine") from failure
    except OSError as failure:
        raise PortTaken(port, f"cannot be used ({(failure.strerror or 'taken').lower()})") from failure


class Supervisor:
    """Runs the children until it is told to stop; `run` returns the exit code for the shell."""

    def __init__(
        self,
        children: Sequence[Child],
        *,
        on_ready: Callable[[], None] = lambda: None,
        patience: Patience | None = None,
    ) -> None:
        self._children = tuple(children)
        self._on_ready = on_ready
        self._patience = patience or Patience()
        self._width = max(len(child.name) for child in self._children)
        self._stop = asyncio.Event()

    def require_free(self) -> None:
        """Raises PortTaken unless every child could listen now."""
        for child in self._children:
            for port in (child.port, child.second_port):
                if port:
                    require_free(port)

    def run(self) -> int:
        """0 after an orderly stop, 1 when a child was not ready in time; PortTaken before any starts."""
        self.require_free()
        with guard.standing(grace=self._patience.stop) as self._guard:
            return asyncio.run(self._run())

    async def _run(self) -> int:
        loop = asyncio.get_running_loop()
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            loop.add_signal_handler(number, self._stop.set)
        async with asyncio.TaskGroup() as keepers:
            for child in self._children:
                keepers.create_task(self._keep(child))
            try:
                late = await self._late()
                if not late and not self._stop.is_set():
                    self._on_ready()
                    await self._stop.wait()
            finally:
                self._stop.set()
        return 1 if late else 0

    async def _keep(self, child: Child) -> None:
        """Start the child, and again whenever it dies, later each time (exponential back-off)."""
        loop = asyncio.get_running_loop()
        delay = self._patience.first_restart
        while not self._stop.is_set():
            started = loop.time()
            ending = await self._live(child)
            if self._stop.is_set():
                return
            lived = timedelta(seconds=loop.time() - started)
            if lived >= self._patience.settled:
                delay = self._patience.first_restart
            pause = f"{delay.total_seconds():g} s"
            self._say(child.name, f"{ending} after {lived.total_seconds():.0f} s; starting again in {pause}")
            await self._sleep(delay)
            delay = min(delay * 2, self._patience.longest_restart)

    async def _live(self, child: Child) -> str:
        """One life of a child: printed line by line, ended when the supervisor stops; says how it ended."""
        # A pipe of our own: asyncio's would hide the child's end as long as a grandchild holds it open.
        reading, writing = os.pipe()
        printing = asyncio.create_task(self._print(child.name, reading))
        try:
            process = await asyncio.create_subprocess_exec(
                *child.argv,
                stdin=asyncio.subprocess.DEVNULL,
                stdout=writing,
                stderr=writing,
                env={**os.environ, "PYTHONUNBUFFERED": "1", **child.env},
                process_group=0,
            )
        except OSError as failure:
            return f"could not be started ({failure})"
        finally:
            os.close(writing)
        self._guard.watch(process.pid)
        try:
            return await self._until_ended(process)
        finally:
            # Whatever it started in its group would still hold its port.
            guard.signal_group(process.pid, signal.SIGKILL)
            self._guard.forget(process.pid)
            await asyncio.wait({printing}, timeout=1)
            printing.cancel()

    async def _until_ended(self, process: asyncio.subprocess.Process) -> str:
        ended = asyncio.create_task(process.wait())
        stopped = asyncio.create_task(self._stop.wait())
        await asyncio.wait({ended, stopped}, return_when=asyncio.FIRST_COMPLETED)
        stopped.cancel()
        if not ended.done():
            guard.signal_group(process.pid, signal.SIGTERM)
            await asyncio.wait({ended}, timeout=self._patience.stop.total_seconds())
        if not ended.done():
            guard.signal_group(process.pid, signal.SIGKILL)
        code = await ended
        return f"was ended by {signal.Signals(-code).name}" if code < 0 else f"ended with exit code {code}"

    async def _print(self, name: str, reading: int) -> None:
        reader = asyncio.StreamReader(limit=1 << 20)
        transport, _ = await asyncio.get_running_loop().connect_read_pipe(
            lambda: asyncio.StreamReaderProtocol(reader), os.fdopen(reading, "rb")
        )
        with contextlib.closing(transport):
            while True:
                try:
                    line = await reader.readline()
                except ValueError:
                    # Longer than the limit: it was dropped up to its end.
                    line = b"(a line too long to print)\n"
                if not line:
                    return
                self._say(name, line.decode(errors="replace").rstrip("\r\n"))

    async def _late(self) -> bool:
        """Wait until every child is ready; whether one gave no answer in time, which is said. A stop ends it.

        One that answers what keeps it from its work (a full disk, a clock that is off) goes on by itself once that is
        over: the others are not ended for it.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + self._patience.ready.total_seconds()
        urls = {child.name: child.ready_url for child in self._children if child.ready_url}
        problems = dict.fromkeys(urls, _SILENT)
        while problems and not self._stop.is_set():
            asked = {name: await asyncio.to_thread(_problem, urls[name]) for name in problems}
            problems = {name: problem for name, problem in asked.items() if problem}
            if problems and loop.time() >= deadline:
                return self._say_late(problems)
            if problems:
                await self._sleep(timedelta(seconds=0.2))
        return False

    def _say_late(self, problems: Mapping[str, str]) -> bool:
        after = f"not ready after {self._patience.ready.total_seconds():g} s"
        for name, problem in problems.items():
            self._say(name, f"{after}; stopping" if problem is _SILENT else f"{after}: {problem}")
        return _SILENT in problems.values()

    async def _sleep(self, pause: timedelta) -> None:
        """Sleep, but wake when the supervisor stops."""
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._stop.wait(), pause.total_seconds())

    def _say(self, name: str, sentence: str) -> None:
        label = f"{name:<{self._width}} |"
        if sys.stdout.isatty():
            names = [child.name for child in self._children]
            label = f"\033[{_COLOURS[names.index(name) % len(_COLOURS)]}m{label}\033[0m"
        print(label, sentence, flush=True)


def _problem(url: str) -> str:
    """What a child says about itself; empty where it is ready."""
    # Our own child on our own machine is asked whether it is ready: its certificate names another host.
    unverified = ssl.create_default_context()
    unverified.check_hostname = False
    unverified.verify_mode = ssl.CERT_NONE
    opener = urllib.request.build_opener(
        urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=unverified)
    )
    try:
        with opener.open(url, timeout=2) as answer:
            return "" if answer.status == 200 else _SILENT
    except urllib.error.HTTPError as answer:
        # A 503 says what is wrong; any other answer is none of a child of ours that is up.
        with answer:
            said = answer.read(_LONGEST_PROBLEM).decode(errors="replace").strip()
        return said if answer.code == 503 and said else _SILENT
    except OSError:
        return _SILENT
