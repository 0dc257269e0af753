"""What each published figure means, and how each event moves it (R12).

Every event of a certificate's life yields deltas, stored in the same transaction, so that a figure
is exact after a crash by construction. Days and months are Asia/Almaty's. "Issued" counts
certificates, "holders" counts people; `recount` derives the same figures from raw certificates.

A certificate counts from the instant at which the CA recorded it (`issued_at`), so that the figures of a
day that is over never change.
"""

from collections.abc import Collection, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from enum import IntEnum
from typing import TypeVar
from zoneinfo import ZoneInfo

from ca_core.certificate import Certificate, Facets, Kind
from ca_core.lifecycle import CertificateState

ALMATY = ZoneInfo("Asia/Almaty")


def local_day(at: datetime) -> date:
    """The day in Kazakhstan on which an instant falls."""
    return at.astimezone(ALMATY).date()


def start_of_day(day: date) -> datetime:
    """Midnight in Kazakhstan, in UTC."""
    return datetime.combine(day, datetime.min.time(), ALMATY).astimezone(UTC)


def end_of_day(day: date) -> datetime:
    """The last whole second of a Kazakh day, in UTC."""
    return start_of_day(day + timedelta(days=1)) - timedelta(seconds=1)


class Measure(IntEnum):
    """What a delta counts; the sum of all deltas up to a day is the figure at the end of that day.

    DUE stands on the day on which a certificate runs out unless it is revoked before. HELD and COVERED
    (people with a valid certificate) go up when it begins, down on the day on which it ends or will end.
    HOLDER_OF counts a person under a value of one facet; HOLDER_IN_MONTH, once in each month.
    """

    ISSUED = 1
    DUE = 2
    REVOKED = 3
    HELD = 4
    LOST = 5
    HOLDER_NEW = 6
    COVERED = 7
    HOLDER_OF = 8
    HOLDER_IN_MONTH = 9


@dataclass(frozen=True, slots=True)
class Mark:
    """One value of one facet, under which a person is counted."""

    facet: str
    value: int


@dataclass(frozen=True, slots=True)
class Delta:
    """People's deltas have no facets: a person has no channel, only certificates have."""

    day: date
    measure: Measure
    facets: Facets | None
    n: int
    reason: int = -1
    mark: Mark | None = None


def issued(certificate: Certificate) -> list[Delta]:
    if certificate.issued_at is None:
        return []
    day = local_day(certificate.issued_at)
    deltas = [
        Delta(day, Measure.ISSUED, certificate.facets, 1),
        Delta(local_day(certificate.not_after), Measure.DUE, certificate.facets, 1),
    ]
    if certificate.lost_reported_at is not None:
        deltas.append(Delta(day, Measure.LOST, certificate.facets, 1))
    return deltas


def revoked(before: Certificate, *, at: datetime, reason: int) -> list[Delta]:
    """A revoked certificate no longer runs out or stays held. What was never issued counts nowhere."""
    if before.issued_at is None:
        return []
    deltas = [
        Delta(local_day(at), Measure.REVOKED, before.facets, 1, reason),
        Delta(local_day(before.not_after), Measure.DUE, before.facets, -1),
    ]
    return deltas + released(before, at=at) if before.state is CertificateState.ON_HOLD else deltas


def held(certificate: Certificate, *, at: datetime) -> list[Delta]:
    """A hold ends with the certificate at the latest: expired outranks held."""
    return [
        Delta(local_day(at), Measure.HELD, certificate.facets, 1),
        Delta(local_day(certificate.not_after), Measure.HELD, certificate.facets, -1),
    ]


def released(certificate: Certificate, *, at: datetime) -> list[Delta]:
    """Nothing where the certificate ran out before the hold was lifted."""
    if at > certificate.not_after:
        return []
    return [replace(delta, n=-delta.n) for delta in held(certificate, at=at)]


def reported_lost(certificate: Certificate, *, at: datetime) -> list[Delta]:
    if certificate.issued_at is None:
        return []
    return [Delta(local_day(at), Measure.LOST, certificate.facets, 1)]


def first_of_holder(certificate: Certificate) -> list[Delta]:
    if certificate.issued_at is None:
        return []
    return [Delta(local_day(certificate.issued_at), Measure.HOLDER_NEW, None, 1)]


def marked(day: date, marks: Iterable[Mark]) -> list[Delta]:
    """From this day on the person is counted under these values too."""
    return [Delta(day, Measure.HOLDER_OF, None, 1, mark=mark) for mark in marks]


def in_month(day: date) -> list[Delta]:
    """The person's first certificate in this month."""
    return [Delta(day, Measure.HOLDER_IN_MONTH, None, 1)]


def covered_until(certificates: Iterable[Certificate]) -> datetime | None:
    """Until when a person holds a valid certificate if nothing else happens."""
    live = (CertificateState.ISSUED, CertificateState.ACCEPTED)
    return max((c.not_after for c in certificates if c.state in live), default=None)


def coverage(before: datetime | None, after: datetime | None, *, at: datetime) -> list[Delta]:
    """How the number of people with a valid certificate moves when one person's cover changes."""
    moves: dict[date, int] = {}
    for until, sign in ((before, -1), (after, 1)):
        if until is not None and until >= at:
            for day, n in ((local_day(at), sign), (local_day(until), -sign)):
                moves[day] = moves.get(day, 0) + n
    return [Delta(day, Measure.COVERED, None, n) for day, n in moves.items() if n]


K = TypeVar("K", bound=Hashable)


def hidden(
    cells: Mapping[K, int], *, lines: Iterable[Collection[K]], smallest: int, already: Iterable[K] = ()
) -> frozenset[K]:
    """Which cells are not shown: counts from 1 to `smallest` - 1, and those that would give such a one away.

    A line is a set of cells of which any one follows from the others (the parts of a public total): one that
    is hidden alone in a line takes the smallest of the rest with it.
    """
    gone = {key for key, n in cells.items() if 0 < n < smallest} | set(already)
    sets = [[key for key in line if key in cells] for line in lines]
    changed = bool(gone)
    while changed:
        changed = False
        for line in sets:
            rest = [key for key in line if key not in gone]
            if rest and len(rest) == len(line) - 1:
                # A zero would give nothing away, and so protects nothing, unless there is nothing else.
                gone.add(min(rest, key=lambda key: (cells[key] == 0, cells[key])))
                changed = True
    return frozenset(gone)


@dataclass(frozen=True, slots=True)
class Figures:
    """The stock at an instant: issued = valid + expired + revoked + held; people are counted apart."""

    issued: int
    expired: int
    revoked: int
    held: int
    valid: int
    holders: int
    holders_valid: int
    reissued: int
    renewed: int
    reported_lost: int


Hold = tuple[datetime, datetime | None]


def as_it_stood(certificate: Certificate, holds: Sequence[Hold], *, before: datetime) -> Certificate | None:
    """The record as it was just before an instant; None where it did not count as issued yet."""
    if certificate.issued_at is None or certificate.issued_at >= before:
        return None
    lost_at, revoked_at = certificate.lost_reported_at, certificate.revoked_at
    state = CertificateState.ACCEPTED
    if revoked_at is not None and revoked_at < before:
        state = CertificateState.REVOKED
    elif any(start < before and (end is None or end >= before) for start, end in holds):
        state = CertificateState.ON_HOLD
    return replace(
        certificate, state=state, lost_reported_at=lost_at if lost_at and lost_at < before else None
    )


def recount(certificates: Iterable[Certificate], *, at: datetime) -> Figures:
    """The figures from raw certificates alone: the oracle for the rollups."""
    from_rows = [c for c in certificates if c.issued_at is not None]
    counts = {"expired": 0, "revoked": 0, "held": 0, "valid": 0}
    people, valid_people = set(), set()
    for c in from_rows:
        people.add(c.subscriber_id)
        if c.state is CertificateState.REVOKED:
            counts["revoked"] += 1
        elif c.not_after < at:
            counts["expired"] += 1
        elif c.state is CertificateState.ON_HOLD:
            counts["held"] += 1
        else:
            counts["valid"] += 1
            valid_people.add(c.subscriber_id)
    return Figures(
        issued=len(from_rows),
        **counts,
        holders=len(people),
        holders_valid=len(valid_people),
        reissued=sum(c.facets.kind is Kind.REISSUE for c in from_rows),
        renewed=sum(c.facets.kind is Kind.RENEWAL for c in from_rows),
        reported_lost=sum(c.lost_reported_at is not None for c in from_rows),
    )
