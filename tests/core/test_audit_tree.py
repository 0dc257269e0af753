"""The tree is RFC 6962's: judged by the vectors of Certificate Transparency's reference code, and by hashlib alone."""

import functools
import hashlib
from collections import Counter
from collections.abc import Sequence

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from ca_core import audit_tree
from ca_core.audit_tree import Edge, NotInTree, ProofWrong, Subtree, TreeDamaged

# Certificate Transparency's merkle_tree_test: eight entries, the root of the first n of them, and proofs.
ENTRIES = [
    bytes.fromhex(text)
    for text in ("", "00", "10", "2021", "3031", "40414243", "5051525354555657", "606162636465666768696a6b6c6d6e6f")
]  # fmt: skip
ROOTS = (
    "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
    "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
    "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
    "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
    "d37ee418976dd95753c1c73862b9398fa2a2cf9b4ff0fdfe8b30cd95209614b7",
    "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
    "76e67dadbcdf1e10e1b74ddc608abd2f98dfb16fbce75277b5232a127f2087ef",
    "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
    "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
)
_0 = "96a296d224f285c67bee93c30f8a309157f0daa35dc5b87e410b78630a09cfc7"
_1 = "5f083f0a1a33ca076a95279832580db3e0ef4584bdff1f54c8a360f50de3031e"
_2 = "6b47aaf29ee3c2af9af889bc1fb9254dabd31177f16232dd6aab035ca39bf6e4"
_4 = "bc1a0643b12e4d2d7c77918f44e0f4f79a838b6cf9ec5b5c283e1f4d88599e6b"
_67 = "ca854ea128ed050b41b35ffc1b87b8eb2bde461e9e3b5596ece6b9d5975a0ae0"
_45 = "0ebc5d3437fbe2db158b9f126a1d118e308181031d0a949f8dededebc558ef6a"
INCLUDED = [
    (0, 1, []),
    (0, 8, [_0, _1, _2]),
    (5, 8, [_4, _67, ROOTS[4]]),
    (2, 3, [ROOTS[2]]),
    (1, 5, [ROOTS[1], _1, _4]),
]
CONSISTENT = [(1, 1, []), (1, 8, [_0, _1, _2]), (6, 8, [_45, _67, ROOTS[4]]), (2, 5, [_1, _4])]


def plain_root(leaves: Sequence[bytes]) -> bytes:
    """RFC 6962, 2.1, as it is written, without any of our code."""
    if not leaves:
        return hashlib.sha256(b"").digest()
    if len(leaves) == 1:
        return leaves[0]
    half = 1
    while half * 2 < len(leaves):
        half *= 2
    return hashlib.sha256(b"\x01" + plain_root(leaves[:half]) + plain_root(leaves[half:])).digest()


def plain_leaves(count: int) -> list[bytes]:
    return [hashlib.sha256(b"\x00" + str(number).encode()).digest() for number in range(count)]


def subtree_of(leaves: Sequence[bytes]) -> Subtree:
    """Of every level, from the leaves alone."""
    return lambda level, place: plain_root(leaves[place << level : (place + 1) << level])


def hashes(texts: Sequence[str]) -> list[bytes]:
    return [bytes.fromhex(text) for text in texts]


VECTOR_TREE = subtree_of([hashlib.sha256(b"\x00" + entry).digest() for entry in ENTRIES])


@pytest.mark.parametrize("size", range(9))
def test_roots_of_the_reference_vectors(size: int) -> None:
    edge = Edge()
    for entry in ENTRIES[:size]:
        edge.append(audit_tree.leaf_hash(entry))
    assert edge.root.hex() == ROOTS[size]
    assert Edge.of(size, VECTOR_TREE).root.hex() == ROOTS[size]


@pytest.mark.parametrize(("position", "size", "path"), INCLUDED)
def test_inclusion_proofs_of_the_reference_vectors(position: int, size: int, path: list[str]) -> None:
    assert audit_tree.inclusion(position, size, VECTOR_TREE) == hashes(path)
    audit_tree.require_included(
        audit_tree.leaf_hash(ENTRIES[position]), hashes(path),
        position=position, size=size, root=bytes.fromhex(ROOTS[size]),
    )  # fmt: skip


@pytest.mark.parametrize(("first", "second", "path"), CONSISTENT)
def test_consistency_proofs_of_the_reference_vectors(first: int, second: int, path: list[str]) -> None:
    assert audit_tree.consistency(first, second, VECTOR_TREE) == hashes(path)
    audit_tree.require_consistent(
        hashes(path), first=first, first_root=bytes.fromhex(ROOTS[first]),
        second=second, second_root=bytes.fromhex(ROOTS[second]),
    )  # fmt: skip


def test_every_proof_in_every_small_tree_holds_and_no_other_does() -> None:
    """Each position and each older size; the neighbour's leaf, another size and a shortened path are refused."""
    leaves = plain_leaves(33)
    subtree = subtree_of(leaves)
    for size in range(1, 34):
        root = plain_root(leaves[:size])
        for position in range(size):
            path = audit_tree.inclusion(position, size, subtree)
            audit_tree.require_included(leaves[position], path, position=position, size=size, root=root)
            for leaf, shown, at, of in (
                (leaves[(position + 1) % 33], path, position, size),
                (leaves[position], path[:-1], position, size),
                (leaves[position], [*path, root], position, size),
                (leaves[position], path, size, size),
                (leaves[position], path, position + 1, size),
            ):
                if (shown, leaf, at) != (path, leaves[position], position):
                    with pytest.raises(ProofWrong):
                        audit_tree.require_included(leaf, shown, position=at, size=of, root=root)
        for first in range(1, size + 1):
            path = audit_tree.consistency(first, size, subtree)
            old = plain_root(leaves[:first])
            audit_tree.require_consistent(path, first=first, first_root=old, second=size, second_root=root)
            for wrong in ([*path, root], path[:-1] if path else [root]):
                with pytest.raises(ProofWrong):
                    audit_tree.require_consistent(
                        wrong, first=first, first_root=old, second=size, second_root=root
                    )
            if first > 1:
                with pytest.raises(ProofWrong):
                    audit_tree.require_consistent(
                        path, first=first, first_root=plain_root(leaves[: first - 1]), second=size, second_root=root
                    )  # fmt: skip


@functools.cache
def grown() -> tuple[list[bytes], dict[tuple[int, int], bytes]]:
    """Enough leaves for two stored levels, and what is stored of their tree."""
    leaves, stored, edge = plain_leaves(66_500), {}, Edge()
    for place, leaf in enumerate(leaves):
        stored[0, place] = leaf
        stored |= {(node.level, node.place): node.hash for node in edge.append(leaf)}
    return leaves, stored


def reader(level: int, first: int, count: int) -> list[bytes]:
    _, stored = grown()
    return [found for place in range(first, first + count) if (found := stored.get((level, place)))]


def test_every_eighth_level_is_stored() -> None:
    _, stored = grown()
    counts = Counter(level for level, _ in stored)
    assert counts == {0: 66_500, 8: 66_500 // 256, 16: 1}


@settings(max_examples=12, deadline=None)
@given(st.integers(1, 66_500), st.integers(1, 66_500), st.data())
@example(65_536, 66_500, None)
def test_what_is_stored_suffices_for_edges_and_proofs(
    one: int, other: int, data: st.DataObject | None
) -> None:
    """Leaves and every eighth level: the edge comes back at any size, and heads are consistent with each other."""
    leaves, _ = grown()
    first, second = sorted((one, other))
    roots = [plain_root(leaves[:size]) for size in (first, second)]
    subtree = audit_tree.subtrees(reader)
    assert [Edge.of(size, subtree).root for size in (first, second)] == roots
    position = data.draw(st.integers(0, second - 1)) if data is not None else 65_535
    path = audit_tree.inclusion(position, second, subtree)
    audit_tree.require_included(leaves[position], path, position=position, size=second, root=roots[1])
    path = audit_tree.consistency(first, second, subtree)
    audit_tree.require_consistent(path, first=first, first_root=roots[0], second=second, second_root=roots[1])


def test_an_edge_is_as_large_as_the_logarithm() -> None:
    """Memory stays bounded, whatever the log's size."""
    edge = Edge()
    for leaf in plain_leaves(4095):
        edge.append(leaf)
    assert len(edge._hashes) == 12


def test_a_missing_hash_is_damage_and_a_position_beyond_the_end_is_none() -> None:
    nothing = audit_tree.subtrees(lambda _level, _first, _count: [])
    with pytest.raises(TreeDamaged):
        Edge.of(3, nothing)
    with pytest.raises(NotInTree):
        audit_tree.inclusion(8, 8, VECTOR_TREE)
    with pytest.raises(NotInTree):
        audit_tree.consistency(0, 8, VECTOR_TREE)
    with pytest.raises(NotInTree):
        audit_tree.consistency(9, 8, VECTOR_TREE)


@pytest.mark.parametrize(("first", "second"), [(0, 0), (0, 3), (4, 3), (-1, -1)])
def test_no_tree_and_a_smaller_one_prove_nothing(first: int, second: int) -> None:
    root = bytes.fromhex(ROOTS[3])
    with pytest.raises(ProofWrong):
        audit_tree.require_consistent([], first=first, first_root=root, second=second, second_root=root)
