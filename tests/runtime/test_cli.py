"""The command line: every command helps, refuses in one sentence, and its exit code means something."""

import socket
from pathlib import Path

import pytest
from cryptography import x509
from typer.testing import CliRunner

from ca_core import staff
from runtime import cli, settings, wiring

COMMANDS = (
    [],
    ["run"],
    ["db", "upgrade"],
    ["demo", "seed"],
    ["demo", "reset"],
    ["staff", "add"],
    ["staff", "reset"],
    ["staff", "disable"],
    ["ca", "init"],
    ["crl", "publish"],
    ["certificates", "export"],
    ["jobs", "run"],
    ["jobs", "retry"],
    ["audit", "init"],
    ["audit", "seal"],
    ["audit", "verify"],
    ["audit", "prove"],
    ["audit", "prove-head"],
    ["audit", "check"],
    ["video", "drain"],
    ["bench", "shift"],
    ["bench", "video"],
)


@pytest.fixture
def var(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("QOLTANBA_VAR_DIR", str(tmp_path / "var"))
    monkeypatch.chdir(tmp_path)
    return tmp_path / "var"


def call(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli.app, list(arguments), catch_exceptions=False)
    return done.exit_code, done.stdout


@pytest.mark.parametrize("command", COMMANDS, ids=" ".join)
def test_every_command_explains_itself(command: list[str]) -> None:
    code, text = call(*command, "--help")
    assert code == 0
    assert "Usage" in text


def test_from_nothing_to_an_exported_chain(var: Path, tmp_path: Path) -> None:
    assert call("db", "upgrade") == (0, "upgraded\n")
    assert call("db", "upgrade") == (0, "already the newest\n")
    assert call("ca", "init")[0] == 0
    assert call("crl", "publish")[1].startswith("list 1 published: 0 entries")
    assert call("crl", "publish", "--root")[0] == 0
    assert call("certificates", "export", "--out", str(tmp_path / "out"), "--limit", "5")[0] == 0
    exported = {p.name for p in (tmp_path / "out").iterdir()}
    assert exported >= {"leaves", "root.pem", "chain.pem", "issuing.crl", "root.crl"}
    assert len(x509.load_pem_x509_certificates((tmp_path / "out" / "chain.pem").read_bytes())) == 2


def test_staff_secret_goes_to_a_file_and_not_to_the_screen(var: Path, tmp_path: Path) -> None:
    call("db", "upgrade")
    password = tmp_path / "password"
    password.write_text("a good long password\n")
    totp = tmp_path / "totp"
    totp.touch(mode=0o644)
    given = ("--name", "Specimen", "--password-file", str(password), "--totp-file", str(totp))
    code, text = call("staff", "add", "Officer1", "ra_officer", *given)
    assert code == 0
    assert totp.read_text().startswith("otpauth://totp/")
    assert totp.stat().st_mode & 0o077 == 0
    secret = totp.read_text().partition("secret=")[2][:32]
    assert secret not in text


def test_staff_are_reset_and_disabled_by_login(var: Path, tmp_path: Path) -> None:
    call("db", "upgrade")
    password, totp = tmp_path / "password", tmp_path / "totp"
    password.write_text("a good long password\n")
    files = ("--password-file", str(password), "--totp-file", str(totp))
    call("staff", "add", "officer1", "ra_officer", "--name", "Specimen", "--region", "18", *files)
    first = totp.read_text()
    assert call("staff", "reset", "Officer1", *files)[0] == 0
    assert totp.read_text() != first
    assert call("staff", "disable", "officer1") == (0, "officer1 disabled\n")
    with pytest.raises(staff.StaffUnknown):
        call("staff", "disable", "officer2")
    service = wiring.make_service(settings.load())
    with service.look() as work:
        account = work.accounts.by_login("officer1")
    service.close()
    assert account is not None
    assert account.region == 18
    assert account.disabled_at is not None


@pytest.mark.parametrize(
    ("environment", "arguments", "sentence"),
    [
        ({"QOLTANBA_MODE": "production"}, ["db", "upgrade"], "issuing_secret_file: the secret file"),
        ({"QOLTANBA_LINTT": "off"}, ["db", "upgrade"], "lintt: there is no such setting"),
        ({}, ["ca", "init"], "a second one never replaces it: ca.exists"),
        ({}, ["staff", "add", "x", "analyst"], "staff"),
    ],
)
def test_refusal_is_one_sentence_and_exit_code_1(
    var: Path,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    environment: dict[str, str],
    arguments: list[str],
    sentence: str,
) -> None:
    if arguments == ["ca", "init"]:
        call("ca", "init")
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.setattr("sys.argv", ["qoltanba", *arguments])
    with pytest.raises(SystemExit) as left:
        cli.main()
    said = capsys.readouterr().err
    assert left.value.code in (1, 2)
    assert sentence in said
    assert "Traceback" not in said


def test_a_media_worker_whose_udp_port_is_taken_says_which_setting_names_it(
    var: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as other:
        other.bind(("127.0.0.1", 0))
        monkeypatch.setenv("QOLTANBA_MEDIA_HOST", "127.0.0.1")
        monkeypatch.setenv("QOLTANBA_MEDIA_UDP_PORT", str(other.getsockname()[1]))
        monkeypatch.setattr("sys.argv", ["qoltanba", "video", "worker", "0"])
        with pytest.raises(SystemExit) as left:
            cli.main()
    assert left.value.code == 1
    said = capsys.readouterr().err
    assert "`media_udp_port`: media.port_taken" in said
    assert "Traceback" not in said
