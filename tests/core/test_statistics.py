"""What each event moves, and which cells of a published table are not shown."""

import random
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest

from ca_core import certificate as certificates
from ca_core import statistics
from ca_core.certificate import (
    AgeBand,
    Certificate,
    Channel,
    Facets,
    Kind,
    Method,
    Purpose,
    StorageKind,
)
from ca_core.identifiers import Serial
from ca_core.lifecycle import CertificateState
from ca_core.statistics import Measure

# 23:30 in Kazakhstan.
NOW = datetime(2026, 3, 31, 18, 30, tzinfo=UTC)
FACETS = Facets(Kind.NEW, Channel.EGOV, StorageKind.FILE, 19, Method.COUNTER, AgeBand.FROM_35)


def certificate(**different: object) -> Certificate:
    default = Certificate(
        certificate_id=1,
        serial=Serial(bytes([0x40] * 20)),
        subscriber_id=1,
        application_id=1,
        purpose=Purpose.SIGNING,
        facets=FACETS,
        mobile_only=False,
        state=CertificateState.ISSUED,
        not_before=NOW,
        not_after=NOW + timedelta(days=365),
        policy_version="test",
        key_id=b"",
        fingerprint=b"",
        issued_at=NOW,
    )
    return replace(default, **different)  # type: ignore[arg-type]


def test_a_day_is_almatys() -> None:
    """R12: days and months are Asia/Almaty's; since March 2024 that is UTC+5 all year."""
    assert statistics.local_day(NOW) == date(2026, 3, 31)
    assert statistics.local_day(NOW + timedelta(minutes=30)) == date(2026, 4, 1)
    assert statistics.end_of_day(date(2026, 3, 31)) == datetime(2026, 3, 31, 18, 59, 59, tzinfo=UTC)


def test_what_was_never_issued_moves_no_figure() -> None:
    """A certificate revoked between its preparation and its issue counts nowhere (R10)."""
    prepared = certificate(issued_at=None, state=CertificateState.PREPARED)
    assert statistics.revoked(prepared, at=NOW, reason=1) == []
    assert statistics.reported_lost(prepared, at=NOW) == []


def test_a_certificate_counts_from_when_it_was_recorded() -> None:
    """A figure of a day that is over never changes, even when a crash delayed the issue to the next day."""
    late = certificate(issued_at=NOW + timedelta(hours=3))
    assert statistics.issued(late)[0].day == date(2026, 4, 1)


def test_a_hold_ends_with_the_certificate_in_the_figures() -> None:
    held = certificate(not_after=NOW + timedelta(days=1))
    deltas = statistics.held(held, at=NOW)
    assert [(delta.day, delta.n) for delta in deltas] == [(date(2026, 3, 31), 1), (date(2026, 4, 1), -1)]
    assert statistics.released(held, at=NOW + timedelta(days=2)) == []


def test_a_revoked_hold_leaves_no_hold_behind() -> None:
    held = certificate(state=CertificateState.ON_HOLD)
    moved = statistics.held(held, at=NOW) + statistics.revoked(held, at=NOW, reason=1)
    assert sum(delta.n for delta in moved if delta.measure is Measure.HELD) == 0


def test_a_second_valid_certificate_is_no_second_person() -> None:
    """R12: holders are people; further certificates extend their cover and add nobody."""
    before, after = NOW + timedelta(days=10), NOW + timedelta(days=365)
    moves = {delta.day: delta.n for delta in statistics.coverage(before, after, at=NOW)}
    assert moves == {statistics.local_day(before): 1, statistics.local_day(after): -1}


def test_a_small_cell_is_hidden_and_so_is_what_gives_it_away() -> None:
    cells = {"a": 3, "b": 40, "c": 12}
    assert statistics.hidden(cells, lines=[list(cells)], smallest=10) == {"a", "c"}


def test_two_small_cells_protect_each_other() -> None:
    cells = {"a": 3, "b": 40, "c": 4}
    assert statistics.hidden(cells, lines=[list(cells)], smallest=10) == {"a", "c"}


def test_a_zero_is_shown_but_hides_where_there_is_nothing_else() -> None:
    assert statistics.hidden({"a": 0, "b": 50}, lines=[["a", "b"]], smallest=10) == frozenset()
    assert statistics.hidden({"a": 3, "b": 0}, lines=[["a", "b"]], smallest=10) == {"a", "b"}


def test_nothing_is_hidden_at_one() -> None:
    """The demo preset."""
    assert statistics.hidden({"a": 1, "b": 2}, lines=[["a", "b"]], smallest=1) == frozenset()


def test_no_hidden_cell_follows_from_rows_and_columns() -> None:
    """Complementary suppression: with every margin public, no line has exactly one hidden cell."""
    for seed in range(200):
        draw = random.Random(seed)
        rows, columns = range(draw.randint(2, 8)), range(draw.randint(2, 6))
        cells = {(r, c): draw.choice((0, 2, 9, 10, 11, 30, 300)) for r in rows for c in columns}
        lines = [[(r, c) for c in columns] for r in rows] + [[(r, c) for r in rows] for c in columns]
        gone = statistics.hidden(cells, lines=lines, smallest=10)
        assert all(key in gone for key, n in cells.items() if 0 < n < 10)
        assert all(len(gone.intersection(line)) != 1 for line in lines)


def test_recount_keeps_certificates_and_people_apart() -> None:
    counted = statistics.recount(
        [
            certificate(),
            certificate(certificate_id=2),
            certificate(certificate_id=3, subscriber_id=2, state=CertificateState.REVOKED),
            certificate(certificate_id=4, subscriber_id=3, not_after=NOW - timedelta(days=1)),
            certificate(certificate_id=5, subscriber_id=4, issued_at=None, state=CertificateState.RESERVED),
        ],
        at=NOW,
    )
    assert (counted.issued, counted.valid, counted.revoked, counted.expired) == (4, 2, 1, 1)
    assert (counted.holders, counted.holders_valid) == (3, 1)


@pytest.mark.parametrize(
    ("asked_at", "state"),
    [
        (0, None),
        (1, "ACCEPTED"),
        (10, "ACCEPTED"),
        (11, "ON_HOLD"),
        (20, "ON_HOLD"),
        (21, "ACCEPTED"),
        (30, "ACCEPTED"),
        (31, "REVOKED"),
    ],
)
def test_what_happens_at_an_instant_belongs_to_the_day_that_begins_with_it(
    asked_at: int, state: str | None
) -> None:
    """R12: as it stood just before. Issued in minute 0, on hold from 10 to 20, reported lost and revoked in 30."""
    minute = [NOW + timedelta(minutes=n) for n in range(32)]
    record = certificate(lost_reported_at=minute[30], revoked_at=minute[30])
    stood = statistics.as_it_stood(record, [(minute[10], minute[20])], before=minute[asked_at])
    assert (stood.state.name if stood else None) == state
    assert stood is None or stood.lost_reported_at == (minute[30] if asked_at > 30 else None)


@pytest.mark.parametrize(
    ("years", "before", "since"),
    [
        (18, AgeBand.UNDER_18, AgeBand.FROM_18), (25, AgeBand.FROM_18, AgeBand.FROM_25),
        (35, AgeBand.FROM_25, AgeBand.FROM_35), (45, AgeBand.FROM_35, AgeBand.FROM_45),
        (55, AgeBand.FROM_45, AgeBand.FROM_55), (65, AgeBand.FROM_55, AgeBand.FROM_65),
    ],
)  # fmt: skip
def test_an_age_group_begins_on_the_birthday(years: int, before: AgeBand, since: AgeBand) -> None:
    """R12; of who was born on 29 February, on 1 March."""
    for born, birthday in (
        (date(1960, 5, 4), date(1960 + years, 5, 4)),
        (date(1960, 2, 29), date(1960 + years, 3, 1)),
    ):
        assert certificates.age_band(born, birthday) is since
        assert (
            certificates.age_band(born, birthday - timedelta(days=1 if birthday.month == 5 else 2)) is before
        )
