"""What is sealed of an entry: every column, each apart from its neighbour, the same octets for ever."""

import struct
from dataclasses import fields, replace
from datetime import UTC, datetime, timedelta

from ca_core.audit import Recorded

ENTRY = Recorded(
    entry_id=7,
    at=datetime(2026, 11, 22, 9, 30, tzinfo=UTC),
    actor="Үлгіев О.",
    staff_id=None,
    role="ra_officer",
    door="console",
    event="certificate:hold:done",
    subject="5603dd16",
    from_state="ACCEPTED",
    to_state="ON_HOLD",
    reason="",
    policy_version="article-3",
    details="{}",
)


def test_the_octets_are_the_fields_in_order_with_their_lengths() -> None:
    """Put together here without our code: a change of form would make every sealed log look changed."""
    expected = b"qoltanba audit entry 1\n"
    for text in (
        "7", "1795339800", "Үлгіев О.", None, "ra_officer", "console", "certificate:hold:done", "5603dd16", "ACCEPTED",
        "ON_HOLD", "", "article-3", "{}",
    ):  # fmt: skip
        octets = b"" if text is None else text.encode("utf-8")
        expected += struct.pack(">I", 0xFFFFFFFF if text is None else len(octets)) + octets
    assert ENTRY.content == expected


def test_every_column_is_sealed() -> None:
    others = {"entry_id": 8, "at": ENTRY.at + timedelta(seconds=1), "staff_id": 0}
    for field in fields(Recorded):
        changed = replace(ENTRY, **{field.name: others.get(field.name, "other")})
        assert changed.content != ENTRY.content, field.name


def test_text_that_moves_into_the_next_column_is_a_change() -> None:
    shared = {
        replace(ENTRY, from_state=state, to_state=state_after).content
        for state, state_after in (("AB", "C"), ("A", "BC"), ("ABC", ""), ("", "ABC"))
    }
    assert len(shared) == 4


def test_nobody_is_not_number_nought() -> None:
    assert replace(ENTRY, staff_id=0).content != ENTRY.content
