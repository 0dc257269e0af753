"""The settings: one frozen value, read once when a process starts.

Defaults give way to `qoltanba.toml` (QOLTANBA_CONFIG, else ./qoltanba.toml), that to QOLTANBA_<NAME> in
the environment, that to the command line. Nothing else reads the environment. Secrets are never settings:
a setting names the file that holds one. `python -m runtime.settings --markdown` prints the reference page.
"""

import dataclasses
import difflib
import ipaddress
import os
import sys
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal, get_args, get_origin, get_type_hints
from urllib.parse import urlsplit

PREFIX = "QOLTANBA_"
CONFIG_VARIABLE = "QOLTANBA_CONFIG"
CONFIG_FILE = "qoltanba.toml"

# `ca init` leaves an empty file of this name beside keys that it makes in demo mode.
DEVELOPMENT_MARK = "DEVELOPMENT"

Raw = str | int


class SettingRefused(Exception):
    """A setting that cannot be accepted: its name, and one sentence for who runs the system."""

    def __init__(self, setting: str, sentence: str) -> None:
        super().__init__(f"{setting}: {sentence}")
        self.setting = setting
        self.sentence = sentence


def _of(text: str, default: Raw, *, least: int | None = None, most: int | None = None) -> Any:
    """A field with its documentation; `<name>` in a default stands for another setting's value."""
    return dataclasses.field(metadata={"text": text, "default": default, "least": least, "most": most})


def _port(text: str, default: int) -> Any:
    return _of(text, default, least=1, most=65535)


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """Everything that may differ between two installations."""

    mode: Literal["demo", "production"] = _of(
        "`demo` makes fictitious people, prints accounts and codes; `production` refuses to.", "demo"
    )
    var_dir: Path = _of("Folder of everything the system writes.", "var")
    database_url: str = _of(
        "SQLAlchemy address of the database, SQLite or PostgreSQL (`postgresql+psycopg://...`). In production"
        " a password stands in a file named by `?passfile=`, never here.",
        "sqlite:///<var_dir>/qoltanba.sqlite",
    )

    console_host: str = _of("Address the staff console listens on.", "127.0.0.1")
    console_port: int = _port("Port of the staff console.", 8501)
    console_url: str = _of(
        "Address under which staff open the console, as seen from outside a proxy.",
        "<scheme>://<console_host>:<console_port>",
    )
    portal_host: str = _of("Address the portal and the public CA endpoints listen on.", "127.0.0.1")
    portal_port: int = _port("Port of the portal and of the public CA endpoints.", 8080)
    portal_url: str = _of(
        "Address under which citizens open the portal, as seen from outside a proxy.",
        "<scheme>://<portal_host>:<portal_port>",
    )
    public_base_url: str = _of(
        "Base of the addresses of CRL, OCSP and issuer certificate, as written into certificates; plain"
        " http, fixed at `ca init`. The demo's name is fictitious: certificates that name a loopback address"
        " fail outside linters. The portal serves the same paths on its own address.",
        "http://pki.qoltanba.kz:<portal_port>",
    )
    public_host: str = _of(
        "Address of a plain-http listener for OCSP, lists and CA certificates alone.", "127.0.0.1"
    )
    public_port: int = _of(
        "Port of that listener, for installations whose portal has TLS; 0: the portal alone serves them.",
        0,
        least=0,
        most=65535,
    )
    jobs_port: int = _port("Port of the job runner's health page; always on loopback.", 8070)
    video_host: str = _of("Address the video gateway (queue and signalling) listens on.", "127.0.0.1")
    video_port: int = _port("Port of the video gateway.", 8090)
    video_url: str = _of(
        "Address under which the pages of citizens and agents reach the video gateway, as seen from outside"
        " a proxy.",
        "<scheme>://<video_host>:<video_port>",
    )
    media_port: int = _port(
        "First port of the media workers' control, one a worker, always on loopback.",
        8091,
    )
    media_udp_port: int = _of(
        "First UDP port of picture and sound, one a worker; 0: any that is free, behind no firewall.",
        50000,
        least=0,
        most=65472,
    )
    media_workers: int = _of("Number of media workers; 0: one a core.", 0, least=0, most=64)
    video_engine: Literal["translator", "relay"] = _of(
        "What carries picture and sound: `translator` forwards packets as they came, `relay` decodes and"
        " encodes them at many times the load.",
        "translator",
    )
    media_host: str = _of(
        "The addresses on which media workers take media, separated by blanks, IPv4 or IPv6; every interface's"
        " when none is given.",
        "",
    )
    media_advertised_host: str = _of(
        "The addresses that pages see, separated by blanks, where a one-to-one translation stands before the"
        " media workers.",
        "",
    )
    vision_port: int = _port(
        "Port of the process that reads documents and compares faces; on loopback.", 8089
    )
    vision_workers: int = _of("Processes that read pictures at the same time.", 1, least=1, most=32)
    turn_urls: str = _of(
        "TURN servers for callers behind strict firewalls, separated by blanks, for example"
        " `turn:turn.example:3478?transport=udp turns:turn.example:443`.",
        "",
    )
    turn_secret_file: Path | None = _of(
        "File with the secret shared with the TURN servers, for credentials that end with the call.", ""
    )
    turn_only: Literal["no", "yes"] = _of(
        "Whether media go through TURN alone, so that addresses stay hidden.", "no"
    )
    keyagent: Literal["no", "yes"] = _of(
        "Whether `run` starts a key agent on this computer too, in demo mode.", "yes"
    )
    keyagent_port: int = _port(
        "Port on loopback where our pages look for the citizen's key agent, and where that one listens;"
        " a citizen's own listens on 13579.",
        13579,
    )
    tls_certificate_file: Path | None = _of("PEM file of the TLS certificate and its chain.", "")
    tls_key_file: Path | None = _of("PEM file of the TLS key.", "")

    keys_dir: Path = _of("Folder of the CA's encrypted keys.", "<var_dir>/keys")
    secrets_dir: Path = _of("Folder of the secrets that demo mode makes for itself.", "<var_dir>/secrets")
    issuing_secret_file: Path = _of(
        "File with the secret that decrypts root and issuing key; only the job runner and `ca init` read it.",
        "<secrets_dir>/issuing",
    )
    ocsp_secret_file: Path = _of("File with the secret that decrypts the OCSP key.", "<secrets_dir>/ocsp")
    code_secret_file: Path = _of(
        "File with the secret under which one-time codes are kept (R4).", "<secrets_dir>/code"
    )
    media_secret_file: Path = _of(
        "File with the secret that gateway, console, media workers and vision share.", "<secrets_dir>/media"
    )
    evidence_secret_file: Path = _of(
        "File with the secret under which recordings and stills of calls are sealed.",
        "<secrets_dir>/evidence",
    )
    evidence_dir: Path = _of("Folder of the sealed recordings and stills.", "<var_dir>/evidence")
    audit_secret_file: Path = _of(
        "File with the secret that decrypts the key that signs the audit log's heads; only the job runner reads"
        " it.",
        "<secrets_dir>/audit",
    )
    audit_heads_dir: Path = _of(
        "Folder where the audit log's signed heads are written beside the database: better on another disk or"
        " host, where who may change the database may not write.",
        "<var_dir>/audit-heads",
    )

    sms_url: str = _of(
        "Address of the SMS centre's HTTP interface; demo mode shows messages on its phone page.", ""
    )
    sms_token_file: Path | None = _of("File with the SMS centre's token.", "")
    sms_sender: str = _of("Sender that messages show.", "1414")
    mail_host: str = _of("SMTP server for e-mail; demo mode shows messages on its phone page.", "")
    mail_port: int = _port("Port of the SMTP server.", 25)
    mail_sender: str = _of("Address that e-mail comes from.", "")

    policy: Literal["article", "2026"] = _of("The policy in force, one of the shipped presets.", "article")
    lint: Literal["full", "off"] = _of(
        "Whether every certificate passes the ETSI linter before it is signed.", "full"
    )
    least_free_mb: int = _of(
        "Megabytes that are to be free on every disk that the system writes to; fewer show on the home page of who"
        " runs it, and at `/ready`.",
        200,
        least=1,
        most=1_000_000,
    )
    small_cell_minimum: int = _of(
        "Fewest people a published cell may count; smaller ones are suppressed. 0 means 1 in demo mode and"
        " 10 in production.",
        0,
        least=0,
        most=1000,
    )
    session_idle_minutes: int = _of(
        "Minutes without a click after which staff sign in again.", 15, least=1, most=720
    )
    session_absolute_hours: int = _of(
        "Hours after which staff sign in again in any case.", 12, least=1, most=24
    )

    log_level: Literal["debug", "info", "warning", "error"] = _of(
        "Least severe message that is logged.", "info"
    )
    log_format: Literal["text", "json"] = _of("Log lines for people, or one JSON object a line.", "text")

    demo_certificates: int = _of("Number of certificates in the demo data.", 20000, least=100, most=200000)
    demo_seed: int = _of(
        "Seed of the demo data: the same seed, the same people.", 20231, least=0, most=2**31 - 1
    )

    @property
    def scheme(self) -> str:
        return "https" if self.tls_certificate_file else "http"

    @property
    def media_ports(self) -> range:
        """The control ports of the media workers."""
        return range(self.media_port, self.media_port + (self.media_workers or os.cpu_count() or 1))

    def media_udp(self, worker: int) -> int:
        """The UDP port of one media worker; 0 for any."""
        return self.media_udp_port + worker if self.media_udp_port else 0

    @property
    def is_demo(self) -> bool:
        return self.mode == "demo"

    @property
    def small_cell(self) -> int:
        """The number below which a published cell is suppressed."""
        return self.small_cell_minimum or (1 if self.is_demo else 10)


def load(overrides: Mapping[str, str] | None = None) -> Settings:
    """The settings of this process; raises SettingRefused naming the first one that is unknown or wrong."""
    values: dict[str, Raw] = {}
    origins: dict[str, str] = {}
    sources = (_from_file(), _from_environment(), ("the command line", dict(overrides or {})))
    for origin, given in sources:
        for name, value in given.items():
            _require_known(name, origin)
            values[name], origins[name] = value, origin
    return _build(values, origins)


def as_environment(settings: Settings) -> dict[str, str]:
    """The same settings as environment variables, for a child process."""
    pairs = {field.name: getattr(settings, field.name) for field in dataclasses.fields(settings)}
    return {PREFIX + name.upper(): "" if value is None else str(value) for name, value in pairs.items()}


def read_secret(path: Path, *, setting: str) -> bytes:
    """The secret in a file; raises SettingRefused when the file is missing or empty."""
    try:
        secret = path.read_bytes().strip()
    except OSError as failure:
        raise SettingRefused(
            setting, f"the secret file {path} cannot be read ({failure.strerror})."
        ) from failure
    if not secret:
        raise SettingRefused(setting, f"the secret file {path} is empty.")
    return secret


def media_secret(settings: Settings) -> str:
    """What gateway, console, media workers and vision know of each other. Raises SettingRefused."""
    return read_secret(settings.media_secret_file, setting="media_secret_file").decode()


def evidence_secret(settings: Settings) -> bytes:
    """What seals recordings and stills. Raises SettingRefused, also for one that is too short to be a secret."""
    secret = read_secret(settings.evidence_secret_file, setting="evidence_secret_file")
    if len(secret) < _EVIDENCE_SECRET_BYTES:
        raise SettingRefused("evidence_secret_file", f"it must hold {_EVIDENCE_SECRET_BYTES} bytes at least.")
    return secret


_EVIDENCE_SECRET_BYTES = 32
SECRETS = (
    "issuing_secret_file",
    "ocsp_secret_file",
    "code_secret_file",
    "media_secret_file",
    "evidence_secret_file",
    "audit_secret_file",
)


def check_production(settings: Settings, *, secrets: Sequence[str] = SECRETS) -> None:
    """Refuse to run in production with what only a demo may have; does nothing in demo mode.

    `secrets` are those that this process opens: the portal's account has no right to read the issuing key's.
    """
    if settings.is_demo:
        return
    _refuse_open_listeners(settings)
    refuse_development_keys(settings)
    for name in secrets:
        _require_private(getattr(settings, name), setting=name)
    if urlsplit(settings.database_url).password:
        raise SettingRefused("database_url", "a password must stand in a file: use `?passfile=` instead.")
    for name in ("sms_url", "sms_token_file", "mail_host", "mail_sender"):
        if not getattr(settings, name):
            raise SettingRefused(name, "production tells owners by SMS and e-mail; name the ways out.")
    if settings.lint == "off":
        raise SettingRefused("lint", "production signs no certificate that was not linted; set it to full.")
    if settings.small_cell < 10:
        raise SettingRefused("small_cell_minimum", "production publishes no cell of fewer than 10 people.")


def refuse_development_keys(settings: Settings) -> None:
    """Keys made in demo mode rest under secrets that the machine made for itself; `ca init` marks them."""
    if not settings.is_demo and (settings.keys_dir / DEVELOPMENT_MARK).exists():
        raise SettingRefused("keys_dir", f"{settings.keys_dir} holds development keys, made in demo mode.")


def refuse_demo_accounts(settings: Settings, *, accounts: int) -> None:
    """Accounts with published passwords do not belong into production; the caller counts them."""
    if not settings.is_demo and accounts:
        raise SettingRefused(
            "mode", f"the database has {accounts} demo staff accounts; production refuses them."
        )


def refuse_printed_codes(settings: Settings) -> None:
    """One-time codes and passwords are printed, or shown on the demo phone, in demo mode only (R4)."""
    if not settings.is_demo:
        raise SettingRefused("mode", "passwords and one-time codes are shown in demo mode only.")


def _refuse_open_listeners(settings: Settings) -> None:
    for door in ("console", "portal", "video"):
        host, address = getattr(settings, f"{door}_host"), getattr(settings, f"{door}_url")
        if not _is_loopback(host) and not settings.tls_certificate_file:
            raise SettingRefused(
                f"{door}_host",
                f"{host} is open to others, which needs tls_certificate_file and tls_key_file;"
                " or listen on 127.0.0.1 behind a proxy that has TLS.",
            )
        parts = urlsplit(address)
        if parts.scheme != "https" and not _is_loopback(parts.hostname or ""):
            raise SettingRefused(f"{door}_url", f"{address} must begin with https: people sign in there.")
    if urlsplit(settings.public_base_url).scheme != "http":
        # RFC 5280, 4.2.1.13 and 8: fetching a CRL over TLS needs a CRL first.
        raise SettingRefused("public_base_url", "CRL, OCSP and issuer certificates are served on plain http.")


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        return host == "localhost"


def _require_private(path: Path, *, setting: str) -> None:
    read_secret(path, setting=setting)
    if path.stat().st_mode & 0o077:
        raise SettingRefused(setting, f"{path} may be read by others; take the right away: chmod 600.")


def _from_file() -> tuple[str, dict[str, Raw]]:
    named = os.environ.get(CONFIG_VARIABLE)
    path = Path(named or CONFIG_FILE)
    try:
        parsed = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if named:
            raise SettingRefused(CONFIG_VARIABLE, f"there is no file {path}.") from None
        return str(path), {}
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as failure:
        raise SettingRefused(CONFIG_VARIABLE, f"{path} cannot be read: {failure}.") from failure
    for name, value in parsed.items():
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise SettingRefused(name, f"{path} must give it as a text or a whole number.")
    return str(path), parsed


def _from_environment() -> tuple[str, dict[str, Raw]]:
    return "the environment", {
        name.removeprefix(PREFIX).lower(): value
        for name, value in os.environ.items()
        if name.startswith(PREFIX) and name != CONFIG_VARIABLE
    }


def _require_known(name: str, origin: str) -> None:
    known = [field.name for field in dataclasses.fields(Settings)]
    if name not in known:
        near = difflib.get_close_matches(name, known, n=1)
        hint = f"; did you mean {near[0]}?" if near else "."
        raise SettingRefused(name, f"there is no such setting (named in {origin}){hint}")


def _build(values: Mapping[str, Raw], origins: Mapping[str, str]) -> Settings:
    types = get_type_hints(Settings)
    built: dict[str, Any] = {}
    # Defaults refer only to settings that stand above them, and to the scheme, which two files decide.
    places = {"scheme": "https" if values.get("tls_certificate_file") else "http"}
    for field in dataclasses.fields(Settings):
        # An empty variable is one that is not set: shells and unit files leave such.
        given = values.get(field.name, "")
        raw = field.metadata["default"] if given == "" else given
        if given == "" and isinstance(raw, str):
            for name, text in places.items():
                raw = raw.replace(f"<{name}>", text)
        built[field.name] = _parse(field, types[field.name], raw, origins.get(field.name, "the defaults"))
        # An IPv6 address stands in brackets in an address, and a default may build one.
        text = str(built[field.name])
        places[field.name] = f"[{text}]" if field.name.endswith("_host") and ":" in text else text
    if (built["tls_certificate_file"] is None) != (built["tls_key_file"] is None):
        raise SettingRefused(
            "tls_key_file", "tls_certificate_file and tls_key_file are given together or not at all."
        )
    return Settings(**built)


def _parse(field: "dataclasses.Field[Any]", kind: Any, raw: Raw, origin: str) -> object:
    name = field.name
    if get_origin(kind) is Literal:
        choices = get_args(kind)
        if str(raw) not in choices:
            raise SettingRefused(name, f"{raw!r} (from {origin}) is none of {', '.join(choices)}.")
        return str(raw)
    if kind is int:
        return _parse_number(field, raw, origin)
    text = str(raw).strip()
    if kind is str:
        return text
    # A path is absolute from here on: a child process may have another working directory.
    return Path(text).expanduser().absolute() if text else None


def _parse_number(field: "dataclasses.Field[Any]", raw: Raw, origin: str) -> int:
    least, most = field.metadata["least"], field.metadata["most"]
    try:
        number = int(raw)
    except ValueError:
        raise SettingRefused(field.name, f"{raw!r} (from {origin}) is not a whole number.") from None
    if not least <= number <= most:
        raise SettingRefused(field.name, f"{number} (from {origin}) is not between {least} and {most}.")
    return number


def markdown() -> str:
    """The reference page, made from the fields above."""
    lines = [
        "# Settings",
        "",
        "Made by `python -m runtime.settings --markdown`; do not edit.",
        "",
        "Each can stand in `qoltanba.toml` (or the file that `QOLTANBA_CONFIG` names) under its name, in the",
        "environment as `QOLTANBA_<NAME>`, or on the command line; the later wins. `<name>` in a default",
        "stands for the value of that setting, `<scheme>` for `https` when there is a TLS certificate, else",
        "`http`. Relative paths begin at the working directory. An empty value means the default. Secrets",
        "stand in files, never here.",
        "",
        "| setting | values | default | meaning |",
        "| --- | --- | --- | --- |",
    ]
    types = get_type_hints(Settings)
    for field in dataclasses.fields(Settings):
        default = field.metadata["default"]
        shown = "none" if default == "" else f"`{default}`"
        lines.append(
            f"| `{field.name}` | {_values(field, types[field.name])} | {shown} | {field.metadata['text']} |"
        )
    return "\n".join(lines) + "\n"


def _values(field: "dataclasses.Field[Any]", kind: Any) -> str:
    if get_origin(kind) is Literal:
        return ", ".join(f"`{choice}`" for choice in get_args(kind))
    if kind is int:
        return f"{field.metadata['least']} to {field.metadata['most']}"
    return "text" if kind is str else "path"


def main(arguments: Sequence[str]) -> int:
    if list(arguments) != ["--markdown"]:
        print("usage: python -m runtime.settings --markdown", file=sys.stderr)
        return 2
    print(markdown(), end="")
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
