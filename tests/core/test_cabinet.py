"""The owner's sessions, the sign-in by code and by key, and what is the owner's own (F8, R4, R7, R9, R14)."""

from datetime import datetime, timedelta
from typing import Any

import pytest
from cryptography import x509

from ca_core import approval, lookup, owner_session, roles
from ca_core.audit import Entry
from ca_core.cabinet import by_key, own, sessions
from ca_core.certificate import Kind
from ca_core.consent import ConsentMissing, OwnerConsent
from ca_core.identifiers import Iin, Sex
from ca_core.issuance import renew
from ca_core.lookup import RevealReason
from ca_core.owner_session import OwnerSession
from ca_core.records import CertificateUnknown
from ca_core.registration import bmg, sign_in
from ca_core.registration.sign_in import SignInRefused
from ca_core.revocation import hold, reports, revoke, two_officers
from ca_core.revocation.reasons import Reason
from ca_core.subscriber import Subscriber
from ca_core.x509 import cms
from tests import builders
from tests.builders import OFFICER, SECOND, Owned
from tests.core.x509 import authorities
from tests.core.x509.signed_files import signed
from tests.fakes import House

PAGE = "a page"
DEVICE = b"a browser"
PORTAL = "https://portal.example"
ISSUER = authorities.authority().issuing.certificate
STRANGER = builders.iin(number=700)


@pytest.fixture
def here() -> House:
    return builders.house()


@pytest.fixture
def owner(here: House) -> Subscriber:
    return builders.register(here)


def ask(here: House, iin: Iin, **different: Any) -> None:
    asked = {"page": PAGE, "device": DEVICE, "language": "ru", "now": here.now} | different
    with here.work() as work:
        sign_in.send(work, iin=iin, **asked)


def proven(here: House, iin: Iin, typed: str, *, page: str = PAGE) -> OwnerConsent:
    with here.work() as work:
        attempt = sign_in.take_try(work, iin=iin, page=page, now=here.now)
    with here.work() as work:
        return sign_in.confirm(work, iin=iin, page=page, attempt=attempt, typed=typed, now=here.now)


def opened(here: House, owner: Subscriber) -> OwnerSession:
    ask(here, owner.iin)
    consent = proven(here, owner.iin, builders.newest_code(here))
    with here.work() as work:
        token = sessions.open_(work, iin=owner.iin, owner=consent, now=here.now)
        return sessions.resume(work, token=token, now=here.now)


def test_the_code_opens_a_session_whose_token_is_nowhere(here: House, owner: Subscriber) -> None:
    session = opened(here, owner)
    assert (session.iin, session.by) == (owner.iin, "sms_code")
    assert owner.iin.digits not in str([entry.subject for entry in here.memory.audit])
    assert [entry.event for entry in here.memory.audit][-1] == "owner:sign_in:done"


def test_whoever_asks_is_told_nothing(here: House, owner: Subscriber) -> None:
    """No phone, nobody, too soon: silence. Any code that does not fit: one refusal."""
    ask(here, STRANGER)
    ask(here, owner.iin)
    ask(here, owner.iin)
    assert len(list(builders.codes_sent(here))) == 1
    right = builders.newest_code(here)
    for iin, typed, page in (
        (STRANGER, "000000", PAGE),
        (owner.iin, builders.wrong(right), PAGE),
        (owner.iin, right, "another page"),
    ):
        with pytest.raises(SignInRefused):
            proven(here, iin, typed, page=page)
    here.later(minutes=4)
    with pytest.raises(SignInRefused):
        proven(here, owner.iin, right)


def test_a_person_without_any_application_signs_in_too(here: House) -> None:
    whose = builders.person(iin=builders.iin(sex=Sex.FEMALE), sex=Sex.FEMALE)
    here.memory.persons[whose.iin] = whose
    here.memory.bmg[whose.iin] = builders.MobileRegistration(whose.iin, builders.PHONE, here.now, "demo")
    ask(here, whose.iin)
    assert proven(here, whose.iin, builders.newest_code(here)).purpose == owner_session.PURPOSE


def test_guessing_is_slow_whoever_the_iin_belongs_to(here: House) -> None:
    for n in range(builders.policy().identification.look_ups_of_a_browser):
        ask(here, builders.iin(number=100 + 20 * n))
    with pytest.raises(bmg.TooManyLookUps):
        ask(here, STRANGER)
    for n in range(builders.policy().identification.look_ups_of_an_iin):
        ask(here, STRANGER, device=bytes([n]))
    with pytest.raises(bmg.TooManyLookUps):
        ask(here, STRANGER, device=b"yet another")


def test_no_session_without_the_owners_proof_in_this_step(here: House, owner: Subscriber) -> None:
    subject = owner_session.subject(owner.iin, lambda code, binding: b"0" * 32)
    with pytest.raises(ConsentMissing), here.work() as work:
        sessions.open_(
            work, iin=owner.iin, owner=OwnerConsent("sign_in", subject, here.now, "x"), now=here.now
        )
    ask(here, owner.iin)
    consent = proven(here, owner.iin, builders.newest_code(here))
    for iin, later in ((STRANGER, timedelta(0)), (owner.iin, timedelta(seconds=1))):
        with pytest.raises(ConsentMissing), here.work() as work:
            sessions.open_(work, iin=iin, owner=consent, now=here.now + later)


@pytest.mark.parametrize("minutes", [15, 8 * 60])
def test_a_session_ends_when_idle_and_at_its_end(here: House, owner: Subscriber, minutes: int) -> None:
    """15 idle minutes; 8 hours for who never stops."""
    ask(here, owner.iin)
    consent = proven(here, owner.iin, builders.newest_code(here))
    with here.work() as work:
        token = sessions.open_(work, iin=owner.iin, owner=consent, now=here.now)
    for _ in range(minutes // 14 if minutes > 15 else 0):
        here.later(minutes=14)
        with here.work() as work:
            session = sessions.resume(work, token=token, now=here.now)
            assert sessions.must_be_noted(session, now=here.now)
            sessions.seen(work, session=session, now=here.now)
    here.now = session_end(here, token, minutes)
    with pytest.raises(sessions.SignedOut), here.work() as work:
        sessions.resume(work, token=token, now=here.now)


def session_end(here: House, token: str, minutes: int) -> datetime:
    """The first second after the time: counted from the last visit, or from the beginning."""
    session = here.memory.owner_sessions[sessions.digest(token)]
    return (session.seen_at if minutes == 15 else session.started_at) + timedelta(minutes=minutes)


def test_a_token_that_opened_nothing_resumes_nothing_and_may_be_thrown_away(
    here: House, owner: Subscriber
) -> None:
    with pytest.raises(sessions.SignedOut), here.work() as work:
        sessions.resume(work, token="x" * 43, now=here.now)
    with here.work() as work:
        sessions.sign_out(work, token="x" * 43, now=here.now)
    assert [entry.event for entry in here.memory.audit if entry.event.startswith("owner:")] == []


def test_sessions_that_are_over_are_forgotten(here: House, owner: Subscriber) -> None:
    """R14: 15 idle minutes end one; nobody erases them at will."""
    first = opened(here, owner)
    here.later(minutes=10)
    second = opened(here, owner)
    here.later(minutes=5)
    with pytest.raises(roles.NotAllowed), here.work() as work:
        sessions.forget(work, actor=OFFICER, now=here.now)
    with here.work() as work:
        assert sessions.forget(work, actor=builders.JOB, now=here.now) == 1
    assert set(here.memory.owner_sessions) == {second.token_digest} != {first.token_digest}


def test_anothers_certificate_is_as_unknown_as_none(here: House, owner: Subscriber) -> None:
    mine = builders.issued(here, owner)
    other = builders.register(here, iin=STRANGER, phone=None)
    theirs = builders.issued(here, other)
    session = opened(here, owner)
    with here.work() as work:
        assert [one.serial for one in own.certificates(work, session)] == [mine.certificate.serial]
        assert x509.load_der_x509_certificate(
            own.der(work, session, mine.certificate.serial)
        ).serial_number == (mine.certificate.serial.number)
        for ask_for in (own.certificate, own.der):
            with pytest.raises(CertificateUnknown):
                ask_for(work, session, theirs.certificate.serial)
        with pytest.raises(CertificateUnknown):
            own.consent(work, session, serial=theirs.certificate.serial, purpose="not_me", now=here.now)


def test_who_looked_is_told_without_names_and_notes(here: House, owner: Subscriber) -> None:
    """R14."""
    session = opened(here, owner)
    with here.work() as work:
        lookup.reveal(
            work, actor=OFFICER, subscriber_id=owner.subscriber_id, reason=RevealReason.COMPLAINT,
            note="about Bolat N.", now=here.now,
        )  # fmt: skip
        (seen,) = own.seen_by(work, session)
    assert (seen.role, seen.reason) == ("ra_officer", "complaint")
    assert OFFICER.name not in repr(seen)


@pytest.mark.parametrize("event", own.LOOKS)
def test_whatever_shows_a_person_to_staff_is_told_to_them(here: House, owner: Subscriber, event: str) -> None:
    """R14: a moderator who saw the face, and an agent who saw the portrait, have looked too."""
    session = opened(here, owner)
    with here.work() as work:
        subject = f"subscriber/{owner.subscriber_id}"
        work.audit.add(Entry(here.now, builders.AGENT, event, subject))
        work.audit.add(Entry(here.now, builders.AGENT, "subscriber:other:done", subject))
        (seen,) = own.seen_by(work, session)
    assert seen.event == event


def test_the_owner_alone_revokes_with_their_own_consent(here: House, owner: Subscriber) -> None:
    """R9: in the cabinet nobody of the staff is needed; without the consent nobody may."""
    mine = builders.issued(here, owner)
    serial = mine.certificate.serial
    for consent in (
        OwnerConsent("not_me", serial.hex, here.now, "x"),
        OwnerConsent("revoke", "00", here.now, "x"),
    ):
        with pytest.raises(ConsentMissing), here.work() as work:
            revoke.by_owner(
                work, actor=roles.OWNER, serial=serial, owner=consent, reason=Reason.SUPERSEDED, now=here.now
            )
    anonymous = roles.Actor("owner", None, roles.Door.CONSOLE)
    with pytest.raises(roles.NotAllowed), here.work() as work:
        revoke.by_owner(
            work, actor=anonymous, serial=serial, owner=builders.consent(here, mine), reason=Reason.SUPERSEDED,
            now=here.now,
        )  # fmt: skip
    with here.work() as work:
        revoke.by_owner(
            work, actor=roles.OWNER, serial=serial, owner=builders.consent(here, mine),
            reason=Reason.KEY_COMPROMISE, lost=True, now=here.now,
        )  # fmt: skip
    assert builders.stored(here, mine).revoked_at == here.now


def test_a_key_that_the_owner_reports_puts_its_twin_on_the_officers_list(
    here: House, owner: Subscriber
) -> None:
    """R9a: the renewal has the same key; the report itself ends nothing but what the owner named."""
    mine = builders.issued(here, owner)
    twin = builders.renewed(here, mine)
    with here.work() as work:
        revoke.by_owner(
            work, actor=roles.OWNER, serial=mine.certificate.serial, owner=builders.consent(here, mine),
            reason=Reason.KEY_COMPROMISE, now=here.now,
        )  # fmt: skip
        (proposal,) = work.proposals.open_for([twin.certificate.serial.hex], here.now)
    assert (proposal.asked_by, proposal.asked_by_name) == (approval.NOBODY, "owner")
    assert "proposal:revoke_by_law:reported" in [entry.event for entry in here.memory.audit]
    assert builders.stored(here, twin).revoked_at is None


def reported(here: House, owner: Subscriber) -> tuple[Owned, int]:
    """A living certificate whose key the owner reported with another one, and what waits for officers."""
    mine = builders.issued(here, owner)
    twin = builders.renewed(here, mine)
    builders.report_key(here, mine, roles.OWNER)
    with here.work() as work:
        (waiting,) = work.proposals.open_for([twin.certificate.serial.hex], here.now)
    return twin, waiting.proposal_id


def test_what_the_owner_reported_takes_two_different_officers(here: House, owner: Subscriber) -> None:
    """R9a: the first takes it up; the second one's agreement ends the certificate, and with it the report."""
    twin, report_id = reported(here, owner)
    for actor in (OFFICER, SECOND):
        with pytest.raises(approval.FirstOfficerNeeded), here.work() as work:
            revoke.agree_by_law(work, actor=actor, proposal_id=report_id, now=here.now)
    here.later(days=40)
    with here.work() as work:
        proposal_id = reports.take_up(work, actor=OFFICER, proposal_id=report_id, now=here.now)
        asked = work.proposals.by_id(proposal_id)
    assert asked is not None
    assert (asked.asked_by, asked.asked_by_name) == (OFFICER.staff_id, OFFICER.name)
    assert builders.stored(here, twin).revoked_at is None
    with pytest.raises(approval.SecondPersonNeeded), here.work() as work:
        revoke.agree_by_law(work, actor=OFFICER, proposal_id=proposal_id, now=here.now)
    with here.work() as work:
        revoke.agree_by_law(work, actor=SECOND, proposal_id=proposal_id, now=here.now)
    assert builders.stored(here, twin).revoked_at == here.now
    assert waiting(here, twin) == []


def waiting(here: House, owned: Owned) -> list[int]:
    with here.work() as work:
        found = work.proposals.open_for([owned.certificate.serial.hex], here.now)
    return [one.proposal_id for one in found]


def test_a_report_outlives_what_nobody_agreed_to(here: House, owner: Subscriber) -> None:
    """R9a: an answer that runs out, or that is taken back by one officer, leaves the report on the list."""
    twin, report_id = reported(here, owner)
    with here.work() as work:
        reports.take_up(work, actor=OFFICER, proposal_id=report_id, now=here.now)
    here.later(hours=25)
    assert waiting(here, twin) == [report_id]
    with here.work() as work:
        again = reports.take_up(work, actor=SECOND, proposal_id=report_id, now=here.now)
    with here.work() as work:
        two_officers.turn_down(work, actor=OFFICER, proposal_id=again, now=here.now)
    assert here.memory.audit[-1].event == "proposal:revoke_by_law:turned_down"
    assert waiting(here, twin) == [report_id]


def test_a_report_is_turned_down_by_two_officers_with_a_reason(here: House, owner: Subscriber) -> None:
    """R9a: one of them alone, first or second, turns nothing down."""
    twin, report_id = reported(here, owner)
    for actor in (OFFICER, builders.SUPERVISOR):
        with pytest.raises(approval.DismissalTakesTwo), here.work() as work:
            two_officers.turn_down(work, actor=actor, proposal_id=report_id, now=here.now)
    given: dict[str, Any] = {"actor": OFFICER, "proposal_id": report_id, "now": here.now}
    with pytest.raises(reports.WhyMissing), here.work() as work:
        reports.propose_dismissal(work, why="  ", **given)
    with here.work() as work:
        asked = reports.propose_dismissal(work, why="the owner took it back on paper 12", **given)
    with pytest.raises(approval.AlreadyTakenUp), here.work() as work:
        reports.take_up(work, **{**given, "actor": SECOND})
    with pytest.raises(approval.SecondPersonNeeded), here.work() as work:
        reports.agree_dismissal(work, actor=OFFICER, proposal_id=asked, now=here.now)
    with pytest.raises(approval.ProposalUnknown), here.work() as work:
        revoke.agree_by_law(work, actor=SECOND, proposal_id=asked, now=here.now)
    with here.work() as work:
        reports.agree_dismissal(work, actor=SECOND, proposal_id=asked, now=here.now)
    assert waiting(here, twin) == []
    assert builders.stored(here, twin).revoked_at is None
    last = here.memory.audit[-1]
    assert (last.event, last.actor) == ("proposal:revoke_by_law:turned_down", SECOND)
    with pytest.raises(approval.ProposalClosed), here.work() as work:
        reports.agree_dismissal(work, actor=SECOND, proposal_id=asked, now=here.now)


def test_a_report_is_answered_by_who_may_ask_and_once(here: House, owner: Subscriber) -> None:
    """R9a: a supervisor agrees to what officers ask, and asks nothing."""
    _, report_id = reported(here, owner)
    for actor in (builders.SUPERVISOR, builders.AGENT, roles.OWNER):
        given: dict[str, Any] = {"actor": actor, "proposal_id": report_id, "now": here.now}
        with pytest.raises(roles.NotAllowed), here.work() as work:
            reports.take_up(work, **given)
        with pytest.raises(roles.NotAllowed), here.work() as work:
            reports.propose_dismissal(work, why="because", **given)
    with here.work() as work:
        reports.take_up(work, actor=OFFICER, proposal_id=report_id, now=here.now)
    for actor in (OFFICER, SECOND):
        with pytest.raises(approval.AlreadyTakenUp), here.work() as work:
            reports.take_up(work, actor=actor, proposal_id=report_id, now=here.now)


def test_an_officer_who_helps_the_owner_is_the_first_and_the_report_stays(
    here: House, owner: Subscriber
) -> None:
    """R9a: an officer's own answer may run out; what the owner said does not."""
    mine = builders.issued(here, owner)
    twin = builders.renewed(here, mine)
    builders.report_key(here, mine, OFFICER)
    assert len(waiting(here, twin)) == 2
    here.later(hours=25)
    (report_id,) = waiting(here, twin)
    with here.work() as work:
        proposal_id = reports.take_up(work, actor=OFFICER, proposal_id=report_id, now=here.now)
        revoke.agree_by_law(work, actor=SECOND, proposal_id=proposal_id, now=here.now)
    assert builders.stored(here, twin).revoked_at == here.now


def test_a_report_is_listed_although_an_officer_asks_already(here: House, owner: Subscriber) -> None:
    """R9a: the officer's proposal may be taken back; the report may not be lost with it."""
    mine = builders.issued(here, owner)
    twin = builders.renewed(here, mine)
    serial = twin.certificate.serial
    with here.work() as work:
        revoke.propose_by_law(
            work, actor=OFFICER, serial=serial, reason=Reason.KEY_COMPROMISE, document="court 7", now=here.now
        )
    builders.report_key(here, mine, roles.OWNER)
    assert len(waiting(here, twin)) == 2


def test_a_report_is_over_with_its_certificate(here: House, owner: Subscriber) -> None:
    twin, _ = reported(here, owner)
    here.now = builders.stored(here, twin).not_after
    assert waiting(here, twin) == []


def test_a_report_waits_beside_a_hold_that_somebody_proposed(here: House, owner: Subscriber) -> None:
    """R9a: another open question about the twin hides no compromised key."""
    mine = builders.issued(here, owner)
    twin = builders.renewed(here, mine)
    serial = twin.certificate.serial
    with here.work() as work:
        hold.propose(work, actor=OFFICER, serial=serial, case="case 77", now=here.now)
    builders.report_key(here, mine, roles.OWNER)
    with here.work() as work:
        acts = [one.act for one in work.proposals.open_for([serial.hex], here.now)]
    assert acts == [hold.ACT_HOLD, revoke.ACT_BY_LAW]


def test_a_hold_needs_the_session_and_its_end_a_code(here: House, owner: Subscriber) -> None:
    """R10a."""
    mine = builders.issued(here, owner)
    session, serial = opened(here, owner), mine.certificate.serial
    with here.work() as work:
        consent = own.consent(work, session, serial=serial, purpose=hold.PURPOSE_NOT_ME, now=here.now)
        hold.by_owner(work, actor=roles.OWNER, serial=serial, owner=consent, now=here.now)
    with pytest.raises(ConsentMissing), here.work() as work:
        hold.release_by_owner(work, actor=roles.OWNER, serial=serial, owner=consent, now=here.now)
    by_code = builders.consent(here, mine, hold.PURPOSE_RELEASE)
    with here.work() as work:
        hold.release_by_owner(work, actor=roles.OWNER, serial=serial, owner=by_code, now=here.now)
    assert builders.stored(here, mine).held_at is None


def test_the_owner_opens_a_renewal_for_the_cabinets_entry(here: House, owner: Subscriber) -> None:
    """R8, R5."""
    mine = builders.issued(here, owner)
    session, serial = opened(here, owner), mine.certificate.serial
    with pytest.raises(ConsentMissing), here.work() as work:
        renew.by_owner(work, serial=serial, owner=builders.consent(here, mine), now=here.now)
    with here.work() as work:
        consent = own.consent(work, session, serial=serial, purpose=renew.PURPOSE, now=here.now)
        wanted = renew.by_owner(work, serial=serial, owner=consent, now=here.now)
    assert (wanted.kind, wanted.channel.name, wanted.opened_by) == (Kind.RENEWAL, "PKI", "owner")


def nonce(here: House, page: str = PAGE) -> bytes:
    with here.work() as work:
        return by_key.nonce(work, page=page, origin=PORTAL, now=here.now)


def signed_by(here: House, owned: Owned, statement: bytes) -> bytes:
    der = here.memory.ders[owned.certificate.certificate_id]
    return signed((x509.load_der_x509_certificate(der), owned.key), document=statement)


def confirm(here: House, raw: bytes, page: str = PAGE) -> by_key.Proven:
    with here.work() as work:
        return by_key.confirm(work, raw=raw, page=page, origin=PORTAL, issuer=ISSUER, now=here.now)


@pytest.mark.judge
def test_a_signed_nonce_proves_its_owner_once(here: House, owner: Subscriber) -> None:
    raw = signed_by(here, builders.issued(here, owner), nonce(here))
    found = confirm(here, raw)
    assert found.iin == owner.iin
    with here.work() as work:
        sessions.open_(work, iin=found.iin, owner=found.owner, now=here.now)
    with pytest.raises(by_key.NonceOver):
        confirm(here, raw)


def test_what_is_signed_says_that_it_is_a_sign_in_and_where(here: House) -> None:
    """The key program knows a sign-in by its first line, and signs no such text for another site."""
    assert nonce(here).startswith(f"Qoltanba: sign-in to the cabinet\n{PORTAL}\n".encode())


@pytest.mark.judge
def test_what_is_signed_names_the_portal_that_it_opens(here: House, owner: Subscriber) -> None:
    """A site that passes our nonce on cannot write its own name over ours."""
    mine, statement = builders.issued(here, owner), nonce(here)
    assert statement.splitlines()[1] == PORTAL.encode()
    for other in (b"https://relay.example", PORTAL.encode() + b".relay.example", b""):
        with pytest.raises(by_key.NonceOver):
            confirm(here, signed_by(here, mine, statement.replace(PORTAL.encode(), other)))
    assert confirm(here, signed_by(here, mine, statement)).iin == owner.iin


@pytest.mark.judge
def test_a_nonce_is_for_its_page_and_for_two_minutes(here: House, owner: Subscriber) -> None:
    mine = builders.issued(here, owner)
    raw = signed_by(here, mine, nonce(here))
    with pytest.raises(by_key.NonceOver):
        confirm(here, raw, page="another")
    for content in (b"", b"x", nonce(here).replace(b".", b"..", 1), b"f" * 4000, b"\xff.a.b"):
        with pytest.raises(by_key.NonceOver):
            confirm(here, signed_by(here, mine, content))
    here.later(seconds=120)
    with pytest.raises(by_key.NonceOver):
        confirm(here, raw)


@pytest.mark.judge
def test_keys_that_do_not_sign_in(here: House, owner: Subscriber) -> None:
    """R7; a revoked one; a stranger's; two signers at once."""
    mine = builders.issued(here, owner)
    mobile = builders.issued(here, owner, mobile_only=True)
    with pytest.raises(by_key.MobileKeyRefused):
        confirm(here, signed_by(here, mobile, nonce(here)))
    # Either mark is enough: the one in the certificate, or the one in our record.
    for one, is_marked in ((mobile, False), (mine, True)):
        number, kept = one.certificate.certificate_id, builders.stored(here, one)
        here.memory.certificates[number] = builders.replace(kept, mobile_only=is_marked)
        with pytest.raises(by_key.MobileKeyRefused):
            confirm(here, signed_by(here, one, nonce(here)))
        here.memory.certificates[number] = kept
    stranger = (authorities.leaf(), authorities.key(authorities.KeyKind.EC_P256))
    with pytest.raises(by_key.KeyRefused):
        confirm(here, signed(stranger, document=nonce(here)))
    pair = (x509.load_der_x509_certificate(here.memory.ders[mine.certificate.certificate_id]), mine.key)
    with pytest.raises(by_key.KeyRefused):
        confirm(here, signed(pair, stranger, document=nonce(here)))
    with pytest.raises(by_key.NonceOver):
        confirm(here, signed(pair, document=nonce(here), detached=True))
    with pytest.raises(cms.SignedFileUnreadable):
        confirm(here, b"no")
    raw = signed_by(here, mine, nonce(here))
    # The last octet of the signature's value.
    with pytest.raises(by_key.KeyRefused):
        confirm(here, raw[:-1] + bytes([raw[-1] ^ 1]))
    with here.work() as work:
        hold.place(work, actor=OFFICER, found=builders.stored(here, mine), why="test", now=here.now)
    with pytest.raises(by_key.KeyRefused):
        confirm(here, raw)
