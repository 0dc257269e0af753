"""Verifies the whole audit log in steps: the command line takes them one after another, the job runner now and then."""

from ca_core import audit, audit_view, roles
from ca_core.audit_check import Check, Outcome
from ca_core.audit_head import PublicKeys
from data.work import Work
from runtime.audit_copies import HeadCopies
from runtime.service import Service

_STEP = 5_000


class Verification:
    def __init__(self, service: Service, *, keys: PublicKeys, copies: HeadCopies) -> None:
        self._service = service
        # Copies first: a head is stored before it is copied, so the database has every one of these.
        known = copies.all()
        self._work: Work | None = None
        with service.look() as work:
            self._work = work
            self._check = Check(
                keys=keys,
                stored=self._stored,
                newest=work.audit_heads.newest(),
                leaves=work.audit_tree.size(),
                copies=known,
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

    def finish(self, *, by: roles.Actor) -> Outcome:
        """What was found; it stands in the log itself, where the auditor's page reads it."""
        now = self._service.now()
        with self._service.look() as work:
            unsealed = work.audit_tree.unsealed()
        outcome = self._check.finish(unsealed=unsealed.n, first_unsealed=unsealed.first, now=now)
        kinds = sorted({finding.kind.value for finding in outcome.findings})
        event = audit_view.VERIFIED
        if not outcome.is_intact:
            event = audit_view.FAILED if outcome.is_tampered else audit_view.UNKNOWN
        details = {"size": str(outcome.size), "findings": str(outcome.n)}
        if kinds:
            details["kinds"] = ", ".join(kinds)
        with self._service.work() as work:
            work.audit.add(audit.Entry(now, by, event, audit.TREE, details=details))
        return outcome

    def _stored(self, level: int, first: int, count: int) -> list[bytes]:
        assert self._work is not None
        return list(self._work.audit_tree.stored(level, first, count))
