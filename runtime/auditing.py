"""What the job runner does for the audit log: seals it, and verifies the whole of it once a day in small steps."""

from datetime import datetime, timedelta

from ca_core import audit, audit_view, roles
from runtime import audit_key
from runtime.audit_copies import HeadCopies
from runtime.audit_sealing import Sealing
from runtime.audit_verifying import Verification
from runtime.service import Service
from runtime.settings import Settings

VERIFY_EVERY = timedelta(days=1)
_VERIFIED = (audit_view.VERIFIED, audit_view.FAILED, audit_view.UNKNOWN)


class Auditing:
    def __init__(self, service: Service, *, sealing: Sealing) -> None:
        self._service = service
        self._sealing = sealing
        self._verification: Verification | None = None
        self._verify_at: datetime | None = None

    def seal(self) -> bool:
        return self._sealing.round()

    def verify(self, *, by: roles.Actor, now: datetime) -> bool:
        """One step of a walk that is due; whether one is under way."""
        if self._verification is None:
            if now < self._next(now):
                return False
            self._verification = verification(self._service)
        if self._verification.step():
            return True
        finished, self._verification = self._verification, None
        finished.finish(by=by)
        self._verify_at = now + VERIFY_EVERY
        return False

    def _next(self, now: datetime) -> datetime:
        if self._verify_at is None:
            with self._service.look() as work:
                last = work.audit_pages.newest(audit.TREE, _VERIFIED)
            self._verify_at = last.at + VERIFY_EVERY if last is not None else now
        return self._verify_at


def sealing(service: Service) -> Sealing:
    """Raises AuditKeyMissing, KeyNotOpened, SettingRefused."""
    configured = service.settings
    return Sealing(
        service,
        key=audit_key.signer(configured),
        keys=audit_key.public_keys(configured),
        copies=copies(configured),
    )


def verification(service: Service) -> Verification:
    """Raises AuditKeyMissing, KeyNotOpened."""
    return Verification(
        service, keys=audit_key.public_keys(service.settings), copies=copies(service.settings)
    )


def copies(configured: Settings) -> HeadCopies:
    return HeadCopies(configured.audit_heads_dir)
