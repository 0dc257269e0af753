"""The issuing CA's list: assembled from stored entries, read back, and only then put in the old one's place."""

import hashlib
import logging
from datetime import datetime
from pathlib import Path

from ca_core import audit, roles
from ca_core.x509 import crl
from ca_core.x509.build import Issuer
from data.lists import PublishedList
from runtime import authority, files
from runtime.service import Service
from runtime.settings import Settings

log = logging.getLogger(__name__)

ISSUING = "issuing"
JOB = roles.Actor("publication", None, roles.Door.JOB)


def publish(service: Service, issuer: Issuer, *, now: datetime) -> PublishedList:
    """A full list with the next number. Raises CrlNotPublishable, and then the old list stays."""
    with service.look() as work:
        entries = work.certificates.list_entries(unexpired_at=now)
        newest = work.lists.newest(ISSUING)
    number = (newest.number + 1 if newest else 1) + _lost(service)
    next_update = now + service.policy.publication.crl_validity
    der = crl.assemble(entries, issuer=issuer, number=number, this_update=now, next_update=next_update)
    crl.check(
        der,
        issuer_certificate=issuer.certificate,
        previous_number=newest.number if newest else None,
        now=now,
    )
    digest = hashlib.sha256(der).digest()
    published = PublishedList(ISSUING, number, now, next_update, len(entries), len(der), digest)
    # The number is taken before the file appears: a crash between the two repeats with a higher one.
    with service.work() as work:
        work.lists.add(published)
        work.audit.add(audit.Entry(now, JOB, "crl:publish:done", ISSUING, details={"number": str(number)}))
    files.write_atomically(authority.public_dir(service.settings) / "issuing.crl", der)
    # Skipped once more after a crash right here: numbers may have gaps.
    _skip_file(service.settings).unlink(missing_ok=True)
    log.info("list published", extra={"number": number, "entries": len(entries), "size_bytes": len(der)})
    return published


def skip_lost(configured: Settings, *, since: datetime, now: datetime) -> None:
    """After a restore: lists that were published after the backup are forgotten, and their numbers are not free.

    RFC 5280, 5.2.3: numbers increase, and a list is published in whole seconds.
    """
    lost = max(0, int((now - since).total_seconds())) + 1
    files.write_atomically(_skip_file(configured), str(lost).encode())


def _lost(service: Service) -> int:
    path = _skip_file(service.settings)
    return int(path.read_text()) if path.exists() else 0


def _skip_file(configured: Settings) -> Path:
    return configured.var_dir / "lists-lost"


def is_due(service: Service, *, now: datetime) -> bool:
    """Also when nothing was revoked: a list that lapses stops every relying party (R10)."""
    with service.look() as work:
        newest = work.lists.newest(ISSUING)
    return newest is None or now >= newest.this_update + service.policy.publication.crl_at_most_every
