"""A moderator's decision takes effect once, by the job, wherever the job was killed; pictures leave only unbroken."""

import hashlib
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from ca_core import roles, staff
from ca_core.application import Application
from ca_core.face_attempt import Flag
from ca_core.lifecycle import ApplicationState, ReviewState
from ca_core.registration import review
from ca_core.review import Decision, Reason
from ca_core.roles import Role
from data.schema import command, outbox
from runtime import authority, reviewing, settings
from runtime.calling import EvidenceBroken
from runtime.issuing import Issuing
from runtime.jobs import JobRunner
from runtime.sending import Sending
from runtime.service import Service
from tests import builders, flagged
from tests.video.vision import servers
from video import evidence as sealed

SEED = roles.Actor("seed", None, roles.Door.COMMAND_LINE)
JPEG = b"\xff\xd8\xff\xe0 a photo"
# A job that dies with what it has written not yet committed, or with the command not yet marked as done.
KILLED = """
import os, signal, sys
from ca_core import roles
from ca_core.registration import review_effect
from runtime import reviewing, settings, wiring
from runtime.jobs import JOB
service = wiring.make_service(settings.load({"var_dir": sys.argv[1], "database_url": sys.argv[2]}))
if sys.argv[4] == "before":
    with service.work() as work:
        review_effect.apply(work, actor=JOB, review_id=int(sys.argv[3]), now=service.now())
        work.flush()
        os.kill(os.getpid(), signal.SIGKILL)
reviewing.apply(service, actor=JOB, review_id=int(sys.argv[3]))
os.kill(os.getpid(), signal.SIGKILL)
"""


@pytest.fixture
def hasty(service: Service) -> Service:
    """Where a decision takes effect at once."""
    service.policy = replace(
        service.policy, reviews=replace(service.policy.reviews, undo=timedelta(0), recheck_share=0.0)
    )
    return service


@pytest.fixture
def runner(hasty: Service) -> JobRunner:
    issuer = authority.issuer(hasty.settings)
    return JobRunner(
        hasty, issuer=issuer, issuing_batch=Issuing(hasty, issuer, linter=None), sending=Sending(hasty, {})
    )


def moderator(service: Service) -> roles.Actor:
    with service.work() as work:
        staff_id = staff.add(
            work, by=SEED, login="m", name="Moderator", role=Role.MODERATOR, password="twelve letters and more",
            totp_secret="A" * 32, hasher=service.passwords, now=service.now(),
        )  # fmt: skip
    return replace(builders.MODERATOR, staff_id=staff_id)


def decided(service: Service) -> int:
    """Rejected by a moderator a moment ago."""
    actor, owner = moderator(service), builders.register(service)
    with service.work() as work:
        review_id = flagged.flag(work, owner, service.now(), Flag.FACE_DIFFERS)
    with service.work() as work:
        item = review.claim_next(work, actor=actor, now=service.now())
        assert item is not None
        review.decide(
            work, actor=actor, review_id=review_id, fence=item.fence, answers=flagged.ANOTHER,
            decision=Decision.REJECT, reason=Reason.ANOTHER_PERSON, now=service.now(),
        )  # fmt: skip
    return review_id


def outcome(service: Service, review_id: int) -> tuple[ReviewState, Application, list[str], list[str]]:
    with service.look() as work:
        found = work.reviews.by_id(review_id)
        assert found is not None
        application = work.applications.by_number(found.number)
        assert application is not None
        told = sa.select(outbox.c.kind).where(outbox.c.medium == "sms")
        asked = sa.select(command.c.state).where(command.c.kind == "apply_review")
        return (
            found.state,
            application,
            list(work.connection.scalars(told)),
            list(work.connection.scalars(asked)),
        )


def test_job_carries_a_decision_out(hasty: Service, runner: JobRunner) -> None:
    review_id = decided(hasty)
    assert outcome(hasty, review_id)[0] is ReviewState.DECIDED
    runner.once()
    state, application, told, asked = outcome(hasty, review_id)
    assert (state, application.state) == (ReviewState.APPLIED, ApplicationState.REJECTED)
    assert (told, asked) == (["review_rejected"], ["done"])


@pytest.mark.parametrize("when", ["before", "after"])
def test_job_killed_at_any_point_neither_loses_nor_doubles_it(
    hasty: Service, runner: JobRunner, when: str
) -> None:
    """Before the commit nothing has happened; after it everything has, and the command that is left finds so."""
    review_id = decided(hasty)
    where = [str(hasty.settings.var_dir), hasty.settings.database_url, str(review_id), when]
    killed = subprocess.run([sys.executable, "-c", KILLED, *where], cwd=Path.cwd(), timeout=90)
    assert killed.returncode == -signal.SIGKILL
    assert outcome(hasty, review_id)[0] is (ReviewState.DECIDED if when == "before" else ReviewState.APPLIED)
    runner.once()
    runner.once()
    state, application, told, asked = outcome(hasty, review_id)
    assert (state, application.state) == (ReviewState.APPLIED, ApplicationState.REJECTED)
    assert (told, asked) == (["review_rejected"], ["done"])


def test_review_of_a_withdrawn_application_leaves_the_queue(hasty: Service, runner: JobRunner) -> None:
    owner = builders.register(hasty)
    with hasty.work() as work:
        review_id = flagged.flag(work, owner, hasty.now())
        number = work.reviews.by_id(review_id).number  # type: ignore[union-attr]  # stored just now
        found = work.applications.by_number(number)
        assert found is not None
        work.applications.save(replace(found, state=ApplicationState.WITHDRAWN), expected=found)
    runner.once()
    assert outcome(hasty, review_id)[0] is ReviewState.WITHDRAWN


def held(service: Service, content: bytes = JPEG, digest: bytes | None = None) -> tuple[roles.Actor, int]:
    """A claimed review whose photo lies sealed in the folder of evidence."""
    actor, owner = moderator(service), builders.register(service)
    path = service.settings.evidence_dir / "faces" / "x"
    path.parent.mkdir(parents=True)
    sealed.keep(path, settings.evidence_secret(service.settings), "face", content)
    picture = replace(flagged.picture("faces/x"), sha256=digest or hashlib.sha256(JPEG).digest())
    application = flagged.in_review(owner, service.now())
    with service.work() as work:
        work.applications.add(application)
        attempt = flagged.attempt(application.number, service.now(), live=picture, frames=(picture,))
        attempt_id = work.face_attempts.add(attempt)
        review_id = review.open_(
            work, number=application.number, attempt_id=attempt_id, flags=attempt.flags, now=service.now()
        )
    with service.work() as work:
        review.claim_next(work, actor=actor, now=service.now())
    return actor, review_id


def test_picture_is_shown_as_it_came_where_nobody_finds_its_eyes(service: Service) -> None:
    """The vision service is not there: a moderator still has to see the photo."""
    actor, review_id = held(service)
    assert reviewing.live(service, actor=actor, review_id=review_id) == JPEG
    assert reviewing.frame(service, actor=actor, review_id=review_id, place=0) == JPEG


def test_every_picture_comes_with_the_eyes_in_their_place(service: Service) -> None:
    """The other moments as well: faces are compared by what differs, and a key blinks one over the other."""
    actor, review_id = held(service)

    async def align(request: Request) -> Response:
        return Response(b"aligned " + await request.body())

    with servers.serving(Starlette(routes=[Route("/aligned", align, methods=["POST"])])) as base_url:
        service.settings = replace(service.settings, vision_port=int(base_url.rpartition(":")[2]))
        assert reviewing.live(service, actor=actor, review_id=review_id) == b"aligned " + JPEG
        assert reviewing.frame(service, actor=actor, review_id=review_id, place=0) == b"aligned " + JPEG


def test_picture_that_was_changed_is_not_shown(service: Service) -> None:
    actor, review_id = held(service, digest=b"\x00" * 32)
    with pytest.raises(EvidenceBroken):
        reviewing.live(service, actor=actor, review_id=review_id)
