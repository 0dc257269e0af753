"""One record at a time, each in a unit of work of its own: what is wrong with one is no other's matter."""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from ca_core.errors import Refusal
from ca_core.records import ChangedMeanwhile
from video.gateway.service import Service, Work

log = logging.getLogger(__name__)

# A record with which something went wrong is tried again after this; nothing is gained by trying each second.
REST = timedelta(seconds=10)


class Apart:
    """Used by one thread at a time."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self._not_before: dict[str, datetime] = {}

    def rests(self, on: str) -> bool:
        """Something went wrong with it a moment ago."""
        again_at = self._not_before.get(on)
        return again_at is not None and self.service.now() < again_at

    def write(self, on: str, write: Callable[[Work], object]) -> bool:
        """True when it is done. A record that somebody else changed meanwhile is looked at again in the next round;
        any other trouble is logged with the record, which then rests.
        """
        if self.rests(on):
            return False
        try:
            with self.service.work() as work:
                write(work)
        except ChangedMeanwhile:
            return False
        except Refusal as refusal:
            log.warning("not done by itself", extra={"subject": on, "refusal": refusal.code})
            return self._rest(on)
        except Exception:  # the handler of this loop's single acts
            log.exception("not done by itself", extra={"subject": on})
            return self._rest(on)
        self._not_before.pop(on, None)
        return True

    def _rest(self, on: str) -> bool:
        now = self.service.now()
        # What rested long enough is forgotten: most calls never come again.
        self._not_before = {key: at for key, at in self._not_before.items() if now < at}
        self._not_before[on] = now + REST
        return False
