"""The Merkle tree over the audit log (RFC 6962, 2.1; RFC 9162, 2.1): pure hashing, no entries, no storage.

A complete subtree is named by its level and place: `(3, 2)` is the third one of eight leaves. Whoever stores the
tree hands over a function that gives the hash of a complete subtree; roots and proofs follow from it.
"""

import hashlib
import hmac
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import reduce

from ca_core.errors import Refusal

# Gives the hash of the complete subtree at (level, place). Raises TreeDamaged.
Subtree = Callable[[int, int], bytes]
# Gives that many stored hashes of one level, from a place on; fewer where they are missing.
Stored = Callable[[int, int, int], Sequence[bytes]]

# RFC 6962, 2.1: different first octets, so that a leaf can never pass for a node.
_LEAF, _NODE = b"\x00", b"\x01"
EMPTY_ROOT = hashlib.sha256().digest()
# Of the inner levels every eighth is stored: a 256th of the leaves, and a proof reads 256 hashes a level at most.
STORED_EVERY = 8


class ProofWrong(Refusal):
    """The proof does not lead from the one hash to the other: what it is about is not in that tree."""

    code = "audit.proof_wrong"


class NotInTree(Refusal):
    """There is no such position, or the tree was never that large."""

    code = "audit.not_in_tree"


class TreeDamaged(Refusal):
    """Stored hashes are missing, or do not lead to the head that was signed over them."""

    code = "audit.tree_damaged"


@dataclass(frozen=True, slots=True)
class Node:
    """A complete inner subtree as it is stored."""

    level: int
    place: int
    hash: bytes


def leaf_hash(content: bytes) -> bytes:
    return hashlib.sha256(_LEAF + content).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    return hashlib.sha256(_NODE + left + right).digest()


class Edge:
    """The right edge of a growing tree: as many hashes as its size has bits set, whatever the size."""

    def __init__(self, size: int = 0, hashes: Sequence[bytes] = ()) -> None:
        self.size = size
        # The largest subtree first.
        self._hashes = list(hashes)

    @classmethod
    def of(cls, size: int, subtree: Subtree) -> "Edge":
        """Raises TreeDamaged."""
        return cls(size, [subtree(level, place) for level, place in _cover(size)])

    def append(self, leaf: bytes) -> list[Node]:
        """Takes the next leaf; the inner subtrees that it completed, those of stored levels only."""
        carry, level, completed = leaf, 0, []
        while self.size >> level & 1:
            carry = node_hash(self._hashes.pop(), carry)
            level += 1
            if level % STORED_EVERY == 0:
                completed.append(Node(level, self.size >> level, carry))
        self._hashes.append(carry)
        self.size += 1
        return completed

    @property
    def root(self) -> bytes:
        """RFC 6962, 2.1: the Merkle tree hash of every leaf so far."""
        if not self._hashes:
            return EMPTY_ROOT
        return reduce(lambda right, left: node_hash(left, right), reversed(self._hashes))


def _cover(size: int) -> Iterator[tuple[int, int]]:
    """The complete subtrees, largest first, that `size` leaves consist of."""
    begin = 0
    for level in reversed(range(size.bit_length())):
        if size >> level & 1:
            yield level, begin >> level
            begin += 1 << level


def subtrees(stored: Stored) -> Subtree:
    """Complete subtrees of any level from those that are stored."""

    def subtree(level: int, place: int) -> bytes:
        above = level % STORED_EVERY
        hashes = stored(level - above, place << above, 1 << above)
        if len(hashes) != 1 << above:
            raise TreeDamaged
        while len(hashes) > 1:
            hashes = [node_hash(hashes[i], hashes[i + 1]) for i in range(0, len(hashes), 2)]
        return hashes[0]

    return subtree


def inclusion(position: int, size: int, subtree: Subtree) -> list[bytes]:
    """RFC 6962, 2.1.1: the path from a leaf to the root of the first `size` leaves. Raises NotInTree, TreeDamaged."""
    if not 0 <= position < size:
        raise NotInTree(position=position, size=size)
    path, begin = [], 0
    while size > 1:
        half = _half(size)
        if position < half:
            path.append(_span(begin + half, size - half, subtree))
            size = half
        else:
            path.append(_span(begin, half, subtree))
            begin, position, size = begin + half, position - half, size - half
    return path[::-1]


def consistency(first: int, second: int, subtree: Subtree) -> list[bytes]:
    """RFC 6962, 2.1.2: that the tree of `second` leaves begins with that of `first`. Raises NotInTree, TreeDamaged."""
    if not 0 < first <= second:
        raise NotInTree(position=first, size=second)
    path, begin, is_whole = [], 0, True
    while first < second:
        half = _half(second)
        if first <= half:
            path.append(_span(begin + half, second - half, subtree))
            second = half
        else:
            path.append(_span(begin, half, subtree))
            begin, first, second, is_whole = begin + half, first - half, second - half, False
    if not is_whole:
        path.append(_span(begin, second, subtree))
    return path[::-1]


def _half(size: int) -> int:
    """The largest power of two that is smaller."""
    return 1 << (size - 1).bit_length() - 1


def _span(begin: int, size: int, subtree: Subtree) -> bytes:
    if size & (size - 1) == 0:
        level = size.bit_length() - 1
        return subtree(level, begin >> level)
    half = _half(size)
    return node_hash(_span(begin, half, subtree), _span(begin + half, size - half, subtree))


def require_included(leaf: bytes, path: Sequence[bytes], *, position: int, size: int, root: bytes) -> None:
    """RFC 9162, 2.1.3.2. Raises ProofWrong."""
    if not 0 <= position < size:
        raise ProofWrong
    node, last, found = position, size - 1, leaf
    for hash_ in path:
        if last == 0:
            raise ProofWrong
        if node & 1 or node == last:
            found = node_hash(hash_, found)
            node, last = _raised(node, last)
        else:
            found = node_hash(found, hash_)
        node, last = node >> 1, last >> 1
    if last != 0 or not hmac.compare_digest(found, root):
        raise ProofWrong


def require_consistent(
    path: Sequence[bytes], *, first: int, first_root: bytes, second: int, second_root: bytes
) -> None:
    """RFC 9162, 2.1.4.2. Raises ProofWrong."""
    if not 0 < first <= second:
        raise ProofWrong
    if first == second:
        if path or not hmac.compare_digest(first_root, second_root):
            raise ProofWrong
        return
    old, new = _both_roots([first_root, *path] if first & (first - 1) == 0 else path, first, second)
    if not (hmac.compare_digest(old, first_root) and hmac.compare_digest(new, second_root)):
        raise ProofWrong


def _both_roots(path: Sequence[bytes], first: int, second: int) -> tuple[bytes, bytes]:
    """What the path leads to, seen from the old and from the new tree."""
    node, last = first - 1, second - 1
    while node & 1:
        node, last = node >> 1, last >> 1
    old = new = path[0] if path else b""
    for hash_ in path[1:]:
        if last == 0:
            raise ProofWrong
        if node & 1 or node == last:
            old, new = node_hash(hash_, old), node_hash(hash_, new)
            node, last = _raised(node, last)
        else:
            new = node_hash(new, hash_)
        node, last = node >> 1, last >> 1
    if last != 0:
        raise ProofWrong
    return old, new


def _raised(node: int, last: int) -> tuple[int, int]:
    """Past the levels at which the last node has nobody beside it."""
    while node and not node & 1:
        node, last = node >> 1, last >> 1
    return node, last
