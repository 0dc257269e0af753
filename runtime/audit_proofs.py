"""Proofs that can be checked without the database: an entry is under a signed head, a new head continues an old one.

A proof carries the head as it was signed; who has a copy of that head, or the public key alone, can judge it.
"""

import json
from dataclasses import asdict, dataclass
from datetime import datetime
from typing import Any

from ca_core import audit_head, audit_tree
from ca_core.audit import Recorded
from ca_core.audit_head import PublicKeys, SignedHead
from ca_core.audit_tree import NotInTree
from ca_core.errors import Refusal
from data.work import Work


class ProofUnreadable(Refusal):
    """The file is no proof of ours."""

    code = "audit.proof_unreadable"


class NotSealedYet(Refusal):
    """The entry has no leaf yet, or there is no such entry."""

    code = "audit.not_sealed"


@dataclass(frozen=True, slots=True)
class Inclusion:
    """The entry is the leaf at this position of the tree under the head."""

    entry: Recorded
    position: int
    head: SignedHead
    path: tuple[bytes, ...]

    def require_true(self, keys: PublicKeys) -> None:
        """Raises HeadForged, HeadKeyUnknown, ProofWrong."""
        audit_head.require_genuine(self.head, keys)
        leaf, head = audit_tree.leaf_hash(self.entry.content), self.head.head
        audit_tree.require_included(leaf, self.path, position=self.position, size=head.size, root=head.root)


@dataclass(frozen=True, slots=True)
class Consistency:
    """The tree under the new head begins with the tree under the old one."""

    old: SignedHead
    new: SignedHead
    path: tuple[bytes, ...]

    def require_true(self, keys: PublicKeys) -> None:
        """Raises HeadForged, HeadKeyUnknown, ProofWrong."""
        for signed in (self.old, self.new):
            audit_head.require_genuine(signed, keys)
        old, new = self.old.head, self.new.head
        audit_tree.require_consistent(
            self.path, first=old.size, first_root=old.root, second=new.size, second_root=new.root
        )


def of_entry(work: Work, entry_id: int) -> Inclusion:
    """Under the newest head. Raises NotSealedYet, TreeDamaged."""
    position, entry = work.audit_tree.position_of(entry_id), work.audit_tree.entry(entry_id)
    head = work.audit_heads.newest()
    if position is None or entry is None or head is None:
        raise NotSealedYet(entry=entry_id)
    path = audit_tree.inclusion(position, head.head.size, audit_tree.subtrees(work.audit_tree.stored))
    return Inclusion(entry, position, head, tuple(path))


def of_head(work: Work, size: int) -> Consistency:
    """From the head of this size to the newest. Raises NotInTree, TreeDamaged."""
    old, new = work.audit_heads.of_size(size), work.audit_heads.newest()
    if old is None or new is None:
        raise NotInTree(position=size, size=new.head.size if new is not None else 0)
    path = audit_tree.consistency(size, new.head.size, audit_tree.subtrees(work.audit_tree.stored))
    return Consistency(old, new, tuple(path))


def to_json(proof: Inclusion | Consistency) -> str:
    path = [hash_.hex() for hash_ in proof.path]
    if isinstance(proof, Consistency):
        heads = {"old": _head(proof.old), "new": _head(proof.new)}
        return json.dumps({"proof": "consistency", **heads, "path": path}, indent=1)
    entry = asdict(proof.entry) | {"at": proof.entry.at.isoformat()}
    fields = {"proof": "inclusion", "entry": entry, "position": proof.position, "head": _head(proof.head)}
    return json.dumps({**fields, "path": path}, indent=1, ensure_ascii=False)


def from_json(text: str) -> Inclusion | Consistency:
    """Raises ProofUnreadable."""
    try:
        fields = json.loads(text)
        path = tuple(bytes.fromhex(hash_) for hash_ in fields["path"])
        if fields["proof"] == "consistency":
            return Consistency(_signed(fields["old"]), _signed(fields["new"]), path)
        entry = Recorded(**fields["entry"] | {"at": datetime.fromisoformat(fields["entry"]["at"])})
        return Inclusion(entry, int(fields["position"]), _signed(fields["head"]), path)
    except (ValueError, KeyError, TypeError, audit_head.HeadUnreadable) as error:
        raise ProofUnreadable from error


def _head(signed: SignedHead) -> Any:
    return json.loads(audit_head.to_line(signed))


def _signed(fields: object) -> SignedHead:
    return audit_head.from_line(json.dumps(fields))
