"""Processes that make a backup, or seal the audit log for ever, to be killed: `python -m tests.runtime.dying_copy`.

Each line of its input, a JSON list, starts one and is answered with its number: folder, database, and "backup" with the
folder to make, or "seal". What is costly to import is imported once.
"""

import json
import os
import signal
import sys
from pathlib import Path

from runtime import auditing, backup, settings, wiring
from tests.runtime.audit.conftest import write

PASSPHRASE = b"twelve grey horses by the river"


def work(folder: str, database: str, what: str, into: str) -> None:
    configured = settings.load({"var_dir": folder, "database_url": database})
    if what == "backup":
        backup.make(configured, Path(into), PASSPHRASE)
        return
    service = wiring.make_service(configured)
    sealing = auditing.sealing(service)
    while True:
        write(service, 3)
        sealing.round()


def main() -> None:
    # Nobody waits for them.
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)
    for line in sys.stdin:
        number = os.fork()
        if number == 0:
            work(*json.loads(line))
            os._exit(0)
        print(number, flush=True)


if __name__ == "__main__":
    main()
