"""How this installation stands, for those who run it: its authorities, its room, its versions, its audit log's seal."""

import platform
import shutil
import tomllib
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from cryptography import x509

from ca_core import audit_view, ca_health
from ca_core.roles import Actor
from data import migrate
from runtime import authority
from runtime.service import Service
from runtime.settings import Settings

_GIGABYTE = 10**9


@dataclass(frozen=True, slots=True)
class Authority:
    """A certificate of the CA itself; `not_after` None where this process may not read it, or there is none."""

    name: str
    not_after: datetime | None


@dataclass(frozen=True, slots=True)
class Room:
    folder: str
    free_gb: float
    of_gb: float


@dataclass(frozen=True, slots=True)
class Versions:
    program: str
    python: str
    database: str
    schema: str
    policy: str


@dataclass(frozen=True, slots=True)
class Standing:
    state: ca_health.State
    authorities: tuple[Authority, ...]
    # When the issuing key signed last: the newest list (RFC 5280), which comes every few minutes.
    signed_at: datetime | None
    # When the audit log was sealed last, and verified as a whole.
    sealed_at: datetime | None
    verified_at: datetime | None
    rooms: tuple[Room, ...]
    versions: Versions


def of(service: Service, *, actor: Actor) -> Standing:
    """Raises NotAllowed."""
    with service.look() as work:
        state = ca_health.state(work, actor=actor)
        newest = work.lists.newest("issuing")
        head = work.audit_heads.newest()
        verdict = audit_view.last_verdict(work.audit_pages)
    return Standing(
        state=state,
        authorities=_authorities(service.settings),
        signed_at=newest.this_update if newest is not None else None,
        sealed_at=head.head.at if head is not None else None,
        verified_at=verdict.at if verdict is not None else None,
        rooms=_rooms(service.settings),
        versions=_versions(service),
    )


def _authorities(configured: Settings) -> tuple[Authority, ...]:
    public, own = authority.public_dir(configured), configured.keys_dir
    files = {"root": public / "root.cer", "issuing": public / "issuing.cer", "ocsp": own / "ocsp.cer"}
    return tuple(Authority(name, _end(path)) for name, path in files.items())


def _end(path: Path) -> datetime | None:
    """In production the folder of keys may be shut for whoever only serves pages."""
    try:
        return x509.load_der_x509_certificate(path.read_bytes()).not_valid_after_utc
    except (OSError, ValueError):
        return None


def _rooms(configured: Settings) -> tuple[Room, ...]:
    folders = dict.fromkeys((configured.var_dir, configured.evidence_dir))
    return tuple(_room(folder) for folder in folders if folder.is_dir())


def _room(folder: Path) -> Room:
    usage = shutil.disk_usage(folder)
    return Room(str(folder), usage.free / _GIGABYTE, usage.total / _GIGABYTE)


def _versions(service: Service) -> Versions:
    engine = service.store.engine
    return Versions(
        program=_program(),
        python=platform.python_version(),
        database=f"{engine.dialect.name} {'.'.join(map(str, engine.dialect.server_version_info or ()))}",
        schema=migrate.current(engine) or "",
        policy=service.policy.version,
    )


def _program() -> str:
    project = Path(__file__).resolve().parents[1] / "pyproject.toml"
    return str(tomllib.loads(project.read_text("utf-8"))["project"]["version"])
