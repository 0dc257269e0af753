"""It is over: who may end a certificate, and what follows from it (R9, R10)."""

from datetime import timedelta

import pytest

from ca_core import approval, certificate, records, roles, statistics
from ca_core.certificate import Status
from ca_core.consent import ConsentMissing
from ca_core.identifiers import Serial
from ca_core.issuance import issue
from ca_core.lifecycle import CertificateState
from ca_core.ports import CommandKind
from ca_core.registration import sms_code
from ca_core.revocation import hold, reasons, revoke, status, two_officers
from ca_core.revocation.reasons import Reason
from ca_core.statistics import Measure
from tests import builders
from tests.builders import OFFICER, SECOND, SUPERVISOR
from tests.core.x509 import authorities
from tests.fakes import House


def by_owner(here: House, owned: builders.Owned, **different: object) -> certificate.Certificate:
    wanted = {
        "actor": OFFICER,
        "serial": owned.certificate.serial,
        "owner": builders.consent(here, owned),
        "reason": Reason.SUPERSEDED,
        "now": here.now,
    }
    with here.work() as work:
        return revoke.by_owner(work, **{**wanted, **different})  # type: ignore[arg-type]


def propose(here: House, owned: builders.Owned, **different: object) -> int:
    wanted = {
        "actor": OFFICER,
        "serial": owned.certificate.serial,
        "reason": Reason.PRIVILEGE_WITHDRAWN,
        "document": "court order 2-114/26",
        "now": here.now,
    }
    with here.work() as work:
        return revoke.propose_by_law(work, **{**wanted, **different})  # type: ignore[arg-type]


def agree(here: House, proposal_id: int, actor: roles.Actor = SECOND) -> certificate.Certificate:
    with here.work() as work:
        return revoke.agree_by_law(work, actor=actor, proposal_id=proposal_id, now=here.now)


def count(here: House, measure: Measure) -> int:
    return sum(n for key, n in here.memory.figures.items() if key[1] is measure)


def test_the_owner_revokes_with_an_officer_on_the_code_sent_to_the_bmg_phone() -> None:
    """R9, R4: officer, owner's code, revocation."""
    here = builders.house()
    owned = builders.issued(here)
    subject = owned.certificate.serial.hex
    with here.work() as work:
        sms_code.send(
            work, actor=OFFICER, owner=owned.owner, purpose=sms_code.CodePurpose.REVOKE,
            subject=subject, page="page", now=here.now,
        )  # fmt: skip
    here.later(seconds=20)
    with here.work() as work:
        attempt = sms_code.take_try(
            work,
            actor=OFFICER,
            purpose=sms_code.CodePurpose.REVOKE,
            subject=subject,
            page="page",
            now=here.now,
        )
    with here.work() as work:
        consent = sms_code.confirm(
            work, actor=OFFICER, attempt=attempt, purpose=sms_code.CodePurpose.REVOKE, subject=subject, page="page",
            typed=builders.newest_code(here), now=here.now,
        )  # fmt: skip
        revoke.by_owner(
            work, actor=OFFICER, serial=owned.certificate.serial, owner=consent, reason=Reason.KEY_COMPROMISE,
            lost=True, now=here.now,
        )  # fmt: skip
    assert certificate.status(builders.stored(here, owned), here.now) is Status.REVOKED


def test_a_revocation_is_seen_by_ocsp_the_list_the_owner_and_the_audit_at_once() -> None:
    """R10: everything follows from one transaction."""
    here = builders.house()
    owned = builders.issued(here)
    revoked = by_owner(here, owned)
    assert status.standing(revoked) == status.Standing(here.now, Reason.SUPERSEDED)
    assert owned.certificate.certificate_id in here.memory.crl_entries
    # R10: the list that this certificate would stand in is published anew.
    assert (CommandKind.PUBLISH_CRL, "issuing") in [
        (c.kind, c.subject) for c in here.memory.commands.values()
    ]
    assert [n.medium.value for n in here.memory.notices if n.kind.value == "revoked"] == ["sms", "email"]
    assert "certificate:revoke:done" in builders.events(here)


def test_staff_cannot_revoke_at_will() -> None:
    """R9: without the owner's proven will there is no revocation by one officer."""
    here = builders.house()
    owned = builders.issued(here)
    for_another = builders.consent(here, builders.issued(here))
    with pytest.raises(ConsentMissing):
        by_owner(here, owned, owner=for_another)


def test_a_consent_given_for_something_else_is_refused() -> None:
    here = builders.house()
    owned = builders.issued(here)
    with pytest.raises(ConsentMissing):
        by_owner(here, owned, owner=builders.consent(here, owned, "reissue"))


def test_a_consent_of_an_earlier_step_is_refused() -> None:
    here = builders.house()
    owned = builders.issued(here)
    given = builders.consent(here, owned)
    here.later(seconds=1)
    with pytest.raises(ConsentMissing):
        by_owner(here, owned, owner=given)


@pytest.mark.parametrize("actor", [builders.AUDITOR, builders.ANALYST, SUPERVISOR, builders.JOB])
def test_only_an_officer_helps_the_owner(actor: roles.Actor) -> None:
    here = builders.house()
    owned = builders.issued(here)
    with pytest.raises(roles.NotAllowed):
        by_owner(here, owned, actor=actor)


def test_a_revocation_is_final() -> None:
    """R10."""
    here = builders.house()
    owned = builders.issued(here)
    by_owner(here, owned)
    with pytest.raises(revoke.AlreadyRevoked) as refused:
        by_owner(here, owned)
    assert refused.value.facts["revoked_at"] == here.now


def test_a_certificate_that_ran_out_is_not_revoked() -> None:
    here = builders.house()
    owned = builders.issued(here)
    here.later(days=366)
    with pytest.raises(revoke.AlreadyExpired):
        by_owner(here, owned)


def test_an_unknown_serial_is_refused() -> None:
    here = builders.house()
    owned = builders.issued(here)
    other = Serial.of(owned.certificate.serial.number - 1)
    wrong = builders.OwnerConsent("revoke", other.hex, here.now, "sms_code")
    with pytest.raises(records.CertificateUnknown):
        by_owner(here, owned, serial=other, owner=wrong)


@pytest.mark.parametrize("reason", [Reason.CERTIFICATE_HOLD, Reason.PRIVILEGE_WITHDRAWN])
def test_the_owner_cannot_give_a_reason_of_others(reason: Reason) -> None:
    """RFC 5280 5.3.1: who may give which reason."""
    here = builders.house()
    owned = builders.issued(here)
    with pytest.raises(reasons.ReasonNotAllowed):
        by_owner(here, owned, reason=reason)


@pytest.mark.parametrize("reason", reasons.BY_OWNER)
def test_every_reason_of_the_owner_is_stored(reason: Reason) -> None:
    here = builders.house()
    owned = builders.issued(here)
    assert by_owner(here, owned, reason=reason).reason == int(reason)


def test_a_lost_key_is_counted_once() -> None:
    """R12: lost = reported lost by the owner, in a revocation or a reissue."""
    here = builders.house()
    owned = builders.issued(here)
    with here.work() as work:
        records.report_lost(work, builders.stored(here, owned), now=here.now)
    by_owner(here, owned, lost=True)
    assert count(here, Measure.LOST) == 1


def test_lost_keys_are_not_revoked_by_themselves() -> None:
    """R9: a report is no revocation."""
    here = builders.house()
    owned = builders.issued(here)
    with here.work() as work:
        records.report_lost(work, builders.stored(here, owned), now=here.now)
    assert certificate.status(builders.stored(here, owned), here.now) is Status.VALID


def test_a_revoked_certificate_no_longer_runs_out() -> None:
    """R12: issued = valid + expired + revoked + held."""
    here = builders.house()
    by_owner(here, builders.issued(here))
    assert (count(here, Measure.REVOKED), count(here, Measure.DUE)) == (1, 0)


def test_revoking_a_held_certificate_ends_the_hold_in_the_figures() -> None:
    here = builders.house()
    owned = builders.issued(here)
    with here.work() as work:
        hold.place(work, actor=OFFICER, found=builders.stored(here, owned), why="case", now=here.now)
    by_owner(here, owned)
    assert (count(here, Measure.HELD), count(here, Measure.REVOKED)) == (0, 1)


def test_a_certificate_that_was_prepared_but_never_signed_is_revoked_without_moving_the_figures() -> None:
    """It was never counted as issued, so it cannot be counted as revoked (R12)."""
    here = builders.house()
    owner = builders.register(here)
    wanted = builders.application(owner, builders.new_key(), here.now)
    with here.work() as work:
        work.applications.add(wanted)
        order = issue.reserve(work, actor=builders.JOB, number=wanted.number, now=here.now)
    content = issue.rehearse(order, issuer=authorities.authority().issuing, linter=None)
    with here.work() as work:
        order, _ = issue.prepare(work, actor=builders.JOB, order=order, to_be_signed=content)
    agree(here, propose(here, builders.Owned(order.certificate, builders.new_key(), owner)))
    counted = statistics.recount(here.memory.certificates.values(), at=here.now).revoked
    assert (counted, count(here, Measure.REVOKED), count(here, Measure.DUE)) == (0, 0, 0)


def test_by_law_needs_two_officers_and_a_document() -> None:
    """R9: death, court order, error of the CA, proven compromise."""
    here = builders.house()
    owned = builders.issued(here)
    proposal_id = propose(here, owned)
    assert certificate.status(builders.stored(here, owned), here.now) is Status.VALID
    revoked = agree(here, proposal_id)
    assert (revoked.state, revoked.reason) == (CertificateState.REVOKED, int(Reason.PRIVILEGE_WITHDRAWN))
    done = next(e for e in here.memory.audit if e.event == "certificate:revoke:done")
    assert "court order 2-114/26" in done.reason
    assert OFFICER.name in done.reason


def test_the_one_who_asked_may_not_agree() -> None:
    here = builders.house()
    proposal_id = propose(here, builders.issued(here))
    with pytest.raises(approval.SecondPersonNeeded):
        agree(here, proposal_id, OFFICER)


@pytest.mark.parametrize("document", ["", "  ", "12"])
def test_by_law_without_a_document_is_refused(document: str) -> None:
    here = builders.house()
    owned = builders.issued(here)
    with pytest.raises(revoke.DocumentMissing):
        propose(here, owned, document=document)


def test_the_law_cannot_give_the_owners_reasons() -> None:
    here = builders.house()
    owned = builders.issued(here)
    with pytest.raises(reasons.ReasonNotAllowed):
        propose(here, owned, reason=Reason.SUPERSEDED)


def test_a_supervisor_may_agree_but_not_ask() -> None:
    here = builders.house()
    owned = builders.issued(here)
    with pytest.raises(roles.NotAllowed):
        propose(here, owned, actor=SUPERVISOR)
    assert agree(here, propose(here, owned), SUPERVISOR).state is CertificateState.REVOKED


def test_a_proposal_runs_out() -> None:
    here = builders.house()
    proposal_id = propose(here, builders.issued(here))
    here.later(hours=25)
    with pytest.raises(approval.ProposalClosed):
        agree(here, proposal_id)


def test_a_proposal_is_agreed_to_once() -> None:
    here = builders.house()
    proposal_id = propose(here, builders.issued(here))
    agree(here, proposal_id)
    with pytest.raises(approval.ProposalClosed):
        agree(here, proposal_id, SUPERVISOR)


def test_what_is_agreed_to_is_what_was_proposed() -> None:
    """The digest freezes it: a changed document is refused."""
    here = builders.house()
    proposal_id = propose(here, builders.issued(here))
    asked = here.memory.proposals[proposal_id]
    changed = builders.replace(asked, payload=(("document", "another"), ("reason", "9")))
    here.memory.proposals[proposal_id] = changed
    with pytest.raises(approval.ProposalChanged):
        agree(here, proposal_id)


def test_a_proposal_for_another_act_is_unknown() -> None:
    here = builders.house()
    proposal_id = propose(here, builders.issued(here))
    with pytest.raises(approval.ProposalUnknown), here.work() as work:
        two_officers.agree(work, actor=SECOND, act="hold", proposal_id=proposal_id, now=here.now)


def test_the_owner_may_be_quicker_than_the_law() -> None:
    here = builders.house()
    owned = builders.issued(here)
    proposal_id = propose(here, owned)
    by_owner(here, owned)
    with pytest.raises(revoke.AlreadyRevoked):
        agree(here, proposal_id)


def test_the_second_officer_may_decline_and_the_first_may_withdraw() -> None:
    here = builders.house()
    owned = builders.issued(here)
    for actor in (SECOND, OFFICER):
        proposal_id = propose(here, owned)
        with here.work() as work:
            two_officers.turn_down(work, actor=actor, proposal_id=proposal_id, now=here.now)
        with pytest.raises(approval.ProposalClosed):
            agree(here, proposal_id)


def test_an_agent_turns_nothing_down() -> None:
    here = builders.house()
    proposal_id = propose(here, builders.issued(here))
    with pytest.raises(roles.NotAllowed), here.work() as work:
        two_officers.turn_down(work, actor=builders.AGENT, proposal_id=proposal_id, now=here.now)


def test_one_publication_gathers_what_is_revoked_within_ten_seconds() -> None:
    here = builders.house()
    first, second = builders.issued(here), builders.issued(here)
    here.now = here.now.replace(second=20)
    by_owner(here, first)
    here.later(seconds=9)
    by_owner(here, second)
    publications = [c for c in here.memory.commands.values() if c.kind is CommandKind.PUBLISH_CRL]
    assert len({c.due_at for c in publications}) == 1
    assert len(publications) == 2, "each change asks, whatever became of the other's order"
    assert publications[0].due_at == here.now + timedelta(seconds=1)


def test_revoking_one_of_two_leaves_the_person_covered_by_the_other() -> None:
    """R12: holders are people; a second valid certificate keeps the person among the valid."""
    here = builders.house()
    first = builders.issued(here)
    here.later(days=1)
    second = builders.issued(here)
    by_owner(here, second)
    assert here.memory.cover[first.owner.subscriber_id] == first.certificate.not_after
