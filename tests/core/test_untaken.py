"""A certificate that is held or revoked before its owner installed it (F1, steps 15 and 16; R10, R10a)."""

from dataclasses import replace
from datetime import timedelta

import pytest

from ca_core import records, roles
from ca_core.certificate import Certificate, Kind
from ca_core.dossier import Step
from ca_core.identifiers import ApplicationId
from ca_core.issuance import accept
from ca_core.lifecycle import ApplicationState, CertificateState, TransitionRefused
from ca_core.registration import dossier as dossiers
from ca_core.revocation import hold, revoke
from ca_core.revocation.reasons import Reason
from tests import builders
from tests import dossiers as ways
from tests.fakes import House


@pytest.fixture
def here() -> House:
    house = builders.house()
    builders.register(house)
    return house


def placed_on_hold(here: House, made: Certificate) -> None:
    with here.work() as work:
        hold.place(work, actor=roles.OWNER, found=made, why="not me", now=here.now)


def test_what_is_on_hold_is_not_installed_until_the_hold_is_lifted(here: House) -> None:
    """R10a: the page says until when, and goes on by itself."""
    dossier, made = ways.issued(here)
    placed_on_hold(here, made)
    assert ways.step_of(here, dossier) is Step.STATUS
    with ways.opened(here, dossier) as (work, found):
        standing = dossiers.standing(work, dossier=found)
    assert (standing.held_until, standing.key_is_void) == (here.now + timedelta(hours=72), False)
    with here.work() as work:
        hold.expire(work, actor=builders.JOB, serial=made.serial, now=here.now)
    assert ways.step_of(here, dossier) is Step.PASSWORD


def test_what_was_installed_while_the_hold_was_set_stays_on_hold(here: House) -> None:
    """R10a, R15: the file is there, and nothing can be done with it until the hold is lifted."""
    dossier, made = ways.issued(here)
    placed_on_hold(here, made)
    assert dossier.number is not None
    with here.work() as work:
        taken = accept.installed(work, number=dossier.number, now=here.now)
    assert (taken.state, ways.step_of(here, dossier)) == (CertificateState.ON_HOLD, Step.DONE)
    with here.work() as work:
        lifted = hold.expire(work, actor=builders.JOB, serial=made.serial, now=here.now)
    assert lifted.state is CertificateState.ACCEPTED


@pytest.mark.parametrize("held_before", [False, True])
def test_a_certificate_that_is_revoked_before_it_was_taken_ends_its_application(
    here: House, held_before: bool
) -> None:
    """R10: nothing waits for ever for what cannot come; the waiting key is erased, and one begins anew."""
    dossier, made = ways.issued(here)
    if held_before:
        placed_on_hold(here, made)
    with here.work() as work:
        current = records.certificate(work, made.serial)
        revoke.record(
            work, actor=roles.OWNER, found=current, reason=Reason.KEY_COMPROMISE, why="owner", now=here.now
        )
    with ways.opened(here, dossier) as (work, found):
        standing = dossiers.standing(work, dossier=found)
    assert (standing.state, standing.reason, standing.key_is_void) == (
        ApplicationState.REJECTED,
        revoke.UNTAKEN,
        True,
    )
    assert dossier.number is not None
    with pytest.raises(TransitionRefused), here.work() as work:
        accept.installed(work, number=dossier.number, now=here.now)
    with ways.opened(here, dossier) as (work, found):
        assert dossiers.begin_again(work, dossier=found, now=here.now).number is None


def test_a_certificate_that_is_revoked_after_it_was_taken_leaves_its_application_as_it_is(
    here: House,
) -> None:
    dossier = ways.accepted(here)
    assert dossier.number is not None
    with here.work() as work:
        made = work.certificates.of_application(dossier.number)
        assert made is not None
        revoke.record(
            work, actor=roles.OWNER, found=made, reason=Reason.SUPERSEDED, why="owner", now=here.now
        )
    assert ways.step_of(here, dossier) is Step.DONE


def test_a_renewal_that_is_revoked_leaves_its_application_as_it_is(here: House) -> None:
    """R8: the key is in use for a year, and the new certificate may be too; nobody waits for an installation."""
    owned = builders.issued(here)
    with here.work() as work:
        wanted = records.application(work, ApplicationId.of(owned.certificate.application_id))
        work.applications.save(replace(wanted, kind=Kind.RENEWAL), expected=wanted)
    with here.work() as work:
        current = records.certificate(work, owned.certificate.serial)
        revoke.record(
            work, actor=roles.OWNER, found=current, reason=Reason.SUPERSEDED, why="owner", now=here.now
        )
    assert here.memory.applications[wanted.number.digits].state is ApplicationState.ISSUED
