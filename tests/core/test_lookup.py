"""The one search box, the holder page, and personal data for a recorded reason (R14)."""

from datetime import timedelta

import pytest

from ca_core import lookup, roles, statistics
from ca_core.certificate import Channel, StorageKind
from ca_core.identifiers import ApplicationId, Phone
from ca_core.lookup import RevealReason
from ca_core.ports import Criteria
from ca_core.records import SubscriberUnknown
from ca_core.revocation import hold
from tests import builders
from tests.builders import OFFICER
from tests.fakes import House

IIN = builders.iin()
NUMBER = ApplicationId.form(1_234_567_890)


@pytest.mark.parametrize(
    ("typed", "understood"),
    [
        ("", Criteria()),
        (IIN.digits, Criteria(iin=IIN)),
        (f" {IIN.digits[:6]} {IIN.digits[6:]} ", Criteria(iin=IIN)),
        ("+7 701 123 45 67", Criteria(phone=builders.PHONE)),
        ("8 (701) 123-45-67", Criteria(phone=builders.PHONE)),
        ("7011234567", Criteria(phone=builders.PHONE)),
        ("Damir@Example.KZ", Criteria(email="damir@example.kz")),
        (NUMBER.digits, Criteria(application=NUMBER)),
        (str(NUMBER), Criteria(application=NUMBER)),
        ("4A:5b:6C", Criteria(serial_prefix="4a5b6c")),
        ("4a5b 6c7d", Criteria(serial_prefix="4a5b6c7d")),
        ("ab" * 32, Criteria(fingerprint=b"\xab" * 32)),
        ("Үлгі", Criteria(name_prefix="улги")),
        ("  ҮЛГІЕВ   Дамир ", Criteria(name_prefix="улгиев дамир")),
    ],
)
def test_the_box_understands_each_key_by_its_form(typed: str, understood: Criteria) -> None:
    assert lookup.understand(typed) == understood


@pytest.mark.parametrize("typed", ["а", "ал", "1 2", "4a"])
def test_fewer_than_three_characters_are_no_search(typed: str) -> None:
    with pytest.raises(lookup.QueryTooShort):
        lookup.understand(typed)


def test_twelve_digits_that_are_no_iin_are_named_as_such() -> None:
    """R1: a swapped digit is the officer's error, not an empty list."""
    swapped = IIN.digits[:10] + IIN.digits[11] + IIN.digits[10]
    with pytest.raises(lookup.IinMistyped):
        lookup.understand(swapped)


def search(here: House, criteria: Criteria, after: object = None) -> lookup.Page:
    with here.work() as work:
        return lookup.search(work, actor=OFFICER, criteria=criteria, after=after, now=here.now)  # type: ignore[arg-type]


def test_found_by_every_key_of_the_holder_and_of_the_certificate() -> None:
    here = builders.house()
    owned = builders.issued(here)
    builders.issued(
        here, builders.register(here, iin=builders.iin(number=500), phone=None, email="", surname="БАСҚА")
    )
    record = owned.certificate
    for typed in (
        IIN.digits,
        "+7 701 123 45 67",
        "damir@example.kz",
        str(ApplicationId.of(record.application_id)),
        record.serial.grouped,
        record.fingerprint.hex(),
        "улгиев",
        "үлгі",
    ):
        found = search(here, lookup.understand(typed)).found
        assert [f.certificate.serial for f in found] == [record.serial], typed


@pytest.mark.parametrize("typed", ["Ұлгиев", "үЛГІЕВ", "улгиев да"])
def test_kazakh_letters_find_their_russian_neighbours(typed: str) -> None:
    here = builders.house()
    builders.issued(here)
    assert search(here, lookup.understand(typed)).count == 1


def test_pages_follow_one_another_without_gap_or_overlap(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup, "PAGE", 2)
    here = builders.house()
    serials = [builders.issued(here).certificate.serial for _ in range(5)]
    seen, after = [], None
    for _ in range(3):
        page = search(here, Criteria(), after)
        seen += [f.certificate.serial for f in page.found]
        after = page.following
    assert seen == serials[::-1]
    assert after is None


def test_a_page_that_is_just_full_leads_to_no_empty_one(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup, "PAGE", 2)
    here = builders.house()
    for _ in range(2):
        builders.issued(here)
    page = search(here, Criteria())
    assert (len(page.found), page.following) == (2, None)


def test_the_count_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(lookup, "COUNT_LIMIT", 2)
    here = builders.house()
    for _ in range(3):
        builders.issued(here)
    page = search(here, Criteria())
    assert (page.count, page.more_than_counted) == (2, True)
    monkeypatch.setattr(lookup, "COUNT_LIMIT", 3)
    page = search(here, Criteria())
    assert (page.count, page.more_than_counted) == (3, False)


def test_filters_narrow_by_status_channel_storage_and_day() -> None:
    here = builders.house()
    owned = builders.issued(here)
    builders.issued(here, channel=Channel.PKI, storage=StorageKind.SIM)
    with here.work() as work:
        hold.place(work, actor=OFFICER, found=builders.stored(here, owned), why="case", now=here.now)
    today = statistics.local_day(here.now)
    assert search(here, Criteria(statuses=("on_hold",))).count == 1
    assert search(here, Criteria(statuses=("on_hold", "valid"))).count == 2
    assert search(here, Criteria(channels=(Channel.PKI,), storages=(StorageKind.SIM,))).count == 1
    assert search(here, Criteria(issued_from=today, issued_to=today)).count == 2
    assert search(here, Criteria(issued_to=today - timedelta(days=1))).count == 0


def test_a_search_is_audited_without_what_was_typed() -> None:
    """R14: which key, never its value."""
    here = builders.house()
    search(here, lookup.understand(IIN.digits))
    entry = here.memory.audit[-1]
    assert (entry.event, entry.details) == ("certificate:search:done", {"by": "iin"})
    assert IIN.digits not in repr(entry)


@pytest.mark.parametrize("actor", [builders.AGENT, builders.ANALYST, builders.JOB])
def test_who_may_not_search(actor: roles.Actor) -> None:
    here = builders.house()
    with pytest.raises(roles.NotAllowed), here.work() as work:
        lookup.search(work, actor=actor, criteria=Criteria(), now=here.now)


def test_the_holder_page_is_audited_when_opened_and_not_when_drawn_again() -> None:
    here = builders.house()
    owned = builders.issued(here)
    for opened in (True, False, False):
        with here.work() as work:
            page = lookup.holder(
                work, actor=OFFICER, subscriber_id=owned.owner.subscriber_id, opened=opened, now=here.now
            )
    assert builders.events(here).count("subscriber:view:done") == 1
    assert [c.serial for c in page.certificates] == [owned.certificate.serial]
    assert [v.by for v in page.views] == [OFFICER.name]


def test_the_holder_page_shows_what_waits_for_a_second_officer() -> None:
    here = builders.house()
    owned = builders.issued(here)
    with here.work() as work:
        hold.propose(work, actor=OFFICER, serial=owned.certificate.serial, case="case 77", now=here.now)
        page = lookup.holder(work, actor=OFFICER, subscriber_id=1, opened=False, now=here.now)
    assert [p.act for p in page.proposals] == ["hold"]


@pytest.mark.parametrize("actor", [builders.GATEWAY, builders.ANALYST])
def test_who_may_not_see_a_holder(actor: roles.Actor) -> None:
    here = builders.house()
    builders.issued(here)
    with pytest.raises(roles.NotAllowed), here.work() as work:
        lookup.holder(work, actor=actor, subscriber_id=1, opened=True, now=here.now)


def test_an_unknown_holder_is_refused() -> None:
    here = builders.house()
    with pytest.raises(SubscriberUnknown), here.work() as work:
        lookup.holder(work, actor=OFFICER, subscriber_id=7, opened=True, now=here.now)


def reveal(here: House, reason: RevealReason, note: str = "", actor: roles.Actor = OFFICER) -> object:
    with here.work() as work:
        return lookup.reveal(work, actor=actor, subscriber_id=1, reason=reason, note=note, now=here.now)


def test_personal_data_is_shown_for_a_reason_that_is_recorded() -> None:
    here = builders.house()
    builders.register(here)
    reveal(here, RevealReason.FRAUD_CASE, " case  77 ")
    assert here.memory.audit[-1].reason == "fraud_case: case 77"


def test_the_owner_on_the_line_is_reason_enough() -> None:
    here = builders.house()
    builders.register(here)
    reveal(here, RevealReason.OWNER_ON_LINE)
    assert here.memory.audit[-1].reason == "owner_on_line"


@pytest.mark.parametrize("reason", [r for r in RevealReason if r is not RevealReason.OWNER_ON_LINE])
def test_other_reasons_need_a_note(reason: RevealReason) -> None:
    here = builders.house()
    builders.register(here)
    with pytest.raises(lookup.ReasonMissing):
        reveal(here, reason, " 7 ")


@pytest.mark.parametrize("actor", [builders.SUPERVISOR, builders.AUDITOR, builders.ANALYST])
def test_only_an_officer_reveals(actor: roles.Actor) -> None:
    here = builders.house()
    builders.register(here)
    with pytest.raises(roles.NotAllowed):
        reveal(here, RevealReason.OWNER_ON_LINE, actor=actor)


def test_what_is_printed_is_masked() -> None:
    """R14: an identifier that slips into a message is masked."""
    assert str(IIN) == f"{IIN.digits[:6]} ••••••"
    assert f"{Phone.parse('+77011234567')!r}" == "Phone(+7 7•• ••• •• 67)"
