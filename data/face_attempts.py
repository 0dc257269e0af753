"""Challenges and attempts of the video verification."""

import json
from collections.abc import Iterable
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, delete, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from ca_core.face_attempt import (
    AttemptOutcome,
    Band,
    Challenge,
    FaceAttempt,
    Flag,
    Frame,
    Move,
    Shown,
    StoredPicture,
)
from ca_core.identifiers import ApplicationId
from ca_core.records import ChangedMeanwhile
from data.face_schema import face_attempt, face_challenge
from data.schema import application


class FaceAttempts:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def by_id(self, attempt_id: int) -> FaceAttempt | None:
        query = select(face_attempt).where(face_attempt.c.attempt_id == attempt_id)
        row = self._connection.execute(query).one_or_none()
        return _attempt(row) if row is not None else None

    def of_application(self, number: ApplicationId) -> list[FaceAttempt]:
        query = (
            select(face_attempt)
            .where(face_attempt.c.application_number == number.number)
            .order_by(face_attempt.c.attempt_id)
        )
        return [_attempt(row) for row in self._connection.execute(query)]

    def elsewhere(self, number: ApplicationId, *, since: datetime) -> list[FaceAttempt]:
        query = (
            select(face_attempt)
            .where(
                face_attempt.c.application_number.in_(_of_same_person(number)),
                face_attempt.c.application_number != number.number,
                face_attempt.c.at > since,
            )
            .order_by(face_attempt.c.attempt_id)
        )
        return [_attempt(row) for row in self._connection.execute(query)]

    def add(self, attempt: FaceAttempt) -> int:
        done = self._connection.execute(
            insert(face_attempt).values(
                application_number=attempt.number.number,
                at=attempt.at,
                moves=json.dumps(attempt.moves),
                outcome=attempt.outcome.value,
                band=attempt.band.value,
                distance=attempt.distance,
                flags=json.dumps(attempt.flags),
                live=json.dumps(_kept(attempt.live)),
                frames=json.dumps([_kept(picture) for picture in attempt.frames]),
                counted=int(attempt.counted),
                policy_version=attempt.policy_version,
            )
        )
        return int(done.inserted_primary_key[0])  # type: ignore[index]  # one row has one


class FaceChallenges:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def by_digest(self, token_digest: bytes) -> Challenge | None:
        return self._one(face_challenge.c.token_digest == token_digest)

    def living_of(self, number: ApplicationId) -> Challenge | None:
        return self._one(
            face_challenge.c.application_number == number.number, face_challenge.c.ended_at.is_(None)
        )

    def drawn_for_person(self, number: ApplicationId, *, since: datetime) -> int:
        query = select(func.count()).where(
            face_challenge.c.application_number.in_(_of_same_person(number)),
            face_challenge.c.drawn_at > since,
        )
        return int(self._connection.scalar(query) or 0)

    def add(self, challenge: Challenge) -> None:
        values = _values(challenge) | {
            "token_digest": challenge.token_digest,
            "application_number": challenge.number.number,
            "page_digest": challenge.page_digest,
        }
        try:
            # A savepoint, so that PostgreSQL goes on after a refused row.
            with self._connection.begin_nested():
                self._connection.execute(insert(face_challenge).values(values))
        except IntegrityError as error:
            raise ChangedMeanwhile from error

    def save(self, challenge: Challenge, *, expected: Challenge) -> Challenge:
        changed = replace(challenge, version=expected.version + 1)
        done = self._connection.execute(
            update(face_challenge)
            .where(
                face_challenge.c.token_digest == expected.token_digest,
                face_challenge.c.version == expected.version,
            )
            .values(_values(changed))
        )
        if done.rowcount != 1:
            raise ChangedMeanwhile
        return changed

    def abandoned(self, *, before: datetime, limit: int) -> list[Challenge]:
        query = (
            select(face_challenge)
            .where(face_challenge.c.ended_at.is_(None), face_challenge.c.expires_at < before)
            .order_by(face_challenge.c.expires_at)
            .limit(limit)
        )
        return [_challenge(row) for row in self._connection.execute(query)]

    def over(self, *, before: datetime, limit: int) -> list[Challenge]:
        query = (
            select(face_challenge)
            .where(face_challenge.c.ended_at.is_not(None), face_challenge.c.drawn_at < before)
            .order_by(face_challenge.c.ended_at)
            .limit(limit)
        )
        return [_challenge(row) for row in self._connection.execute(query)]

    def erase(self, challenge: Challenge) -> None:
        self._connection.execute(
            delete(face_challenge).where(face_challenge.c.token_digest == challenge.token_digest)
        )

    def _one(self, *conditions: Any) -> Challenge | None:
        row = self._connection.execute(select(face_challenge).where(*conditions)).one_or_none()
        return _challenge(row) if row is not None else None


def _of_same_person(number: ApplicationId) -> Select[tuple[int]]:
    owner = select(application.c.subscriber_id).where(application.c.number == number.number)
    return select(application.c.number).where(application.c.subscriber_id == owner.scalar_subquery())


def _values(challenge: Challenge) -> dict[str, object]:
    """What may change, and what never does but its keys."""
    return {
        "moves": json.dumps(challenge.moves),
        "drawn_at": challenge.drawn_at,
        "expires_at": challenge.expires_at,
        "folder": challenge.folder,
        "step": challenge.step,
        "prompts_ms": json.dumps(challenge.prompts_ms),
        "frames": json.dumps([[one.step, one.at_ms, _kept(one.picture)] for one in challenge.frames]),
        "shown": json.dumps([list(asdict(one).values()) for one in challenge.shown]),
        "judging_since": challenge.judging_since,
        "ended_at": challenge.ended_at,
        "version": challenge.version,
    }


def _challenge(row: Row[Any]) -> Challenge:
    return Challenge(
        token_digest=bytes(row.token_digest),
        number=ApplicationId.of(row.application_number),
        page_digest=bytes(row.page_digest),
        moves=_moves(row.moves),
        drawn_at=row.drawn_at,
        expires_at=row.expires_at,
        folder=row.folder,
        step=row.step,
        prompts_ms=tuple(json.loads(row.prompts_ms)),
        frames=tuple(Frame(step, at_ms, _picture(kept)) for step, at_ms, kept in json.loads(row.frames)),
        shown=tuple(Shown(*values) for values in json.loads(row.shown)),
        judging_since=row.judging_since,
        ended_at=row.ended_at,
        version=row.version,
    )


def _attempt(row: Row[Any]) -> FaceAttempt:
    return FaceAttempt(
        attempt_id=row.attempt_id,
        number=ApplicationId.of(row.application_number),
        at=row.at,
        moves=_moves(row.moves),
        outcome=AttemptOutcome(row.outcome),
        band=Band(row.band),
        distance=row.distance,
        flags=tuple(Flag(flag) for flag in json.loads(row.flags)),
        live=_picture(json.loads(row.live)),
        frames=tuple(_picture(kept) for kept in json.loads(row.frames)),
        counted=bool(row.counted),
        policy_version=row.policy_version,
    )


def _moves(text: str) -> tuple[Move, ...]:
    return tuple(Move(move) for move in json.loads(text))


def _kept(picture: StoredPicture) -> list[str | int]:
    return [picture.name, picture.sha256.hex(), picture.width_px, picture.height_px]


def _picture(kept: Iterable[Any]) -> StoredPicture:
    name, sha256, width_px, height_px = kept
    return StoredPicture(name, bytes.fromhex(sha256), width_px, height_px)
