"""The citizen's way on a real database (F1): from the first page to the installed certificate, also from two tabs."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor

import pytest

from ca_core.certificate import Method
from ca_core.dossier import Step
from ca_core.issuance import accept, submit
from ca_core.lifecycle import ApplicationState, CertificateState
from ca_core.records import ChangedMeanwhile
from ca_core.registration import dossier as dossiers
from ca_core.registration.dossier import OutOfOrder
from runtime import authority
from runtime.issuing import Issuing
from runtime.jobs import JOB
from runtime.service import Service
from tests import builders
from tests import dossiers as ways


@pytest.fixture(autouse=True)
def applicant(service: Service) -> None:
    builders.register(service)


def at_once(act: Callable[[], object], times: int = 4) -> list[str]:
    """What each of several tabs got for the same form."""

    def one(_number: int) -> str:
        try:
            act()
        except (ChangedMeanwhile, OutOfOrder) as refusal:
            return refusal.code
        return "done"

    with ThreadPoolExecutor(times) as together:
        return sorted(together.map(one, range(times)))


def test_from_the_first_page_to_the_installed_certificate(service: Service) -> None:
    sent = ways.submitted(service)
    assert sent.number is not None
    assert ways.step_of(service, sent) is Step.STATUS
    issuing = Issuing(service, authority.issuer(service.settings), linter=None)
    [outcome] = issuing.batch([sent.number])
    assert outcome.certificate is not None, outcome.refusal
    assert ways.step_of(service, sent) is Step.PASSWORD
    with service.work() as work:
        taken = accept.installed(work, number=sent.number, now=service.now())
    assert (taken.state, taken.facets.method) == (CertificateState.ACCEPTED, Method.AUTOMATIC_FACE)
    assert ways.step_of(service, sent) is Step.DONE


def test_several_tabs_that_proceed_at_once_open_one_application(service: Service) -> None:
    ready = ways.with_agent(service)

    def proceed() -> None:
        with ways.opened(service, ready) as (work, found):
            dossiers.proceed(work, dossier=found, now=service.now())

    told = at_once(proceed)
    assert told.count("done") == 1
    with service.look() as work:
        owner = work.subscribers.by_iin(builders.person().iin)
        assert owner is not None
        assert len(work.applications.of_subscriber(owner.subscriber_id)) == 1


def test_several_tabs_that_send_the_same_request_at_once_order_one_certificate(service: Service) -> None:
    """Whoever was late is told so, and finds the application sent when they look again."""
    ready = ways.agreed(service)
    raw = builders.request(builders.new_key())
    number = ready.number
    assert number is not None

    def send() -> None:
        with service.work() as work:
            submit.by_owner(work, number=number, raw_request=raw, now=service.now())

    assert "done" in at_once(send)
    send()
    with service.look() as work:
        found = work.applications.by_number(number)
        assert found is not None
        assert found.state is ApplicationState.SUBMITTED
        assert [c.subject for c in work.commands.due(service.now(), 100)] == [number.digits]


def test_an_expired_application_stops_the_way_and_voids_its_key(service: Service) -> None:
    ready = ways.agreed(service)
    assert ready.number is not None
    with service.work() as work:
        submit.expire(work, actor=JOB, number=ready.number, now=service.now())
    with ways.opened(service, ready) as (work, found):
        standing = dossiers.standing(work, dossier=found)
    assert (standing.state, standing.key_is_void) == (ApplicationState.EXPIRED, True)
    with pytest.raises(OutOfOrder), ways.opened(service, ready) as (work, found):
        dossiers.keep_key(work, dossier=found, reference="key-1", now=service.now())
