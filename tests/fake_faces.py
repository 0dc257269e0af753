"""In-memory stand-ins for `ca_core.face_attempt.FaceAttempts` and `FaceChallenges`."""

from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING

from ca_core.face_attempt import Challenge, FaceAttempt
from ca_core.identifiers import ApplicationId
from ca_core.records import ChangedMeanwhile

if TYPE_CHECKING:
    from tests.fakes import Memory


@dataclass
class FaceMemory:
    """What is stored of verifications. The values never change, so that a shallow copy is a savepoint."""

    face_attempts: dict[int, FaceAttempt] = field(default_factory=dict)
    face_challenges: dict[bytes, Challenge] = field(default_factory=dict)


class FaceAttempts:
    def __init__(self, memory: "Memory") -> None:
        self._memory = memory

    def by_id(self, attempt_id: int) -> FaceAttempt | None:
        return self._memory.face_attempts.get(attempt_id)

    def of_application(self, number: ApplicationId) -> list[FaceAttempt]:
        return [attempt for attempt in self._memory.face_attempts.values() if attempt.number == number]

    def elsewhere(self, number: ApplicationId, *, since: datetime) -> list[FaceAttempt]:
        others = _of_same_person(self._memory, number) - {number}
        return [one for one in self._memory.face_attempts.values() if one.number in others and one.at > since]

    def add(self, attempt: FaceAttempt) -> int:
        attempt_id = len(self._memory.face_attempts) + 1
        self._memory.face_attempts[attempt_id] = replace(attempt, attempt_id=attempt_id)
        return attempt_id


class FaceChallenges:
    def __init__(self, memory: "Memory") -> None:
        self._memory = memory

    def by_digest(self, token_digest: bytes) -> Challenge | None:
        return self._memory.face_challenges.get(token_digest)

    def living_of(self, number: ApplicationId) -> Challenge | None:
        found = (one for one in self._memory.face_challenges.values() if one.number == number)
        return next((one for one in found if one.ended_at is None), None)

    def drawn_for_person(self, number: ApplicationId, *, since: datetime) -> int:
        theirs = _of_same_person(self._memory, number)
        return sum(
            one.number in theirs and one.drawn_at > since for one in self._memory.face_challenges.values()
        )

    def add(self, challenge: Challenge) -> None:
        if self.living_of(challenge.number) is not None:
            raise ChangedMeanwhile
        self._memory.face_challenges[challenge.token_digest] = challenge

    def save(self, challenge: Challenge, *, expected: Challenge) -> Challenge:
        stored = self._memory.face_challenges.get(expected.token_digest)
        if stored is None or stored.version != expected.version:
            raise ChangedMeanwhile
        changed = replace(challenge, version=expected.version + 1)
        self._memory.face_challenges[expected.token_digest] = changed
        return changed

    def abandoned(self, *, before: datetime, limit: int) -> list[Challenge]:
        left = [one for one in self._memory.face_challenges.values() if one.ended_at is None]
        return sorted((one for one in left if one.expires_at < before), key=lambda one: one.expires_at)[
            :limit
        ]

    def over(self, *, before: datetime, limit: int) -> list[Challenge]:
        ended = [one for one in self._memory.face_challenges.values() if one.ended_at is not None]
        return [one for one in ended if one.drawn_at < before][:limit]

    def erase(self, challenge: Challenge) -> None:
        self._memory.face_challenges.pop(challenge.token_digest, None)


def _of_same_person(memory: "Memory", number: ApplicationId) -> set[ApplicationId]:
    owner = memory.applications[number.digits].subscriber_id
    return {one.number for one in memory.applications.values() if one.subscriber_id == owner}
