"""`qoltanba audit`, as whoever runs the system and an auditor far away use it; each exit code means one thing."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from typer.testing import CliRunner

from data.audit_schema import audit_head, audit_leaf
from data.schema import audit
from runtime import cli, settings, wiring
from runtime.service import Service


def call(*arguments: str) -> tuple[int, str]:
    done = CliRunner().invoke(cli.app, ["audit", *arguments], catch_exceptions=False)
    return done.exit_code, done.stdout


@pytest.fixture
def service(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Service:
    """Some entries, made by the commands themselves, and a head over them."""
    monkeypatch.setenv("QOLTANBA_VAR_DIR", str(tmp_path / "var"))
    monkeypatch.chdir(tmp_path)
    (tmp_path / "password").write_text("twelve letters and more")
    CliRunner().invoke(cli.app, ["db", "upgrade"], catch_exceptions=False)
    assert call("init")[0] == 0
    for number in range(3):
        CliRunner().invoke(
            cli.app,
            [
                "staff", "add", f"officer{number}", "ra_officer", "--name", f"Үлгіев {number}",
                "--password-file", "password", "--totp-file", "totp",
            ],
            catch_exceptions=False,
        )  # fmt: skip
    assert call("seal") == (0, call_head())
    return wiring.make_service(settings.load())


def call_head() -> str:
    made = wiring.make_service(settings.load())
    with made.look() as work:
        newest = work.audit_heads.newest()
    made.close()
    assert newest is not None
    return f"3 entries sealed\nhead: 3 entries, root {newest.head.root.hex()}, {newest.head.at:%Y-%m-%d %H:%M:%S} UTC\n"


def change(service: Service, *statements: sa.Executable) -> None:
    with service.work() as work:
        for statement in statements:
            work.connection.execute(statement)


def test_an_intact_log_is_0(service: Service) -> None:
    assert call("verify") == (0, "3 sealed entries read: intact\n")
    service.close()


def test_a_changed_log_is_3_and_says_where(service: Service) -> None:
    change(service, sa.update(audit).where(audit.c.audit_id == 2).values(actor="somebody else"))
    code, text = call("verify")
    assert code == 3
    assert "✕ entry 2 is not what was sealed (position 1)  [entry_changed]" in text
    assert "3 sealed entries read: CHANGED" in text
    service.close()


def test_a_cut_tail_with_its_head_is_3_with_the_copy_that_an_auditor_kept(
    service: Service, tmp_path: Path
) -> None:
    """Even when the copies on this host were cut as well."""
    kept = tmp_path / "kept"
    service.settings.audit_heads_dir.rename(kept)
    change(
        service,
        sa.delete(audit).where(audit.c.audit_id > 1),
        sa.delete(audit_leaf).where(audit_leaf.c.position > 0),
        sa.delete(audit_head),
    )
    assert call("verify", "--heads", str(kept))[0] == 3
    assert "the tail was cut" in call("verify", "--heads", str(kept))[1]
    service.close()


def test_what_cannot_be_known_is_1(service: Service) -> None:
    for path in service.settings.audit_heads_dir.glob("*.jsonl"):
        path.unlink()
    code, text = call("verify")
    assert code == 1
    assert "no change found, but not all could be known" in text
    service.close()


def test_a_proof_is_checked_with_nothing_but_the_public_key(service: Service, tmp_path: Path) -> None:
    [key] = service.settings.keys_dir.glob("audit-*.pem")
    assert call("prove", "2")[0] == 0
    assert call("check", "proof.json", "--key", str(key))[1].startswith("true: entry 2 (staff:add:done)")
    assert (tmp_path / "proof.json").stat().st_mode & 0o077 == 0
    with service.look() as work:
        taken_out = work.connection.scalar(
            sa.select(sa.func.count()).where(audit.c.event == "audit:prove:done")
        )
    assert taken_out == 1
    assert call("seal")[1].startswith("1 entries sealed")
    assert call("prove-head", "3", "--out", "heads.json")[0] == 0
    assert call("check", "heads.json", "--key", str(key)) == (0, "true: 4 entries continue 3\n")
    service.close()


def test_a_proof_that_does_not_hold_is_refused_in_one_sentence(
    service: Service, tmp_path: Path, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    [key] = service.settings.keys_dir.glob("audit-*.pem")
    call("prove", "2")
    proof = tmp_path / "proof.json"
    proof.write_text(proof.read_text().replace("staff:add:done", "staff:add:dona"))
    monkeypatch.setattr("sys.argv", ["qoltanba", "audit", "check", "proof.json", "--key", str(key)])
    with pytest.raises(SystemExit) as left:
        cli.main()
    assert left.value.code == 1
    assert capsys.readouterr().err == "the proof does not hold: audit.proof_wrong\n"
    service.close()
