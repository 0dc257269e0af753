"""Every change of the sealed log is found: edit, gap, swap, cut tail, forgery."""

from dataclasses import replace
from datetime import timedelta

import sqlalchemy as sa
from cryptography.hazmat.primitives.asymmetric import ec

from ca_core import audit_head, audit_tree
from ca_core.audit_check import Kind
from data.audit_schema import audit_head as heads
from data.audit_schema import audit_leaf as leaves
from runtime import audit_key, auditing
from runtime.audit_sealing import Sealing
from runtime.service import Service
from tests.runtime.audit.conftest import (
    change,
    content_of,
    cut_with_head,
    entries,
    found,
    sealed,
    verified,
    write,
)


def test_an_untouched_log_is_intact(either: Service) -> None:
    sealed(either, 5, 300, 1)
    outcome = verified(either)
    assert (outcome.size, outcome.is_intact, outcome.is_tampered) == (306, True, False)
    assert outcome.erased == 0, "nothing was"


def test_an_empty_log_is_intact(service: Service) -> None:
    auditing.sealing(service).round()
    assert verified(service).is_intact


def test_an_edit_of_any_column_is_found(either: Service) -> None:
    columns = (
        "actor", "event", "subject", "from_state", "to_state", "reason", "policy_version", "details", "role", "door",
    )  # fmt: skip
    sealed(either, len(columns), 4)
    change(
        either,
        *(
            sa.update(entries).where(entries.c.audit_id == number).values({column: "other"})
            for number, column in enumerate(columns, 1)
        ),
        sa.update(entries).where(entries.c.audit_id == 11).values(staff_id=None),
        sa.update(entries).where(entries.c.audit_id == 12).values(staff_id=2),
        sa.update(entries).where(entries.c.audit_id == 13).values(at=either.now() - timedelta(seconds=90)),
    )
    changed = [f.entry_id for f in verified(either).findings if f.kind is Kind.ENTRY_CHANGED]
    assert changed == list(range(1, 14))


def test_a_gap_is_found(service: Service) -> None:
    sealed(service, 6)
    change(service, sa.delete(entries).where(entries.c.audit_id == 4))
    [finding] = verified(service).findings
    assert (finding.kind, finding.entry_id) == (Kind.ENTRY_MISSING, 4)


def test_a_gap_whose_leaf_is_gone_too_is_found(service: Service) -> None:
    sealed(service, 6)
    change(
        service,
        sa.delete(entries).where(entries.c.audit_id == 4),
        sa.delete(leaves).where(leaves.c.audit_id == 4),
    )
    assert {Kind.LEAF_MISSING, Kind.ROOT_WRONG} <= found(service)


def test_two_entries_that_changed_places_are_found(either: Service) -> None:
    """A re-ordered id: the id is a part of what was sealed."""
    sealed(either, 6)
    swap = [(2, 100), (5, 2), (100, 5)]
    change(
        either,
        *(sa.update(entries).where(entries.c.audit_id == a).values(audit_id=b) for a, b in swap),
    )
    assert [f.entry_id for f in verified(either).findings] == [2, 5]


def test_two_entries_swapped_with_their_leaves_are_found(service: Service) -> None:
    """Rows and leaves agree with each other then; the signed root does not."""
    sealed(service, 6)
    with service.look() as work:
        second, fifth = (leaf for leaf in work.audit_tree.leaves(0, 10) if leaf.entry_id in (2, 5))
    park = sa.update(leaves).where(leaves.c.position == second.position).values(audit_id=100)
    change(
        service,
        park,
        sa.update(leaves).where(leaves.c.position == fifth.position).values(audit_id=2, hash=second.hash),
        sa.update(leaves).where(leaves.c.position == second.position).values(audit_id=5, hash=fifth.hash),
    )
    [finding] = verified(service).findings
    assert (finding.kind, finding.first, finding.last) == (Kind.ROOT_WRONG, 0, 5)


def test_an_edit_whose_leaf_was_recomputed_is_found_under_its_head(service: Service) -> None:
    """Who knows how leaves are made still cannot sign a head."""
    sealed(service, 3, 3, 3)
    change(service, sa.update(entries).where(entries.c.audit_id == 5).values(reason="other"))
    forged = audit_tree.leaf_hash(content_of(service, 5))
    change(service, sa.update(leaves).where(leaves.c.audit_id == 5).values(hash=forged))
    [finding] = verified(service).findings
    assert (finding.kind, finding.first, finding.last) == (Kind.ROOT_WRONG, 3, 5)


def test_a_tail_cut_from_the_log_is_found(service: Service) -> None:
    sealed(service, 3, 3)
    change(service, sa.delete(entries).where(entries.c.audit_id > 4))
    assert found(service) == {Kind.ENTRY_MISSING}


def test_a_tail_cut_with_its_leaves_is_found(service: Service) -> None:
    sealed(service, 3, 3)
    change(
        service,
        sa.delete(entries).where(entries.c.audit_id > 4),
        sa.delete(leaves).where(leaves.c.audit_id > 4),
    )
    assert Kind.TAIL_CUT in found(service)


def test_a_gap_before_a_cut_is_said_beside_the_cut(service: Service) -> None:
    """No head stands over it any more that could say so."""
    sealed(service, 3, 3)
    change(
        service,
        sa.delete(entries).where(entries.c.audit_id > 3),
        sa.delete(leaves).where(leaves.c.audit_id > 4),
    )
    assert found(service) == {Kind.ENTRY_MISSING, Kind.TAIL_CUT}


def test_a_tail_cut_together_with_its_head_is_found_by_the_copies(either: Service) -> None:
    sealed(either, 3, 3)
    cut_with_head(either)
    [finding] = verified(either).findings
    assert (finding.kind, finding.first, finding.last) == (Kind.TAIL_CUT, 3, 5)


def test_without_copies_a_whole_log_is_not_called_intact(service: Service) -> None:
    """A failed check never looks good: what cannot be known is said."""
    sealed(service, 3, 3)
    for path in service.settings.audit_heads_dir.iterdir():
        path.unlink()
    outcome = verified(service)
    assert [finding.kind for finding in outcome.findings] == [Kind.NO_COPIES]
    assert (outcome.is_intact, outcome.is_tampered) == (False, False)


def test_a_tail_that_was_cut_and_replaced_is_found(service: Service) -> None:
    """As long as the head of the first tail lies outside."""
    sealed(service, 3, 3)
    cut_with_head(service)
    hidden = replace(service.settings, audit_heads_dir=service.settings.var_dir / "elsewhere")
    forger = Sealing(
        service,
        key=audit_key.signer(hidden),
        keys=audit_key.public_keys(hidden),
        copies=auditing.copies(hidden),
    )
    write(service, 3, ago=timedelta(seconds=2))
    forger.round()
    assert found(service) == {Kind.COPY_DIFFERS}


def test_a_forged_head_is_found(service: Service) -> None:
    sealed(service, 3, 3)
    change(service, sa.update(heads).where(heads.c.size == 3).values(at=service.now() - timedelta(days=1)))
    assert Kind.HEAD_FORGED in found(service)


def test_a_head_of_another_key_is_found(service: Service) -> None:
    """Whoever replaces log, tree and heads as a whole cannot sign them."""
    sealed(service, 3)
    stranger = ec.generate_private_key(ec.SECP256R1())
    with service.look() as work:
        genuine = work.audit_heads.newest()
    assert genuine is not None
    forged = audit_head.sign(genuine.head, stranger)
    change(service, sa.update(heads).values(key_id=forged.key_id, signature=forged.signature))
    assert Kind.HEAD_KEY_UNKNOWN in found(service)


def test_a_head_that_was_taken_out_is_found(service: Service) -> None:
    sealed(service, 3, 3)
    change(service, sa.delete(heads).where(heads.c.size == 3))
    assert found(service) == {Kind.HEAD_MISSING}


def test_leaves_under_no_head_are_found(service: Service) -> None:
    sealed(service, 3, 3)
    change(service, sa.delete(heads).where(heads.c.size == 6))
    [beyond] = [one for one in verified(service).findings if one.kind is Kind.BEYOND_HEAD]
    assert (beyond.first, beyond.last) == (3, 5)


def test_an_entry_that_was_smuggled_into_the_past_is_found(service: Service) -> None:
    sealed(service, 3, 3)
    write(service, 1, ago=timedelta(days=30))
    auditing.sealing(service).round()
    [finding] = verified(service).findings
    assert (finding.kind, finding.entry_id) == (Kind.BACKDATED, 7)
