"""Seals the audit log: entries without a leaf become leaves, a signed head goes over them, its copy goes outside.

Entries are read and hashed before anything is locked; the transaction that writes only makes sure that nobody else
sealed meanwhile. The head is stored first and copied then: a crash in between is made good by the next round.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta

from cryptography.hazmat.primitives.asymmetric import ec

from ca_core import audit, audit_head, audit_tree, audit_view, roles
from ca_core.audit import Recorded
from ca_core.audit_check import SEAL_BATCH
from ca_core.audit_head import Head, HeadForged, HeadKeyUnknown, PublicKeys, SignedHead
from ca_core.audit_tree import Edge, Node, TreeDamaged
from ca_core.errors import Refusal
from data.work import Work
from runtime.audit_copies import HeadCopies
from runtime.service import Service

log = logging.getLogger(__name__)

# What there was before the first head, and after a long pause, is sealed within minutes and still lets others work.
_BATCHES_A_ROUND = 10
_LOOK_AT_ALL_EVERY = timedelta(hours=6)
_COPIED_AT_ONCE = 500
_SEALER = roles.Actor("jobs", None, roles.Door.JOB)


class LogDiverged(Refusal):
    """Outside lies a head that the database does not lead to: its tail was cut, or an old state restored."""

    code = "audit.diverged"


class HeadsNotCopied(Refusal):
    """The folder of copies cannot be written."""

    code = "audit.heads_not_copied"


class HeadsNotReadable(Refusal):
    """The folder of copies cannot be read: whether the database leads to them cannot be known."""

    code = "audit.heads_not_readable"


_STOPS = (LogDiverged, TreeDamaged, HeadForged, HeadKeyUnknown, HeadsNotCopied, HeadsNotReadable)


class Sealing:
    def __init__(
        self, service: Service, *, key: ec.EllipticCurvePrivateKey, keys: PublicKeys, copies: HeadCopies
    ) -> None:
        self._service = service
        self._key, self._keys, self._copies = key, keys, copies
        self._copied: SignedHead | None = None
        self._is_past_checked = False
        self._look_at_all_at: datetime | None = None
        # What the log says about the sealing; None until it was read.
        self._said: str | None = None

    def round(self) -> bool:
        """Whether more is waiting. Over a past that is not what it was nothing is sealed, and the log says so."""
        try:
            batches = (self.batch() for _ in range(_BATCHES_A_ROUND))
            is_busy = all(sealed == SEAL_BATCH for sealed in batches)
        except _STOPS as refusal:
            self._say(refusal.code)
            return False
        self._say("")
        return is_busy

    def batch(self) -> int:
        """The number of entries sealed.

        Raises LogDiverged, TreeDamaged, HeadForged, HeadKeyUnknown, HeadsNotCopied, HeadsNotReadable.
        """
        with self._service.look() as work:
            newest = work.audit_heads.newest()
            self._require_same_past(work, newest)
            waiting = self._waiting(work)
            edge = self._edge(work, newest) if waiting else Edge()
        if not waiting:
            self._copy(newest)
            return 0
        leaves, nodes = _grown(edge, waiting)
        signed = audit_head.sign(Head(edge.size, edge.root, self._service.now()), self._key)
        with self._service.work() as work:
            work.audit_heads.take_turn()
            if work.audit_heads.newest() != newest:
                return 0
            work.audit_tree.add(edge.size - len(leaves), leaves, nodes)
            work.audit_heads.add(signed)
        self._copy(signed)
        return len(leaves)

    def _waiting(self, work: Work) -> list[Recorded]:
        waiting = work.audit_tree.waiting(SEAL_BATCH, all_of_them=False)
        now = self._service.now()
        if waiting or (self._look_at_all_at is not None and now < self._look_at_all_at):
            return waiting
        late = work.audit_tree.waiting(SEAL_BATCH, all_of_them=True)
        if not late:
            self._look_at_all_at = now + _LOOK_AT_ALL_EVERY
        return late

    def _edge(self, work: Work, newest: SignedHead | None) -> Edge:
        """Where the tree goes on, which is exactly what the newest head was signed over."""
        size = newest.head.size if newest is not None else 0
        edge = Edge.of(size, audit_tree.subtrees(work.audit_tree.stored))
        if work.audit_tree.size() != size or (newest is not None and edge.root != newest.head.root):
            raise TreeDamaged(size=size)
        if newest is not None:
            audit_head.require_genuine(newest, self._keys)
        return edge

    def _require_same_past(self, work: Work, newest: SignedHead | None) -> None:
        """What was copied outside is in the tree still."""
        if not self._is_past_checked:
            self._copied = self._last_copy()
        copied = self._copied
        if copied is None:
            self._is_past_checked = True
            return
        if newest is None or newest.head.size < copied.head.size:
            raise LogDiverged(size=copied.head.size)
        if self._is_past_checked:
            return
        audit_head.require_genuine(copied, self._keys)
        then = Edge.of(copied.head.size, audit_tree.subtrees(work.audit_tree.stored))
        if then.root != copied.head.root:
            raise LogDiverged(size=copied.head.size)
        self._is_past_checked = True

    def _last_copy(self) -> SignedHead | None:
        try:
            return self._copies.last()
        except OSError as failure:
            log.error("audit heads not read", extra={"problem": failure.strerror})
            raise HeadsNotReadable from failure

    def _copy(self, newest: SignedHead | None) -> None:
        while newest is not None and self._copied_size < newest.head.size:
            with self._service.look() as work:
                heads = work.audit_heads.between(self._copied_size, newest.head.size, limit=_COPIED_AT_ONCE)
            try:
                self._copies.append(heads)
            except OSError as failure:
                log.error("audit heads not copied", extra={"problem": failure.strerror})
                raise HeadsNotCopied from failure
            self._copied = heads[-1]

    @property
    def _copied_size(self) -> int:
        return self._copied.head.size if self._copied is not None else 0

    def _say(self, code: str) -> None:
        """One entry when sealing stops, one when it goes on."""
        if code == self._said:
            return
        with self._service.look() as work:
            stands = audit_view.stopped_because(work.audit_pages)
        if code != stands:
            event = audit_view.SEAL_REFUSED if code else audit_view.SEAL_RESUMED
            with self._service.work() as work:
                work.audit.add(audit.Entry(self._service.now(), _SEALER, event, audit.TREE, reason=code))
            log.log(logging.ERROR if code else logging.INFO, "audit sealing changed", extra={"problem": code})
        self._said = code


def _grown(edge: Edge, waiting: Sequence[Recorded]) -> tuple[list[tuple[int, bytes]], list[Node]]:
    leaves, nodes = [], []
    for entry in waiting:
        leaf = audit_tree.leaf_hash(entry.content)
        leaves.append((entry.entry_id, leaf))
        nodes += edge.append(leaf)
    return leaves, nodes
