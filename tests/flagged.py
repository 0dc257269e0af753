"""Photos that the machine did not pass, and the applications that they belong to."""

from dataclasses import replace
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from ca_core.application import Application
from ca_core.certificate import Method
from ca_core.face_attempt import AttemptOutcome, Band, FaceAttempt, Flag, Move, StoredPicture
from ca_core.identifiers import ApplicationId
from ca_core.lifecycle import ApplicationState
from ca_core.registration import review
from ca_core.review import Answers
from ca_core.subscriber import Subscriber
from data import people, schema
from tests import builders
from tests.fakes import House, Work

IN_ORDER = Answers(same=5, live=True, usable=True)
ANOTHER = Answers(same=1, live=True, usable=True)
UNCLEAR = Answers(same=3, live=True, usable=False)
PORTRAIT = b"portrait"


def picture(name: str = "faces/1/live") -> StoredPicture:
    return StoredPicture(name, b"\x01" * 32, 640, 480)


def attempt(number: ApplicationId, now: datetime, **different: Any) -> FaceAttempt:
    default = FaceAttempt(
        attempt_id=0,
        number=number,
        at=now,
        moves=(Move.TURN_LEFT, Move.COME_CLOSER),
        outcome=AttemptOutcome.REVIEW,
        band=Band.DOUBTFUL,
        distance=0.52,
        flags=(Flag.DOUBTFUL,),
        live=picture(f"faces/{number.digits}/live"),
        frames=(picture(f"faces/{number.digits}/0"), picture(f"faces/{number.digits}/1")),
        counted=True,
        policy_version="test",
    )
    return replace(default, **different)


def in_review(owner: Subscriber, now: datetime, **different: Any) -> Application:
    """An application whose photo waits for a moderator; no key was made yet."""
    unsubmitted = {
        "state": ApplicationState.IN_REVIEW,
        "method": Method.AUTOMATIC_FACE,
        "public_key": b"",
        "key_id": b"",
    }
    return builders.application(owner, builders.new_key(), now, **(unsubmitted | different))


def flag(work: Any, owner: Subscriber, now: datetime, *flags: Flag, **different: Any) -> int:
    """The review of a new application of this person."""
    application = in_review(owner, now, **different)
    work.applications.add(application)
    give_portrait(work, owner)
    why = flags or (Flag.DOUBTFUL,)
    attempt_id = work.face_attempts.add(attempt(application.number, now, flags=why))
    return review.open_(work, number=application.number, attempt_id=attempt_id, flags=why, now=now)


def give_portrait(work: Any, owner: Subscriber) -> None:
    """To the state register, in memory or in a database."""
    if isinstance(work, Work):
        work.memory.portraits[owner.iin] = PORTRAIT
        return
    database, iin = work.connection, owner.iin.number
    if database.scalar(sa.select(schema.portrait.c.iin).where(schema.portrait.c.iin == iin)) is not None:
        return
    if database.scalar(sa.select(schema.person.c.iin).where(schema.person.c.iin == iin)) is None:
        database.execute(sa.insert(schema.person).values(people.person_row(builders.person(iin=owner.iin))))
    database.execute(sa.insert(schema.portrait).values(iin=iin, jpeg=PORTRAIT))


def subject(here: House, number: int = 1, **different: Any) -> Subscriber:
    """A person with a portrait in the register."""
    iin = builders.iin(number=number * 50)
    owner = builders.register(here, iin=iin, phone=different.pop("phone", builders.PHONE), **different)
    here.memory.portraits[iin] = PORTRAIT
    return owner


def flagged(here: House, *flags: Flag, owner: Subscriber | None = None) -> int:
    with here.work() as work:
        known = owner or work.subscribers.by_iin(builders.iin(number=50))
    whose = known or subject(here)
    with here.work() as work:
        return flag(work, whose, here.now, *flags)
