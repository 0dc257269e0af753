"""A job runner that dies by SIGKILL in or after one of its transactions: `python -m tests.runtime.dying_runner`.

Arguments: folder, database, which transaction (0: none), "in" or "after", and the file that takes down what was signed.
"""

import os
import signal
import sys
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path

from cryptography import x509

from ca_core import roles
from ca_core.issuance import issue
from data.work import Work
from runtime import authority, settings, wiring
from runtime.issuing import Issuing, Outcome
from runtime.jobs import JobRunner
from runtime.sending import Sending
from runtime.service import Service


class Dying(Service):
    """Counts its transactions."""

    last, moment, count = 0, "", 0

    @contextmanager
    def work(self, *, by: roles.Actor | None = None, on: str = "") -> Iterator[Work]:
        self.count += 1
        mine = self.count
        with super().work(by=by, on=on) as work:
            yield work
            work.flush()
            self._die(mine, "in")
        self._die(mine, "after")

    def _die(self, mine: int, moment: str) -> None:
        if (mine, moment) == (self.last, self.moment):
            os.kill(os.getpid(), signal.SIGKILL)


class Telling(Issuing):
    """Takes down the serial of everything that the issuing key signed."""

    def __init__(self, service: Service, file: Path) -> None:
        super().__init__(service, authority.issuer(service.settings), linter=None)
        self._file = file

    def _sign(
        self, prepared: Sequence[tuple[issue.Order, bytes]], outcomes: list[Outcome]
    ) -> list[tuple[issue.Order, x509.Certificate]]:
        signed = super()._sign(prepared, outcomes)
        with self._file.open("a") as lines:
            lines.writelines(f"{certificate.serial_number:040x}\n" for _, certificate in signed)
        return signed


def main(folder: str, database: str, last: str, moment: str, file: str) -> None:
    made = wiring.make_service(settings.load({"var_dir": folder, "database_url": database}))
    service = Dying(
        settings=made.settings,
        store=made.store,
        policy=made.policy,
        passwords=made.passwords,
        watcher=made.watcher,
    )
    service.last, service.moment = int(last), moment
    issuing = Telling(service, Path(file))
    runner = JobRunner(
        service,
        issuer=authority.issuer(service.settings),
        issuing_batch=issuing,
        sending=Sending(service, {}),
    )
    runner.once()
    service.close()


if __name__ == "__main__":
    main(*sys.argv[1:])
