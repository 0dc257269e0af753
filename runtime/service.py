"""What the doors are handed: units of work, the clock, and waiting for the job runner."""

from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta

from ca_core import audit, roles
from ca_core.errors import Refusal
from ca_core.identifiers import Serial
from ca_core.policy import Policy
from ca_core.revocation import status
from data.commands import DONE, WAITING, Ordered
from data.standings import Standings
from data.work import Store, Work
from runtime.secrets import Passwords
from runtime.settings import Settings
from runtime.wake import Watcher


def clock() -> datetime:
    """Now, in whole seconds, as the database keeps them."""
    return datetime.now(UTC).replace(microsecond=0)


class Service:
    """One a process. `work` writes, `look` reads; operations of the core run inside either."""

    def __init__(
        self,
        *,
        settings: Settings,
        store: Store,
        policy: Policy,
        passwords: Passwords,
        watcher: Watcher,
    ) -> None:
        self.settings = settings
        self.store = store
        self.policy = policy
        self.passwords = passwords
        self.watcher = watcher
        self._standings = Standings(store.engine)

    def now(self) -> datetime:
        return clock()

    @contextmanager
    def work(self, *, by: roles.Actor | None = None, on: str = "") -> Iterator[Work]:
        """Commits at a clean exit. After a Refusal: rolls back, then writes what must survive it, then raises it.

        With `by`, a refusal leaves one audit entry of who was refused what, on which object.
        """
        work: Work | None = None
        try:
            with self.store.write(policy=self.policy, now=self.now()) as work:
                yield work
        except Refusal as refusal:
            self._after(refusal, work, by, on)
            raise
        self.watcher.announce()

    def _after(self, refusal: Refusal, work: Work | None, by: roles.Actor | None, on: str) -> None:
        kept = work.kept if work is not None else []
        if not kept and by is None:
            return
        now = self.now()
        with self.store.write(policy=self.policy, now=now) as later:
            for write in kept:
                write(later)
            if by is not None:
                later.audit.add(
                    audit.Entry(
                        now,
                        by,
                        "operation:refused",
                        on,
                        reason=refusal.code,
                        policy_version=self.policy.version,
                    )
                )

    def close(self) -> None:
        """Ends the watcher's thread and every connection."""
        self.watcher.stop()
        self._standings.close()
        self.store.engine.dispose()

    @contextmanager
    def look(self) -> Iterator[Work]:
        """A snapshot to read from. Views of personal data are audited, so they need `work`."""
        with self.store.read(policy=self.policy, now=self.now()) as work:
            yield work

    def standing(self, serial: Serial) -> status.Standing | None:
        """How a serial stands at this moment; None for one that never became a certificate."""
        facts = self._standings.of(serial)
        return status.follows_from(facts) if facts is not None else None

    def wait_for(self, subject: str, timeout: timedelta) -> Ordered | None:
        """The newest command about `subject` once the job runner is done with it; None when it took too long."""

        def look() -> Ordered | None:
            with self.look() as work:
                found = work.commands.latest(subject)
            return found if found is not None and found.state != WAITING else None

        return self.watcher.wait_until(look, timeout.total_seconds())


def succeeded(ordered: Ordered | None) -> bool:
    return ordered is not None and ordered.state == DONE
