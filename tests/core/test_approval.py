"""Two people: a frozen proposal, its hash, who asked, who agreed (R9, R10a)."""

from datetime import timedelta

import pytest

from ca_core import approval
from ca_core.approval import Proposal, ProposalState
from tests import builders
from tests.core.x509.authorities import NOW

PAYLOAD = (("document", "2-114/26"), ("reason", "9"))


def proposal(**different: object) -> Proposal:
    default = Proposal(
        proposal_id=1,
        act="revoke_by_law",
        subject="ab12",
        payload=PAYLOAD,
        digest=approval.digest(act="revoke_by_law", subject="ab12", payload=PAYLOAD),
        asked_by=1,
        asked_by_name="Ainur K.",
        asked_at=NOW,
        expires_at=NOW + timedelta(hours=24),
    )
    return builders.replace(default, **different)


def test_the_digest_covers_act_object_and_every_value() -> None:
    whole = {"act": "hold", "subject": "ab", "payload": PAYLOAD}
    digests = {
        approval.digest(**whole),  # type: ignore[arg-type]
        approval.digest(**{**whole, "act": "release_hold"}),  # type: ignore[arg-type]
        approval.digest(**{**whole, "subject": "ac"}),  # type: ignore[arg-type]
        approval.digest(**{**whole, "payload": PAYLOAD[:1]}),  # type: ignore[arg-type]
        approval.digest(**{**whole, "payload": (("document", "2-114/26reason9"),)}),  # type: ignore[arg-type]
    }
    assert len(digests) == 5


def test_the_order_of_values_does_not_matter() -> None:
    one = approval.digest(act="hold", subject="ab", payload=PAYLOAD)
    assert one == approval.digest(act="hold", subject="ab", payload=PAYLOAD[::-1])


def test_another_person_may_agree_until_it_runs_out() -> None:
    approval.require_agreeable(proposal(), second=2, now=NOW + timedelta(hours=24, seconds=-1))


@pytest.mark.parametrize("second", [1, None])
def test_the_same_person_or_nobody_may_not(second: int | None) -> None:
    with pytest.raises(approval.SecondPersonNeeded):
        approval.require_agreeable(proposal(), second=second, now=NOW)


def test_a_report_has_no_first_person_until_it_is_taken_up() -> None:
    """R9a."""
    reported = proposal(asked_by=approval.NOBODY)
    with pytest.raises(approval.FirstOfficerNeeded):
        approval.require_agreeable(reported, second=2, now=NOW)
    approval.require_to_be_answered(reported, [reported, proposal(act="hold")], now=NOW)
    for answer in (proposal(), proposal(act=approval.DISMISSAL)):
        with pytest.raises(approval.AlreadyTakenUp):
            approval.require_to_be_answered(reported, [reported, answer], now=NOW)
    with pytest.raises(approval.ProposalUnknown):
        approval.require_to_be_answered(proposal(), [], now=NOW)


def test_a_report_that_is_over_or_was_changed_is_not_taken_up() -> None:
    for different, refusal in (
        ({"state": ProposalState.WITHDRAWN}, approval.ProposalClosed),
        ({"subject": "ac13"}, approval.ProposalChanged),
    ):
        with pytest.raises(refusal):
            approval.require_to_be_answered(proposal(asked_by=approval.NOBODY, **different), [], now=NOW)


@pytest.mark.parametrize("state", [ProposalState.AGREED, ProposalState.WITHDRAWN])
def test_a_closed_one_is_closed(state: ProposalState) -> None:
    with pytest.raises(approval.ProposalClosed) as refused:
        approval.require_agreeable(proposal(state=state), second=2, now=NOW)
    assert refused.value.facts == {"state": state.name}


def test_one_that_ran_out_is_closed() -> None:
    with pytest.raises(approval.ProposalClosed):
        approval.require_agreeable(proposal(), second=2, now=NOW + timedelta(hours=24))


@pytest.mark.parametrize(
    "changed", [{"subject": "ac13"}, {"act": "hold"}, {"payload": (("document", "other"), ("reason", "9"))}]
)
def test_one_that_was_changed_is_refused(changed: dict[str, object]) -> None:
    with pytest.raises(approval.ProposalChanged):
        approval.require_agreeable(proposal(**changed), second=2, now=NOW)
