"""Video verification of the face: the challenge that the server drew, and what came of one attempt (F1, step 10).

A distance is evidence with a known error. What the machine cannot pass goes to a moderator; it rejects nobody (F3).
"""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from ca_core.identifiers import ApplicationId


class Move(StrEnum):
    """What four corners of the eyes and the nose can show; left and right are the person's own.

    No nod: of a head that looks up by 20 degrees these five points show too little to tell it from their noise.
    """

    TURN_LEFT = "turn_left"
    TURN_RIGHT = "turn_right"
    TILT_LEFT = "tilt_left"
    TILT_RIGHT = "tilt_right"
    COME_CLOSER = "come_closer"


TURNS = (Move.TURN_LEFT, Move.TURN_RIGHT)
"""A flat picture cannot do these: every challenge has one at least."""


class Band(StrEnum):
    """How near two faces are, in the words that people decide by."""

    SAME = "same"
    DOUBTFUL = "doubtful"
    OTHER = "other"
    NOT_COMPARABLE = "not_comparable"


class AttemptOutcome(StrEnum):
    """AGAIN: the person may try again at once; nobody was told no."""

    PASSED = "passed"
    REVIEW = "review"
    AGAIN = "again"


class Flag(StrEnum):
    """Why a moderator looks, or what the person is to do better."""

    # No model, no portrait: nothing was checked.
    CHECK_OFF = "check_off"
    NO_PORTRAIT = "no_portrait"
    # The moves.
    MOVE_MISSING = "move_missing"
    WRONG_MOVE = "wrong_move"
    TOO_EARLY = "too_early"
    NOT_STILL = "not_still"
    FLAT_PICTURE = "flat_picture"
    # The person before the camera.
    ANOTHER_FACE = "another_face"
    PICTURE_JUMPED = "picture_jumped"
    NO_FACE = "no_face"
    SEVERAL_FACES = "several_faces"
    # The picture.
    FACE_TOO_SMALL = "face_too_small"
    BLURRED = "blurred"
    GLARE = "glare"
    TOO_DARK = "too_dark"
    TOO_BRIGHT = "too_bright"
    # The comparison with the register's portrait.
    DOUBTFUL = "doubtful"
    SMALL_PICTURE = "small_picture"
    FACE_DIFFERS = "face_differs"
    OTHER_PERSON_SUSPECTED = "other_person_suspected"
    # The faces are the same to the machine, which had looked as often as it may.
    TRIED_BEFORE = "tried_before"


@dataclass(frozen=True, slots=True)
class StoredPicture:
    """A sealed file: its name below the evidence folder, and the SHA-256 of its content."""

    name: str
    sha256: bytes
    width_px: int
    height_px: int


@dataclass(frozen=True, slots=True)
class Frame:
    """One picture of a challenge: in which step it came, and when, by the page's clock since the first prompt."""

    step: int
    at_ms: int
    picture: StoredPicture


@dataclass(frozen=True, slots=True)
class Shown:
    """What one frame shows, in numbers that no face can be made of; None where it shows no single face.

    `turn` and `drop`: the nose against the line through the eyes, along it and across it, in units of its length.
    """

    step: int
    at_ms: int
    turn: float
    drop: float
    roll_degrees: float
    eyes_px: float
    centre_x: float
    centre_y: float


@dataclass(frozen=True, slots=True)
class Challenge:
    """Moves in the order drawn, for one page of one application, once.

    Step 0 is to look straight, step n the n-th move; at a step past the last one no more frames are taken, because all
    was shown or a move failed. `prompts_ms` holds when the page showed the prompt of each step that was reached.
    """

    token_digest: bytes
    number: ApplicationId
    page_digest: bytes
    moves: tuple[Move, ...]
    drawn_at: datetime
    expires_at: datetime
    folder: str
    step: int = 0
    prompts_ms: tuple[int, ...] = (0,)
    frames: tuple[Frame, ...] = ()
    shown: tuple[Shown, ...] = ()
    # Being judged: by one request at a time.
    judging_since: datetime | None = None
    ended_at: datetime | None = None
    version: int = 0

    @property
    def takes_frames(self) -> bool:
        return self.step <= len(self.moves)

    @property
    def asked(self) -> Move | None:
        """None: to look straight."""
        return self.moves[self.step - 1] if 0 < self.step <= len(self.moves) else None


@dataclass(frozen=True, slots=True)
class FaceAttempt:
    """One verification as it was judged. `counted`: the faces were compared, so that it is one of the policy's."""

    attempt_id: int
    number: ApplicationId
    at: datetime
    moves: tuple[Move, ...]
    outcome: AttemptOutcome
    band: Band
    distance: float | None
    flags: tuple[Flag, ...]
    live: StoredPicture
    frames: tuple[StoredPicture, ...]
    counted: bool
    policy_version: str


class FaceAttempts(Protocol):
    def by_id(self, attempt_id: int) -> FaceAttempt | None: ...
    def of_application(self, number: ApplicationId) -> list[FaceAttempt]:
        """Oldest first."""
        ...

    def elsewhere(self, number: ApplicationId, *, since: datetime) -> list[FaceAttempt]:
        """Those of the same person's other applications, oldest first."""
        ...

    def add(self, attempt: FaceAttempt) -> int: ...


class FaceChallenges(Protocol):
    def by_digest(self, token_digest: bytes) -> Challenge | None: ...
    def living_of(self, number: ApplicationId) -> Challenge | None:
        """The one that has not ended, expired or not: an application has one at most."""
        ...

    def drawn_for_person(self, number: ApplicationId, *, since: datetime) -> int:
        """How many, in this application and in the same person's others."""
        ...

    def add(self, challenge: Challenge) -> None:
        """Raises ChangedMeanwhile where the application has a living one."""
        ...

    def save(self, challenge: Challenge, *, expected: Challenge) -> Challenge:
        """Writes the changed record with the next version. Raises ChangedMeanwhile unless `expected` is stored."""
        ...

    def abandoned(self, *, before: datetime, limit: int) -> list[Challenge]:
        """Not ended, and expired before then."""
        ...

    def over(self, *, before: datetime, limit: int) -> list[Challenge]:
        """Ended, and drawn before then; the oldest first."""
        ...

    def erase(self, challenge: Challenge) -> None: ...
