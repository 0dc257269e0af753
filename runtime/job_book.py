"""What the job runner writes down about its parts, for those who run the system: last run, next one, failures."""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta

from ca_core.ca_health import Job
from runtime.service import Service

# Often enough to see within a minute that the runner is silent; a failure is written at once.
_WRITE_EVERY = timedelta(seconds=20)


class JobBook:
    """In memory until it is due: parts run each few seconds, and the database has better things to do."""

    def __init__(self, service: Service) -> None:
        self._service = service
        self._jobs: dict[str, Job] = {}
        self._written_at: datetime | None = None
        self._is_urgent = False

    def ran(self, name: str, now: datetime) -> None:
        before = self._jobs.get(name)
        # An end of failures is news too.
        self._is_urgent |= before is not None and before.failures > 0
        self._jobs[name] = Job(name, now, None, failed_at=before.failed_at if before else None)

    def failed(self, name: str, now: datetime, problem: str) -> None:
        before = self._jobs.get(name) or Job(name, None, None)
        self._is_urgent |= before.problem != problem
        self._jobs[name] = replace(before, failures=before.failures + 1, failed_at=now, problem=problem)

    def write(self, now: datetime, next_at: Mapping[str, datetime]) -> None:
        """When it is due. `next_at`: of the parts that do not come with the next round."""
        is_due = self._written_at is None or now >= self._written_at + _WRITE_EVERY
        if not (is_due or self._is_urgent):
            return
        with self._service.work() as work:
            work.jobs.put([replace(job, next_at=next_at.get(name)) for name, job in self._jobs.items()])
        self._written_at, self._is_urgent = now, False
