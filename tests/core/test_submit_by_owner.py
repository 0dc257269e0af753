"""The key agent's request at step 14, and the certificate taken at step 16 (RFC 3647 4.1.2, 4.4)."""

import base64

import pytest
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import rsa

from ca_core import records
from ca_core.certificate import Channel, Method, StorageKind
from ca_core.dossier import Dossier, Step
from ca_core.identifiers import ApplicationId
from ca_core.issuance import accept, submit
from ca_core.lifecycle import ApplicationState, CertificateState, TransitionRefused
from ca_core.notices import NoticeKind
from ca_core.registration import terms
from ca_core.x509 import csr
from tests import builders
from tests import dossiers as ways
from tests.fakes import House


@pytest.fixture
def here() -> House:
    house = builders.house()
    builders.register(house)
    return house


def number_of(dossier: Dossier) -> ApplicationId:
    assert dossier.number is not None
    return dossier.number


def send(here: House, dossier: Dossier, raw: bytes) -> ApplicationState:
    with here.work() as work:
        return submit.by_owner(work, number=number_of(dossier), raw_request=raw, now=here.now).state


def test_an_agreed_application_is_sent_with_its_key_and_ordered_once(here: House) -> None:
    ready = ways.agreed(here)
    raw = builders.request(builders.new_key())
    assert send(here, ready, raw) is ApplicationState.SUBMITTED
    assert list(here.memory.commands) == [f"issue:{number_of(ready).digits}"]
    wanted = here.memory.applications[number_of(ready).digits]
    assert wanted.key_id == csr.check(raw).key_id
    # R12: it counts for the region in which its owner lives.
    [owner] = here.memory.subscribers.values()
    assert wanted.region == owner.region > 0
    assert builders.events(here).count("application:submit:done") == 1


def test_the_same_request_twice_is_one_order(here: House) -> None:
    """Two tabs, a lost answer, a resent form."""
    ready, raw = ways.agreed(here), builders.request(builders.new_key())
    send(here, ready, raw)
    assert send(here, ready, raw) is ApplicationState.SUBMITTED
    builders.carry_out(here, number_of(ready))
    assert send(here, ready, raw) is ApplicationState.ISSUED
    assert len(here.memory.commands) == 1


def test_the_key_is_made_on_the_medium_that_the_application_names(here: House) -> None:
    """R6, R12: what is counted as a token is no file; where the key agent says nothing, it is one."""
    ready, raw = ways.with_terms(here), builders.request(builders.new_key())
    with ways.opened(here, ready) as (work, found):
        terms.give_contact(
            work,
            dossier=found,
            email="damir@example.kz",
            storage=StorageKind.USB_TOKEN,
            reported=(StorageKind.USB_TOKEN,),
            now=here.now,
        )
    with pytest.raises(submit.StorageDiffers):
        send(here, ready, raw)
    with here.work() as work:
        number, made_on = number_of(ready), StorageKind.USB_TOKEN
        sent = submit.by_owner(work, number=number, raw_request=raw, made_on=made_on, now=here.now)
    assert sent.storage is StorageKind.USB_TOKEN


def test_a_second_key_for_one_application_is_refused(here: House) -> None:
    """R5: one signing certificate an application."""
    sent = ways.submitted(here)
    with pytest.raises(submit.AlreadySent):
        send(here, sent, builders.request(builders.new_key()))


@pytest.mark.parametrize(
    "walked",
    [ways.started, ways.confirmed, ways.identified, ways.with_access, ways.with_terms],
    ids=lambda walked: walked.__name__,
)
def test_nothing_is_sent_before_everything_is_agreed(here: House, walked: object) -> None:
    """p. 4.1.2: identified, allowed, accepted, reachable; then the key."""
    early = walked(here)  # type: ignore[operator]
    with pytest.raises(TransitionRefused):
        send(here, early, builders.request(builders.new_key()))
    assert here.memory.commands == {}


def test_a_key_that_is_another_applications_is_refused(here: House) -> None:
    """R6, R11: a replayed request gets nobody a second certificate."""
    raw = builders.request(builders.new_key())
    ways.submitted(here, raw_request=raw)
    here.later(hours=2)
    other = ways.agreed(here, browser="another")
    with pytest.raises(submit.KeyAlreadyUsed):
        send(here, other, raw)


def short_rsa() -> bytes:
    key = rsa.generate_private_key(public_exponent=65537, key_size=1024)
    built = x509.CertificateSigningRequestBuilder().subject_name(x509.Name([])).sign(key, hashes.SHA256())
    return built.public_bytes(serialization.Encoding.DER)


def anothers_signature() -> bytes:
    """A request whose key was exchanged after it was signed."""
    pems = (builders.request(builders.new_key()) for _ in range(2))
    mine, theirs = (base64.b64decode(b"".join(pem.splitlines()[1:-1])) for pem in pems)
    points = [mine.index(b"\x03\x42\x00\x04") + 4, theirs.index(b"\x03\x42\x00\x04") + 4]
    return mine[: points[0]] + theirs[points[1] : points[1] + 64] + mine[points[0] + 64 :]


@pytest.mark.parametrize(
    ("raw", "refusal"),
    [
        (b"", csr.CsrMalformed),
        (b"\x00" * 100, csr.CsrMalformed),
        (b"x" * 20_000, csr.CsrTooLarge),
        (short_rsa(), csr.KeyNotAllowed),
        (anothers_signature(), csr.CsrNotPossessed),
    ],
    ids=["empty", "garbage", "huge", "weak", "not possessed"],
)
def test_a_bad_request_changes_nothing(here: House, raw: bytes, refusal: type[Exception]) -> None:
    ready = ways.agreed(here)
    with pytest.raises(refusal):
        send(here, ready, raw)
    assert ways.step_of(here, ready) is Step.KEY
    assert here.memory.commands == {}


def test_whose_document_ran_out_meanwhile_gets_no_certificate(here: House) -> None:
    """R2 holds on the day of issue, not on the day of the first page."""
    ready = ways.agreed(here)
    here.memory.persons[builders.person().iin] = builders.person(
        document_expires_on=builders.date(2020, 1, 1)
    )
    with pytest.raises(records.DocumentExpired):
        send(here, ready, builders.request(builders.new_key()))


def test_the_certificate_keeps_entry_storage_method_and_tells_its_owner(here: House) -> None:
    """R5, R14: told by SMS and e-mail, each with a way to answer "not me"."""
    _, made = ways.issued(here)
    facets = made.facets
    assert (facets.channel, facets.storage, facets.method) == (
        Channel.EGOV, StorageKind.FILE, Method.AUTOMATIC_FACE,
    )  # fmt: skip
    told = [n for n in here.memory.notices if n.kind is NoticeKind.ISSUED]
    assert {n.medium.value for n in told} == {"sms", "email"}
    assert {n.recipient for n in told} == {builders.PHONE.digits, "damir@example.kz"}


def test_installing_accepts_certificate_and_application_once(here: House) -> None:
    found, made = ways.issued(here)
    for _ in range(2):
        with here.work() as work:
            taken = accept.installed(work, number=number_of(found), now=here.now)
        here.later(minutes=1)
    assert (taken.certificate_id, taken.state) == (made.certificate_id, CertificateState.ACCEPTED)
    assert ways.step_of(here, found) is Step.DONE
    assert builders.events(here).count("certificate:accept:done") == 1


def test_nothing_is_installed_before_it_is_issued(here: House) -> None:
    sent = ways.submitted(here)
    with pytest.raises(accept.NotIssuedYet), here.work() as work:
        accept.installed(work, number=number_of(sent), now=here.now)


def test_who_did_not_finish_in_thirty_days_is_told_by_sms_and_mail(here: House) -> None:
    """F1, R13: nobody waits for what will not come; the message asks for nothing."""
    dossier = ways.agreed(here)
    here.later(days=30)
    assert dossier.number is not None
    with here.work() as work:
        submit.expire(work, actor=builders.JOB, number=dossier.number, now=here.now)
    told = [n for n in here.memory.notices if n.kind is NoticeKind.APPLICATION_EXPIRED]
    assert {(n.medium.value, n.recipient) for n in told} == {
        ("sms", builders.PHONE.digits),
        ("email", "damir@example.kz"),
    }
    assert {n.words["number"] for n in told} == {str(dossier.number)}
    with pytest.raises(TransitionRefused), here.work() as work:
        submit.expire(work, actor=builders.JOB, number=dossier.number, now=here.now)


def test_the_same_request_from_two_tabs_is_no_key_of_another_application(here: House) -> None:
    """Read before the other tab's was stored, checked after: what is told is to look again."""
    dossier = ways.submitted(here)
    assert dossier.number is not None
    key_id = here.memory.applications[dossier.number.digits].key_id
    with pytest.raises(records.ChangedMeanwhile), here.work() as work:
        submit.require_fresh_key(work, key_id, of=dossier.number)
    with pytest.raises(submit.KeyAlreadyUsed), here.work() as work:
        submit.require_fresh_key(work, key_id)
