"""How many valid certificates seem to be unused (R12): a scan of all of them, made now and then by the job runner."""

import logging
from datetime import datetime

from runtime.service import Service

log = logging.getLogger(__name__)


def refresh(service: Service, now: datetime) -> int:
    """Estimates anew; gives back how many. Read first: a long scan must not hold the writer up."""
    with service.look() as work:
        counted = work.reporting.count_unused(now=now, after=service.policy.certificates.unused_after)
    with service.work() as work:
        work.reporting.keep_unused(counted, as_of=now)
    found = sum(n for _, n in counted)
    log.info("unused certificates estimated", extra={"unused": found})
    return found
