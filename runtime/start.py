"""What `run` does: prepare what is missing, then keep console, portal and job runner alive."""

import shutil
import sys
from collections.abc import Mapping
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

from rich.console import Console
from rich.table import Table

from ca_core.x509 import lint
from ca_core.x509.build import Issuer
from runtime import (
    audit_key,
    auditing,
    authority,
    keyagent,
    logs,
    procedures,
    publication,
    settings,
    upgrading,
    wiring,
)
from runtime.auditing import Auditing
from runtime.authority import Hierarchy, Names
from runtime.gateways.mail_smtp import MailServer
from runtime.gateways.sms_http import SmsCentre
from runtime.issuing import Issuing
from runtime.jobs import JobRunner
from runtime.sending import Gateway, Sending
from runtime.service import Service, clock
from runtime.settings import Settings
from runtime.supervisor import Child, Port, Supervisor

# Demo certificates begin two years back; their authorities are older.
DEMO_PAST = timedelta(days=3 * 365)
_PROJECT = Path(__file__).resolve().parent.parent


def loaded() -> Settings:
    """What a command goes by, checked, with its log open. Raises SettingRefused."""
    found = settings.load()
    settings.check_production(found)
    logs.configure(found, process="qoltanba")
    return found


def make_authority(configured: Settings, names: Names, algorithm: str) -> Hierarchy:
    """`ca init`: demo mode makes the secrets that it needs, production demands them. Raises AuthorityExists."""
    if configured.is_demo:
        wiring.make_secret(configured.issuing_secret_file)
        wiring.make_secret(configured.ocsp_secret_file)
    since = clock() - DEMO_PAST if configured.is_demo else None
    return authority.init(configured, names=names, algorithm=algorithm, now=clock(), since=since)


def prepare(configured: Settings, out: Console, *, demo_data: bool) -> Service:
    """Database, authority, policy, demo data, first list: each only where it is missing."""
    upgrading.bring_up(configured)
    if not authority.exists(configured):
        if not configured.is_demo:
            raise authority.AuthorityMissing
        make_authority(configured, Names(), "ec")
        out.print("made a DEMO certificate authority")
    _keep_audit_key(configured)
    service = wiring.make_service(configured)
    _keep_policy(service)
    _refuse_demo_accounts(service)
    if configured.is_demo and demo_data:
        _fill(service, out)
    if publication.is_due(service, now=service.now()):
        publication.publish(service, authority.issuer(configured), now=service.now())
    return service


def _keep_audit_key(configured: Settings) -> None:
    """Demo mode makes it where it is missing; production runs `audit init` once. Raises AuditKeyMissing."""
    if audit_key.exists(configured):
        return
    if not configured.is_demo:
        raise audit_key.AuditKeyMissing
    audit_key.make(configured)


def _fill(service: Service, out: Console) -> None:
    # The demo is loaded only in demo mode: production never imports it.
    from runtime.demo import accounts, callers, load  # noqa: PLC0415

    accounts.ensure(service)
    load.ensure(service, issuer=authority.issuer(service.settings), out=out)
    callers.ensure(service)


def _keep_policy(service: Service) -> None:
    """Each version that was ever in force stays on record with its text."""
    text = procedures.source(service.settings.policy)
    with service.work() as work:
        work.policies.keep(
            version=service.policy.version, source=text, sha256=procedures.digest(text), now=service.now()
        )


def _refuse_demo_accounts(service: Service) -> None:
    with service.look() as work:
        count = len(work.accounts.demo_logins())
    settings.refuse_demo_accounts(service.settings, accounts=count)


def throw_away(configured: Settings) -> None:
    """Everything under `var_dir`, after `demo reset` was asked for."""
    if configured.var_dir.exists():
        shutil.rmtree(configured.var_dir)


def everything(configured: Settings, out: Console, *, demo_data: bool) -> int:
    """The exit code for the shell. Raises PortTaken before anything starts."""
    children = _children(configured)
    supervisor = Supervisor(children, on_ready=lambda: _greet(configured, out))
    supervisor.require_free()
    prepare(configured, out, demo_data=demo_data).close()
    keyagent.build(configured)
    return supervisor.run()


def _children(configured: Settings) -> list[Child]:
    environment = settings.as_environment(configured)
    tls = [str(path) for path in (configured.tls_certificate_file, configured.tls_key_file) if path]
    return [
        Child(
            name="jobs",
            argv=[sys.executable, "-m", "runtime.cli", "jobs", "run"],
            ready_url=f"http://127.0.0.1:{configured.jobs_port}/ready",
            env=environment,
            port=Port("jobs_port", "127.0.0.1", configured.jobs_port),
        ),
        Child(
            name="portal",
            argv=[
                *(sys.executable, "-m", "uvicorn", "portal.app:create", "--factory", "--no-access-log"),
                *("--host", configured.portal_host, "--port", str(configured.portal_port)),
                *(("--ssl-certfile", tls[0], "--ssl-keyfile", tls[1]) if tls else ()),
            ],
            ready_url=_ready(configured, configured.portal_host, configured.portal_port),
            env=environment,
            port=Port("portal_port", configured.portal_host, configured.portal_port),
        ),
        *_public_child(configured, environment),
        *_video_children(configured, environment),
        *_keyagent_child(configured),
        Child(
            name="console",
            argv=[
                *(sys.executable, "-m", "streamlit", "run", str(_PROJECT / "console" / "app.py")),
                *("--server.address", configured.console_host),
                *("--server.port", str(configured.console_port)),
                *(("--server.sslCertFile", tls[0], "--server.sslKeyFile", tls[1]) if tls else ()),
            ],
            ready_url=_ready(configured, configured.console_host, configured.console_port),
            env=environment,
            port=Port("console_port", configured.console_host, configured.console_port),
        ),
    ]


def _video_children(configured: Settings, environment: dict[str, str]) -> list[Child]:
    """The gateway, a media worker a core, and the reader of documents: processes of their own."""
    tls = configured.scheme
    video = [sys.executable, "-m", "runtime.cli", "video"]
    return [
        Child(
            name="vision",
            argv=[*video, "vision"],
            ready_url=f"http://127.0.0.1:{configured.vision_port}/health",
            env=environment,
            port=Port("vision_port", "127.0.0.1", configured.vision_port),
        ),
        *(
            Child(
                name=f"media-{index}",
                argv=[sys.executable, "-m", "runtime.media_worker", str(index)],
                ready_url=f"http://127.0.0.1:{port}/health",
                env=environment,
                port=Port("media_port", "127.0.0.1", port),
                second_port=_media_udp(configured, index),
            )
            for index, port in enumerate(configured.media_ports)
        ),
        Child(
            name="calls",
            argv=[*video, "gateway"],
            ready_url=f"{tls}://{_reachable(configured.video_host)}:{configured.video_port}/ready",
            env=environment,
            port=Port("video_port", configured.video_host, configured.video_port),
        ),
    ]


def _media_udp(configured: Settings, worker: int) -> Port | None:
    number = configured.media_udp(worker)
    if not number:
        return None
    # Bound on any address, the port is not free on every one.
    hosts = configured.media_host.split() or ["0.0.0.0"]
    return Port("media_udp_port", hosts[0], number, is_udp=True)


def _keyagent_child(configured: Settings) -> list[Child]:
    """The demo's citizen sits at this computer. Elsewhere the agent is the citizen's own to start."""
    if not configured.is_demo or configured.keyagent == "no":
        return []
    return [
        Child(
            name="keyagent",
            argv=keyagent.command(configured),
            ready_url=f"http://127.0.0.1:{configured.keyagent_port}/ready",
            port=Port("keyagent_port", "127.0.0.1", configured.keyagent_port),
        )
    ]


def _public_child(configured: Settings, environment: dict[str, str]) -> list[Child]:
    if not configured.public_port:
        return []
    host, port = configured.public_host, configured.public_port
    return [
        Child(
            name="public",
            argv=[
                *(
                    sys.executable,
                    "-m",
                    "uvicorn",
                    "portal.app:create_public",
                    "--factory",
                    "--no-access-log",
                ),
                *("--host", host, "--port", str(port)),
            ],
            ready_url=f"http://{_reachable(host)}:{port}/ready",
            env=environment,
            port=Port("public_port", host, port),
        )
    ]


def _reachable(host: str) -> str:
    return "127.0.0.1" if host in ("0.0.0.0", "::") else host


def _ready(configured: Settings, host: str, port: int) -> str:
    return f"{configured.scheme}://{_reachable(host)}:{port}/ready"


def _greet(configured: Settings, out: Console) -> None:
    table = Table("what", "where", title="Qoltanba is running (Ctrl-C ends it)", title_justify="left")
    table.add_row("staff console", configured.console_url)
    table.add_row("portal, OCSP, lists", configured.portal_url)
    table.add_row("video call", f"{configured.portal_url}/call/start")
    if configured.is_demo:
        table.add_row("demo phone", f"{configured.portal_url}/demo/phone")
    if _keyagent_child(configured):
        table.add_row("key agent", f"http://127.0.0.1:{configured.keyagent_port}")
    out.print(table)
    if configured.is_demo:
        from runtime.demo import greeting  # noqa: PLC0415 - production never imports the demo

        service = wiring.make_service(configured)
        greeting.show(service, out)
        service.close()


def show_codes(service: Service, out: Console) -> None:
    """Raises SettingRefused outside demo mode."""
    from runtime.demo import greeting  # noqa: PLC0415 - production never imports the demo

    greeting.show_staff(service, out)
    service.close()


def job_runner(configured: Settings) -> None:
    """Runs until SIGTERM."""
    from runtime import health  # noqa: PLC0415 - only this process listens here

    service = wiring.make_service(configured)
    _refuse_demo_accounts(service)
    _keep_audit_key(configured)
    issuer = authority.issuer(configured)
    linter = lint.Linter(allowed=_allowed_findings(issuer)) if configured.lint == "full" else None
    runner = JobRunner(
        service,
        issuer=issuer,
        issuing_batch=Issuing(service, issuer, linter=linter),
        sending=Sending(service, _gateways(configured, service)),
        auditing=Auditing(service, sealing=auditing.sealing(service)),
    )
    runner.stop_on_signals()
    stop = health.serve(configured.jobs_port, runner.problem)
    try:
        runner.run()
    finally:
        stop()


def _allowed_findings(issuer: Issuer) -> Mapping[str, str]:
    """Certificates that name a loopback address are for trials; nobody outside could fetch anything there."""
    host = urlsplit(issuer.urls.crl).hostname or ""
    return lint.ALLOWED | lint.ALLOWED_ON_LOOPBACK if host in ("127.0.0.1", "localhost") else lint.ALLOWED


def _gateways(configured: Settings, service: Service) -> dict[str, Gateway]:
    if configured.is_demo and not configured.sms_url:
        from runtime.demo_phone import DemoPhone  # noqa: PLC0415 - production never imports the demo

        return {medium: DemoPhone(service, medium) for medium in ("sms", "email")}
    token = ""
    if configured.sms_token_file:
        token = settings.read_secret(configured.sms_token_file, setting="sms_token_file").decode()
    return {
        "sms": SmsCentre(url=configured.sms_url, token=token, sender=configured.sms_sender),
        "email": MailServer(
            host=configured.mail_host,
            port=configured.mail_port,
            sender=configured.mail_sender,
            require_tls=not configured.is_demo,
        ),
    }
