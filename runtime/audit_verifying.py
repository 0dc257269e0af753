"""Verifies the whole audit log in steps: the command line takes them one after another, the job runner now and then."""

import logging
from collections.abc import Iterator

from ca_core import audit, audit_view, roles
from ca_core.audit_check import Check, Copy, Outcome
from ca_core.audit_head import PublicKeys
from data.work import Work
from runtime.audit_copies import HeadCopies
from runtime.service import Service

log = logging.getLogger(__name__)

_STEP = 5_000


class Verification:
    def __init__(self, service: Service, *, keys: PublicKeys, copies: HeadCopies) -> None:
        self._service = service
        # Copies first: a head is stored before it is copied, so the database has every one of these.
        known = _readable(copies)
        self._work: Work | None = None
        with service.look() as work:
            self._work = work
            self._check = Check(
                keys=keys,
                stored=self._stored,
                newest=work.audit_heads.newest(),
                leaves=work.audit_tree.size(),
                copies=known,
                erased_before=service.now() - service.policy.retention.audit,
            )

    @property
    def size(self) -> int:
        return self._check.size

    @property
    def reached(self) -> int:
        return self._check.reached

    def step(self) -> bool:
        """The next leaves; False at the end."""
        check = self._check
        with self._service.look() as work:
            self._work = work
            leaves = work.audit_tree.leaves(check.reached, min(_STEP, check.size - check.reached))
            if not leaves:
                return False
            up_to = min(leaves[-1].position + 1, check.size)
            leaves = [leaf for leaf in leaves if leaf.position < up_to]
            if not leaves:
                return False
            check.take(leaves, work.audit_heads.between(check.reached, up_to, limit=_STEP))
        return check.reached < check.size

    def finish(self, *, by: roles.Actor, own: bool = True) -> Outcome:
        """What was found; it stands in the log itself, where the auditor's page reads it. `own`: along the system's
        own copies and keys. Other ones can find a change, and cannot make one good.
        """
        now = self._service.now()
        with self._service.look() as work:
            unsealed = work.audit_tree.unsealed()
        outcome = self._check.finish(unsealed=unsealed.n, first_unsealed=unsealed.first, now=now)
        kinds = sorted({finding.kind.value for finding in outcome.findings})
        event = _event(outcome, own=own)
        details = {"size": str(outcome.size), "findings": str(outcome.n)}
        if outcome.erased:
            details["erased"] = str(outcome.erased)
        if kinds:
            details["kinds"] = ", ".join(kinds)
        with self._service.work() as work:
            work.audit.add(audit.Entry(now, by, event, audit.TREE, details=details))
        return outcome

    def _stored(self, level: int, first: int, count: int) -> list[bytes]:
        assert self._work is not None
        return list(self._work.audit_tree.stored(level, first, count))


def _event(outcome: Outcome, *, own: bool) -> str:
    if outcome.is_tampered:
        return audit_view.FAILED
    if not own:
        return audit_view.COMPARED
    return audit_view.VERIFIED if outcome.is_intact else audit_view.UNKNOWN


def _readable(copies: HeadCopies) -> Iterator[Copy]:
    """As far as they can be read: what is behind that is not known, which is no reason to know nothing."""
    try:
        # Their end is noted now, before the database's is.
        known = copies.all()
    except OSError as failure:
        _not_read(failure)
        return iter(())
    return _until_unreadable(known)


def _until_unreadable(known: Iterator[Copy]) -> Iterator[Copy]:
    try:
        yield from known
    except OSError as failure:
        _not_read(failure)


def _not_read(failure: OSError) -> None:
    log.error("audit heads not read", extra={"problem": failure.strerror})
