"""What the auditor is shown: a page, masked, on record; and what the last walk says of the whole log (R14)."""

import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

import pytest

from ca_core import audit, audit_view, roles
from ca_core.audit import Entry, Recorded
from ca_core.audit_view import (
    FAILED,
    PAGE,
    SEAL_REFUSED,
    SEAL_RESUMED,
    SEALED_WITHIN,
    UNKNOWN,
    VERIFIED,
    VERIFIED_WITHIN,
    Criteria,
    FilterTooLong,
    Page,
    Position,
    TreeState,
)
from ca_core.roles import Role
from tests import builders

NOW = datetime(2026, 11, 22, 9, tzinfo=UTC)
SECOND = timedelta(seconds=1)
AUDITOR = roles.Actor("Ляззат Ж.", Role.AUDITOR, roles.Door.CONSOLE, staff_id=8)
IIN = builders.person().iin
EVERYTHING = Criteria()


def recorded(number: int = 1, **different: object) -> Recorded:
    made = Recorded(
        entry_id=number, at=NOW, actor="Айгерим", staff_id=1, role="ra_officer", door="console",
        event="certificate:hold:done", subject="certificate/1", from_state="", to_state="", reason="",
        policy_version="", details="{}",
    )  # fmt: skip
    return replace(made, **different)  # type: ignore[arg-type]


def walk(event: str, at: datetime = NOW) -> Recorded:
    return recorded(
        at=at,
        event=event,
        actor="system",
        subject=audit.TREE,
        details=json.dumps({"size": "7", "findings": "2"}),
    )


@dataclass
class Log:
    """Newest first, as the pages hand it out; what is written stands apart."""

    rows: list[Recorded] = field(default_factory=list)
    written: list[Entry] = field(default_factory=list)
    waits: list[Recorded] = field(default_factory=list)
    asked: list[int] = field(default_factory=list)

    audit = property(lambda self: self)
    audit_pages = property(lambda self: self)
    audit_tree = property(lambda self: self)
    audit_heads = property(lambda self: Heads())

    def page(self, criteria: Criteria, *, after: Position | None, size: int) -> Sequence[Recorded]:
        self.asked.append(size)
        return self.rows[:size]

    def newest(self, subject: str, events: Sequence[str]) -> Recorded | None:
        return next((one for one in self.rows if one.subject == subject and one.event in events), None)

    def waiting(self, limit: int, *, all_of_them: bool) -> list[Recorded]:
        return self.waits[:limit]

    def add(self, entry: Entry) -> None:
        self.written.append(entry)


class Heads:
    def newest(self) -> None:
        return None


def looked(
    log: Log, criteria: Criteria = EVERYTHING, after: Position | None = None, *, opened: bool = True
) -> Page:
    return audit_view.page(log, actor=AUDITOR, criteria=criteria, after=after, opened=opened, now=NOW)


def test_a_page_is_opened_once_and_drawn_often() -> None:
    log = Log([recorded(number) for number in range(PAGE, 0, -1)])
    page = looked(log)
    assert (len(page.entries), page.following) == (PAGE, None)
    looked(log, opened=False)
    (entry,) = log.written
    assert (entry.event, entry.subject, entry.actor, entry.details) == (
        "audit:view:done",
        "audit",
        AUDITOR,
        {},
    )
    assert log.asked == [PAGE + 1, PAGE + 1]


def test_a_page_tells_where_the_next_one_begins() -> None:
    log = Log([recorded(number, at=NOW - number * SECOND) for number in range(PAGE + 1)])
    page = looked(log)
    assert len(page.entries) == PAGE
    assert page.following == Position(NOW - (PAGE - 1) * SECOND, PAGE - 1)


def test_what_was_looked_for_is_on_record_and_masked() -> None:
    log = Log()
    looked(
        log,
        Criteria(about="call", actor="Айгерим", subject=f"owner/{IIN.digits}", since=NOW),
        Position(NOW, 7),
    )
    assert log.written[0].details == {
        "filters": "about, actor, subject, since",
        "about": "call",
        "actor": "Айгерим",
        "subject": f"owner/{IIN.masked}",
        "after": "7",
    }


def test_no_person_is_read_in_an_entry() -> None:
    phone, mail = "+7 701 123 45 67", "aru@example.kz"
    log = Log(
        [
            recorded(
                actor=mail, subject=IIN.digits, reason=f"{IIN.digits} {phone} {mail} заявка 7011234567",
                details=f'{{"iin": "{IIN.digits}", "mail": "{mail}"}}',
            )
        ]
    )  # fmt: skip
    (shown,) = looked(log).entries
    assert (shown.actor, shown.subject) == ("•••@example.kz", IIN.masked)
    assert shown.reason == f"{IIN.masked} +7 7•• ••• •• 67 •••@example.kz заявка 7011234567"
    assert shown.details == f'{{"iin": "{IIN.masked}", "mail": "•••@example.kz"}}'
    assert shown.entry_id == 1


def test_only_the_role_looks_and_a_filter_has_an_end() -> None:
    log = Log([recorded()])
    with pytest.raises(roles.NotAllowed):
        audit_view.page(log, actor=builders.OFFICER, criteria=Criteria(), after=None, opened=True, now=NOW)
    with pytest.raises(roles.NotAllowed):
        audit_view.state(log, actor=builders.OFFICER)
    for long in (Criteria(about="a" * 201), Criteria(actor="a" * 201), Criteria(subject="a" * 201)):
        with pytest.raises(FilterTooLong):
            looked(log, long)
    assert log.written == []
    looked(log, Criteria(actor="a" * 200))


@pytest.mark.parametrize(
    ("walks", "told"),
    [
        ([], None),
        ([VERIFIED, FAILED], VERIFIED),
        ([FAILED, VERIFIED], FAILED),
        ([UNKNOWN, VERIFIED], UNKNOWN),
        ([UNKNOWN], UNKNOWN),
        ([UNKNOWN, UNKNOWN, FAILED, VERIFIED], FAILED),
    ],
)
def test_what_found_a_change_stands_until_a_walk_finds_all_intact(walks: list[str], told: str | None) -> None:
    found = audit_view.last_verdict(Log([walk(event) for event in walks]))
    assert (found.event if found is not None else None) == told


def test_the_state_is_that_of_the_last_walk_and_of_what_waits() -> None:
    assert audit_view.state(Log(), actor=AUDITOR) == TreeState(None, None, None, "")
    earlier = NOW - timedelta(hours=1)
    state = audit_view.state(Log([walk(FAILED, earlier)], waits=[recorded(at=earlier)]), actor=AUDITOR)
    assert state.waits_since == earlier
    told = state.verification
    assert told is not None
    assert (told.at, told.by, told.size, told.findings) == (earlier, "system", 7, 2)


def test_sealing_stands_still_until_it_goes_on() -> None:
    refused = recorded(subject=audit.TREE, event=SEAL_REFUSED, reason="audit.key_missing")
    assert audit_view.stopped_because(Log([refused])) == "audit.key_missing"
    assert audit_view.stopped_because(Log([replace(refused, event=SEAL_RESUMED), refused])) == ""
    assert audit_view.stopped_because(Log()) == ""


@pytest.mark.parametrize(("later", "over"), [(timedelta(0), False), (SECOND, True)])
def test_behind_and_outdated_begin_after_their_terms(later: timedelta, over: bool) -> None:
    state = audit_view.state(Log([walk(VERIFIED)], waits=[recorded()]), actor=AUDITOR)
    assert state.is_behind(NOW + SEALED_WITHIN + later) is over
    assert state.is_outdated(NOW + VERIFIED_WITHIN + later) is over
    nothing = audit_view.state(Log(), actor=AUDITOR)
    assert not nothing.is_behind(NOW)
    assert not nothing.is_outdated(NOW)
