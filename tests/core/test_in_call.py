"""What a call agent may do for the identified caller of their own call, and for nobody else (F2, R9)."""

import secrets
from collections.abc import Callable
from typing import Any

import pytest

from ca_core import approval, certificate, lookup, records, roles
from ca_core.call import Check, Decision, Gate, Outcome
from ca_core.certificate import Channel, Kind, Method, Status, StorageKind
from ca_core.identifiers import Phone
from ca_core.issuance import accept, reissue, renew
from ca_core.lifecycle import CallState, CertificateState
from ca_core.records import NotTheCaller
from ca_core.registration import sms_code
from ca_core.registration.sms_code import CodePurpose
from ca_core.revocation import hold, reports, revoke
from ca_core.revocation.reasons import Reason
from tests import builders
from tests.builders import AGENT, OFFICER, SECOND_AGENT, Owned
from tests.fakes import House


def view(here: House, owned: Owned, actor: roles.Actor) -> object:
    with here.work() as work:
        whose = owned.owner.subscriber_id
        return lookup.holder(work, actor=actor, subscriber_id=whose, opened=True, now=here.now)


def reveal(here: House, owned: Owned, actor: roles.Actor) -> object:
    with here.work() as work:
        return lookup.reveal(
            work,
            actor=actor,
            subscriber_id=owned.owner.subscriber_id,
            reason=lookup.RevealReason.OWNER_ON_LINE,
            note="",
            now=here.now,
        )


def send_code(here: House, owned: Owned, actor: roles.Actor) -> object:
    with here.work() as work:
        return sms_code.send(
            work,
            actor=actor,
            owner=owned.owner,
            purpose=CodePurpose.REVOKE,
            subject=owned.certificate.serial.hex,
            page="page-1",
            now=here.now,
        )


def revoke_it(here: House, owned: Owned, actor: roles.Actor) -> object:
    owner = builders.consent(here, owned)
    with here.work() as work:
        return revoke.by_owner(
            work,
            actor=actor,
            serial=owned.certificate.serial,
            owner=owner,
            reason=Reason.KEY_COMPROMISE,
            lost=False,
            now=here.now,
        )


def hold_it(here: House, owned: Owned, actor: roles.Actor) -> object:
    owner = builders.consent(here, owned, hold.PURPOSE_HOLD)
    with here.work() as work:
        return hold.with_owner(work, actor=actor, serial=owned.certificate.serial, owner=owner, now=here.now)


def release_it(here: House, owned: Owned, actor: roles.Actor) -> object:
    stored = builders.stored(here, owned)
    here.memory.certificates[stored.certificate_id] = builders.replace(
        stored, state=CertificateState.ON_HOLD, held_at=here.now, hold_until=here.now
    )
    owner = builders.consent(here, owned, hold.PURPOSE_RELEASE)
    with here.work() as work:
        return hold.release_by_owner(
            work, actor=actor, serial=owned.certificate.serial, owner=owner, now=here.now
        )


def open_renewal(here: House, owned: Owned, actor: roles.Actor) -> object:
    with here.work() as work:
        return renew.open_for_owner(work, actor=actor, serial=owned.certificate.serial, now=here.now)


def ask_reissue(here: House, owned: Owned, actor: roles.Actor) -> object:
    owner = builders.consent(here, owned, reissue.PURPOSE)
    with here.work() as work:
        return reissue.request(
            work,
            actor=actor,
            serial=owned.certificate.serial,
            owner=owner,
            raw_request=builders.request(builders.new_key()),
            storage=StorageKind.FILE,
            lost=True,
            now=here.now,
        )


def take_over(here: House, owned: Owned, actor: roles.Actor) -> object:
    with here.work() as work:
        return accept.by_owner(work, actor=actor, serial=owned.certificate.serial, now=here.now)


Act = Callable[[House, Owned, roles.Actor], object]
ACTS: tuple[Act, ...] = (
    view,
    reveal,
    send_code,
    revoke_it,
    hold_it,
    release_it,
    open_renewal,
    ask_reissue,
    take_over,
)
every_act = pytest.mark.parametrize("act", ACTS, ids=lambda act: act.__name__)


def identified(here: House, owned: Owned, *, agent: roles.Actor = AGENT, **different: Any) -> int:
    """The owner on this agent's line, document and face proven; returns the call."""
    page = secrets.token_bytes(8)
    found = builders.on_the_line(
        here, agent=agent, **{"iin": owned.owner.iin, "page_digest": page, **different}
    )
    builders.checks_passed(here, found.call_id, *records.IDENTIFYING)
    return found.call_id


def stranger(here: House) -> Owned:
    """Another subscriber with a certificate."""
    iin = builders.iin(number=500)
    return builders.issued(here, builders.register(here, iin=iin, phone=Phone.parse("+7 702 000 00 01")))


def refused(here: House, act: Act, owned: Owned, actor: roles.Actor = AGENT) -> None:
    """The act is refused and nothing is changed by it."""
    before = here.memory.savepoint()
    with pytest.raises(NotTheCaller):
        act(here, owned, actor)
    changed = {name for name, value in here.memory.savepoint().items() if value != before[name]}
    # The test itself set the hold that is to be lifted.
    assert changed <= ({"certificates"} if act is release_it else set())


@every_act
def test_for_the_identified_caller_the_agent_does_what_an_officer_does(act: Act) -> None:
    here = builders.house()
    owned = builders.issued(here)
    identified(here, owned)
    act(here, owned, AGENT)


@every_act
def test_on_hold_the_caller_is_still_the_caller(act: Act) -> None:
    here = builders.house()
    owned = builders.issued(here)
    identified(here, owned, state=CallState.HELD)
    act(here, owned, AGENT)


@every_act
@pytest.mark.parametrize("decision", [Decision.REFUSED_RETRY, Decision.REFUSED_FINAL, Decision.ESCALATED])
def test_for_a_caller_who_was_refused_the_agent_does_nothing(act: Act, decision: Decision) -> None:
    here = builders.house()
    owned = builders.issued(here)
    identified(here, owned, decision=decision)
    refused(here, act, owned)


@every_act
def test_for_a_caller_who_may_be_forced_the_agent_does_nothing(act: Act) -> None:
    """R13."""
    here = builders.house()
    owned = builders.issued(here)
    call_id = identified(here, owned)
    here.memory.checks.append(Check(call_id, Gate.PRESSURE, Outcome.FAILED, here.now, "agent"))
    refused(here, act, owned)


@every_act
def test_without_a_call_the_agent_does_nothing(act: Act) -> None:
    here = builders.house()
    refused(here, act, builders.issued(here))


@every_act
@pytest.mark.parametrize("gate", [Gate.DOCUMENT, Gate.READING, Gate.FEATURES, Gate.FACE])
@pytest.mark.parametrize("outcome", [None, Outcome.FAILED, Outcome.OPEN_AGAIN])
def test_before_the_identification_the_agent_does_nothing(
    act: Act, gate: Gate, outcome: Outcome | None
) -> None:
    """Document, reading, features and face: each must stand, and the newest check of each counts."""
    here = builders.house()
    owned = builders.issued(here)
    found = builders.on_the_line(here, iin=owned.owner.iin)
    gates = [other for other in Gate if outcome or other is not gate]
    builders.checks_passed(here, found.call_id, *gates)
    if outcome is not None:
        here.memory.checks.append(Check(found.call_id, gate, outcome, here.now, AGENT.name))
    refused(here, act, owned)


@every_act
def test_for_somebody_else_than_the_caller_the_agent_does_nothing(act: Act) -> None:
    here = builders.house()
    identified(here, builders.issued(here))
    refused(here, act, stranger(here))


@every_act
@pytest.mark.parametrize("state", [CallState.ENDED, CallState.RECONNECTING, CallState.RINGING])
def test_off_the_line_the_agent_does_nothing(act: Act, state: CallState) -> None:
    """Wrapping up, or waiting for the caller to come back: nobody is there to ask for it."""
    here = builders.house()
    owned = builders.issued(here)
    identified(here, owned, state=state)
    refused(here, act, owned)


@every_act
def test_another_agents_caller_is_not_mine(act: Act) -> None:
    here = builders.house()
    owned = builders.issued(here)
    identified(here, owned, agent=SECOND_AGENT)
    refused(here, act, owned)


@every_act
def test_a_desk_that_names_another_agents_call_opens_nothing(act: Act) -> None:
    here = builders.house()
    owned = builders.issued(here)
    call_id = identified(here, owned, agent=SECOND_AGENT)
    here.memory.desks[5] = builders.desk(here.now, call_id=call_id)
    refused(here, act, owned)


@every_act
def test_my_earlier_call_is_over_when_i_have_another(act: Act) -> None:
    here = builders.house()
    owned = builders.issued(here)
    call_id = identified(here, owned)
    here.memory.calls[call_id] = builders.replace(here.memory.calls[call_id], state=CallState.ENDED)
    del here.memory.desks[5]
    builders.on_the_line(here, iin=builders.iin(number=500))
    refused(here, act, owned)


@every_act
def test_an_officer_needs_no_call(act: Act) -> None:
    here = builders.house()
    act(here, builders.issued(here), OFFICER)


@every_act
def test_for_the_identified_caller_other_roles_do_no_more_than_before(act: Act) -> None:
    here = builders.house()
    owned = builders.issued(here)
    identified(here, owned)
    with pytest.raises(roles.NotAllowed):
        act(here, owned, builders.ANALYST)


def test_who_the_caller_is_is_nobody_until_proven() -> None:
    here = builders.house()
    owned = builders.issued(here)
    with here.work() as work:
        assert records.caller_of(work, AGENT) is None
    identified(here, owned)
    with here.work() as work:
        assert records.caller_of(work, AGENT) == owned.owner.iin
        assert records.caller_of(work, SECOND_AGENT) is None
        assert records.caller_of(work, builders.replace(AGENT, staff_id=None)) is None


def test_a_permission_that_agents_lack_no_call_gives() -> None:
    here = builders.house()
    owned = builders.issued(here)
    identified(here, owned)
    with here.work() as work, pytest.raises(roles.NotAllowed):
        records.require_for(
            work,
            AGENT,
            roles.Permission.PROPOSE_BY_LAW,
            subscriber_id=owned.owner.subscriber_id,
        )


def test_the_owners_code_is_asked_in_the_call_too() -> None:
    """R9: the agent alone revokes nothing, whoever is on the line."""
    here = builders.house()
    owned = builders.issued(here)
    identified(here, owned)
    other = builders.consent(here, owned, "reissue")
    with pytest.raises(revoke.consent.ConsentMissing), here.work() as work:
        revoke.by_owner(
            work,
            actor=AGENT,
            serial=owned.certificate.serial,
            owner=other,
            reason=Reason.KEY_COMPROMISE,
            lost=False,
            now=here.now,
        )
    assert certificate.status(builders.stored(here, owned), here.now) is Status.VALID


def test_what_the_caller_reports_to_an_agent_takes_two_officers() -> None:
    """R9a: the agent who heard it is neither of them."""
    here = builders.house()
    owned = builders.issued(here)
    twin = builders.renewed(here, owned)
    identified(here, owned)
    builders.report_key(here, owned, AGENT)
    with here.work() as work:
        (reported,) = work.proposals.open_for([twin.certificate.serial.hex], here.now)
    assert (reported.is_report, reported.asked_by_name) == (True, AGENT.name)
    given: dict[str, Any] = {"proposal_id": reported.proposal_id, "now": here.now}
    with pytest.raises(approval.FirstOfficerNeeded), here.work() as work:
        revoke.agree_by_law(work, actor=OFFICER, **given)
    with here.work() as work:
        given["proposal_id"] = reports.take_up(work, actor=OFFICER, **given)
    assert certificate.status(builders.stored(here, twin), here.now) is Status.VALID
    with here.work() as work:
        revoke.agree_by_law(work, actor=builders.SECOND, **given)
    assert certificate.status(builders.stored(here, twin), here.now) is Status.REVOKED


def test_a_reissue_in_a_call_was_identified_by_video_and_counts_for_the_residence() -> None:
    """R12: the office's region is the counter's."""
    here = builders.house()
    owned = builders.issued(here)
    identified(here, owned)
    wanted: Any = ask_reissue(here, owned, builders.replace(AGENT, region=3))
    assert (wanted.kind, wanted.method, wanted.channel) == (Kind.REISSUE, Method.VIDEO_CALL, Channel.EGOV)
    assert wanted.region == owned.owner.region


def test_a_reissue_at_a_counter_counts_for_the_office() -> None:
    here = builders.house()
    owned = builders.issued(here)
    wanted: Any = ask_reissue(here, owned, builders.replace(OFFICER, region=3))
    assert (wanted.method, wanted.channel, wanted.region) == (Method.COUNTER, Channel.COUNTER, 3)


@pytest.mark.parametrize("actor", [AGENT, OFFICER])
def test_no_search_over_all_certificates_belongs_to_an_agent(actor: roles.Actor) -> None:
    """What agents may do, they may do for the caller; nothing that looks at everybody is among it."""
    for_everybody = {
        roles.Permission.SEARCH_CERTIFICATES,
        roles.Permission.PROPOSE_BY_LAW,
        roles.Permission.AGREE_TO_PROPOSAL,
        roles.Permission.SUBMIT_APPLICATION,
        roles.Permission.VIEW_EVIDENCE,
    }
    allowed = {permission for permission in for_everybody if roles.may(actor, permission)}
    assert allowed == (set() if actor is AGENT else for_everybody - {roles.Permission.VIEW_EVIDENCE})
