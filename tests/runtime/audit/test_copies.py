"""Heads outside the database: nothing is lost in a crash, and nobody changes them unseen."""

from datetime import timedelta
from pathlib import Path

import pytest

from ca_core import audit, audit_head, audit_tree, audit_view
from ca_core.audit_check import Kind
from ca_core.audit_head import Head
from runtime import audit_key, auditing
from runtime.audit_copies import HeadCopies
from runtime.service import Service
from tests.runtime.audit.conftest import found, sealed, verified, write


def copied_lines(service: Service) -> list[str]:
    [path] = service.settings.audit_heads_dir.glob("*.jsonl")
    return path.read_text().splitlines()


def rewrite(service: Service, lines: list[str], end: str = "\n") -> None:
    [path] = service.settings.audit_heads_dir.glob("*.jsonl")
    path.write_text("\n".join(lines) + end)


def test_a_crash_between_head_and_copy_is_made_good(service: Service) -> None:
    sealed(service, 3, 3)
    first, second = copied_lines(service)
    rewrite(service, [first])
    auditing.sealing(service).round()
    assert copied_lines(service) == [first, second]
    assert verified(service).is_intact


@pytest.mark.parametrize("kept", [0, 1, 40, 200])
def test_a_line_that_a_power_cut_tore_is_written_anew(service: Service, kept: int) -> None:
    sealed(service, 3, 3)
    first, second = copied_lines(service)
    rewrite(service, [first, second[:kept]], end="")
    auditing.sealing(service).round()
    assert copied_lines(service)[-1] == second
    sealed(service, 2)
    assert verified(service).is_intact


def test_a_copy_that_was_overwritten_is_found(service: Service) -> None:
    sealed(service, 3, 3, 3)
    first, second, third = copied_lines(service)
    rewrite(service, [first, second.replace('"size":6', '"size":5'), third])
    assert found(service) == {Kind.COPY_FORGED}
    rewrite(service, [first, "nothing", third])
    assert found(service) == {Kind.COPY_UNREADABLE}
    rewrite(service, [first, third, second])
    assert found(service) == {Kind.COPY_OUT_OF_ORDER}


def test_newest_heads_without_a_copy_are_said(service: Service) -> None:
    sealed(service, 3)
    key = audit_key.signer(service.settings)
    write(service, 1)
    with service.work() as work:
        [entry] = work.audit_tree.waiting(5, all_of_them=True)
        work.audit_tree.add(3, [(entry.entry_id, audit_tree.leaf_hash(entry.content))], [])
        edge = audit_tree.Edge.of(4, audit_tree.subtrees(work.audit_tree.stored))
        work.audit_heads.add(audit_head.sign(Head(4, edge.root, service.now() - timedelta(minutes=2)), key))
    outcome = verified(service)
    assert [finding.kind for finding in outcome.findings] == [Kind.NOT_COPIED]
    assert not outcome.is_tampered


def test_a_folder_that_cannot_be_written_stops_nothing_but_is_told(service: Service) -> None:
    """The head is in the database; its copy follows as soon as the folder is back."""
    folder = service.settings.audit_heads_dir
    folder.parent.mkdir(parents=True, exist_ok=True)
    folder.write_text("a file where the folder should be")
    sealing = sealed(service, 3)
    with service.look() as work:
        said = work.audit_pages.newest(audit.TREE, (audit_view.SEAL_REFUSED,))
        assert work.audit_heads.newest() is not None
    assert said is not None
    assert said.reason == "audit.heads_not_copied"
    folder.unlink()
    for _ in range(3):
        sealing.round()
    assert verified(service).is_intact


def test_copies_go_on_in_the_newest_file_when_the_clock_goes_back(tmp_path: Path, service: Service) -> None:
    copies, key = HeadCopies(tmp_path / "heads"), audit_key.signer(service.settings)
    now = service.now().replace(month=3)
    for size, at in ((1, now), (2, now.replace(month=2)), (3, now.replace(month=4))):
        copies.append([audit_head.sign(Head(size, b"\0" * 32, at), key)])
    assert [copy.signed.head.size for copy in copies.all() if copy.signed] == [1, 2, 3]
    assert len(list((tmp_path / "heads").glob("*.jsonl"))) == 2
