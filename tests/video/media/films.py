"""Look at a recording as a player would: all streams of the opened file, decoded."""

import io
import json
from dataclasses import dataclass, field
from hashlib import sha256
from pathlib import Path
from typing import Any

import av
import numpy as np
from av import AudioFrame, VideoFrame

from video import evidence

SECRET = bytes(range(32))


@dataclass
class Stream:
    """What one stream of the film holds once decoded."""

    kind: str
    pictures: list[tuple[float, tuple[int, int], tuple[int, ...]]] = field(default_factory=list)
    sound: list[np.ndarray] = field(default_factory=list)
    times: list[float] = field(default_factory=list)

    @property
    def hertz(self) -> int:
        wave = np.concatenate(self.sound)
        spectrum = np.abs(np.fft.rfft(wave * np.hanning(len(wave))))
        return round(int(spectrum.argmax()) * 48_000 / len(wave))


@dataclass(frozen=True)
class Film:
    is_closed: bool
    streams: dict[str, Stream]

    @property
    def until(self) -> float:
        return max(stream.times[-1] for stream in self.streams.values() if stream.times)


def film(path: Path) -> Film:
    reader = evidence.read(path, SECRET)
    content = b"".join(reader)
    container = av.open(io.BytesIO(content), "r")
    streams = {stream.metadata["title"]: Stream(stream.type) for stream in container.streams}
    for packet in container.demux():
        found = streams[packet.stream.metadata["title"]]
        frames: list[Any] = list(packet.decode())
        for frame in frames:
            found.times.append(float(frame.time))
            if isinstance(frame, VideoFrame):
                middle = frame.to_ndarray(format="rgb24")[frame.height // 2, frame.width // 2]
                colour = tuple(int(part) for part in middle)
                found.pictures.append((float(frame.time), (frame.width, frame.height), colour))
            elif isinstance(frame, AudioFrame):
                found.sound.append(frame.to_ndarray()[0].astype(float))
    return Film(reader.is_closed, streams)


def log(path: Path) -> list[dict[str, Any]]:
    """The lines of the event log, their chain checked."""
    lines = b"".join(evidence.read(path, SECRET)).splitlines()
    previous = sha256(path.name.removesuffix(".log.sealed").encode()).hexdigest()
    entries = []
    for number, line in enumerate(lines):
        entry = json.loads(line)
        assert (entry["n"], entry["previous"]) == (number, previous)
        previous = sha256(line).hexdigest()
        entries.append(entry)
    return entries


def is_near(colour: tuple[int, ...], wanted: tuple[int, ...]) -> bool:
    return all(abs(one - other) < 40 for one, other in zip(colour, wanted, strict=True))
