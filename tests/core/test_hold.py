"""A hold is no revocation (R10a)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ca_core import approval, certificate, roles
from ca_core.certificate import Certificate, Status
from ca_core.consent import ConsentMissing
from ca_core.lifecycle import CertificateState
from ca_core.ports import CommandKind
from ca_core.registration import not_me
from ca_core.revocation import hold, reasons, revoke, status
from ca_core.revocation.reasons import Reason
from ca_core.statistics import Measure
from tests import builders
from tests.builders import JOB, OFFICER, SECOND
from tests.fakes import House


def hold_by_two(here: House, owned: builders.Owned) -> Certificate:
    with here.work() as work:
        proposal_id = hold.propose(
            work, actor=OFFICER, serial=owned.certificate.serial, case="fraud case 77", now=here.now
        )
    with here.work() as work:
        return hold.agree(work, actor=SECOND, proposal_id=proposal_id, now=here.now)


def held(here: House) -> builders.Owned:
    owned = builders.issued(here)
    hold_by_two(here, owned)
    return owned


def test_two_officers_hold_for_72_hours_at_most() -> None:
    here = builders.house()
    owned = builders.issued(here)
    after = hold_by_two(here, owned)
    assert certificate.status(after, here.now) is Status.ON_HOLD
    assert after.hold_until == here.now + timedelta(hours=72)


def test_a_hold_never_outlives_the_certificate() -> None:
    here = builders.house()
    owned = builders.issued(here)
    here.later(days=364)
    assert hold_by_two(here, owned).hold_until == owned.certificate.not_after


def test_a_hold_shows_as_certificate_hold_and_the_owner_is_told() -> None:
    """R10a; RFC 5280 5.3.1."""
    here = builders.house()
    owned = held(here)
    standing = status.standing(builders.stored(here, owned))
    assert standing == status.Standing(here.now, Reason.CERTIFICATE_HOLD)
    assert owned.certificate.certificate_id in here.memory.crl_entries
    assert "held" in [n.kind.value for n in here.memory.notices]
    assert (CommandKind.PUBLISH_CRL, "issuing") in [
        (c.kind, c.subject) for c in here.memory.commands.values()
    ]


def test_one_officer_alone_holds_nothing() -> None:
    here = builders.house()
    owned = builders.issued(here)
    with here.work() as work:
        proposal_id = hold.propose(
            work, actor=OFFICER, serial=owned.certificate.serial, case="fraud case 77", now=here.now
        )
    with pytest.raises(approval.SecondPersonNeeded), here.work() as work:
        hold.agree(work, actor=OFFICER, proposal_id=proposal_id, now=here.now)


def test_a_hold_by_officers_needs_a_case() -> None:
    here = builders.house()
    owned = builders.issued(here)
    with pytest.raises(hold.CaseMissing), here.work() as work:
        hold.propose(work, actor=OFFICER, serial=owned.certificate.serial, case=" 7", now=here.now)


@pytest.mark.parametrize("actor", [builders.SUPERVISOR, builders.ANALYST, builders.AGENT])
def test_only_officers_ask_for_a_hold(actor: roles.Actor) -> None:
    here = builders.house()
    owned = builders.issued(here)
    with pytest.raises(roles.NotAllowed), here.work() as work:
        hold.propose(work, actor=actor, serial=owned.certificate.serial, case="case 77", now=here.now)


def test_nobody_asks_for_a_hold_without_a_name_to_be_told_from_the_second() -> None:
    """R10a: two officers are two accounts."""
    here = builders.house()
    owned = builders.issued(here)
    nameless = replace(OFFICER, staff_id=None)
    with pytest.raises(roles.NotAllowed), here.work() as work:
        hold.propose(work, actor=nameless, serial=owned.certificate.serial, case="case 77", now=here.now)


def test_no_hold_is_asked_for_where_none_could_follow() -> None:
    here = builders.house()
    owned = held(here)
    with pytest.raises(hold.NotValid), here.work() as work:
        hold.propose(work, actor=OFFICER, serial=owned.certificate.serial, case="case 77", now=here.now)


def test_only_a_valid_certificate_is_held() -> None:
    here = builders.house()
    owned = held(here)
    with pytest.raises(hold.NotValid) as refused:
        hold_by_two(here, owned)
    assert refused.value.facts == {"status": "on_hold"}


def test_a_certificate_that_ran_out_is_not_held() -> None:
    here = builders.house()
    owned = builders.issued(here)
    here.later(days=366)
    with pytest.raises(hold.NotValid):
        hold_by_two(here, owned)


def test_the_owners_button_holds_at_once() -> None:
    """R14, R10a: "it was not me", by the link of the message."""
    here = builders.house()
    owned = builders.issued(here)
    with here.work() as work:
        token = not_me.make(work, serial=owned.certificate.serial, now=here.now)
    with here.work() as work:
        consent = not_me.confirm(work, token=token, now=here.now)
        hold.by_owner(work, actor=roles.OWNER, serial=owned.certificate.serial, owner=consent, now=here.now)
    assert builders.stored(here, owned).state is CertificateState.ON_HOLD
    with pytest.raises(not_me.LinkUsed), here.work() as work:
        not_me.confirm(work, token=token, now=here.now)


def test_a_not_me_link_ends_with_its_time_and_is_known_only_to_its_reader() -> None:
    here = builders.house()
    owned = builders.issued(here)
    with here.work() as work:
        token = not_me.make(work, serial=owned.certificate.serial, now=here.now)
    with pytest.raises(not_me.LinkUnknown), here.work() as work:
        not_me.about(work, token=token[:-1], now=here.now)
    here.later(days=7)
    with pytest.raises(not_me.LinkExpired), here.work() as work:
        not_me.about(work, token=token, now=here.now)


def test_the_owners_code_lifts_a_hold() -> None:
    here = builders.house()
    owned = held(here)
    consent = builders.consent(here, owned, "release_hold")
    with here.work() as work:
        free = hold.release_by_owner(
            work, actor=OFFICER, serial=owned.certificate.serial, owner=consent, now=here.now
        )
    assert certificate.status(free, here.now) is Status.VALID
    assert owned.certificate.certificate_id not in here.memory.crl_entries
    assert "released" in [n.kind.value for n in here.memory.notices]


def test_a_consent_to_revoke_lifts_no_hold() -> None:
    here = builders.house()
    owned = held(here)
    with pytest.raises(ConsentMissing), here.work() as work:
        hold.release_by_owner(
            work,
            actor=OFFICER,
            serial=owned.certificate.serial,
            owner=builders.consent(here, owned),
            now=here.now,
        )


def test_two_officers_lift_a_hold() -> None:
    here = builders.house()
    owned = held(here)
    with here.work() as work:
        proposal_id = hold.propose_release(
            work, actor=OFFICER, serial=owned.certificate.serial, case="case 77 closed", now=here.now
        )
    with pytest.raises(approval.SecondPersonNeeded), here.work() as work:
        hold.agree_release(work, actor=OFFICER, proposal_id=proposal_id, now=here.now)
    with here.work() as work:
        hold.agree_release(work, actor=SECOND, proposal_id=proposal_id, now=here.now)
    assert builders.stored(here, owned).state is CertificateState.ISSUED


def test_agreeing_to_a_hold_is_not_agreeing_to_its_release() -> None:
    here = builders.house()
    owned = held(here)
    with here.work() as work:
        proposal_id = hold.propose_release(
            work, actor=OFFICER, serial=owned.certificate.serial, case="case 77 closed", now=here.now
        )
    with pytest.raises(approval.ProposalUnknown), here.work() as work:
        hold.agree(work, actor=SECOND, proposal_id=proposal_id, now=here.now)


def test_what_is_not_held_is_not_released() -> None:
    here = builders.house()
    owned = builders.issued(here)
    with pytest.raises(hold.NotOnHold), here.work() as work:
        hold.propose_release(
            work, actor=OFFICER, serial=owned.certificate.serial, case="case 77", now=here.now
        )


def test_a_released_certificate_is_what_it_was_before_accepted_or_not() -> None:
    here = builders.house()
    owned = builders.issued(here)
    accepted = builders.replace(
        builders.stored(here, owned), state=CertificateState.ACCEPTED, accepted_at=here.now
    )
    here.memory.certificates[accepted.certificate_id] = accepted
    hold_by_two(here, owned)
    with here.work() as work:
        hold.expire(work, actor=JOB, serial=owned.certificate.serial, now=here.later(hours=72))
    assert builders.stored(here, owned).state is CertificateState.ACCEPTED


def test_only_the_system_ends_a_hold_by_its_time() -> None:
    here = builders.house()
    owned = held(here)
    with pytest.raises(roles.NotAllowed), here.work() as work:
        hold.expire(work, actor=OFFICER, serial=owned.certificate.serial, now=here.now)


def test_a_held_certificate_can_still_be_revoked() -> None:
    """R9: the hold does not take the owner's right away."""
    here = builders.house()
    owned = held(here)
    with here.work() as work:
        after = revoke.by_owner(
            work, actor=OFFICER, serial=owned.certificate.serial, owner=builders.consent(here, owned),
            reason=Reason.KEY_COMPROMISE, now=here.now,
        )  # fmt: skip
    assert (after.state, after.held_at, after.hold_until) == (CertificateState.REVOKED, None, None)


def test_the_figures_and_the_cover_come_back_with_the_release() -> None:
    """R12."""
    here = builders.house()
    owned = held(here)
    person = owned.owner.subscriber_id
    assert here.memory.cover[person] is None
    with here.work() as work:
        hold.expire(work, actor=JOB, serial=owned.certificate.serial, now=here.now)
    held_now = sum(n for key, n in here.memory.figures.items() if key[1] is Measure.HELD)
    assert (held_now, here.memory.cover[person]) == (0, owned.certificate.not_after)


def test_hold_is_no_reason_that_anybody_may_give_for_revoking() -> None:
    assert Reason.CERTIFICATE_HOLD not in (*reasons.BY_OWNER, *reasons.BY_LAW)
