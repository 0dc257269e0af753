"""The job runner killed with SIGKILL at each step of issuing an owner's application, on both databases (4.3)."""

import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from ca_core import statistics
from ca_core.application import Application
from ca_core.identifiers import Serial
from ca_core.issuance import accept, submit
from ca_core.lifecycle import ApplicationState, CertificateState
from ca_core.subscriber import Subscriber
from runtime import authority
from runtime.issuing import Issuing
from runtime.jobs import JobRunner
from runtime.sending import Sending
from runtime.service import Service, succeeded
from tests import builders

PROJECT = Path(__file__).resolve().parents[2]
# reserve, prepare, store, and the command's own end; each dies before and after its commit.
MOMENTS = [(number, moment) for number in (1, 2, 3, 4) for moment in ("in", "after")]


class Post:
    """A gateway that keeps what it was given."""

    def __init__(self) -> None:
        self.texts: list[str] = []

    def send(self, *, recipient: str, text: str, reference: str) -> None:
        self.texts.append(text)


def agreed(service: Service, owner: Subscriber) -> Application:
    """As step 13 leaves it."""
    wanted = replace(
        builders.application(owner, builders.new_key(), service.now(), state=ApplicationState.AGREED),
        public_key=b"",
        key_id=b"",
    )
    with service.work() as work:
        work.applications.add(wanted)
        return submit.by_owner(
            work, number=wanted.number, raw_request=builders.request(builders.new_key()), now=service.now()
        )


def run_and_die(service: Service, number: int, moment: str, signed: Path) -> None:
    address = service.store.engine.url.render_as_string(hide_password=False)
    done = subprocess.run(
        [
            sys.executable, "-m", "tests.runtime.dying_runner", str(service.settings.var_dir), address,
            str(number), moment, str(signed),
        ],
        cwd=PROJECT, timeout=60, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == -signal.SIGKILL, done.stderr


@pytest.mark.timeout(300)
def test_no_certificate_is_unknown_lost_or_doubled_wherever_the_runner_was_killed(
    service: Service, tmp_path: Path
) -> None:
    """R5, R11; RFC 3647 4.3: after the next start the application goes on to its one certificate."""
    owner = builders.register(service)
    signed = tmp_path / "signed"
    signed.touch()
    phone, mail = Post(), Post()
    issuer = authority.issuer(service.settings)
    for done, (number, moment) in enumerate(MOMENTS, start=1):
        wanted = agreed(service, owner)
        run_and_die(service, number, moment, signed)
        runner = JobRunner(
            service,
            issuer=issuer,
            issuing_batch=Issuing(service, issuer, linter=None),
            sending=Sending(service, {"sms": phone, "email": mail}),
        )
        runner.once()
        with service.look() as work:
            made = work.certificates.of_application(wanted.number)
            goes_on = work.applications.by_number(wanted.number)
            assert made is not None
            assert work.certificates.der(made.certificate_id) is not None
            stock = work.overview.stock(today=statistics.local_day(service.now()), now=service.now())
        assert goes_on is not None
        assert (made.state, goes_on.state) == (CertificateState.ISSUED, ApplicationState.ISSUED)
        assert (stock.issued, stock.holders) == (done, 1), (number, moment)
        assert succeeded(service.wait_for(wanted.number.digits, timedelta(0)))
    serials = known_and_single(service, owner, signed)
    # R14: told once of each, with a way to answer "not me".
    for post in (phone, mail):
        told = [text for text in post.texts if "/not-me/" in text]
        assert len(told) == len(serials)
        assert all(any(serial.hex[-6:] in text for text in told) for serial in serials)
    with service.work() as work:
        accept.installed(work, number=wanted.number, now=service.now())


def known_and_single(service: Service, owner: Subscriber, signed: Path) -> set[Serial]:
    """Everything that the key ever signed is on the books, one certificate an application."""
    with service.look() as work:
        certificates = work.certificates.of_subscriber(owner.subscriber_id)
        assert work.certificates.unfinished() == []
    serials = {c.serial for c in certificates}
    assert len(certificates) == len(serials) == len({c.application_id for c in certificates}) == len(MOMENTS)
    assert {Serial.parse(line) for line in signed.read_text().split()} <= serials
    return serials
