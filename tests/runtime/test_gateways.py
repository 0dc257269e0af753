"""The ways out in front of servers on loopback: what is tried again, what is not, and that nothing goes in clear."""

import socket
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from ca_core.errors import GatewayRejected, GatewayUnavailable
from runtime import settings, start
from runtime.gateways.mail_smtp import MailServer
from runtime.gateways.sms_http import SmsCentre
from tests.servers import mail, sms
from tests.servers.mail import Mail
from tests.servers.sms import Centre


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def by_mail(port: int, *, require_tls: bool = False) -> Callable[[], None]:
    server = MailServer(
        host="127.0.0.1", port=port, sender="ca@example.kz", require_tls=require_tls, timeout_seconds=5
    )
    return lambda: server.send(recipient="owner@example.kz", text="Сәлем", reference="q7")


def by_sms(url: str, *, timeout_seconds: float = 5) -> Callable[[], None]:
    centre = SmsCentre(url=url, token="fictitious", sender="1414", timeout_seconds=timeout_seconds)
    return lambda: centre.send(recipient="77010000001", text="Сәлем", reference="q7")


@pytest.fixture(autouse=True)
def no_proxy(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture
def post() -> Iterator[Mail]:
    with mail.serve(Mail()) as served:
        yield served


@pytest.fixture
def centre() -> Iterator[Centre]:
    with sms.serve(Centre()) as served:
        yield served


def test_mail_is_taken_with_its_reference(post: Mail) -> None:
    by_mail(post.port)()
    (message,) = post.taken
    assert "To: owner@example.kz" in message
    assert "Message-ID: <q7@example.kz>" in message
    assert not post.encrypted


def test_mail_goes_over_tls_to_a_server_that_proves_its_name(
    post: Mail, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted, post.tls = mail.certificate(tmp_path)
    monkeypatch.setenv("SSL_CERT_FILE", str(trusted))
    by_mail(post.port, require_tls=True)()
    assert post.encrypted
    assert len(post.taken) == 1


@pytest.mark.parametrize("require_tls", [True, False])
def test_mail_is_not_given_to_a_server_with_an_unknown_certificate(
    post: Mail, tmp_path: Path, require_tls: bool
) -> None:
    """Whoever stands between us and the mail server must not read it."""
    _, post.tls = mail.certificate(tmp_path)
    with pytest.raises(GatewayUnavailable, match="SSLCertVerificationError"):
        by_mail(post.port, require_tls=require_tls)()
    assert post.taken == []


def test_mail_is_not_sent_in_clear_where_tls_is_required(post: Mail) -> None:
    with pytest.raises(GatewayUnavailable, match="no tls"):
        by_mail(post.port, require_tls=True)()
    assert post.taken == []


@pytest.mark.parametrize(
    ("answer", "expected"), [("550 nobody here", GatewayRejected), ("451 later", GatewayUnavailable)]
)
def test_refused_recipient_is_tried_again_only_after_a_temporary_no(
    post: Mail, answer: str, expected: type[Exception]
) -> None:
    post.recipient_answer = answer
    with pytest.raises(expected):
        by_mail(post.port)()
    assert post.taken == []


def test_mail_server_that_is_away_is_unavailable() -> None:
    with pytest.raises(GatewayUnavailable):
        by_mail(closed_port())()


def test_sms_is_taken_with_token_and_reference(centre: Centre) -> None:
    by_sms(centre.url)()
    assert centre.taken == [{"to": "77010000001", "from": "1414", "text": "Сәлем", "reference": "q7"}]
    assert centre.tokens == ["Bearer fictitious"]


@pytest.mark.parametrize(("status", "expected"), [(503, GatewayUnavailable), (400, GatewayRejected)])
def test_the_centres_no_is_told_apart(centre: Centre, status: int, expected: type[Exception]) -> None:
    centre.status = status
    with pytest.raises(expected, match=f"http {status}"):
        by_sms(centre.url)()


def test_a_centre_that_does_not_answer_in_time_is_unavailable(centre: Centre) -> None:
    centre.silent = True
    with pytest.raises(GatewayUnavailable, match="ReadTimeout"):
        by_sms(centre.url, timeout_seconds=0.3)()


@pytest.mark.parametrize("url", [f"http://127.0.0.1:{closed_port()}/", "http://[no address"])
def test_a_centre_that_is_away_or_wrongly_named_loses_no_message(url: str) -> None:
    with pytest.raises(GatewayUnavailable):
        by_sms(url)()


@pytest.mark.parametrize(("mode", "expected"), [("production", "no tls"), ("demo", "")])
def test_production_requires_tls_of_its_mail_server(
    post: Mail, tmp_path: Path, mode: str, expected: str
) -> None:
    token = tmp_path / "sms"
    token.write_text("fictitious")
    configured = settings.load(
        {
            "mode": mode,
            "sms_url": "https://sms.example.kz",
            "sms_token_file": str(token),
            "mail_host": "127.0.0.1",
            "mail_port": str(post.port),
            "mail_sender": "ca@example.kz",
        }
    )
    send = start._gateways(configured, None)["email"].send
    if expected:
        with pytest.raises(GatewayUnavailable, match=expected):
            send(recipient="owner@example.kz", text="text", reference="q7")
    else:
        send(recipient="owner@example.kz", text="text", reference="q7")
    assert len(post.taken) == (0 if expected else 1)


def test_a_mail_server_that_shuts_down_after_it_took_a_message_is_not_asked_again(post: Mail) -> None:
    """RFC 5321, 3.8: 421 may be the answer to anything, and the message was taken."""
    post.farewell = "421 shutting down"
    by_mail(post.port)()
    assert len(post.taken) == 1
