"""How fast the audit log is sealed and verified, against bare SHA-256 over the same octets in the same run.

    python -m benchmarks.audit_seal [--entries 100000] [--json]

On an SQLite file of its own, in a temporary folder; one thread. Ratio = ours / theirs in microseconds an entry:
lower is better. Time is CPU time. Memory is the process's largest resident set.
"""

import hashlib
import resource
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

from benchmarks import report
from ca_core import audit_tree, roles
from ca_core.audit import Entry, Recorded
from ca_core.audit_check import SEAL_BATCH
from data import migrate
from data.bulk import Bulk
from runtime import audit_key, auditing, settings, wiring
from runtime.service import Service

_OFFICER = roles.Actor("benchmark", roles.Role.RA_OFFICER, roles.Door.CONSOLE, 1)
_MILLION = 1_000_000


def main() -> None:
    chosen = report.arguments(__doc__, entries=100_000)
    with _service() as service:
        _fill(service, chosen.entries)
        rows = _rows(service, chosen.entries)
        report.show(rows, as_json=chosen.json)


@contextmanager
def _service() -> Iterator[Service]:
    with tempfile.TemporaryDirectory() as folder:
        configured = settings.load({"var_dir": folder, "database_url": f"sqlite:///{folder}/audit.sqlite"})
        migrate.upgrade(wiring.open_database(configured))
        Path(configured.keys_dir).mkdir(exist_ok=True)
        audit_key.make(configured)
        service = wiring.make_service(configured)
        try:
            yield service
        finally:
            service.close()


def _fill(service: Service, count: int) -> None:
    now = service.now()
    with service.work() as work:
        Bulk(work.connection, wrote=lambda _n: None).audit(
            Entry(
                now, _OFFICER, "certificate:hold:done", f"{number:040x}", "ACCEPTED", "ON_HOLD", "benchmark"
            )
            for number in range(count)
        )


def _rows(service: Service, count: int) -> Iterator[report.Row]:
    sample = _sample(service)
    octets = [entry.content for entry in sample]
    bare = _micros(lambda: [hashlib.sha256(one).digest() for one in octets], len(octets))
    canonical = _micros(lambda: [entry.content for entry in sample], len(sample))
    edge = audit_tree.Edge()
    tree = _micros(
        lambda: [edge.append(audit_tree.leaf_hash(entry.content)) for entry in sample], len(sample)
    )
    yield _row("canonical octets", canonical, bare)
    yield _row("octets, leaf and tree", tree, bare)
    sealing = auditing.sealing(service)
    halves, memory = [], []
    for _ in range(2):
        begun, sealed = time.process_time(), 0
        while sealed < count // 2 and (batch := sealing.batch()):
            sealed += batch
        halves.append((time.process_time() - begun) * _MILLION / max(1, sealed))
        memory.append(_peak_mb())
    while sealing.batch():
        pass
    yield _row("seal, from row to signed head", sum(halves) / 2, bare)
    yield report.Row(
        "seal, an entry of the second half", "us", halves[1], "of the first", halves[0], "lower", 1
    )
    begun = time.process_time()
    walk = auditing.verification(service)
    while walk.step():
        pass
    outcome = walk.finish(by=roles.Actor("benchmark", None, roles.Door.COMMAND_LINE))
    if not (outcome.is_intact and outcome.size == count):
        raise SystemExit(f"not intact: {outcome}")
    yield _row("verify the whole log", (time.process_time() - begun) * _MILLION / count, bare)
    yield report.Row(
        "memory of the process, sealed and verified",
        "MB",
        _peak_mb(),
        "half of it sealed",
        memory[0],
        "lower",
        1,
    )


def _peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _sample(service: Service) -> list[Recorded]:
    with service.look() as work:
        return work.audit_tree.waiting(SEAL_BATCH, all_of_them=True)


def _micros(act: Callable[[], object], count: int) -> float:
    """CPU time of one: the best of five."""
    spent = []
    for _ in range(5):
        begun = time.process_time()
        act()
        spent.append(time.process_time() - begun)
    return min(spent) * _MILLION / count


def _row(figure: str, ours: float, bare: float) -> report.Row:
    return report.Row(f"{figure}, an entry", "us", ours, "bare SHA-256", bare, "lower", 1)


if __name__ == "__main__":
    main()
