"""One frozen Settings: what wins over what, what is refused and in which words, what production forbids."""

import dataclasses
from collections.abc import Callable
from pathlib import Path

import pytest

from runtime import settings
from runtime.settings import SettingRefused, Settings


@pytest.fixture(autouse=True)
def _empty_surroundings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    for name in settings.as_environment(settings.load()):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.delenv(settings.CONFIG_VARIABLE, raising=False)


@pytest.fixture
def production(tmp_path: Path) -> Callable[..., Settings]:
    """Settings that production accepts, but for what the test changes."""
    for name in ("issuing", "ocsp", "session", "code", "media", "evidence", "audit", "sms"):
        path = tmp_path / "secrets" / name
        path.parent.mkdir(exist_ok=True)
        path.write_text("a fictitious secret\n")
        path.chmod(0o600)

    def make(**changes: str) -> Settings:
        accepted = {
            "mode": "production",
            "secrets_dir": str(tmp_path / "secrets"),
            "sms_url": "https://sms.example.kz",
            "sms_token_file": str(tmp_path / "secrets" / "sms"),
            "mail_host": "mail.example.kz",
            "mail_sender": "ca@example.kz",
        }
        return settings.load(accepted | changes)

    return make


def refused(setting: str, call: Callable[[], object]) -> str:
    with pytest.raises(SettingRefused) as refusal:
        call()
    assert refusal.value.setting == setting
    assert "\n" not in str(refusal.value)
    return refusal.value.sentence


def test_defaults_suffice(tmp_path: Path) -> None:
    loaded = settings.load()
    assert loaded.var_dir == tmp_path / "var"
    assert loaded.database_url == f"sqlite:///{tmp_path}/var/qoltanba.sqlite"
    assert loaded.console_url == "http://127.0.0.1:8501"
    assert loaded.public_base_url.endswith(":8080")
    assert loaded.keys_dir == tmp_path / "var" / "keys"
    assert loaded.tls_key_file is None


def test_settings_cannot_be_changed() -> None:
    with pytest.raises(dataclasses.FrozenInstanceError):
        settings.load().mode = "production"  # type: ignore[misc]


def test_file_gives_way_to_environment_and_that_to_the_command_line(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "qoltanba.toml").write_text("console_port = 1001\nportal_port = 1002\njobs_port = 1003\n")
    monkeypatch.setenv("QOLTANBA_PORTAL_PORT", "2002")
    monkeypatch.setenv("QOLTANBA_JOBS_PORT", "2003")
    loaded = settings.load({"jobs_port": "3003"})
    assert (loaded.console_port, loaded.portal_port, loaded.jobs_port) == (1001, 2002, 3003)


def test_the_file_may_stand_elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "other.toml").write_text('policy = "2026"\n')
    monkeypatch.setenv("QOLTANBA_CONFIG", str(tmp_path / "other.toml"))
    assert settings.load().policy == "2026"


def test_a_named_file_that_is_missing_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QOLTANBA_CONFIG", "missing.toml")
    assert "missing.toml" in refused("QOLTANBA_CONFIG", settings.load)


def test_a_file_that_is_no_toml_is_refused(tmp_path: Path) -> None:
    (tmp_path / "qoltanba.toml").write_text("console_port: 8501\n")
    refused("QOLTANBA_CONFIG", settings.load)


def test_a_table_in_the_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "qoltanba.toml").write_text("[mode]\nname = 'demo'\n")
    refused("mode", settings.load)


def test_an_unknown_setting_is_named_with_the_one_that_was_meant(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QOLTANBA_CONSOLE_PRT", "1")
    sentence = refused("console_prt", settings.load)
    assert "the environment" in sentence
    assert "did you mean console_port?" in sentence


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("console_port", "no"),
        ("console_port", "0"),
        ("console_port", "65536"),
        ("mode", "prod"),
        ("lint", "some"),
        ("policy", "2027"),
        ("session_idle_minutes", "-1"),
    ],
)
def test_a_value_out_of_its_range_is_refused_by_name(name: str, value: str) -> None:
    assert value in refused(name, lambda: settings.load({name: value}))


def test_an_empty_variable_means_the_default(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("QOLTANBA_CONSOLE_PORT", "")
    assert settings.load().console_port == 8501


def test_addresses_follow_host_and_port() -> None:
    loaded = settings.load({"console_host": "::1", "console_port": "9000", "portal_port": "9001"})
    assert loaded.console_url == "http://[::1]:9000"
    assert loaded.portal_url == "http://127.0.0.1:9001"
    assert loaded.public_base_url.endswith(":9001")


def test_tls_makes_the_addresses_https_but_not_those_in_certificates() -> None:
    loaded = settings.load({"tls_certificate_file": "chain.pem", "tls_key_file": "key.pem"})
    assert loaded.console_url.startswith("https://")
    assert loaded.portal_url.startswith("https://")
    assert loaded.public_base_url.startswith("http://")


def test_half_of_tls_is_refused() -> None:
    refused("tls_key_file", lambda: settings.load({"tls_certificate_file": "chain.pem"}))


def test_a_child_process_reads_the_same_settings(monkeypatch: pytest.MonkeyPatch) -> None:
    loaded = settings.load({"console_port": "9000", "demo_seed": "7", "log_format": "json"})
    for name, value in settings.as_environment(loaded).items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir("/")
    assert settings.load() == loaded


def test_a_secret_is_read_from_its_file(production: Callable[..., Settings]) -> None:
    path = production().code_secret_file
    assert settings.read_secret(path, setting="code_secret_file") == b"a fictitious secret"


@pytest.mark.parametrize("content", [None, "", " \n"])
def test_a_secret_that_is_missing_or_empty_is_refused(tmp_path: Path, content: str | None) -> None:
    path = tmp_path / "secret"
    if content is not None:
        path.write_text(content)
    refused("code_secret_file", lambda: settings.read_secret(path, setting="code_secret_file"))


def test_demo_is_not_held_to_production() -> None:
    settings.check_production(settings.load({"console_host": "0.0.0.0", "lint": "off"}))


def test_production_on_loopback_with_secrets_is_accepted(production: Callable[..., Settings]) -> None:
    settings.check_production(production())


def test_production_with_tls_may_be_open(production: Callable[..., Settings]) -> None:
    settings.check_production(
        production(
            console_host="0.0.0.0",
            console_url="https://desk.example.kz",
            portal_host="::",
            portal_url="https://portal.example.kz",
            public_base_url="http://ca.example.kz",
            tls_certificate_file="chain.pem",
            tls_key_file="key.pem",
        )
    )


@pytest.mark.parametrize(
    ("setting", "value"),
    [
        ("console_host", "0.0.0.0"),
        ("console_host", "10.1.2.3"),
        ("portal_host", "::"),
        ("console_url", "http://desk.example.kz"),
        ("portal_url", "http://portal.example.kz"),
        ("public_base_url", "https://ca.example.kz"),
        ("database_url", "postgresql+psycopg://ca:fictitious@db/ca"),
        ("lint", "off"),
        ("small_cell_minimum", "5"),
        ("issuing_secret_file", "missing"),
        ("audit_secret_file", "missing"),
        ("sms_url", ""),
        ("sms_token_file", ""),
        ("mail_host", ""),
    ],
)
def test_production_refuses(production: Callable[..., Settings], setting: str, value: str) -> None:
    refused(setting, lambda: settings.check_production(production(**{setting: value})))


def test_production_refuses_a_secret_that_others_may_read(production: Callable[..., Settings]) -> None:
    production().ocsp_secret_file.chmod(0o640)
    assert "chmod 600" in refused("ocsp_secret_file", lambda: settings.check_production(production()))


def test_production_refuses_development_keys(production: Callable[..., Settings]) -> None:
    keys = production().keys_dir
    keys.mkdir(parents=True)
    (keys / settings.DEVELOPMENT_MARK).touch()
    refused("keys_dir", lambda: settings.check_production(production()))


def test_production_refuses_demo_accounts(production: Callable[..., Settings]) -> None:
    refused("mode", lambda: settings.refuse_demo_accounts(production(), accounts=7))
    settings.refuse_demo_accounts(production(), accounts=0)
    settings.refuse_demo_accounts(settings.load(), accounts=7)


def test_production_refuses_to_print_codes(production: Callable[..., Settings]) -> None:
    """R4: a code goes to the phone and nowhere else."""
    refused("mode", lambda: settings.refuse_printed_codes(production()))
    settings.refuse_printed_codes(settings.load())


def test_small_cells_are_suppressed_by_mode(production: Callable[..., Settings]) -> None:
    assert settings.load().small_cell == 1
    assert production().small_cell == 10
