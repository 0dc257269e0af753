"""The job runner: commands once, lists in time, holds that end, messages with growing pauses."""

import threading
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from cryptography import x509
from cryptography.hazmat.primitives.asymmetric import ec

from ca_core import notices, roles
from ca_core.call import CallBack, Leg, Ticket
from ca_core.certificate import StorageKind
from ca_core.errors import GatewayRejected, GatewayUnavailable
from ca_core.face_attempt import Challenge
from ca_core.identifiers import ApplicationId, Phone, Serial
from ca_core.issuance import submit
from ca_core.lifecycle import ApplicationState, CertificateState
from ca_core.owner_session import OwnerSession
from ca_core.ports import Command, CommandKind
from ca_core.registration import dossier
from ca_core.revocation import hold, revoke
from runtime import authority, issuing, publication
from runtime.issuing import Issuing
from runtime.jobs import JobRunner
from runtime.sending import Sending
from runtime.service import Service, succeeded
from tests import builders, flagged
from tests.runtime.conftest import iin, new_request, register

OFFICER = roles.Actor("Officer", roles.Role.RA_OFFICER, roles.Door.CONSOLE, 1)
SECOND = roles.Actor("Second", roles.Role.RA_OFFICER, roles.Door.CONSOLE, 2)


class Recorder:
    """A gateway that keeps what it was given, and fails as it is told."""

    def __init__(self) -> None:
        self.sent: list[tuple[str, str]] = []
        self.failure: Exception | None = None
        self.entered, self.let_go = threading.Event(), threading.Event()
        self.let_go.set()

    def send(self, *, recipient: str, text: str, reference: str) -> None:
        self.entered.set()
        self.let_go.wait(60)
        if self.failure is not None:
            raise self.failure
        self.sent.append((recipient, text))


@pytest.fixture
def post() -> Recorder:
    return Recorder()


@pytest.fixture
def runner(service: Service, post: Recorder) -> JobRunner:
    issuer = authority.issuer(service.settings)
    return JobRunner(
        service,
        issuer=issuer,
        issuing_batch=Issuing(service, issuer, linter=None),
        sending=Sending(service, {"sms": post, "email": post}),
    )


def submitted(service: Service, *, person: int = 1) -> ApplicationId:
    who = iin(person)
    register(service, who, phone=77010000000 + person)
    _, request = new_request()
    with service.work() as work:
        return submit.with_request(
            work, actor=OFFICER, iin=who, raw_request=request, storage=StorageKind.FILE, now=service.now()
        ).number


def issued_serial(service: Service, number: ApplicationId) -> Serial:
    with service.look() as work:
        found = work.certificates.of_application(number)
    assert found is not None
    return found.serial


def test_command_is_done_and_its_owner_told(service: Service, runner: JobRunner, post: Recorder) -> None:
    """R14: every issuance tells the owner, with a way to answer 'not me'."""
    number = submitted(service)
    runner.once()
    runner.once()
    assert succeeded(service.wait_for(number.digits, timedelta(0)))
    [(recipient, text)] = post.sent
    assert recipient == "77010000001"
    assert f"{service.settings.portal_url}/not-me/" in text


def test_waiting_for_a_command_is_woken_by_its_end(service: Service, runner: JobRunner) -> None:
    number = submitted(service)
    other = threading.Timer(0.2, runner.once)
    other.start()
    assert succeeded(service.wait_for(number.digits, timedelta(seconds=10)))
    other.join()


def test_command_that_is_refused_is_given_up_with_its_reason(service: Service, runner: JobRunner) -> None:
    """A renewal that came too late is not tried again and again."""
    number = submitted(service)
    with service.work() as work:
        work.connection.exec_driver_sql(f"UPDATE application SET state = 8 WHERE number = {number.number}")
    runner.once()
    found = service.wait_for(number.digits, timedelta(0))
    assert found is not None
    assert (found.state, found.problem) == ("dead", "life.transition_refused")


def test_command_that_breaks_the_issuing_does_not_stop_the_others(
    service: Service, runner: JobRunner
) -> None:
    """What nobody foresaw is tried alone, put off, and shown; the rest is issued."""
    good = submitted(service)
    with service.work() as work:
        application = work.applications.by_number(good)
        assert application is not None
        broken = replace(
            application, number=ApplicationId.draw(), public_key=b"no key at all", key_id=b"another"
        )
        work.applications.add(broken)
        work.commands.add(submit.issue_command(broken.number), now=service.now())
    runner.once()
    assert succeeded(service.wait_for(good.digits, timedelta(0)))
    with service.look() as work:
        waiting = work.commands.latest(broken.number.digits)
    assert waiting is not None
    assert (waiting.state, waiting.attempts) == ("waiting", 1)
    assert waiting.problem.startswith("error ")


def test_first_round_publishes_a_list_even_when_nothing_was_revoked(
    service: Service, runner: JobRunner
) -> None:
    """R10: a list that lapses stops every relying party."""
    runner.once()
    listed = x509.load_der_x509_crl((authority.public_dir(service.settings) / "issuing.crl").read_bytes())
    assert len(listed) == 0
    assert listed.extensions.get_extension_for_class(x509.CRLNumber).value.crl_number == 1


def test_list_is_due_again_after_the_policys_time(service: Service) -> None:
    now = service.now()
    publication.publish(service, authority.issuer(service.settings), now=now)
    every = service.policy.publication.crl_at_most_every
    assert not publication.is_due(service, now=now + every - timedelta(seconds=1))
    assert publication.is_due(service, now=now + every)


def test_hold_ends_by_itself_after_72_hours(service: Service, runner: JobRunner) -> None:
    """R10a."""
    number = submitted(service)
    runner.once()
    serial = issued_serial(service, number)
    placed = service.now()
    with service.work() as work:
        found = work.certificates.by_serial(serial)
        assert found is not None
        held = hold.place(work, actor=OFFICER, found=found, why="case 1", now=placed)
        assert held.hold_until == placed + timedelta(hours=72)
    with service.look() as work:
        assert work.certificates.holds_due(placed + timedelta(hours=71), 10) == []
        assert len(work.certificates.holds_due(placed + timedelta(hours=72), 10)) == 1
    with service.work() as work:
        lifted = hold.expire(work, actor=publication.JOB, serial=serial, now=placed + timedelta(hours=72))
    assert lifted.state is CertificateState.ISSUED


def test_sessions_of_owners_that_are_over_are_erased(service: Service, runner: JobRunner) -> None:
    """R14: by the hourly part of the routine, whether or not anybody signs in again."""
    now = service.now()
    idle, living = (
        OwnerSession(name, iin(1), "sms_code", now - timedelta(hours=1), seen_at)
        for name, seen_at in ((b"idle", now - timedelta(minutes=16)), (b"living", now))
    )
    with service.work() as work:
        work.owner_sessions.add(idle)
        work.owner_sessions.add(living)
    runner.once()
    with service.look() as work:
        assert work.owner_sessions.by_digest(b"idle") is None
        assert work.owner_sessions.by_digest(b"living") == living


def test_message_is_tried_again_later_while_the_centre_is_away(
    service: Service, runner: JobRunner, post: Recorder
) -> None:
    submitted(service)
    post.failure = GatewayUnavailable("http 503")
    runner.once()
    runner.once()
    with service.look() as work:
        now, later = service.now(), service.now() + timedelta(seconds=6)
        assert work.outbox.due(now, 10) == []
        assert [m.attempts for m in work.outbox.due(later, 10)] == [1]


def test_message_that_is_rejected_is_dead_and_counted(
    service: Service, runner: JobRunner, post: Recorder
) -> None:
    submitted(service)
    post.failure = GatewayRejected("http 400")
    runner.once()
    runner.once()
    with service.look() as work:
        assert work.outbox.count_dead() == 1


def test_code_is_wiped_from_the_outbox_once_delivered(
    service: Service, runner: JobRunner, post: Recorder
) -> None:
    """R4: the database keeps no code in clear longer than it takes to send it."""
    number = submitted(service)
    runner.once()
    with service.work() as work:
        application = work.applications.by_number(number)
        assert application is not None
        work.outbox.add(
            [
                notices.Notice(
                    kind=notices.NoticeKind.CODE,
                    medium=notices.Medium.SMS,
                    recipient="77010000001",
                    subscriber_id=application.subscriber_id,
                    language="kk",
                    at=service.now(),
                    words={"code": "271828", "purpose": "revoke"},
                    secret=True,
                )
            ]
        )
    runner.once()
    assert any("271828" in text for _, text in post.sent)
    with service.look() as work:
        rows = work.connection.exec_driver_sql("SELECT words FROM outbox").fetchall()
    assert not any("271828" in row[0] for row in rows)


def blocked_list(service: Service) -> Path:
    """Where the list should be written stands a folder: renaming a file over it fails."""
    blocked = authority.public_dir(service.settings) / "issuing.crl"
    blocked.unlink(missing_ok=True)
    blocked.mkdir()
    return blocked


def after(service: Service, pause: timedelta, act: Callable[[], object]) -> None:
    """As if it were done later."""
    now = service.now()
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(service, "now", lambda: now + pause)
        act()


def issuer_key(service: Service) -> ec.EllipticCurvePublicKey:
    key = authority.certificates(service.settings).issuing.public_key()
    assert isinstance(key, ec.EllipticCurvePublicKey)
    return key


def test_a_list_that_cannot_be_written_stops_neither_commands_nor_messages(
    service: Service, runner: JobRunner, post: Recorder
) -> None:
    """R10: and it is tried again, though by the record it was published."""
    blocked = blocked_list(service)
    number = submitted(service)
    runner.once()
    assert succeeded(service.wait_for(number.digits, timedelta(0)))
    assert len(post.sent) == 1
    blocked.rmdir()
    assert not publication.is_due(service, now=service.now())
    after(service, timedelta(minutes=2), runner.once)
    assert x509.load_der_x509_crl(blocked.read_bytes()).is_signature_valid(issuer_key(service))


def test_a_list_that_cannot_be_written_leaves_its_command_waiting(
    service: Service, runner: JobRunner
) -> None:
    blocked_list(service)
    with service.work() as work:
        work.commands.add(Command(CommandKind.PUBLISH_CRL, "issuing", "once"), now=service.now())
    runner.once()
    with service.look() as work:
        waiting = work.commands.latest("issuing")
    assert waiting is not None
    assert (waiting.state, waiting.attempts) == ("waiting", 1)
    assert waiting.problem.startswith("error ")


def test_a_list_that_cannot_be_written_does_not_keep_a_hold_from_ending(
    service: Service, runner: JobRunner
) -> None:
    """R10a."""
    number = submitted(service)
    runner.once()
    serial = issued_serial(service, number)
    with service.work() as work:
        found = work.certificates.by_serial(serial)
        assert found is not None
        hold.place(work, actor=OFFICER, found=found, why="case 1", now=service.now())
    with service.work() as work:
        # The hold's own order for a list would publish it before its time comes.
        work.connection.exec_driver_sql("DELETE FROM command WHERE kind = 'publish_crl'")
    blocked_list(service)
    after(service, timedelta(hours=73), runner.once)
    with service.look() as work:
        found = work.certificates.by_serial(serial)
    assert found is not None
    assert found.state is CertificateState.ISSUED


def test_a_message_that_breaks_its_gateway_does_not_stop_the_round(
    service: Service, runner: JobRunner, post: Recorder
) -> None:
    first = submitted(service)
    post.failure = ValueError("a line feed in a recipient")
    runner.once()
    runner.once()
    assert succeeded(service.wait_for(first.digits, timedelta(0)))
    with service.look() as work:
        assert work.outbox.count_dead() == 1


def test_a_slow_message_does_not_hold_a_command_up(
    service: Service, runner: JobRunner, post: Recorder
) -> None:
    """The centre may take a minute; the certificate and the list may not wait for it."""
    submitted(service)
    post.let_go.clear()
    loop = threading.Thread(target=runner.run)
    loop.start()
    try:
        assert post.entered.wait(20)
        number = submitted(service, person=50)
        assert succeeded(service.wait_for(number.digits, timedelta(seconds=20)))
        assert post.sent == []
        assert runner.problem() == ""
    finally:
        post.let_go.set()
        runner.stop()
        loop.join(20)
    assert not loop.is_alive()
    assert len(post.sent) >= 1


def test_a_runner_that_does_not_come_round_says_so(
    service: Service, runner: JobRunner, monkeypatch: pytest.MonkeyPatch
) -> None:
    assert runner.problem() == ""
    later = service.now() + timedelta(seconds=90)
    monkeypatch.setattr(service, "now", lambda: later)
    assert runner.problem() == "jobs: no round for 90 s"


def test_what_is_revoked_together_is_published_once(service: Service, runner: JobRunner) -> None:
    """R10: each change asks for a list, one list answers them all."""
    runner.once()
    now = service.now() - timedelta(seconds=30)
    with service.work() as work:
        for number in range(3):
            work.commands.add(revoke.publish_command(Serial(bytes([number] * 20)), now), now=now)
    runner.once()
    with service.look() as work:
        newest = work.lists.newest(publication.ISSUING)
        assert work.commands.due(service.now(), 10) == []
    assert newest is not None
    assert newest.number == 2


def test_tickets_and_call_backs_are_erased_when_their_time_is_over(
    service: Service, runner: JobRunner
) -> None:
    now = service.now()
    with service.work() as work:
        for name, expires_at in ((b"old", now - timedelta(days=1, seconds=1)), (b"new", now)):
            work.tickets.add(Ticket(name, Leg.AGENT, expires_at, staff_id=1))
        for name, asked_at in ((b"old", now - timedelta(days=32)), (b"new", now)):
            work.call_backs.add(CallBack(name, Phone.parse("+7 701 234 56 78"), "kk", asked_at))
    runner.once()
    with service.look() as work:
        for passes in (work.tickets, work.call_backs):
            assert passes.by_digest(b"old") is None
            assert passes.by_digest(b"new") is not None


def test_an_application_that_nobody_finished_expires_and_its_owner_is_told_once(
    service: Service, runner: JobRunner, post: Recorder
) -> None:
    opened_at = service.now() - timedelta(days=30, seconds=1)
    owner = builders.register(service, email="")
    waiting = builders.application(
        owner, builders.new_key(), opened_at, state=ApplicationState.AGREED, public_key=b"", key_id=b""
    )
    with service.work() as work:
        work.applications.add(waiting)
    for _ in range(2):
        runner.once()
    with service.look() as work:
        found = work.applications.by_number(waiting.number)
    assert found is not None
    assert found.state is ApplicationState.EXPIRED
    assert [str(waiting.number) in text for _, text in post.sent] == [True]


def test_what_a_face_check_left_behind_is_swept_by_the_routine(service: Service, runner: JobRunner) -> None:
    """R14: also when nobody begins another check for days."""
    owner = builders.register(service)
    now = service.now()
    begun = flagged.in_review(owner, now)
    left = Challenge(b"t" * 32, begun.number, b"p" * 32, (), now, now - timedelta(minutes=6), "left")
    with service.work() as work:
        work.applications.add(begun)
        work.face_challenges.add(left)
    runner.once()
    with service.look() as work:
        assert work.face_challenges.living_of(begun.number) is None


def test_dossiers_beyond_one_round_are_erased_in_the_next(service: Service, runner: JobRunner) -> None:
    """R14: whoever begins and goes away by the thousand is not kept for days longer."""
    stale = service.now() - timedelta(days=31)
    with service.work() as work:
        for number in range(issuing.BATCH + 1):
            digest = number.to_bytes(32, "big")
            dossier.begin(work, token_digest=digest, language="ru", now=stale)
    runner.once()
    runner._routine(service.now())
    with service.look() as work:
        assert work.own_dossiers.untouched_since(stale, 10) == []
