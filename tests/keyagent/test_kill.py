"""Killed with -9 between any two steps, the agent loses no key, doubles no file and leaves no half of one."""

import base64
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from qoltanba_keyagent import keys
from qoltanba_keyagent.waiting import Shelf
from tests.keyagent import person
from tests.keyagent.authority import Authority
from tests.keyagent.person import OWNER, PASSWORD, Agent, Site

# Ends itself, as -9 would, at the n-th time that it touches the disk to change something.
FATAL = """
import os, signal, sys
left = [int(sys.argv[1])]
def hook(event, arguments):
    writes = event == "open" and isinstance(arguments[2], int) and arguments[2] & (os.O_WRONLY | os.O_RDWR)
    if armed and (writes or event in ("os.rename", "os.link", "os.remove")):
        left[0] -= 1
        if left[0] == 0:
            os.kill(os.getpid(), signal.SIGKILL)
armed = False
sys.addaudithook(hook)
"""
INSTALLING = """
import base64, pathlib
from cryptography import x509
from qoltanba_keyagent import asking, enrolment, folders, keys, memory, waiting
base = pathlib.Path(sys.argv[2])
around = asking.Surroundings(folders.Folders(base / "citizen"), memory.Memory(base / "agent"))
shelf = waiting.Shelf(base / "agent")
kept = shelf.all()[0]
chain = [x509.load_der_x509_certificate(base64.b64decode(one)) for one in sys.argv[3].split(",")]
held = keys.KeyWithCertificate(shelf.key(kept), chain[0], tuple(chain[1:]))
path = base / "citizen" / keys.suggested_name(chain[0])
armed = True
enrolment.Enrolment(shelf, around)._write(kept, held, path, sys.argv[4])
"""
CHANGING = """
import pathlib
from qoltanba_keyagent import files
armed = True
files.replace(pathlib.Path(sys.argv[2]), b"new" * 1000)
"""


def run(code: str, *arguments: str) -> int:
    command = [sys.executable, "-c", FATAL + code, *arguments]
    folder = person.PROJECT / "portal" / "keyagent"
    return subprocess.run(command, cwd=folder, timeout=60).returncode


@pytest.mark.slow
def test_killed_at_each_write_of_an_installation(tmp_path: Path, authority: Authority) -> None:
    """Whenever it dies, the next try ends with one file, which opens, and no waiting key."""
    deaths = 0
    for step in range(1, 40):
        base = tmp_path / str(step)
        (base / "citizen").mkdir(parents=True)
        shelf = Shelf(base / "agent")
        key = keys.make("P-256")
        kept = shelf.put(
            key, origin="https://a.example", reference="", algorithm="P-256", folder=base / "citizen",
            now=datetime.now(UTC),
        )  # fmt: skip
        chain = ",".join(authority.certify(base64.b64encode(keys.request_of(key)).decode()))
        ended = run(INSTALLING, str(step), str(base), chain, PASSWORD)
        if ended == 0:
            break
        deaths += 1
        now = shelf.all()
        assert [one.key_id for one in now] == [kept.key_id]
        if not now[0].is_receipt:
            assert keys.public_der(shelf.key(now[0])) == keys.public_der(key)
            assert run(INSTALLING, "0", str(base), chain, PASSWORD) == 0
        files = [path for path in (base / "citizen").iterdir() if not path.name.startswith(".")]
        assert len(files) == 1, (step, files)
        held = keys.unseal(files[0].read_bytes(), password=PASSWORD)
        assert keys.public_der(held.key) == keys.public_der(key)
        assert shelf.all()[0].is_receipt
        shelf.sweep(datetime.now(UTC))
        assert [path.suffix for path in (base / "agent" / "waiting").iterdir()] == [".json"]
    assert deaths >= 6


def test_killed_at_each_write_of_a_new_password(tmp_path: Path) -> None:
    """The file is the old one or the new one."""
    for step in range(1, 10):
        file = tmp_path / "key.p12"
        file.write_bytes(b"old")
        ended = run(CHANGING, str(step), str(file))
        if ended == 0:
            assert step > 2
            return
        assert file.read_bytes() in (b"old", b"new" * 1000)
    raise AssertionError("it never survived")


def test_killed_between_key_and_certificate(agent: Agent, authority: Authority) -> None:
    with Site(agent) as site:
        body = person.request_key(agent, site)
    agent.kill()
    agent.start()
    with Site(agent) as site:
        assert person.request_key(agent, site)["keyId"] == body["keyId"]
        assert person.request_key(agent, site)["request"]
        file = person.install(agent, site, body["keyId"], authority.certify(body["request"]))["file"]
    held = keys.unseal((agent.home / file.removeprefix("~/")).read_bytes(), password=PASSWORD)
    assert held.certificate is not None


def test_killed_while_a_dialog_is_open(agent: Agent, authority: Authority) -> None:
    """The page is gone with the agent; the site asks again and gets a new one."""
    with Site(agent) as site:
        body = person.request_key(agent, site)
        chain = authority.certify(body["request"])
        old = person.announced(
            agent, site.enrol("installCertificate", keyId=body["keyId"], chain=chain, owner=OWNER)
        )
        agent.kill()
    agent.start()
    assert old.request("GET", old.address).status_code == 404
    with Site(agent) as site:
        assert person.install(agent, site, body["keyId"], chain)["file"].endswith(".p12")


def test_killed_after_the_file_was_written_before_the_site_knew(agent: Agent, authority: Authority) -> None:
    with Site(agent) as site:
        body = person.request_key(agent, site)
        chain = authority.certify(body["request"])
        first = person.install(agent, site, body["keyId"], chain)
    agent.kill()
    agent.start()
    with Site(agent) as site:
        assert site.enrol("installCertificate", keyId=body["keyId"], chain=chain)["body"] == first
    assert len(list(agent.home.rglob("*.p12"))) == 1
