"""What the shift begins with: staff with open sessions, people in the registers, flagged photos that wait."""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pyotp
from rich.console import Console
from sqlalchemy import insert

from ca_core import roles, staff
from ca_core.application import Application
from ca_core.certificate import Channel, Kind, Method, Purpose, StorageKind
from ca_core.face_attempt import AttemptOutcome, Band, FaceAttempt, Flag, Move, StoredPicture
from ca_core.identifiers import ApplicationId, Iin, Phone, Sex, iin_check_digit
from ca_core.lifecycle import ApplicationState
from ca_core.registration import review
from ca_core.subscriber import DocumentKind, Person, Subscriber
from data import schema
from data.people import person_row
from data.work import Work
from runtime import start
from runtime.service import Service
from runtime.settings import Settings

COMMAND_LINE = roles.Actor("shift", None, roles.Door.COMMAND_LINE)
_FIRST_PHONE = 77_000_000_000
_AT_ONCE = 200


@dataclass(frozen=True, slots=True)
class Colleague:
    """A member of staff who is signed in."""

    staff_id: int
    token: str


@dataclass(frozen=True, slots=True)
class Stock:
    agents: list[Colleague]
    moderators: list[Colleague]
    applicants: list[Iin]
    callers: Iterator[Iin]


def prepare(chosen: Settings, *, agents: int, moderators: int, reviews: int) -> Stock:
    """Everything that `run` would make at first, and what the shift works on."""
    service = start.prepare(chosen, Console(quiet=True), demo_data=False)
    numbers = _iins()
    applicants = [next(numbers) for _ in range(_AT_ONCE)]
    try:
        _register(service, applicants)
        _flag(service, applicants, reviews)
        return Stock(
            _staff(service, roles.Role.CALL_AGENT, agents),
            _staff(service, roles.Role.MODERATOR, moderators),
            applicants,
            numbers,
        )
    finally:
        service.close()


def _staff(service: Service, role: roles.Role, count: int) -> list[Colleague]:
    found = []
    now = service.now()
    for number in range(count):
        token = secrets.token_urlsafe(32)
        with service.work() as work:
            staff_id = staff.add(
                work,
                by=COMMAND_LINE,
                login=f"{role.name.lower()}-{number}",
                name=f"{role.name.title()} {number}",
                role=role,
                password=secrets.token_urlsafe(24),
                totp_secret=pyotp.random_base32(),
                hasher=service.passwords,
                now=now,
            )
            work.sessions.add(staff.Session(staff.digest(token), staff_id, now, now))
        found.append(Colleague(staff_id, token))
    return found


def _iins() -> Iterator[Iin]:
    """Valid and fictitious, each once."""
    born = date(1970, 1, 1)
    while True:
        for number in range(1, 9000):
            body = f"{born:%y%m%d}3{number:04d}"
            digit = iin_check_digit(body)
            if digit is not None:
                yield Iin.parse(f"{body}{digit}")
        born += timedelta(days=1)


def _register(service: Service, numbers: list[Iin]) -> None:
    people = [_person(iin) for iin in numbers]
    with service.work() as work:
        work.connection.execute(insert(schema.person), [person_row(one) for one in people])
        work.connection.execute(
            insert(schema.portrait), [{"iin": one.iin.number, "jpeg": b"portrait"} for one in people]
        )
        work.connection.execute(
            insert(schema.bmg),
            [
                {
                    "iin": one.iin.number,
                    "phone": _FIRST_PHONE + place,
                    "since": service.now() - timedelta(days=400),
                    "registered_by": "shift",
                }
                for place, one in enumerate(people)
            ],
        )
        for place, one in enumerate(people):
            work.subscribers.add(one, phone=Phone.of(_FIRST_PHONE + place), email="")


def _flag(service: Service, numbers: list[Iin], count: int) -> None:
    made = 0
    while made < count:
        with service.work() as work:
            for place in range(made, min(made + _AT_ONCE, count)):
                owner = work.subscribers.by_iin(numbers[place % len(numbers)])
                assert owner is not None
                _flagged(work, owner, service.now())
        made += _AT_ONCE


def _flagged(work: Work, owner: Subscriber, now: datetime) -> None:
    wanted = Application(
        number=ApplicationId.draw(),
        subscriber_id=owner.subscriber_id,
        kind=Kind.NEW,
        purpose=Purpose.SIGNING,
        channel=Channel.EGOV,
        storage=StorageKind.FILE,
        method=Method.AUTOMATIC_FACE,
        region=owner.region,
        state=ApplicationState.IN_REVIEW,
        opened_at=now,
        changed_at=now,
        policy_version=work.policy.version,
    )
    work.applications.add(wanted)
    picture = StoredPicture("faces/none", bytes(32), 640, 480)
    flags = (Flag.DOUBTFUL,)
    attempt = FaceAttempt(
        attempt_id=0,
        number=wanted.number,
        at=now,
        moves=(Move.TURN_LEFT,),
        outcome=AttemptOutcome.REVIEW,
        band=Band.DOUBTFUL,
        distance=0.52,
        flags=flags,
        live=picture,
        frames=(),
        counted=True,
        policy_version=work.policy.version,
    )
    attempt_id = work.face_attempts.add(attempt)
    review.open_(work, number=wanted.number, attempt_id=attempt_id, flags=flags, now=now)


def _person(iin: Iin) -> Person:
    return Person(
        iin=iin,
        surname="ҮЛГІЕВ",
        given_name="ДӘУРЕН",
        patronymic="",
        surname_latin="ULGIYEV",
        given_name_latin="DAUREN",
        born_on=iin.birth_date,
        sex=Sex.MALE,
        region=1,
        language="kk",
        document_kind=DocumentKind.ID_CARD,
        document_number="N00000000",
        document_expires_on=date(2099, 1, 1),
    )
