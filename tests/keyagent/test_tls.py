"""wss on the same port: a CA of this computer's own, trusted by command, good for loopback names only."""

import json
import shutil
import socket
import ssl
import subprocess
import sys
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import httpx
import pytest
from cryptography import x509
from websockets.sync.client import connect
from websockets.typing import Origin

from qoltanba_keyagent import tls
from tests.keyagent import person
from tests.keyagent.person import Agent


def trusting(folder: Path) -> ssl.SSLContext:
    return ssl.create_default_context(cafile=str(tls.ca_file(folder)))


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_greets_over_wss_as_over_ws(agent: Agent, host: str) -> None:
    address = f"wss://{host}:{agent.port}/"
    with connect(address, origin=Origin("https://portal.example"), ssl=trusting(agent.folder)) as line:
        assert json.loads(line.recv(10)) == {"result": {"version": "1.4"}}


def test_is_not_trusted_by_who_does_not_know_its_ca(agent: Agent) -> None:
    with pytest.raises(httpx.ConnectError, match="certificate"):
        httpx.get(f"https://127.0.0.1:{agent.port}/ready")


def test_silence_and_noise_hold_nobody_up(agent: Agent) -> None:
    """A connection that says nothing, one that breaks off and one that talks nonsense: others are served."""
    idle = [socket.create_connection(("127.0.0.1", agent.port)) for _ in range(20)]
    for noise in (b"\x16", b"\x16\x03\x01\xff\xff" + b"\x00" * 300, b"\x00", b"GET"):
        with socket.create_connection(("127.0.0.1", agent.port)) as line:
            line.sendall(noise)
    started = time.monotonic()
    assert httpx.get(f"{agent.address}/ready").status_code == 200
    assert (
        httpx.get(f"https://127.0.0.1:{agent.port}/ready", verify=trusting(agent.folder)).status_code == 200
    )
    assert time.monotonic() - started < 5
    for line in idle:
        line.close()


@pytest.mark.judge
def test_openssl_accepts_the_certificate_for_loopback_and_no_other_name(tmp_path: Path) -> None:
    tls.context(tmp_path, now=datetime.now(UTC))
    ca, server = str(tls.ca_file(tmp_path)), str(tmp_path / "tls" / "server.pem")
    verify = ["openssl", "verify", "-x509_strict", "-purpose", "sslserver", "-CAfile", ca]
    assert subprocess.run([*verify, "-verify_ip", "127.0.0.1", server], timeout=30).returncode == 0
    assert subprocess.run([*verify, "-verify_hostname", "localhost", server], timeout=30).returncode == 0
    assert subprocess.run([*verify, "-verify_hostname", "bank.example", server], timeout=30).returncode != 0


@pytest.mark.judge
def test_openssl_refuses_what_the_ca_would_certify_elsewhere(tmp_path: Path) -> None:
    """Its name constraints: who steals the key of this CA can be nobody but this agent."""
    tls.context(tmp_path, now=datetime.now(UTC))
    own = tmp_path / "tls"
    make = (
        "openssl req -new -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj /CN=x -keyout key -out csr"
    )
    subprocess.run(make.split(), cwd=own, check=True, timeout=30, capture_output=True)
    (own / "ext").write_text("subjectAltName=DNS:bank.example\n")
    sign = "openssl x509 -req -in csr -CA ca.pem -CAkey ca-key.pem -days 10 -extfile ext -out forged.pem"
    subprocess.run(sign.split(), cwd=own, check=True, timeout=30, capture_output=True)
    judged = subprocess.run(
        ["openssl", "verify", "-CAfile", "ca.pem", "forged.pem"],
        cwd=own,
        capture_output=True,
        text=True,
        timeout=30,
    )
    assert judged.returncode != 0
    assert "permitted subtree violation" in judged.stdout + judged.stderr


def test_the_certificate_is_renewed_before_it_ends_and_the_ca_stays(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    tls.context(tmp_path, now=now)
    ca = tls.ca_file(tmp_path).read_bytes()
    server = tmp_path / "tls" / "server.pem"
    first = server.read_bytes()
    tls.context(tmp_path, now=now + timedelta(days=300))
    assert server.read_bytes() == first
    tls.context(tmp_path, now=now + timedelta(days=380))
    assert server.read_bytes() != first
    assert tls.ca_file(tmp_path).read_bytes() == ca


def test_a_certificate_from_a_clock_in_the_future_is_made_anew(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    tls.context(tmp_path, now=now + timedelta(days=200))
    tls.context(tmp_path, now=now)
    made = x509.load_pem_x509_certificate((tmp_path / "tls" / "server.pem").read_bytes())
    assert made.not_valid_before_utc <= now


def test_a_ca_without_its_key_is_made_anew(tmp_path: Path) -> None:
    now = datetime.now(UTC)
    tls.context(tmp_path, now=now)
    (tmp_path / "tls" / "ca-key.pem").unlink()
    tls.context(tmp_path, now=now + timedelta(days=380))
    assert (tmp_path / "tls" / "ca-key.pem").exists()


def test_no_certificate_lives_longer_than_browsers_accept(tmp_path: Path) -> None:
    tls.context(tmp_path, now=datetime.now(UTC))
    made = x509.load_pem_x509_certificate((tmp_path / "tls" / "server.pem").read_bytes())
    assert made.not_valid_after_utc - made.not_valid_before_utc <= timedelta(days=398)


def command(action: str, folder: Path, home: Path) -> "subprocess.CompletedProcess[str]":
    program = [sys.executable, str(person.PROJECT / "portal" / "keyagent"), action]
    return subprocess.run(
        [*program, "--folder", str(folder), "--home", str(home)], capture_output=True, text=True, timeout=60
    )


def listed(home: Path) -> str:
    database = f"sql:{home / '.pki/nssdb'}"
    return subprocess.run(
        ["certutil", "-L", "-d", database], capture_output=True, text=True, timeout=30
    ).stdout


def test_trust_and_untrust_change_the_browsers_database(tmp_path: Path) -> None:
    assert shutil.which("certutil"), "libnss3-tools is missing"
    folder, home = tmp_path / "agent", tmp_path / "home"
    home.mkdir()
    assert command("trust", folder, home).returncode == 0
    assert "C,," in next(line for line in listed(home).splitlines() if line.startswith(tls.CA_NAME))
    assert command("untrust", folder, home).returncode == 0
    assert tls.CA_NAME not in listed(home)


def test_where_there_is_no_database_it_says_what_to_do_by_hand(tmp_path: Path) -> None:
    told = command("untrust", tmp_path / "agent", tmp_path)
    assert told.returncode == 1
    assert "by hand" in told.stdout


def test_a_taken_port_is_said_in_a_sentence(agent: Agent, tmp_path: Path) -> None:
    program = [sys.executable, str(person.PROJECT / "portal" / "keyagent"), "run", "--port", str(agent.port)]
    told = subprocess.run(
        [*program, "--folder", str(tmp_path / "second")], capture_output=True, text=True, timeout=30
    )
    assert told.returncode == 1
    assert told.stderr.startswith(f"Port {agent.port} is taken")


def test_a_second_agent_over_the_same_folder_does_not_start(agent: Agent) -> None:
    """Another port does not help: it would take the first one's unfinished files for leftovers of a crash."""
    program = [sys.executable, str(person.PROJECT / "portal" / "keyagent"), "run", "--no-browser"]
    program += ["--port", str(person.free_port()), "--folder", str(agent.folder)]
    half = agent.folder / "waiting" / ".half"
    half.touch()
    told = subprocess.run(program, capture_output=True, text=True, timeout=30)
    assert told.returncode == 1
    assert told.stderr.startswith("The key agent is running already")
    assert half.exists()


def test_ends_at_once_when_told_to(agent: Agent) -> None:
    started = time.monotonic()
    assert agent.stop() in (0, -15)
    assert time.monotonic() - started < 5
