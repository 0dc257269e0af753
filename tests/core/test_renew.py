"""One more year for the same key, once, before the end, asked for with that key (R8)."""

from datetime import timedelta

import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from ca_core import certificate, records, roles
from ca_core.application import Application
from ca_core.certificate import Kind, Status
from ca_core.identifiers import ApplicationId
from ca_core.issuance import issue, renew, submit
from ca_core.lifecycle import ApplicationState
from ca_core.notices import NoticeKind
from ca_core.ports import CommandKind
from ca_core.revocation import hold, revoke
from ca_core.revocation.reasons import Reason
from tests import builders
from tests.builders import JOB, OFFICER
from tests.fakes import House


def opened(here: House, owned: builders.Owned, actor: roles.Actor = OFFICER) -> Application:
    with here.work() as work:
        return renew.open_for_owner(work, actor=actor, serial=owned.certificate.serial, now=here.now)


def signed(number: ApplicationId, key: ec.EllipticCurvePrivateKey) -> bytes:
    return key.sign(renew.statement(number), ec.ECDSA(hashes.SHA256()))


def confirm(here: House, wanted: Application, signature: bytes) -> Application:
    with here.work() as work:
        return renew.confirm(work, number=wanted.number, signature=signature, now=here.now)


def test_renewed_once_with_the_same_key_for_one_more_year() -> None:
    """notBefore now, notAfter the old one's + 1 year; the old one runs out by itself."""
    here = builders.house()
    first = builders.issued(here)
    here.later(days=20)
    second = builders.renewed(here, first).certificate
    assert second.not_before == here.now
    assert second.not_after == first.certificate.not_after + timedelta(days=365)
    assert second.key_id == first.certificate.key_id
    assert (second.previous_id, second.facets.kind) == (first.certificate.certificate_id, Kind.RENEWAL)
    assert certificate.status(builders.stored(here, first), here.now) is Status.VALID


def test_an_officer_may_only_open_it() -> None:
    """R8: nothing is ordered from the job runner before the owner's key has signed."""
    here = builders.house()
    wanted = opened(here, builders.issued(here))
    assert wanted.state is ApplicationState.STARTED
    assert CommandKind.ISSUE not in [c.kind for c in here.memory.commands.values()]
    with pytest.raises(Exception, match=r"life\.transition_refused"), here.work() as work:
        issue.reserve(work, actor=JOB, number=wanted.number, now=here.now)


def test_the_owner_is_told_which_renewal_was_opened() -> None:
    """R14: whoever did not ask for it learns of it, with the number that the key would sign."""
    here = builders.house()
    wanted = opened(here, builders.issued(here))
    told = [n for n in here.memory.notices if n.kind is NoticeKind.RENEWAL_OPENED]
    assert told
    assert all(n.words == {"number": str(wanted.number)} for n in told)


def test_the_owners_signature_orders_the_certificate_and_may_come_twice() -> None:
    here = builders.house()
    owned = builders.issued(here)
    wanted = opened(here, owned)
    signature = signed(wanted.number, owned.key)
    assert confirm(here, wanted, signature).state is ApplicationState.SUBMITTED
    assert confirm(here, wanted, signature).state is ApplicationState.SUBMITTED
    assert [c.subject for c in here.memory.commands.values()] == [wanted.number.digits]
    # R8: that the owner's key signed is on record, once.
    assert builders.events(here).count("application:confirm_renewal:done") == 1
    builders.carry_out(here, wanted.number)
    assert confirm(here, wanted, signature).state is ApplicationState.ISSUED
    with pytest.raises(renew.SignatureInvalid):
        confirm(here, wanted, signed(wanted.number, builders.new_key()))


def test_another_key_does_not_renew() -> None:
    here = builders.house()
    wanted = opened(here, builders.issued(here))
    with pytest.raises(renew.SignatureInvalid):
        confirm(here, wanted, signed(wanted.number, builders.new_key()))


def test_a_signature_over_another_number_does_not_renew() -> None:
    here = builders.house()
    owned = builders.issued(here)
    wanted = opened(here, owned)
    with pytest.raises(renew.SignatureInvalid):
        confirm(here, wanted, signed(ApplicationId.form(1_234_567_890), owned.key))


def test_renewal_refused_after_expiry() -> None:
    """R8: after the first year a new application."""
    here = builders.house()
    owned = builders.issued(here)
    here.later(days=366)
    with pytest.raises(renew.CertificateEnded) as refused:
        opened(here, owned)
    assert refused.value.facts["not_after"] == owned.certificate.not_after


def test_a_renewal_that_was_opened_in_time_is_refused_when_signed_too_late() -> None:
    here = builders.house()
    owned = builders.issued(here)
    here.later(days=364)
    wanted = opened(here, owned)
    here.later(days=2)
    with pytest.raises(renew.CertificateNotValid):
        confirm(here, wanted, signed(wanted.number, owned.key))


def test_a_renewal_that_was_signed_in_time_is_refused_when_issued_too_late() -> None:
    here = builders.house()
    owned = builders.issued(here)
    here.later(days=364)
    wanted = opened(here, owned)
    confirm(here, wanted, signed(wanted.number, owned.key))
    here.later(days=2)
    with pytest.raises(issue.RenewalTooLate):
        builders.carry_out(here, wanted.number)


def test_renewed_never_twice() -> None:
    here = builders.house()
    first = builders.issued(here)
    second = builders.renewed(here, first)
    for owned in (first, second):
        with pytest.raises(renew.RenewalAlreadyUsed):
            opened(here, owned)


def test_a_policy_without_renewals_refuses_them() -> None:
    here = builders.house(certificates={"renewals": 0})
    with pytest.raises(renew.RenewalAlreadyUsed):
        opened(here, builders.issued(here))


def test_a_second_opening_names_the_first() -> None:
    here = builders.house()
    owned = builders.issued(here)
    wanted = opened(here, owned)
    with pytest.raises(renew.RenewalAlreadyOpen) as refused:
        opened(here, owned)
    assert refused.value.facts == {"number": str(wanted.number)}


def test_a_withdrawn_renewal_is_closed_and_may_be_opened_anew() -> None:
    here = builders.house()
    owned = builders.issued(here)
    wanted = opened(here, owned)
    with here.work() as work:
        submit.withdraw(work, actor=OFFICER, number=wanted.number, reason="owner's wish", now=here.now)
    with pytest.raises(renew.RenewalClosed):
        confirm(here, wanted, signed(wanted.number, owned.key))
    assert here.memory.applications[wanted.number.digits].reason == "owner's wish"
    assert opened(here, owned).state is ApplicationState.STARTED


def test_a_renewal_that_could_not_be_issued_is_not_the_one() -> None:
    """R8: the one extension is used up by a certificate, not by an attempt."""
    here = builders.house()
    owned = builders.issued(here)
    wanted = opened(here, owned)
    confirm(here, wanted, signed(wanted.number, owned.key))
    with here.work() as work:
        issue.reserve(work, actor=JOB, number=wanted.number, now=here.now)
        issue.give_up(work, actor=JOB, number=wanted.number, reason="lint.failed", now=here.now)
    assert opened(here, owned).number != wanted.number


def test_a_renewal_nobody_signed_expires_and_is_closed() -> None:
    here = builders.house()
    owned = builders.issued(here)
    wanted = opened(here, owned)
    with here.work() as work:
        submit.expire(work, actor=JOB, number=wanted.number, now=here.later(days=30))
    with pytest.raises(renew.RenewalClosed):
        confirm(here, wanted, signed(wanted.number, owned.key))


@pytest.mark.parametrize("ended", ["revoked", "held"])
def test_what_is_not_valid_is_not_renewed(ended: str) -> None:
    here = builders.house()
    owned = builders.issued(here)
    with here.work() as work:
        found = builders.stored(here, owned)
        if ended == "held":
            hold.place(work, actor=OFFICER, found=found, why="case", now=here.now)
        else:
            revoke.record(
                work, actor=OFFICER, found=found, reason=Reason.SUPERSEDED, why="owner", now=here.now
            )
    with pytest.raises(renew.CertificateNotValid):
        opened(here, owned)


def test_a_certificate_revoked_after_the_opening_is_not_renewed() -> None:
    here = builders.house()
    owned = builders.issued(here)
    wanted = opened(here, owned)
    with here.work() as work:
        revoke.record(
            work, actor=OFFICER, found=builders.stored(here, owned), reason=Reason.KEY_COMPROMISE,
            why="owner", now=here.now,
        )  # fmt: skip
    with pytest.raises(renew.CertificateNotValid):
        confirm(here, wanted, signed(wanted.number, owned.key))


def test_only_a_renewal_is_confirmed_with_the_old_key() -> None:
    here = builders.house()
    owned = builders.issued(here)
    number = ApplicationId.of(owned.certificate.application_id)
    with pytest.raises(renew.NotARenewal), here.work() as work:
        renew.confirm(work, number=number, signature=signed(number, owned.key), now=here.now)


def test_an_unknown_number_is_refused() -> None:
    here = builders.house()
    number = ApplicationId.form(1_234_567_890)
    with pytest.raises(records.ApplicationUnknown), here.work() as work:
        renew.confirm(work, number=number, signature=b"", now=here.now)


@pytest.mark.parametrize("actor", [builders.SUPERVISOR, builders.ANALYST, builders.AUDITOR])
def test_only_an_officer_opens_it(actor: roles.Actor) -> None:
    here = builders.house()
    with pytest.raises(roles.NotAllowed):
        opened(here, builders.issued(here), actor)
