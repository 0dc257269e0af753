"""What `qoltanba audit` does and says. Exit codes of `verify`: 0 intact, 3 changed, 1 not all could be known."""

from collections.abc import Sequence
from pathlib import Path

from rich.console import Console

from ca_core import audit, roles
from ca_core.audit_check import Finding, Kind, Outcome
from ca_core.audit_head import Head
from runtime import audit_key, audit_proofs, auditing
from runtime.audit_copies import HeadCopies
from runtime.audit_proofs import Inclusion
from runtime.audit_verifying import Verification
from runtime.service import Service

INTACT, UNKNOWN, CHANGED = 0, 1, 3

# {span}: positions in the tree, counted from 0; {entry}: the audit_id.
_SENTENCES = {
    Kind.ENTRY_CHANGED: "entry {entry} is not what was sealed (position {span})",
    Kind.ENTRY_MISSING: "entry {entry} is gone (position {span})",
    Kind.LEAF_MISSING: "no leaf at {span}",
    Kind.INNER_HASH_WRONG: "a stored inner hash over {span} is wrong",
    Kind.ROOT_WRONG: "the leaves at {span} do not lead to the head over them: some were exchanged or moved",
    Kind.HEAD_FORGED: "the head over {span} has a wrong signature",
    Kind.HEAD_KEY_UNKNOWN: "the head over {span} names a key that is none of the log's",
    Kind.HEAD_MISSING: "the head over {span} is outside but no more in the database",
    Kind.TAIL_CUT: "the tail was cut: {span} had been sealed",
    Kind.BEYOND_HEAD: "leaves at {span} are under no head",
    Kind.COPY_FORGED: "the copy of the head over {span} has a wrong signature",
    Kind.COPY_DIFFERS: "the copy of the head over {span} has another root than the database",
    Kind.COPY_OUT_OF_ORDER: "line {span} of the copies is not in its order",
    Kind.COPY_UNREADABLE: "line {span} of the copies is no head",
    Kind.BACKDATED: "entry {entry} names an instant long before it was written (within {span})",
    Kind.NO_COPIES: "there is no copy of any head outside: a tail cut with its heads would not be seen",
    Kind.NOT_COPIED: "the newest heads have no copy outside: {span}",
    Kind.NOT_SEALED: "entries wait to be sealed for more than ten minutes, from {entry} on ({span})",
}


def seal(service: Service, out: Console) -> int:
    """Everything that waits, now."""
    sealer, sealed = auditing.sealing(service), 0
    while batch := sealer.batch():
        sealed += batch
    with service.look() as work:
        newest = work.audit_heads.newest()
    _say(out, f"{sealed} entries sealed")
    if newest is not None:
        head = newest.head
        _say(out, f"head: {head.size} entries, root {head.root.hex()}, {_instant(head)}")
    return 0


def verify(
    service: Service, out: Console, *, by: roles.Actor, heads: Path | None, keys: Sequence[Path]
) -> int:
    known = audit_key.read_public(keys) if keys else audit_key.public_keys(service.settings)
    copies = HeadCopies(heads) if heads is not None else auditing.copies(service.settings)
    walk = Verification(service, keys=known, copies=copies)
    while walk.step():
        pass
    outcome = walk.finish(by=by, own=heads is None and not keys)
    for finding in outcome.findings:
        sign = "✕" if finding.kind.is_tampering else "○"
        _say(out, f"{sign} {worded(finding)}  [{finding.kind}]")
    if outcome.n > len(outcome.findings):
        _say(out, f"... and {outcome.n - len(outcome.findings)} more")
    if outcome.erased:
        _say(out, f"{outcome.erased} entries were erased by their term; their leaves are there")
    _say(out, f"{outcome.size} sealed entries read: {_verdict(outcome)}")
    if outcome.is_intact:
        return INTACT
    return CHANGED if outcome.is_tampered else UNKNOWN


def worded(finding: Finding) -> str:
    span = f"{finding.first}" if finding.first == finding.last else f"{finding.first} to {finding.last}"
    return _SENTENCES[finding.kind].format(span=span, entry=finding.entry_id)


def _verdict(outcome: Outcome) -> str:
    if outcome.is_intact:
        return "intact"
    return "CHANGED" if outcome.is_tampered else "no change found, but not all could be known"


def prove(service: Service, out: Console, *, by: roles.Actor, entry_id: int, into: Path) -> int:
    """Who takes an entry out is on record too (R14)."""
    with service.work() as work:
        proof = audit_proofs.of_entry(work, entry_id)
        work.audit.add(audit.Entry(service.now(), by, "audit:prove:done", f"audit/{entry_id}"))
    _write(into, audit_proofs.to_json(proof))
    _say(
        out,
        f"entry {entry_id} is leaf {proof.position} under the head of {proof.head.head.size} entries: {into}",
    )
    return 0


def prove_head(service: Service, out: Console, *, size: int, into: Path) -> int:
    with service.look() as work:
        proof = audit_proofs.of_head(work, size)
    _write(into, audit_proofs.to_json(proof))
    _say(out, f"the head of {proof.new.head.size} entries continues that of {size}: {into}")
    return 0


def check(path: Path, out: Console, *, keys: Sequence[Path]) -> int:
    """Without database and settings: for who was handed a proof and the public key."""
    proof = audit_proofs.from_json(path.read_text(encoding="utf-8"))
    proof.require_true(audit_key.read_public(keys))
    if isinstance(proof, Inclusion):
        entry, head = proof.entry, proof.head.head
        _say(out, f"true: entry {entry.entry_id} ({entry.event}) is under the head of {_instant(head)}")
    else:
        _say(out, f"true: {proof.new.head.size} entries continue {proof.old.head.size}")
    return 0


def _say(out: Console, line: str) -> None:
    """A line stays a line, for whatever reads it: no folding, and brackets are brackets."""
    out.print(line, soft_wrap=True, markup=False)


def _instant(head: Head) -> str:
    return f"{head.at:%Y-%m-%d %H:%M:%S} UTC"


def _write(path: Path, text: str) -> None:
    """An entry may name people: for its owner alone."""
    path.touch(mode=0o600)
    path.write_text(text + "\n", encoding="utf-8")
