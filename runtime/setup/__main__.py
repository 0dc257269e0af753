"""`python -m runtime.setup run|test`: the environment from its lock; for tests also what Debian provides."""

import argparse
import sys
from pathlib import Path

from runtime.setup import debian, environment

FOLDER = Path(__file__).resolve().parents[2]


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m runtime.setup", description=__doc__)
    parser.add_argument("lock", choices=environment.LOCKS, help="which lock the environment must satisfy")
    parser.add_argument(
        "--exactly", action="store_true", help="rebuild an environment that was made by another Python"
    )
    parser.add_argument("--machine", action="store_true", help="also install what the tests need from Debian")
    options = parser.parse_args(arguments)
    try:
        environment.prepare(folder=FOLDER, lock=options.lock, exactly=options.exactly)
        if options.machine:
            debian.prepare()
    except (environment.SetupFailed, debian.PackagesMissing) as refusal:
        print(refusal, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        print("\nInterrupted; the next `make` takes it up again.", file=sys.stderr)
        return 130
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
