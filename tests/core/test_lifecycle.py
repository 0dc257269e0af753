"""THE LIFE: the tables agree with the functions, and nothing comes back from the end."""

import importlib

import pytest

from ca_core import certificate, lifecycle
from ca_core.certificate import Status
from ca_core.lifecycle import APPLICATION, CERTIFICATE, LIVES, ApplicationState, CertificateState
from tests import builders
from tests.core.x509.authorities import NOW

TRANSITIONS = [(life, transition) for life in LIVES for transition in life.transitions]


@pytest.mark.parametrize(
    ("life", "transition"), TRANSITIONS, ids=lambda v: getattr(v, "act", v.__class__.__name__)
)
def test_every_transition_names_a_function_that_exists(
    life: object, transition: lifecycle.Transition
) -> None:  # type: ignore[type-arg]
    module, _, function = transition.function.rpartition(".")
    assert callable(getattr(importlib.import_module(module), function))


@pytest.mark.parametrize("state", [CertificateState.REVOKED, CertificateState.ABANDONED])
def test_nothing_comes_back_from_the_end_of_a_certificate(state: CertificateState) -> None:
    """R10: a revocation is final."""
    assert CERTIFICATE.acts_from(state) == []


@pytest.mark.parametrize(
    "state",
    [
        ApplicationState.ACCEPTED,
        ApplicationState.WITHDRAWN,
        ApplicationState.REJECTED,
        ApplicationState.EXPIRED,
    ],
)
def test_nothing_comes_back_from_the_end_of_an_application(state: ApplicationState) -> None:
    assert APPLICATION.acts_from(state) == []


@pytest.mark.parametrize("life", LIVES, ids=lambda life: life.name)
def test_an_act_leads_from_a_state_to_one_state(life: lifecycle.Life) -> None:  # type: ignore[type-arg]
    pairs = [(t.act, origin) for t in life.transitions for origin in t.origins]
    assert len(pairs) == len(set(pairs))


def test_an_act_from_the_wrong_state_says_which() -> None:
    with pytest.raises(lifecycle.TransitionRefused) as refused:
        CERTIFICATE.after("accept", CertificateState.REVOKED)
    assert refused.value.facts == {"life": "certificate", "state": "REVOKED", "act": "accept"}


@pytest.mark.parametrize("state", list(CertificateState))
def test_every_state_has_a_status_in_the_first_year_and_after(state: CertificateState) -> None:
    """RFC 6960, 2.2: what never became a certificate is never called good."""
    here = builders.house()
    record = builders.replace(builders.issued(here).certificate, state=state)
    never_out = (CertificateState.RESERVED, CertificateState.PREPARED, CertificateState.ABANDONED)
    now = certificate.status(record, NOW)
    later = certificate.status(record, record.not_after.replace(year=record.not_after.year + 1))
    expected = {
        **dict.fromkeys(never_out, (Status.NOT_ISSUED, Status.NOT_ISSUED)),
        CertificateState.ISSUED: (Status.VALID, Status.EXPIRED),
        CertificateState.ACCEPTED: (Status.VALID, Status.EXPIRED),
        CertificateState.ON_HOLD: (Status.ON_HOLD, Status.EXPIRED),
        CertificateState.REVOKED: (Status.REVOKED, Status.REVOKED),
    }
    assert (now, later) == expected[state]


def test_a_certificate_is_valid_to_its_last_second() -> None:
    """RFC 5280 4.1.2.5: the period includes notAfter."""
    here = builders.house()
    record = builders.issued(here).certificate
    assert certificate.status(record, record.not_after) is Status.VALID
