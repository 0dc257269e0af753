"""Here it is: issuing in an order that a power cut cannot break (RFC 3647 4.3)."""

from datetime import timedelta

import pytest

from ca_core import lifecycle, records, roles
from ca_core.application import Application
from ca_core.certificate import Kind, Method
from ca_core.issuance import issue, submit
from ca_core.lifecycle import ApplicationState, CertificateState
from ca_core.statistics import Measure
from ca_core.x509 import build
from tests import builders
from tests.builders import JOB, OFFICER
from tests.core.x509 import authorities
from tests.fakes import House


def submitted(here: House) -> Application:
    owner = next(iter(here.memory.subscribers.values()), None) or builders.register(here)
    wanted = builders.application(owner, builders.new_key(), here.now)
    with here.work() as work:
        work.applications.add(wanted)
    return wanted


def reserved(here: House, wanted: Application) -> issue.Order:
    with here.work() as work:
        return issue.reserve(work, actor=JOB, number=wanted.number, now=here.now)


def test_the_serial_is_reserved_before_anything_is_signed() -> None:
    here = builders.house()
    order = reserved(here, submitted(here))
    assert order.certificate.state is CertificateState.RESERVED
    with pytest.raises(records.CertificateUnknown), here.work() as work:
        records.certificate(work, order.certificate.serial)


def test_reserving_twice_keeps_the_serial() -> None:
    here = builders.house()
    wanted = submitted(here)
    assert reserved(here, wanted).certificate.serial == reserved(here, wanted).certificate.serial


def test_a_crash_after_preparing_signs_what_was_prepared() -> None:
    here = builders.house()
    wanted = submitted(here)
    order = reserved(here, wanted)
    with here.work() as work:
        issue.prepare(work, actor=JOB, order=order, to_be_signed=b"linted before the crash")
    order = reserved(here, wanted)
    with here.work() as work:
        _, content = issue.prepare(work, actor=JOB, order=order, to_be_signed=b"another")
    assert content == b"linted before the crash"


def test_what_the_key_signed_is_what_was_linted_or_nothing() -> None:
    """RFC 3647 4.3: a store that signs something else, or a slip between the two, issues no certificate."""
    here = builders.house()
    order = reserved(here, submitted(here))
    content = issue.rehearse(order, issuer=authorities.authority().issuing, linter=None)
    issue.sign(order, issuer=authorities.authority().issuing, to_be_signed=content)
    other = content[:-1] + bytes([content[-1] ^ 1])
    with pytest.raises(build.SignedContentDiffers):
        issue.sign(order, issuer=authorities.authority().issuing, to_be_signed=other)


def test_what_was_not_prepared_is_not_stored() -> None:
    """Revoked or abandoned between the signature and the book: it is not issued."""
    here = builders.house()
    order = reserved(here, submitted(here))
    content = issue.rehearse(order, issuer=authorities.authority().issuing, linter=None)
    signed = issue.sign(order, issuer=authorities.authority().issuing, to_be_signed=content)
    with pytest.raises(issue.RevokedBeforeIssue), here.work() as work:
        issue.store(work, actor=JOB, order=order, signed=signed, now=here.now)
    assert not here.memory.ders


def test_storing_twice_counts_once_and_tells_once() -> None:
    here = builders.house()
    wanted = submitted(here)
    builders.carry_out(here, wanted.number)
    signed_again = reserved(here, wanted)
    content = issue.rehearse(signed_again, issuer=authorities.authority().issuing, linter=None)
    signed = issue.sign(signed_again, issuer=authorities.authority().issuing, to_be_signed=content)
    with here.work() as work:
        issue.store(work, actor=JOB, order=signed_again, signed=signed, now=here.now)
    counted = sum(n for key, n in here.memory.figures.items() if key[1] is Measure.ISSUED)
    sms = [n for n in here.memory.notices if n.kind.value == "issued" and n.medium.value == "sms"]
    assert (counted, len(sms)) == (1, 1)


def test_every_issuance_tells_the_owner() -> None:
    """R14."""
    here = builders.house()
    builders.issued(here)
    assert [n.recipient for n in here.memory.notices] == [builders.PHONE.digits, "damir@example.kz"]


def test_issued_counts_certificates_and_holders_count_people() -> None:
    """R12."""
    here = builders.house()
    for _ in range(3):
        builders.issued(here)
    totals = {m: sum(n for key, n in here.memory.figures.items() if key[1] is m) for m in Measure}
    assert (totals[Measure.ISSUED], totals[Measure.HOLDER_NEW]) == (3, 1)


def test_what_was_never_submitted_is_not_issued() -> None:
    here = builders.house()
    wanted = submitted(here)
    started = builders.replace(wanted, state=ApplicationState.STARTED)
    here.memory.applications[wanted.number.digits] = started
    with pytest.raises(lifecycle.TransitionRefused):
        reserved(here, wanted)


def test_only_the_system_issues() -> None:
    here = builders.house()
    wanted = submitted(here)
    with pytest.raises(roles.NotAllowed), here.work() as work:
        issue.reserve(work, actor=OFFICER, number=wanted.number, now=here.now)


def test_an_abandoned_serial_stays_on_the_books() -> None:
    here = builders.house()
    order = reserved(here, submitted(here))
    with here.work() as work:
        issue.abandon(work, actor=JOB, unfinished=order.certificate, reason="lint.failed", now=here.now)
    assert here.memory.certificates[1].state is CertificateState.ABANDONED


def test_what_is_given_up_says_why() -> None:
    here = builders.house()
    wanted = submitted(here)
    here.later(hours=1)
    with here.work() as work:
        issue.give_up(work, actor=JOB, number=wanted.number, reason="lint.failed", now=here.now)
    ended = here.memory.applications[wanted.number.digits]
    assert (ended.state, ended.reason, ended.changed_at) == (
        ApplicationState.REJECTED,
        "lint.failed",
        here.now,
    )


def test_a_certificate_that_ends_sooner_does_not_end_what_another_covers() -> None:
    """R12: somebody is a holder with a valid certificate until the last of theirs runs out."""
    here = builders.house()
    longer = builders.issued(here).certificate
    with here.work() as work:
        issue.count(
            work, builders.replace(longer, not_after=longer.not_after - timedelta(days=100)), now=here.now
        )
    assert here.memory.cover == {longer.subscriber_id: longer.not_after}


def over_the_counter(here: House, **different: object) -> Application:
    wanted: dict[str, object] = {
        "actor": OFFICER,
        "iin": builders.iin(),
        "raw_request": builders.request(builders.new_key()),
        "storage": builders.StorageKind.SMART_CARD,
        "now": here.now,
    }
    with here.work() as work:
        return submit.with_request(work, **{**wanted, **different})  # type: ignore[arg-type]


def test_over_the_counter_a_person_of_the_register_gets_a_certificate() -> None:
    """F6, R1."""
    here = builders.house()
    builders.register(here)
    issued = builders.carry_out(here, over_the_counter(here).number)
    assert (issued.facets.method, issued.facets.kind) == (Method.COUNTER, Kind.NEW)


def test_a_person_unknown_to_the_register_gets_none() -> None:
    here = builders.house()
    with pytest.raises(records.PersonUnknown):
        over_the_counter(here)


@pytest.mark.parametrize(
    ("different", "refusal"),
    [
        ({"deceased_on": builders.date(2020, 1, 1)}, records.PersonDeceased),
        ({"document_expires_on": builders.date(2020, 1, 1)}, records.DocumentExpired),
    ],
)
def test_the_dead_and_those_whose_document_ran_out_get_none(
    different: dict[str, object], refusal: type[Exception]
) -> None:
    """R2."""
    here = builders.house()
    builders.register(here, **different)
    with pytest.raises(refusal):
        over_the_counter(here)


def test_a_policy_may_close_the_counter() -> None:
    here = builders.house(identification={"counter_issues_directly": False})
    builders.register(here)
    with pytest.raises(submit.CounterClosed):
        over_the_counter(here)


def test_a_key_is_certified_once() -> None:
    """R6."""
    here = builders.house()
    owned = builders.issued(here)
    with pytest.raises(submit.KeyAlreadyUsed):
        over_the_counter(here, raw_request=builders.request(owned.key))
