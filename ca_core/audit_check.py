"""Is the audit log what was sealed? One walk along the leaves, beside the signed heads and their copies outside.

What the walk sees is handed in by the chunk, so that a log of any size is checked in bounded memory. A finding is
either tampering, or says that something could not be known (nothing outside to compare with, not sealed yet).
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ca_core import audit_head, audit_tree
from ca_core.audit import Recorded
from ca_core.audit_head import HeadForged, HeadKeyUnknown, PublicKeys, SignedHead
from ca_core.audit_tree import Edge, Stored

# The most entries under one new head. A smaller step says that the sealer had caught up.
SEAL_BATCH = 2_000
# An entry is written at the instant it names; a transaction is never open for so long.
_LATE = timedelta(hours=1)
_NOT_SEALED_FOR = timedelta(minutes=10)
_NOT_COPIED_FOR = timedelta(minutes=1)
_FINDINGS_KEPT = 100


class Kind(StrEnum):
    ENTRY_CHANGED = "entry_changed"
    ENTRY_MISSING = "entry_missing"
    LEAF_MISSING = "leaf_missing"
    INNER_HASH_WRONG = "inner_hash_wrong"
    ROOT_WRONG = "root_wrong"
    HEAD_FORGED = "head_forged"
    HEAD_KEY_UNKNOWN = "head_key_unknown"
    HEAD_MISSING = "head_missing"
    TAIL_CUT = "tail_cut"
    BEYOND_HEAD = "beyond_head"
    COPY_FORGED = "copy_forged"
    COPY_DIFFERS = "copy_differs"
    COPY_OUT_OF_ORDER = "copy_out_of_order"
    COPY_UNREADABLE = "copy_unreadable"
    BACKDATED = "backdated"
    NO_COPIES = "no_copies"
    NOT_COPIED = "not_copied"
    NOT_SEALED = "not_sealed"

    @property
    def is_tampering(self) -> bool:
        return self not in (Kind.NO_COPIES, Kind.NOT_COPIED, Kind.NOT_SEALED)


@dataclass(frozen=True, slots=True)
class Finding:
    """What is wrong, in which span of positions or at which line of the copies; with the entry where it is one."""

    kind: Kind
    first: int
    last: int
    entry_id: int | None = None


@dataclass(frozen=True, slots=True)
class Leaf:
    """A leaf as stored, with the entry that its id leads to now; none where it is gone or cannot be read."""

    position: int
    entry_id: int
    hash: bytes
    entry: Recorded | None
    is_readable: bool = True


@dataclass(frozen=True, slots=True)
class Copy:
    """A line of the copies outside; no head where it cannot be read."""

    line: int
    signed: SignedHead | None


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of `n` findings the first hundred are kept. `erased` entries are gone by their term, which is none."""

    size: int
    n: int
    findings: tuple[Finding, ...]
    is_tampered: bool
    erased: int = 0

    @property
    def is_intact(self) -> bool:
        return self.n == 0


class Check:
    """`newest` and `leaves` (how many are stored) are of one instant, after which `copies` has nothing more.

    An entry may be gone where a genuine head says that it was sealed before `erased_before` (R14): whoever erased it,
    its term was over.
    """

    def __init__(
        self,
        *,
        keys: PublicKeys,
        stored: Stored,
        newest: SignedHead | None,
        leaves: int,
        copies: Iterator[Copy],
        erased_before: datetime | None = None,
    ) -> None:
        self._keys, self._stored, self._copies = keys, stored, copies
        self._newest, self._leaves = newest, leaves
        self._copy = next(copies, None)
        self._last_copy = 0
        self._edge = Edge()
        self._head_size = 0
        # Once a root was wrong every later one is: it is said once, for the first span in which it happened.
        self._lost = False
        self._caught_up_at: datetime | None = None
        self._earliest: Recorded | None = None
        # Gone, by position and id, until the head over them says when they were sealed.
        self._gone: list[tuple[int, int]] = []
        self._erased_before, self._erased = erased_before, 0
        self._findings: list[Finding] = []
        self._n, self._is_tampered = 0, False

    @property
    def size(self) -> int:
        """How many leaves the walk is to see."""
        return self._newest.head.size if self._newest is not None else 0

    @property
    def reached(self) -> int:
        return self._edge.size

    def take(self, leaves: Sequence[Leaf], heads: Sequence[SignedHead]) -> None:
        """The next leaves in order, and every head over one of them."""
        by_size = {signed.head.size: signed for signed in heads}
        for leaf in leaves:
            self._leaf(leaf)
            signed = by_size.get(self.reached)
            if signed is not None:
                self._head(signed)
            self._compare_copies(signed)

    def finish(self, *, unsealed: int, first_unsealed: Recorded | None, now: datetime) -> Outcome:
        self._say_gone()
        if self.reached < self.size:
            self._found(Kind.TAIL_CUT, self.reached, self.size - 1)
        if self._leaves > self.size:
            self._found(Kind.BEYOND_HEAD, self.size, self._leaves - 1)
        self._remaining_copies()
        if self._newest is not None:
            self._require_copied(self._newest, now)
        if first_unsealed is not None and now - first_unsealed.at > _NOT_SEALED_FOR:
            self._found(Kind.NOT_SEALED, 0, unsealed - 1, first_unsealed.entry_id)
        return Outcome(self.reached, self._n, tuple(self._findings), self._is_tampered, self._erased)

    def _leaf(self, leaf: Leaf) -> None:
        if self.reached < leaf.position:
            self._found(Kind.LEAF_MISSING, self.reached, leaf.position - 1)
        while self.reached < leaf.position:
            # Nothing stands there: an empty hash keeps the places of the others.
            self._grow(b"")
        if not leaf.is_readable:
            self._found(Kind.ENTRY_CHANGED, leaf.position, leaf.position, leaf.entry_id)
        elif leaf.entry is None:
            self._gone.append((leaf.position, leaf.entry_id))
        elif audit_tree.leaf_hash(leaf.entry.content) != leaf.hash:
            self._found(Kind.ENTRY_CHANGED, leaf.position, leaf.position, leaf.entry_id)
        elif self._earliest is None or leaf.entry.at < self._earliest.at:
            self._earliest = leaf.entry
        self._grow(leaf.hash)

    def _grow(self, hash_: bytes) -> None:
        for node in self._edge.append(hash_):
            if list(self._stored(node.level, node.place, 1)) != [node.hash]:
                self._found(
                    Kind.INNER_HASH_WRONG, node.place << node.level, (node.place + 1 << node.level) - 1
                )

    def _head(self, signed: SignedHead) -> None:
        head, before = signed.head, self._head_size
        self._head_size = head.size
        is_genuine = self._require_genuine(signed, Kind.HEAD_FORGED)
        if is_genuine and self._erased_before is not None and head.at < self._erased_before:
            self._erased += len(self._gone)
            self._gone.clear()
        self._say_gone()
        if head.root != self._edge.root and not self._lost:
            self._lost = True
            self._found(Kind.ROOT_WRONG, before, head.size - 1)
        earliest, self._earliest = self._earliest, None
        since = self._caught_up_at
        if since is not None and earliest is not None and earliest.at < since - _LATE:
            self._found(Kind.BACKDATED, before, head.size - 1, earliest.entry_id)
        if head.size - before < SEAL_BATCH:
            self._caught_up_at = head.at

    def _say_gone(self) -> None:
        for position, entry_id in self._gone:
            self._found(Kind.ENTRY_MISSING, position, position, entry_id)
        self._gone.clear()

    def _compare_copies(self, signed: SignedHead | None) -> None:
        """Every copy of a head up to here."""
        while (copy := self._copy) is not None:
            if copy.signed is not None and copy.signed.head.size > self.reached:
                return
            self._copy = next(self._copies, None)
            if copy.signed is None:
                self._found(Kind.COPY_UNREADABLE, copy.line, copy.line)
            else:
                self._compare(copy.signed, signed, copy.line)

    def _compare(self, copied: SignedHead, signed: SignedHead | None, line: int) -> None:
        self._last_copy = max(self._last_copy, copied.head.size)
        if copied != signed and not self._require_genuine(copied, Kind.COPY_FORGED):
            return
        if copied.head.size < self.reached:
            self._found(Kind.COPY_OUT_OF_ORDER, line, line)
            return
        if signed is None:
            self._found(Kind.HEAD_MISSING, copied.head.size - 1, copied.head.size - 1)
        if copied.head.root != (self._edge.root if signed is None else signed.head.root):
            self._found(Kind.COPY_DIFFERS, copied.head.size - 1, copied.head.size - 1)

    def _remaining_copies(self) -> None:
        """Whoever cut the tail and its heads could not cut these."""
        furthest = self.size
        while (copy := self._copy) is not None:
            self._copy = next(self._copies, None)
            if copy.signed is None:
                self._found(Kind.COPY_UNREADABLE, copy.line, copy.line)
            elif self._require_genuine(copy.signed, Kind.COPY_FORGED):
                furthest = max(furthest, copy.signed.head.size)
                self._last_copy = max(self._last_copy, copy.signed.head.size)
        if furthest > self.size:
            self._found(Kind.TAIL_CUT, self.size, furthest - 1)

    def _require_copied(self, newest: SignedHead, now: datetime) -> None:
        if not self._last_copy:
            self._found(Kind.NO_COPIES, 0, newest.head.size - 1)
        elif self._last_copy < newest.head.size and now - newest.head.at > _NOT_COPIED_FOR:
            self._found(Kind.NOT_COPIED, self._last_copy, newest.head.size - 1)

    def _require_genuine(self, signed: SignedHead, forged: Kind) -> bool:
        at = signed.head.size - 1
        try:
            audit_head.require_genuine(signed, self._keys)
        except HeadForged:
            self._found(forged, at, at)
            return False
        except HeadKeyUnknown:
            self._found(Kind.HEAD_KEY_UNKNOWN, at, at)
            return False
        return True

    def _found(self, kind: Kind, first: int, last: int, entry_id: int | None = None) -> None:
        self._n += 1
        self._is_tampered |= kind.is_tampering
        if len(self._findings) < _FINDINGS_KEPT:
            self._findings.append(Finding(kind, first, last, entry_id))
