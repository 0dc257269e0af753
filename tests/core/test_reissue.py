"""A new key replaces a lost or damaged one; the old certificate stays until its owner says otherwise (R11)."""

from dataclasses import replace
from datetime import date
from typing import Any

import pytest

from ca_core import certificate, records, roles
from ca_core.application import Application
from ca_core.certificate import Kind, Status, StorageKind
from ca_core.consent import ConsentMissing
from ca_core.issuance import accept, issue, reissue, submit
from ca_core.lifecycle import ApplicationState, CertificateState, TransitionRefused
from ca_core.ports import CommandKind
from ca_core.revocation import revoke
from ca_core.revocation.reasons import Reason
from ca_core.x509 import csr
from tests import builders
from tests.builders import JOB, OFFICER
from tests.fakes import House


def requested(here: House, owned: builders.Owned, **different: Any) -> Application:
    wanted: dict[str, Any] = {
        "actor": OFFICER,
        "serial": owned.certificate.serial,
        "raw_request": builders.request(builders.new_key()),
        "storage": StorageKind.USB_TOKEN,
        "lost": True,
        "owner": builders.consent(here, owned, "reissue"),
        "now": here.now,
    }
    with here.work() as work:
        return reissue.request(work, **{**wanted, **different})


def test_a_reissued_certificate_has_a_new_key_and_the_chain_is_kept() -> None:
    here = builders.house()
    old = builders.issued(here)
    wanted = requested(here, old)
    fresh = builders.carry_out(here, wanted.number)
    assert (fresh.facets.kind, fresh.previous_id) == (Kind.REISSUE, old.certificate.certificate_id)
    assert fresh.key_id != old.certificate.key_id
    assert fresh.facets.storage is StorageKind.USB_TOKEN


def test_reissue_never_revokes_the_old_one_by_itself() -> None:
    here = builders.house()
    old = builders.issued(here)
    builders.carry_out(here, requested(here, old).number)
    assert certificate.status(builders.stored(here, old), here.now) is Status.VALID


def test_the_request_orders_the_certificate_and_tells_the_owner() -> None:
    here = builders.house()
    wanted = requested(here, builders.issued(here))
    assert [(c.kind, c.subject) for c in here.memory.commands.values()] == [
        (CommandKind.ISSUE, wanted.number.digits)
    ]
    assert "reissue_requested" in [n.kind.value for n in here.memory.notices]
    assert "certificate:reissue:requested" in builders.events(here)


@pytest.mark.parametrize("lost", [True, False])
def test_lost_is_what_the_owner_reported_and_damaged_is_not(lost: bool) -> None:
    """R12."""
    here = builders.house()
    old = builders.issued(here)
    requested(here, old, lost=lost)
    assert (builders.stored(here, old).lost_reported_at is not None) is lost


def test_reissue_needs_the_owners_consent_to_this_reissue() -> None:
    here = builders.house()
    old = builders.issued(here)
    with pytest.raises(ConsentMissing):
        requested(here, old, owner=builders.consent(here, old, "revoke"))


def test_the_old_key_is_not_certified_again() -> None:
    """R11: a new key."""
    here = builders.house()
    old = builders.issued(here)
    with pytest.raises(submit.KeyAlreadyUsed):
        requested(here, old, raw_request=builders.request(old.key))


def test_a_key_that_waits_in_another_application_is_refused() -> None:
    here = builders.house()
    first, second = builders.issued(here), builders.issued(here)
    key = builders.new_key()
    requested(here, first, raw_request=builders.request(key))
    with pytest.raises(submit.KeyAlreadyUsed):
        requested(here, second, raw_request=builders.request(key))


def test_a_request_that_is_none_is_refused() -> None:
    here = builders.house()
    with pytest.raises(csr.CsrMalformed):
        requested(here, builders.issued(here), raw_request=b"-----BEGIN NOTHING-----")


def test_replaced_once_while_waiting_and_once_issued() -> None:
    here = builders.house()
    old = builders.issued(here)
    wanted = requested(here, old)
    with pytest.raises(reissue.AlreadyReplaced) as refused:
        requested(here, old)
    assert refused.value.facts == {"number": str(wanted.number)}
    builders.carry_out(here, wanted.number)
    with pytest.raises(reissue.AlreadyReplaced):
        requested(here, old)


def test_what_was_renewed_may_be_replaced() -> None:
    """R8, R11: the renewal has the same key, and it is the key that was lost."""
    here = builders.house()
    old = builders.issued(here)
    builders.renewed(here, old)
    assert requested(here, old).previous_certificate_id == old.certificate.certificate_id


def test_a_successor_that_never_came_replaces_nothing() -> None:
    here = builders.house()
    old = builders.issued(here)
    wanted = requested(here, old)
    with here.work() as work:
        issue.reserve(work, actor=JOB, number=wanted.number, now=here.now)
        issue.give_up(work, actor=JOB, number=wanted.number, reason="lint.failed", now=here.now)
    assert requested(here, old).number != wanted.number


def test_the_successor_may_be_replaced_in_turn() -> None:
    here = builders.house()
    old = builders.issued(here)
    fresh = builders.carry_out(here, requested(here, old).number)
    chain = builders.replace(old, certificate=fresh)
    assert requested(here, chain).previous_certificate_id == fresh.certificate_id


def test_what_ran_out_is_not_replaced() -> None:
    here = builders.house()
    old = builders.issued(here)
    here.later(days=366)
    with pytest.raises(reissue.NothingToReplace):
        requested(here, old)


def test_a_revoked_one_may_be_replaced() -> None:
    """Lost, revoked first, then replaced: the owner's order of steps is free."""
    here = builders.house()
    old = builders.issued(here)
    with here.work() as work:
        revoke.by_owner(
            work, actor=OFFICER, serial=old.certificate.serial, owner=builders.consent(here, old),
            reason=Reason.KEY_COMPROMISE, now=here.now,
        )  # fmt: skip
    assert requested(here, old).kind is Kind.REISSUE


@pytest.mark.parametrize("actor", [builders.SUPERVISOR, builders.ANALYST, builders.AUDITOR])
def test_only_an_officer_hands_it_in(actor: roles.Actor) -> None:
    here = builders.house()
    with pytest.raises(roles.NotAllowed):
        requested(here, builders.issued(here), actor=actor)


def test_the_owner_takes_it_over_once() -> None:
    """RFC 3647 4.4; R12: issued and never accepted counts as unused."""
    here = builders.house()
    owned = builders.issued(here)
    with here.work() as work:
        taken = accept.by_owner(work, actor=OFFICER, serial=owned.certificate.serial, now=here.now)
    assert (taken.state, taken.accepted_at) == (CertificateState.ACCEPTED, here.now)
    assert next(iter(here.memory.applications.values())).state is ApplicationState.ACCEPTED
    with pytest.raises(TransitionRefused), here.work() as work:
        accept.by_owner(work, actor=OFFICER, serial=owned.certificate.serial, now=here.now)


def test_only_an_officer_writes_down_that_it_was_taken_over() -> None:
    here = builders.house()
    owned = builders.issued(here)
    with pytest.raises(roles.NotAllowed), here.work() as work:
        accept.by_owner(work, actor=builders.SUPERVISOR, serial=owned.certificate.serial, now=here.now)


def test_policy_with_a_second_factor_refuses_while_there_is_none() -> None:
    """Policy is data: what the one in force forbids is refused, never silently allowed."""
    here = builders.house(certificates={"reissue_second_factor": True})
    with pytest.raises(reissue.SecondFactorMissing):
        requested(here, builders.issued(here))
    assert here.memory.commands == {}


def test_policy_with_closed_counters_refuses() -> None:
    here = builders.house(identification={"counter_issues_directly": False})
    with pytest.raises(submit.CounterClosed):
        requested(here, builders.issued(here))


def test_reissue_asks_the_state_register() -> None:
    """R2: an expired document gets no new certificate."""
    here = builders.house()
    old = builders.issued(here)
    known = here.memory.persons[old.owner.iin]
    here.memory.persons[old.owner.iin] = replace(known, document_expires_on=date(2020, 1, 1))
    with pytest.raises(records.DocumentExpired):
        requested(here, old)
