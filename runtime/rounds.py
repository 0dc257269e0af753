"""Work that is done again and again by one thread until it is told to stop, with a heart-beat to be asked about."""

import logging
import secrets
import threading
from collections.abc import Callable
from datetime import timedelta

from sqlalchemy import exc

from runtime.service import Service

log = logging.getLogger(__name__)

# The database may be away for a while, and what is due stays due. Its other errors (a value that it does not
# take) are faults of one piece of work, which would come back for ever.
DATABASE_AWAY = (exc.OperationalError, exc.InterfaceError, exc.InternalError, exc.TimeoutError)
_IDLE_SECONDS = 1.0


def error_id() -> str:
    """What stands in the log and in the record of what failed, so that one finds the other."""
    return secrets.token_hex(4)


def contained(
    part: str, act: Callable[[], bool], on_failure: Callable[[str], None] = lambda _problem: None
) -> bool:
    """Whether there was anything to do. What nobody foresaw ends this part of a round and no other one."""
    try:
        return act()
    except DATABASE_AWAY:
        raise
    except Exception:  # the job loop's own handler
        found = error_id()
        log.exception("part of a round failed", extra={"part": part, "error_id": found})
        on_failure(f"error {found}")
        return False


class Rounds:
    """`once` is called until `stop`; after a round with nothing to do it waits for a change, or a second."""

    def __init__(
        self, service: Service, once: Callable[[], bool], *, name: str, silent_too_long: timedelta
    ) -> None:
        self._service = service
        self._once = once
        self._name = name
        self._silent_too_long = silent_too_long
        self._stopped = threading.Event()
        self._beat_at = service.now()

    @property
    def stopped(self) -> bool:
        return self._stopped.is_set()

    def stop(self) -> None:
        self._stopped.set()

    def beat(self) -> None:
        """A sign of life; a long round gives several."""
        self._beat_at = self._service.now()

    def problem(self) -> str:
        """Why the work does not go on; empty when it does."""
        silent = self._service.now() - self._beat_at
        return f"{self._name}: no round for {int(silent.total_seconds())} s" if self._late(silent) else ""

    def run(self) -> None:
        while not self.stopped:
            seen = self._service.watcher.version
            if not self._round():
                self._service.watcher.wait_for_change(seen, _IDLE_SECONDS)

    def _late(self, silent: timedelta) -> bool:
        return silent > self._silent_too_long

    def _round(self) -> bool:
        """Everything that is due, once; whether there was anything. Only a round that came to its end beats."""
        try:
            busy = self._once()
        except DATABASE_AWAY as error:
            log.warning("database not reached", extra={"problem": type(error).__name__})
            self._stopped.wait(_IDLE_SECONDS)
            return False
        except Exception:  # the job loop's own handler
            log.exception("round failed", extra={"rounds": self._name, "error_id": error_id()})
            self._stopped.wait(_IDLE_SECONDS)
            return False
        self.beat()
        return busy
