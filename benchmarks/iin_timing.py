"""Does the time of an answer tell whose an IIN is, or whether a login exists?

    python -m benchmarks.iin_timing [--pairs 100] [--json]

Each door at which a stranger may type an IIN, and the console's sign-in, is knocked at for two kinds of people by
turns. The figure is how far from one half the share of pairs lies in which the one took longer; the bound beside it,
four and a half standard deviations, is passed by mere chance once in 150,000 runs.
"""

import math
import random
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from benchmarks import report
from ca_core import roles, staff
from console.sign_in import SignIn, _Form
from tests.portal import iin_doors
from tests.portal.iin_doors import DOORS, House

_SIGMAS = 4.5


def main() -> None:
    chosen = report.arguments(__doc__, pairs=100)
    with tempfile.TemporaryDirectory() as folder, iin_doors.opened(Path(folder)) as house:
        report.show(_rows(house, chosen.pairs), as_json=chosen.json)


def _rows(house: House, pairs: int) -> list[report.Row]:
    rows = []
    for door, (_, people) in DOORS.items():
        for other in people[1:]:
            first, second = iin_doors.by_turns(house, door, people[0], other, pairs)
            times = [each.seconds for each in first], [each.seconds for each in second]
            rows.append(_row(f"{door}, {people[0].name} and {other.name}".lower(), *times))
    return [*rows, _row("console: sign-in, unknown and known login", *_signed_in(house, pairs))]


def _row(figure: str, one: list[float], other: list[float]) -> report.Row:
    count = len(one)
    apart = iin_doors.told_apart(one, other)
    bound = _SIGMAS * math.sqrt((2 * count + 1) / (12 * count * count))
    return report.Row(figure, "% from a coin", 100 * abs(apart - 0.5), "bound", 100 * bound, "lower", count)


def _signed_in(house: House, pairs: int) -> tuple[list[float], list[float]]:
    """Wrong passwords; each known login is tried once, as by somebody who fears its lock."""
    service = house.service
    known = [f"known{number:04d}" for number in range(pairs)]
    for login in known:
        with service.work() as work:
            staff.add(
                work,
                by=roles.Actor("benchmark", None, roles.Door.COMMAND_LINE),
                login=login,
                name="Specimen",
                role=roles.Role.ANALYST,
                password="a password of nobody",
                totp_secret="JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP",
                hasher=service.passwords,
                now=service.now(),
            )
    door = SignIn(service)
    times: dict[str, list[float]] = {"known": [], "guess": []}
    for login in known:
        for kind in random.sample(list(times), 2):
            form = _Form(login.replace("known", kind), "a wrong password", "000000", "/")
            began = time.perf_counter()
            with suppress(staff.SignInRefused):
                door._signed_in(form)
            times[kind].append(time.perf_counter() - began)
    return times["guess"], times["known"]


if __name__ == "__main__":
    main()
