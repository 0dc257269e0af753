"""Messages go out by themselves: one that cannot be sent, or a way out that is slow, holds nothing else up."""

import socket
import threading
import time
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

import pytest
from sqlalchemy import func, select

from ca_core import given_up, notices, overview, roles
from ca_core.errors import GatewayRejected, GatewayUnavailable
from ca_core.notices import Medium, Notice, NoticeKind
from ca_core.overview import Figure
from data import schema
from data.outbox import Waiting
from runtime import sending
from runtime.gateways.mail_smtp import MailServer
from runtime.gateways.sms_http import SmsCentre
from runtime.sending import Sending
from runtime.service import Service
from tests.runtime.conftest import iin, register
from tests.servers import mail as mail_server
from tests.servers import sms as sms_server
from tests.servers.mail import Mail
from tests.servers.sms import Centre

ADMINISTRATOR = roles.Actor("Үлгі Ә.", roles.Role.ADMINISTRATOR, roles.Door.CONSOLE, 1)
MESSAGES = Figure.FAILED_MESSAGES


class Way:
    """A gateway that fails for whom it is told to, and counts who was tried."""

    def __init__(self) -> None:
        self.tried: list[str] = []
        self.failures: dict[str, Exception] = {}
        self.before: Callable[[], object] = lambda: None

    def send(self, *, recipient: str, text: str, reference: str) -> None:
        self.tried.append(recipient)
        self.before()
        if recipient in self.failures:
            raise self.failures[recipient]


@pytest.fixture
def sms() -> Way:
    return Way()


@pytest.fixture
def post() -> Way:
    return Way()


@pytest.fixture
def sender(service: Service, sms: Way, post: Way) -> Sending:
    return Sending(service, {"sms": sms, "email": post})


@pytest.fixture(autouse=True)
def _owner(service: Service) -> None:
    register(service, iin(1), phone=None)
    with service.work() as work:
        person = work.register.person(iin(1))
        assert person is not None
        work.subscribers.add(person, phone=None, email="")


def message(service: Service, recipient: str, medium: Medium = Medium.SMS, **different: object) -> Notice:
    """A code, asked for a moment ago."""
    wanted: dict[str, object] = {
        "kind": NoticeKind.CODE,
        "medium": medium,
        "recipient": recipient,
        "subscriber_id": 1,
        "language": "ru",
        "at": service.now(),
        "words": {"code": "271828", "purpose": "revoke"},
        "secret": False,
    }
    return notices.Notice(**(wanted | different))


def queue(service: Service, *messages: Notice) -> None:
    with service.work() as work:
        work.outbox.add(messages)


def waiting(service: Service, after: timedelta = timedelta(days=1)) -> list[Waiting]:
    with service.look() as work:
        return work.outbox.due(service.now() + after, 100)


def dead(service: Service) -> int:
    with service.look() as work:
        return work.outbox.count_dead()


def until(reached: Callable[[], bool], *, seconds: float = 20) -> None:
    deadline = time.monotonic() + seconds
    while not reached():
        assert time.monotonic() < deadline, "not in time"
        time.sleep(0.02)


@pytest.mark.parametrize("problem", [ValueError("a line feed"), KeyError("x"), OSError(28, "disk full")])
def test_a_message_that_breaks_its_gateway_is_dead_and_the_others_are_sent(
    service: Service, sender: Sending, sms: Way, problem: Exception
) -> None:
    sms.failures["1"] = problem
    queue(service, message(service, "1"), message(service, "2"))
    sender.batch()
    assert sms.tried == ["1", "2"]
    assert (dead(service), waiting(service)) == (1, [])


def test_a_message_without_words_is_dead_and_the_others_are_sent(
    service: Service, sender: Sending, sms: Way
) -> None:
    queue(
        service,
        message(service, "1", words={"code": "271828", "purpose": "nothing we know"}),
        message(service, "2", kind=NoticeKind.ISSUED, words={}),
        message(service, "3"),
    )
    sender.batch()
    assert sms.tried == ["3"]
    assert dead(service) == 2


def test_an_error_id_is_kept_with_the_message_and_logged(
    service: Service, sender: Sending, sms: Way, caplog: pytest.LogCaptureFixture
) -> None:
    sms.failures["1"] = ValueError("a line feed")
    queue(service, message(service, "1"))
    sender.batch()
    with service.look() as work:
        problem = work.connection.exec_driver_sql("SELECT problem FROM outbox").scalar_one()
    (record,) = [r for r in caplog.records if r.name == sending.__name__]
    assert problem == f"error {vars(record)['error_id']}"


def test_a_medium_that_is_away_is_tried_once_a_batch_and_the_others_lose_no_attempt(
    service: Service, sender: Sending, sms: Way, post: Way
) -> None:
    sms.failures["1"] = GatewayUnavailable("http 503")
    numbers = [message(service, number) for number in ("1", "2", "3")]
    queue(service, *numbers, message(service, "a@example.kz", Medium.EMAIL))
    sender.batch()
    assert (sms.tried, post.tried) == (["1"], ["a@example.kz"])
    assert waiting(service, timedelta(0)) == []
    attempts = [(m.recipient, m.attempts) for m in waiting(service, timedelta(seconds=10))]
    assert attempts == [("2", 0), ("3", 0), ("1", 1)]


def test_a_medium_that_is_away_leaves_room_for_the_other_one(
    service: Service, sender: Sending, sms: Way, post: Way
) -> None:
    """However many wait for the one, the other's come out of the queue."""
    sms.failures["0"] = GatewayUnavailable("http 503")
    queue(service, *(message(service, str(n)) for n in range(3 * sending.BATCH)))
    queue(service, message(service, "a@example.kz", Medium.EMAIL))
    for _ in range(4):
        sender.batch()
    assert (sms.tried, post.tried) == (["0"], ["a@example.kz"])


def test_a_rejected_message_says_nothing_about_its_medium(
    service: Service, sender: Sending, sms: Way
) -> None:
    sms.failures["1"] = GatewayRejected("http 400")
    queue(service, message(service, "1"), message(service, "2"))
    sender.batch()
    assert sms.tried == ["1", "2"]
    assert dead(service) == 1


def test_a_code_that_would_come_too_late_is_given_up_though_it_was_never_tried(
    service: Service, sender: Sending, sms: Way
) -> None:
    """R4: it is worth nothing after its time, and is wiped."""
    sms.failures["1"] = GatewayUnavailable("http 503")
    old = service.now() - service.policy.codes.validity
    queue(service, message(service, "1", at=old - timedelta(seconds=1)))
    queue(service, message(service, "2", at=old, secret=True))
    sender.batch()
    assert sms.tried == ["1"]
    assert dead(service) == 1
    with service.look() as work:
        words = work.connection.exec_driver_sql("SELECT words FROM outbox WHERE recipient = '2'")
        assert words.scalar_one() == "{}"


def test_the_fate_of_a_message_is_kept_before_the_next_one_is_tried(
    service: Service, sender: Sending, sms: Way
) -> None:
    """A crash in the middle of a batch sends none of those before it again."""
    left: list[int] = []
    sms.before = lambda: left.append(len(waiting(service)))
    queue(service, *(message(service, number) for number in ("1", "2", "3")))
    sender.batch()
    assert left == [3, 2, 1]


def test_a_batch_is_small_and_ends_when_told_to_stop(service: Service, sender: Sending, sms: Way) -> None:
    queue(service, *(message(service, str(n)) for n in range(sending.BATCH + 5)))
    assert sender.batch() == sending.BATCH
    sms.before = sender.stop
    sender.batch()
    assert len(sms.tried) == sending.BATCH + 1
    assert len(waiting(service)) == 4


class Later(Service):
    """So far ahead of the clock."""

    by = timedelta(0)

    def now(self) -> datetime:
        return super().now() + self.by


@pytest.fixture
def later(service: Service) -> Iterator[Later]:
    made = Later(
        settings=service.settings,
        store=service.store,
        policy=service.policy,
        passwords=service.passwords,
        watcher=service.watcher,
    )
    yield made
    made._standings.close()


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_ways_out_that_are_down_and_come_back_lose_and_double_nothing(
    later: Later, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Real servers that are not there: tried ever later, given up, shown, retried by one act, told once."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    centre, post = Centre(port=closed_port()), Mail(port=closed_port())
    address = f"http://127.0.0.1:{centre.port}/messages"
    ways = {
        "sms": SmsCentre(url=address, token="fictitious", sender="1414", timeout_seconds=5),
        "email": MailServer(
            host="127.0.0.1", port=post.port, sender="ca@example.kz", require_tls=False, timeout_seconds=5
        ),
    }
    sender = Sending(later, ways)
    words = {"serial": "5603dd16afd788c2ad17a0f3cf581c9d9a3f0708", "reason": "SUPERSEDED"}
    for medium, recipient in ((Medium.SMS, "77010000001"), (Medium.EMAIL, "owner@example.kz")):
        queue(later, message(later, recipient, medium, kind=NoticeKind.REVOKED, words=words))
    pauses = []
    while waiting(later):
        sender.batch()
        next_tries = [retry for retry in (next_try(later),) if retry is not None]
        pauses += [retry - later.now() for retry in next_tries]
        later.by += pauses[-1] if next_tries else timedelta(0)
    assert len(pauses) == len(sending._PAUSES)
    assert pauses == sorted(pauses)
    # Told after the failure: the clock has gone on meanwhile.
    assert pauses[-1] > timedelta(hours=5, minutes=59)
    with later.look() as work:
        (tile,) = (
            t for t in overview.home(work, actor=ADMINISTRATOR, now=later.now()) if t.figure is MESSAGES
        )
    assert tile.n == dead(later) == 2
    with sms_server.serve(centre), mail_server.serve(post):
        sender.batch()
        assert (centre.taken, post.taken) == ([], [])
        with later.work() as work:
            assert given_up.retry(work, actor=ADMINISTRATOR, now=later.now()).messages == 2
        for _ in range(3):
            later.by += timedelta(minutes=5)
            sender.batch()
    assert (len(centre.taken), len(post.taken), dead(later)) == (1, 1, 0)


def next_try(service: Service) -> datetime | None:
    """Of the last that waits: by then all are due, whatever second each was written in."""
    with service.look() as work:
        table = schema.outbox
        return work.connection.scalar(select(func.max(table.c.next_try_at)).where(table.c.state == "waiting"))


def test_it_runs_until_it_is_stopped_and_tells_when_it_is_stuck(
    service: Service, sender: Sending, sms: Way, monkeypatch: pytest.MonkeyPatch
) -> None:
    thread = threading.Thread(target=sender.run, daemon=True)
    thread.start()
    queue(service, message(service, "1"))
    until(lambda: sms.tried == ["1"])
    assert sender.problem() == ""
    sender.stop()
    thread.join(10)
    assert not thread.is_alive()
    later = service.now() + timedelta(seconds=200)
    monkeypatch.setattr(service, "now", lambda: later)
    assert sender.problem().startswith("sending: no round for ")
