"""The command line. Exit codes: 0 done, 1 refused or failed, 2 wrong usage."""

import sys
from dataclasses import replace
from pathlib import Path
from typing import Annotated

import pyotp
import typer
from rich.console import Console
from rich.table import Table

from ca_core import audit, given_up, roles, staff
from ca_core.errors import GatewayRejected, GatewayUnavailable, Refusal
from ca_core.identifiers import Iin
from ca_core.registration import leaving
from data import migrate, rollups
from runtime import (
    audit_commands,
    audit_key,
    authority,
    backup,
    backup_parts,
    benches,
    compiling,
    export,
    keyagent,
    logs,
    publication,
    restore,
    settings,
    start,
    upgrading,
    video_cli,
    wiring,
)
from runtime.settings import SettingRefused, Settings
from runtime.supervisor import PortTaken

app = typer.Typer(
    name="qoltanba",
    help="The operations console and certificate authority of remote digital signatures.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
db = typer.Typer(help="The database.", no_args_is_help=True)
demo = typer.Typer(help="Fictitious people and certificates (demo mode only).", no_args_is_help=True)
staff_app = typer.Typer(help="Staff accounts.", no_args_is_help=True)
ca = typer.Typer(help="The certificate authority's own keys.", no_args_is_help=True)
crl = typer.Typer(help="Certificate revocation lists.", no_args_is_help=True)
certificates = typer.Typer(help="Issued certificates.", no_args_is_help=True)
simulate = typer.Typer(help="People who are not there (demo mode only).", no_args_is_help=True)
statistics_app = typer.Typer(help="The published figures.", no_args_is_help=True)
jobs = typer.Typer(help="The job runner.", no_args_is_help=True)
audit_app = typer.Typer(help="The audit log: sealed, verified, proved.", no_args_is_help=True)
keyagent_app = typer.Typer(help="The citizens' key agent.", no_args_is_help=True)
for name, group in (
    ("db", db),
    ("demo", demo),
    ("staff", staff_app),
    ("ca", ca),
    ("crl", crl),
    ("certificates", certificates),
    ("jobs", jobs),
    ("audit", audit_app),
    ("keyagent", keyagent_app),
    ("video", video_cli.app),
    ("simulate", simulate),
    ("statistics", statistics_app),
    ("bench", benches.app),
):
    app.add_typer(group, name=name)

# What whoever runs the system can do about it; other refusals show their code and facts.
_SENTENCES = {
    "audit.diverged": "a head outside does not fit this database: its tail was cut, or an old state restored",
    "audit.head_forged": "a head has a wrong signature",
    "audit.head_key_unknown": "a head names a key that is none of the given ones",
    "audit.heads_not_copied": "the folder of copies cannot be written",
    "audit.heads_not_readable": "the folder of copies cannot be read",
    "audit.key_exists": "there is a key for the audit log already, and a second one never replaces it",
    "audit.key_missing": "there is no key for the audit log here yet, run `qoltanba audit init`",
    "audit.not_in_tree": "no head was ever signed over so many entries",
    "audit.not_sealed": "there is no such entry, or it is not sealed yet",
    "audit.proof_unreadable": "the file is no proof",
    "audit.proof_wrong": "the proof does not hold",
    "audit.tree_damaged": "the stored tree does not lead to its head, see `qoltanba audit verify`",
    "ca.missing": "there is no certificate authority here yet, run `qoltanba ca init`",
    "ca.exists": "there is a certificate authority here already, and a second one never replaces it",
    "key.not_opened": "a key of the CA does not open with the secret in its file",
    "media.port_taken": "the media worker's UDP port cannot be used, free it or choose others by `media_udp_port`",
    "staff.last_administrator": "there is no other active administrator, add one first",
    "staff.login_taken": "somebody has this login already",
    "staff.password_too_weak": "the password needs twelve characters at least",
    "staff.unknown": "nobody has this login",
}
# These are sentences themselves.
_SAID = (
    SettingRefused,
    PortTaken,
    migrate.DatabaseFromNewerVersion,
    keyagent.WheelNotBuilt,
    backup_parts.BackupRefused,
    compiling.NotCompiled,
)
out = Console(highlight=False)
_NAMES = authority.Names()
COMMAND_LINE = roles.Actor("command line", None, roles.Door.COMMAND_LINE)


def main() -> None:
    """What is refused is one sentence on the error stream, never a trace."""
    try:
        app(standalone_mode=True)
    except (*_SAID, GatewayUnavailable, GatewayRejected) as refused:
        _say_and_leave(str(refused))
    except Refusal as refusal:
        facts = ", ".join(f"{key}={value}" for key, value in refusal.facts.items())
        sentence = _SENTENCES.get(refusal.code, "refused")
        _say_and_leave(f"{sentence}: {refusal.code}{f' ({facts})' if facts else ''}")


def _say_and_leave(sentence: str) -> None:
    print(sentence, file=sys.stderr)
    raise SystemExit(1)


@app.command()
def run(
    demo_data: Annotated[bool, typer.Option(help="Fill an empty demo database first.")] = True,
    without_keyagent: Annotated[
        bool,
        typer.Option("--without-keyagent", help="Start no key agent: see what a citizen without one sees."),
    ] = False,
) -> None:
    """Prepare what is missing, start console, portal and job runner, and print where they listen."""
    configured = start.loaded()
    if without_keyagent:
        configured = replace(configured, keyagent="no")
    raise typer.Exit(start.everything(configured, out, demo_data=demo_data))


PassphraseFile = Annotated[
    Path,
    typer.Option(
        "--passphrase-file", help="File with the passphrase, 16 characters at least. Keep it elsewhere."
    ),
]


@app.command("backup")
def make_backup(
    into: Annotated[Path, typer.Argument(help="A folder that is not there yet.")],
    passphrase_file: PassphraseFile,
) -> None:
    """Write database, keys, secrets and evidence, sealed, into one folder, while the system runs."""
    passphrase = settings.read_secret(passphrase_file, setting="--passphrase-file")
    configured = start.loaded()
    made = backup.make(configured, into.absolute(), passphrase)
    size = sum(part.size_bytes for part in made.parts)
    _audit(configured, "backup:make:done", made.made_at)
    out.print(f"backup of {made.made_at} in {into}: {size} bytes, schema {made.schema}")


@app.command("restore")
def restore_backup(
    source: Annotated[Path, typer.Argument(help="The folder that `qoltanba backup` wrote.")],
    passphrase_file: PassphraseFile,
) -> None:
    """Put a backup in the place of nothing: folders, secrets and database must be empty."""
    # Not yet what production demands: the secrets come with the backup.
    configured = settings.load()
    logs.configure(configured, process="qoltanba")
    passphrase = settings.read_secret(passphrase_file, setting="--passphrase-file")
    restored = restore.restore(configured, source.absolute(), passphrase)
    _audit(configured, "backup:restore:done", restored.made_at)
    out.print(f"restored the backup of {restored.made_at}; what came after it is lost")


def _audit(configured: Settings, event: str, made_at: str) -> None:
    service = wiring.make_service(configured)
    with service.work() as work:
        work.audit.add(audit.Entry(service.now(), COMMAND_LINE, event, f"backup of {made_at}"))
    service.close()


@keyagent_app.command("build")
def keyagent_build() -> None:
    """Build the key agent's installer, which the portal offers for download."""
    installer = keyagent.build(start.loaded())
    out.print(f"{installer} SHA-256 {keyagent.digest(installer)}")


@statistics_app.command("rebuild")
def statistics_rebuild() -> None:
    """Count every figure anew from the certificates."""
    service = wiring.make_service(start.loaded())
    with service.work() as work:
        out.print(f"{rollups.rebuild(work.connection)} certificates counted")


@jobs.command("run")
def jobs_run() -> None:
    """Run the job runner alone: the process that opens the issuing key."""
    start.job_runner(start.loaded())


@simulate.command("caller")
def simulate_caller(
    person: Annotated[str, typer.Option(help="Which of the rendered people; `list` shows them.")] = "",
    language: Annotated[str, typer.Option(help="kk, ru or en; the person's own by default.")] = "",
    document: Annotated[str, typer.Option(help="What is held up: good, or one of the faulty ones.")] = "good",
) -> None:
    """Call in as a rendered person with a specimen document, so that one person at one machine can take a call."""
    from runtime.demo import simulate as simulating  # noqa: PLC0415 - production never imports the demo

    configured = start.loaded()
    settings.refuse_printed_codes(configured)
    raise typer.Exit(simulating.run(configured, out, person=person, language=language, document=document))


@jobs.command("retry")
def jobs_retry() -> None:
    """Take up commands and messages that were given up."""
    service = wiring.make_service(start.loaded())
    with service.work() as work:
        retried = given_up.retry(work, actor=COMMAND_LINE, now=service.now())
    out.print(f"{retried.commands} commands and {retried.messages} messages will be tried again")


@db.command("upgrade")
def db_upgrade() -> None:
    """Bring the database to the newest schema; a copy of an older one is kept in `before-upgrade`."""
    changed = upgrading.bring_up(start.loaded())
    out.print("upgraded" if changed else "already the newest")


@demo.command("seed")
def demo_seed() -> None:
    """Fill the database with fictitious people and real certificates."""
    configured = start.loaded()
    settings.refuse_printed_codes(configured)
    start.prepare(configured, out, demo_data=True)


@demo.command("reset")
def demo_reset(
    yes: Annotated[bool, typer.Option("--yes", help="Do not ask.")] = False,
) -> None:
    """Throw away the demo database, keys and lists, and make them anew."""
    configured = start.loaded()
    settings.refuse_printed_codes(configured)
    if not yes and sys.stdin.isatty():
        typer.confirm(f"Throw away everything under {configured.var_dir}?", abort=True)
    start.throw_away(configured)
    start.prepare(configured, out, demo_data=True)


@demo.command("codes")
def demo_codes() -> None:
    """Print the demo staff's one-time codes of this moment."""
    service = wiring.make_service(start.loaded())
    start.show_codes(service, out)


PasswordFile = Annotated[
    Path, typer.Option(help="File with the first password, 12 characters at least.", exists=True)
]
TotpFile = Annotated[Path, typer.Option(help="Where to write the secret for the one-time codes.")]


@staff_app.command("add")
def staff_add(
    login: str,
    role: roles.Role,
    full_name: Annotated[str, typer.Option("--name", help="As colleagues and logs show it.")],
    password_file: PasswordFile,
    totp_file: TotpFile,
    region: Annotated[
        int, typer.Option(min=1, max=20, help="Number of the region that the office is in.")
    ] = staff.DEFAULT_REGION,
    language: str = "ru",
    iin: Annotated[str, typer.Option(help="Their own, so that nobody judges their own photo.")] = "",
) -> None:
    """Add a member of staff. The secret for the authenticator goes to a file, never to the screen."""
    service = wiring.make_service(start.loaded())
    secret = pyotp.random_base32()
    with service.work() as work:
        staff_id = staff.add(
            work,
            by=COMMAND_LINE,
            login=login,
            name=full_name,
            role=role,
            password=password_file.read_text().strip(),
            totp_secret=secret,
            hasher=service.passwords,
            region=region,
            language=language,
            iin=Iin.parse(iin) if iin else None,
            now=service.now(),
        )
        _write_totp(totp_file, login, secret)
    out.print(f"staff {staff_id} added; the authenticator's secret is in {totp_file}")


@staff_app.command("reset")
def staff_reset(login: str, password_file: PasswordFile, totp_file: TotpFile) -> None:
    """Give a member of staff a new password and authenticator; lifts a lock and ends every session."""
    service = wiring.make_service(start.loaded())
    secret = pyotp.random_base32()
    with service.work() as work:
        staff.reset(
            work,
            by=COMMAND_LINE,
            login=login,
            password=password_file.read_text().strip(),
            totp_secret=secret,
            hasher=service.passwords,
            now=service.now(),
        )
        _write_totp(totp_file, login, secret)
    out.print(f"{login} reset; the new authenticator's secret is in {totp_file}")


@staff_app.command("disable")
def staff_disable(login: str) -> None:
    """Close the account of a member of staff who left, and end every session of it."""
    service = wiring.make_service(start.loaded())
    with service.work() as work:
        leaving.leave(work, by=COMMAND_LINE, login=login, now=service.now())
    out.print(f"{login} disabled")


def _write_totp(path: Path, login: str, secret: str) -> None:
    path.touch(mode=0o600)
    # It may have been there before, open to others.
    path.chmod(0o600)
    path.write_text(pyotp.TOTP(secret).provisioning_uri(name=login, issuer_name="Qoltanba") + "\n")


KeyFiles = Annotated[
    list[Path] | None,
    typer.Option(
        "--key",
        help="Public key of the log (PEM); again for more. Those in keys_dir by default.",
        exists=True,
    ),
]
ProofFile = Annotated[Path, typer.Option("--out", help="Where to write the proof.")]


@audit_app.command("init")
def audit_init() -> None:
    """Make the key that signs the log's heads, once. Its public half is for auditors to keep."""
    out.print(f"made; the public key is {audit_key.make(start.loaded())}")


@audit_app.command("seal")
def audit_seal() -> None:
    """Seal now what the job runner would within seconds."""
    raise typer.Exit(audit_commands.seal(wiring.make_service(start.loaded()), out))


@audit_app.command("verify")
def audit_verify(
    heads: Annotated[
        Path | None,
        typer.Option(help="Folder with another copy of the heads than the configured one.", exists=True),
    ] = None,
    key: KeyFiles = None,
) -> None:
    """Compare every entry with what was sealed. Exit codes: 0 intact, 3 changed, 1 not all could be known."""
    service = wiring.make_service(start.loaded())
    raise typer.Exit(audit_commands.verify(service, out, by=COMMAND_LINE, heads=heads, keys=key or ()))


@audit_app.command("prove")
def audit_prove(entry: Annotated[int, typer.Argument(min=1)], into: ProofFile = Path("proof.json")) -> None:
    """Write a proof that an entry is under the newest head, for who has no access here."""
    service = wiring.make_service(start.loaded())
    raise typer.Exit(audit_commands.prove(service, out, by=COMMAND_LINE, entry_id=entry, into=into))


@audit_app.command("prove-head")
def audit_prove_head(
    size: Annotated[int, typer.Argument(min=1)], into: ProofFile = Path("proof.json")
) -> None:
    """Write a proof that the newest head continues an older one, named by its number of entries."""
    service = wiring.make_service(start.loaded())
    raise typer.Exit(audit_commands.prove_head(service, out, size=size, into=into))


@audit_app.command("check")
def audit_check(
    proof: Annotated[Path, typer.Argument(exists=True)],
    key: Annotated[list[Path], typer.Option("--key", help="Public key of the log (PEM).", exists=True)],
) -> None:
    """Check a proof with nothing but the public key."""
    raise typer.Exit(audit_commands.check(proof, out, keys=key))


@ca.command("init")
def ca_init(
    algorithm: Annotated[str, typer.Option(help="ec (P-384 and P-256) or rsa (4096, 3072, 2048).")] = "ec",
    organization: Annotated[str, typer.Option(help="O of the authorities.")] = _NAMES.organization,
    root: Annotated[str, typer.Option(help="CN of the root.")] = _NAMES.root,
    issuing: Annotated[str, typer.Option(help="CN of the issuing CA.")] = _NAMES.issuing,
    responder: Annotated[str, typer.Option(help="CN of the OCSP responder.")] = _NAMES.responder,
) -> None:
    """Make root, issuing CA and OCSP responder, once. The base address of CRL and OCSP is fixed here."""
    if algorithm not in ("ec", "rsa"):
        raise typer.BadParameter("ec or rsa", param_hint="--algorithm")
    configured = start.loaded()
    names = authority.Names(organization=organization, root=root, issuing=issuing, responder=responder)
    made = start.make_authority(configured, names, algorithm)
    table = Table("authority", "subject", "valid to", "serial")
    for what, certificate in (("root", made.root), ("issuing", made.issuing), ("OCSP", made.responder)):
        table.add_row(
            what,
            certificate.subject.rfc4514_string(),
            f"{certificate.not_valid_after_utc:%Y-%m-%d}",
            f"{certificate.serial_number:x}",
        )
    out.print(table)


@crl.command("publish")
def crl_publish(
    root: Annotated[
        bool, typer.Option("--root", help="The root's list instead of the issuing CA's.")
    ] = False,
) -> None:
    """Publish a list now."""
    configured = start.loaded()
    service = wiring.make_service(configured)
    if root:
        number = int(service.now().timestamp())
        authority.publish_root_list(
            configured, authority.root_issuer(configured), number=number, now=service.now()
        )
        out.print(f"root list {number} published")
        return
    published = publication.publish(service, authority.issuer(configured), now=service.now())
    out.print(f"list {published.number} published: {published.entries} entries, {published.size_bytes} bytes")


@certificates.command("export")
def certificates_export(
    into: Annotated[Path, typer.Option("--out", help="Folder to write to; made when missing.")],
    limit: Annotated[int, typer.Option(min=1, help="At most so many, newest first.")] = 1000,
) -> None:
    """Write PEM leaves, root, chain and lists for any outside checker."""
    service = wiring.make_service(start.loaded())
    written = export.certificates(service, into, limit=limit)
    out.print(f"{written} certificates written to {into}")


if __name__ == "__main__":
    main()
