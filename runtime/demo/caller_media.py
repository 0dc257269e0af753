"""What a simulated caller's camera and microphone give: a rendered person, the specimen held up, and a murmur."""

import asyncio
import time
from dataclasses import dataclass
from fractions import Fraction
from typing import TypeVar

import numpy as np
from aiortc.mediastreams import MediaStreamTrack
from av import AudioFrame, VideoFrame
from numpy.typing import NDArray

from runtime.demo.rendered import RenderedPerson, drawing, specimens
from runtime.demo.rendered.drawing import Camera, Picture
from runtime.demo.rendered.specimens import Fault

FACE, DOCUMENT, DOCUMENT_BACK = "face", "document", "document_back"

_PICTURES_PER_SECOND = 15
_PICTURE_CLOCK = 90_000
_SAMPLES_PER_SECOND, _SAMPLES_A_FRAME = 48_000, 960
# Held as still as a hand can, so that it can be read.
_HAND = 0.3
_VOICE_SECONDS, _PITCH_HERTZ, _SYLLABLES_PER_SECOND = 6, 140.0, 3.3
# Of what one session shows: a tab that was asleep does not send everything at once.
_LATE_SECONDS = 0.5

Frame = TypeVar("Frame", VideoFrame, AudioFrame)


@dataclass(slots=True)
class Stage:
    """The person before the camera; `showing` is changed by what the agent asks for."""

    camera: Camera
    document: Picture
    two_faces: Picture | None
    showing: str = FACE

    @classmethod
    def of(cls, who: RenderedPerson, fault: Fault, *, other: RenderedPerson) -> "Stage":
        """Draws everything once: some seconds."""
        crowded = fault is Fault.TWO_FACES
        return cls(
            camera=drawing.camera(who.look),
            document=specimens.held_up(who, Fault.GOOD if crowded else fault, other=other),
            two_faces=specimens.held_up(who, fault, other=other) if crowded else None,
        )

    def picture(self, at_seconds: float) -> Picture:
        if self.showing in (DOCUMENT, DOCUMENT_BACK):
            return drawing.swayed(self.document, at_seconds * _HAND)
        if self.two_faces is not None:
            return drawing.swayed(self.two_faces, at_seconds)
        return self.camera.frame(at_seconds)


class _Paced(MediaStreamTrack):
    """Frames at their times; after a pause it goes on with now, not with what was missed."""

    def __init__(self, frames_per_second: float) -> None:
        super().__init__()
        self._interval = 1 / frames_per_second
        self._began = time.monotonic()
        self._count = -1

    async def _next(self) -> int:
        self._count += 1
        late = time.monotonic() - self._began - self._count * self._interval
        if late > _LATE_SECONDS:
            self._count += int(late / self._interval)
        elif late < 0:
            await asyncio.sleep(-late)
        return self._count


class Picturing(_Paced):
    kind = "video"

    def __init__(self, stage: Stage) -> None:
        super().__init__(_PICTURES_PER_SECOND)
        self._stage = stage

    async def recv(self) -> VideoFrame:
        count = await self._next()
        frame = await asyncio.to_thread(self._drawn, count / _PICTURES_PER_SECOND)
        return _stamped(frame, count * _PICTURE_CLOCK // _PICTURES_PER_SECOND, _PICTURE_CLOCK)

    def _drawn(self, at_seconds: float) -> VideoFrame:
        return VideoFrame.from_ndarray(self._stage.picture(at_seconds), "rgb24").reformat(format="yuv420p")


class Murmuring(_Paced):
    """Something like a voice while the face is shown, silence while the document is."""

    kind = "audio"

    def __init__(self, stage: Stage) -> None:
        super().__init__(_SAMPLES_PER_SECOND / _SAMPLES_A_FRAME)
        self._stage = stage
        self._voice = voice()

    async def recv(self) -> AudioFrame:
        count = await self._next()
        start = count * _SAMPLES_A_FRAME % len(self._voice)
        heard = self._voice[start : start + _SAMPLES_A_FRAME]
        samples = heard if self._stage.showing == FACE else np.zeros_like(heard)
        frame = AudioFrame.from_ndarray(samples.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate = _SAMPLES_PER_SECOND
        return _stamped(frame, count * _SAMPLES_A_FRAME, _SAMPLES_PER_SECOND)


def voice() -> NDArray[np.int16]:
    """Six seconds: a low tone with overtones that swells and falls like syllables, with a pause for breath."""
    at = np.arange(_VOICE_SECONDS * _SAMPLES_PER_SECOND) / _SAMPLES_PER_SECOND
    pitch = 2 * np.pi * _PITCH_HERTZ * at + 4 * np.sin(2 * np.pi * 0.5 * at)
    tone = sum(np.sin(pitch * overtone) / overtone for overtone in (1, 2, 3, 5))
    syllables = np.clip(np.sin(np.pi * _SYLLABLES_PER_SECOND * at), 0, 1) ** 0.6
    breath = np.clip((_VOICE_SECONDS - 1.2 - at) / 0.2, 0, 1)
    return np.asarray(4500 * tone * syllables * breath, np.int16)


def _stamped(frame: Frame, pts: int, clock: int) -> Frame:
    frame.pts, frame.time_base = pts, Fraction(1, clock)
    return frame
