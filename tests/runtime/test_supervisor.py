"""The supervisor with tiny children: it restarts, stops, leaves nobody behind, even when killed itself."""

import os
import signal
import socket
import subprocess
import sys
import textwrap
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from runtime import supervisor
from runtime.supervisor import Child, Port, Supervisor

SLEEPER = "import time; time.sleep(600)"
STUBBORN = (
    "import signal, time; signal.signal(signal.SIGTERM, signal.SIG_IGN); print('deaf'); time.sleep(600)"
)
SERVER = """
import http.server, sys, time
time.sleep(0.3)
class Ready(http.server.BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200 if self.path == "/ready" else 404)
        self.end_headers()
http.server.HTTPServer(("127.0.0.1", int(sys.argv[1])), Ready).serve_forever()
"""

# A supervisor in a process of its own: its children are given as a Python expression.
PROGRAM = """
import sys
from datetime import timedelta
from runtime.supervisor import Child, Patience, Port, Supervisor
def python(name, code, *arguments, **more):
    return Child(name=name, argv=[sys.executable, "-c", code, *arguments], **more)
patience = Patience(
    ready=timedelta(seconds={ready}), stop=timedelta(seconds={stop}), first_restart=timedelta(seconds=0.1)
)
sys.exit(Supervisor([{children}], on_ready=lambda: print("all ready", flush=True), patience=patience).run())
"""


class Running:
    """A supervisor under test, and what it prints."""

    def __init__(self, output: Path, *, children: str, ready: float = 20, stop: float = 5) -> None:
        self._output = output
        with output.open("wb") as file:
            self.process = subprocess.Popen(
                [sys.executable, "-c", PROGRAM.format(children=children, ready=ready, stop=stop)],
                stdout=file,
                stderr=subprocess.STDOUT,
                cwd=Path(supervisor.__file__).resolve().parents[1],
                start_new_session=True,
            )

    @property
    def text(self) -> str:
        return self._output.read_text()

    def says(self, sentence: str, times: int = 1) -> None:
        eventually(
            lambda: self.text.count(sentence) >= times, because=lambda: f"no {sentence!r} in:\n{self.text}"
        )

    def end(self, number: int = signal.SIGTERM) -> int:
        self.process.send_signal(number)
        return self.process.wait(timeout=30)


def eventually(holds: Callable[[], bool], *, because: Callable[[], str] = lambda: "it never held") -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline, because()
        time.sleep(0.05)


def alive(pid: int) -> bool:
    try:
        # A process that ended but was not yet waited for is not alive.
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except FileNotFoundError:
        return False


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., Running]]:
    started: list[Running] = []

    def begin(**arguments: object) -> Running:
        started.append(Running(tmp_path / f"output{len(started)}", **arguments))  # type: ignore[arg-type]
        return started[-1]

    yield begin
    for one in started:
        if one.process.poll() is None:
            one.end()


@pytest.fixture
def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_waits_until_every_child_is_ready(start: Callable[..., Running], free_port: int) -> None:
    url = f"http://127.0.0.1:{free_port}/ready"
    running = start(children=f"python('web', {SERVER!r}, '{free_port}', ready_url={url!r})")
    running.says("all ready")
    assert running.end(signal.SIGINT) == 0


def test_a_child_that_is_never_ready_ends_the_run_with_1(
    start: Callable[..., Running], free_port: int
) -> None:
    url = f"http://127.0.0.1:{free_port}/ready"
    running = start(children=f"python('mute', {SLEEPER!r}, ready_url={url!r})", ready=1)
    assert running.process.wait(timeout=30) == 1
    assert "mute | not ready after 1 s" in running.text
    assert "all ready" not in running.text


TROUBLED = SERVER.replace("self.end_headers()", "self.end_headers(); self.wfile.write(b'no_space')").replace(
    "200 if", "503 if"
)


def test_a_child_that_says_what_is_wrong_ends_nobody(start: Callable[..., Running], free_port: int) -> None:
    """A disk that is nearly full at the start must not keep the answers to relying parties away."""
    url = f"http://127.0.0.1:{free_port}/ready"
    running = start(children=f"python('web', {TROUBLED!r}, '{free_port}', ready_url={url!r})", ready=1)
    running.says("web | not ready after 1 s: no_space")
    running.says("all ready")
    assert running.end() == 0


def test_a_child_that_dies_is_restarted_ever_later(start: Callable[..., Running]) -> None:
    running = start(children="python('brief', 'import sys; sys.exit(3)')")
    running.says("ended with exit code 3", times=3)
    assert "starting again in 0.1 s" in running.text
    assert "starting again in 0.2 s" in running.text
    assert "starting again in 0.4 s" in running.text
    assert running.end() == 0


def test_a_restart_takes_along_what_the_child_had_started(start: Callable[..., Running]) -> None:
    parent = textwrap.dedent(f"""
        import subprocess, sys, os
        print("grandchild", subprocess.Popen([sys.executable, "-c", {SLEEPER!r}]).pid)
        sys.stdout.flush()
        os._exit(1)
    """)
    running = start(children=f"python('parent', {parent!r})")
    running.says("starting again in 0.2 s")
    pids = [int(line.split()[-1]) for line in running.text.splitlines() if "grandchild" in line]
    eventually(lambda: not alive(pids[0]))
    running.end()


def test_lines_of_children_bear_their_name(start: Callable[..., Running]) -> None:
    running = start(children="python('a', 'print(1); input()'), python('longer', 'print(2); input()')")
    running.says("a      | 1")
    running.says("longer | 2")


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_stop_leaves_no_child(start: Callable[..., Running], number: signal.Signals) -> None:
    code = f"import os; print('pid', os.getpid(), flush=True); {SLEEPER}"
    running = start(children=f"python('one', {code!r}), python('two', {code!r})")
    running.says("| pid", times=2)
    pids = [int(line.split()[-1]) for line in running.text.splitlines() if "| pid" in line]
    assert running.end(number) == 0
    assert not any(alive(pid) for pid in pids)


def test_children_are_asked_before_they_are_killed(start: Callable[..., Running]) -> None:
    code = (
        "import signal, sys, time\n"
        "signal.signal(signal.SIGTERM, lambda *_: sys.exit(print('goodbye')))\n"
        "print('listening')\n"
        "time.sleep(600)"
    )
    running = start(children=f"python('polite', {code!r})")
    running.says("listening")
    running.end()
    assert "polite | goodbye" in running.text


def test_a_child_that_does_not_listen_is_killed_when_patience_ends(start: Callable[..., Running]) -> None:
    running = start(children=f"python('stubborn', {STUBBORN!r})", stop=0.5)
    running.says("deaf")
    assert running.end() == 0


def test_children_end_when_the_supervisor_is_killed(start: Callable[..., Running]) -> None:
    """Nobody can catch SIGKILL: the guard sees the pipe close."""
    code = f"import os; print('pid', os.getpid(), flush=True); {SLEEPER}"
    running = start(children=f"python('one', {code!r}), python('two', {code!r})")
    running.says("| pid", times=2)
    pids = [int(line.split()[-1]) for line in running.text.splitlines() if "| pid" in line]
    running.end(signal.SIGKILL)
    eventually(lambda: not any(alive(pid) for pid in pids))


def test_a_taken_port_is_one_sentence_that_names_the_setting(free_port: int) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", free_port))
        other.listen()
        port = Port("console_port", "127.0.0.1", free_port)
        child = Child(name="console", argv=[sys.executable, "-c", SLEEPER], port=port)
        # Should it start all the same, it stops at once.
        one = Supervisor([child], on_ready=lambda: os.kill(os.getpid(), signal.SIGTERM))
        with pytest.raises(
            supervisor.PortTaken, match=r"^console_port: .* QOLTANBA_CONSOLE_PORT\.$"
        ) as refusal:
            one.run()
    assert "\n" not in str(refusal.value)


def test_a_port_is_free_again_at_once_after_a_stop(start: Callable[..., Running], free_port: int) -> None:
    url = f"http://127.0.0.1:{free_port}/ready"
    children = (
        f"python('web', {SERVER!r}, '{free_port}', ready_url={url!r},"
        f" port=Port('console_port', '127.0.0.1', {free_port}))"
    )
    for _ in range(2):
        running = start(children=children)
        running.says("all ready")
        assert running.end() == 0


def test_a_program_that_does_not_exist_is_said_and_tried_again(start: Callable[..., Running]) -> None:
    running = start(children="Child(name='ghost', argv=['/nowhere/at/all'])")
    running.says("could not be started", times=2)
    assert running.end() == 0
    assert "Traceback" not in running.text
