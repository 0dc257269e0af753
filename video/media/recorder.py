"""The recording of a call: both parties, and who speaks to them, as received, and beside it the log of what happened.

    <folder>/<call>-<part>.mkv.sealed   Matroska, see `matroska`
    <folder>/<call>-<part>.log.sealed   JSON lines, each with the SHA-256 of the line before

Frames are collected in the event loop and handed over four times a second to the one writer thread of the worker,
which muxes, seals and writes: a killed worker loses what it had not handed over yet and nothing else. Each start is a
part of its own and begins with keyframes. A disk that refuses ends the recording, with an event, and never the call.
"""

import asyncio
import hashlib
import json
import queue
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from video import engine, evidence
from video.engine import OBSERVER, EncodedFrame, Event, EventKind, RecordingOrder, Role
from video.media import matroska

BATCH_SECONDS = 0.25
# A disk that is this far behind will not catch up: 30 seconds of batches.
_BACKLOG = 120
_CLOSE_SECONDS = 3.0

Tell = Callable[[EventKind, dict[str, engine.Fact]], None]
_Closed = dict[str, engine.Fact] | None


@dataclass(slots=True)
class _Batch:
    # Each with the number of its track.
    frames: list[tuple[int, EncodedFrame]] = field(default_factory=list)
    lines: list[str] = field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(self.frames or self.lines)


class Scribe:
    """The one writer thread of a worker, and the tick that feeds it."""

    def __init__(self) -> None:
        self._jobs: queue.SimpleQueue[Callable[[], None] | None] = queue.SimpleQueue()
        self._thread = threading.Thread(target=self._run, name="scribe", daemon=True)
        self._thread.start()
        self._recordings: set[Recording] = set()
        self._ticking = asyncio.create_task(self._tick())

    def submit(self, job: Callable[[], None]) -> None:
        self._jobs.put(job)

    def follow(self, recording: "Recording") -> None:
        self._recordings.add(recording)

    def forget(self, recording: "Recording") -> None:
        self._recordings.discard(recording)

    async def stop(self) -> None:
        """Finish what was handed over, then end the thread."""
        self._ticking.cancel()
        self._jobs.put(None)
        await asyncio.to_thread(self._thread.join, 3)

    async def _tick(self) -> None:
        while True:
            await asyncio.sleep(BATCH_SECONDS)
            for recording in tuple(self._recordings):
                recording.hand_over()

    def _run(self) -> None:
        while (job := self._jobs.get()) is not None:
            job()


class Recording:
    """One part of one call's recording; its methods are called in the event loop. Raises EvidenceNotKept at start."""

    def __init__(self, scribe: Scribe, order: RecordingOrder, call_id: int, tell: Tell) -> None:
        self._tape = _Tape(order, call_id)
        self._scribe = scribe
        self._tell = tell
        self._loop = asyncio.get_running_loop()
        self._batch = _Batch()
        self._backlog = 0
        self._is_held = False
        self._awaits_key = set(Role)
        self.has_failed = False
        scribe.follow(self)
        tell(EventKind.RECORDING_STARTED, {"part": self._tape.part, "name": self._tape.path.name})

    def take(self, role: Role, frame: EncodedFrame) -> None:
        if self._is_held or self.has_failed:
            return
        if self._awaits_key and frame.kind == "video":
            if frame.key:
                self._awaits_key.discard(role)
            elif role in self._awaits_key:
                return
        self._batch.frames.append((matroska.track(role, frame.kind), frame))

    def take_voice(self, _role: Role, frame: EncodedFrame) -> None:
        """What an observer says, whose leg is no party's."""
        if not self._is_held and not self.has_failed and frame.kind == "audio":
            self._batch.frames.append((matroska.track(OBSERVER, "audio"), frame))

    def note(self, event: Event) -> None:
        """Into the log; on hold nothing is recorded, and pictures go on with a keyframe."""
        if event.kind in (EventKind.HELD, EventKind.RESUMED):
            self._is_held = event.kind is EventKind.HELD
            self._awaits_key = set(Role)
        line = {
            "at": event.at.isoformat(),
            "role": event.role,
            "kind": event.kind,
            "facts": dict(event.facts),
        }
        self._batch.lines.append(json.dumps(line))

    def hand_over(self) -> None:
        if self.has_failed or not self._batch:
            return
        if self._backlog >= _BACKLOG:
            self._fail("too_slow")
            return
        batch, self._batch = self._batch, _Batch()
        self._backlog += 1
        self._scribe.submit(lambda: self._write(batch))

    async def close(self) -> None:
        """Write the rest, close both files and tell their digests; one that failed has told already."""
        if self.has_failed:
            return
        self.hand_over()
        self._scribe.forget(self)
        done: asyncio.Future[_Closed] = self._loop.create_future()
        self._scribe.submit(lambda: self._close(done))
        try:
            async with asyncio.timeout(_CLOSE_SECONDS):
                facts = await done
        except TimeoutError:
            self._fail("too_slow")
            return
        if facts is not None:
            self._tell(EventKind.RECORDING_CLOSED, facts)

    def _write(self, batch: _Batch) -> None:
        try:
            self._tape.write(batch)
        except evidence.EvidenceNotKept as failure:
            self._loop.call_soon_threadsafe(self._fail, failure.facts["reason"])
        finally:
            self._loop.call_soon_threadsafe(self._written)

    def _close(self, done: "asyncio.Future[_Closed]") -> None:
        facts = None
        try:
            facts = self._tape.close()
        except evidence.EvidenceNotKept as failure:
            self._loop.call_soon_threadsafe(self._fail, failure.facts["reason"])
        finally:
            self._loop.call_soon_threadsafe(_finish, done, facts)

    def _written(self) -> None:
        self._backlog -= 1

    def _fail(self, reason: str) -> None:
        """Once: the first reason counts. The files stay as far as they go."""
        if not self.has_failed:
            self.has_failed = True
            self._scribe.forget(self)
            facts: dict[str, engine.Fact] = {"part": self._tape.part, "name": self._tape.path.name}
            self._scribe.submit(self._tape.abandon)
            self._tell(EventKind.RECORDING_FAILED, {**facts, "reason": reason})


class _Tape:
    """The two files of a part. Made in the loop, then used by the writer thread alone."""

    def __init__(self, order: RecordingOrder, call_id: int) -> None:
        self.part = _next_part(order.folder, call_id)
        stem = f"{call_id}-{self.part}"
        self.path = order.folder / f"{stem}.mkv.sealed"
        self._film = evidence.Writer(self.path, order.secret, "call-recording")
        self._log_path = order.folder / f"{stem}.log.sealed"
        try:
            self._log = evidence.Writer(self._log_path, order.secret, "call-log")
        except evidence.EvidenceNotKept:
            self._film.abandon()
            raise
        self._since = time.time()
        self._last: dict[int, int] = {}
        self._is_begun = False
        self._previous = hashlib.sha256(stem.encode()).hexdigest()
        self._lines = 0
        self._open = {"call_id": call_id, "part": self.part, "since": _iso(self._since)}

    def write(self, batch: _Batch) -> None:
        self._begin()
        self._film.write(matroska.clusters(self._blocks(batch.frames)))
        self._film.flush()
        for line in batch.lines:
            self._chain(json.loads(line))
        self._log.flush()

    def close(self) -> dict[str, engine.Fact]:
        """Digests and sizes. Raises EvidenceNotKept; the files are left as they are then."""
        try:
            self._begin()
            self._film.close()
            self._chain(
                {"kind": "film_closed", "sha256": self._film.sha256, "size_bytes": self._film.size_bytes}
            )
            self._log.close()
        finally:
            self.abandon()
        return {
            "part": self.part,
            "name": self.path.name,
            "sha256": self._film.sha256,
            "size_bytes": self._film.size_bytes,
            "seconds": round(time.time() - self._since, 3),
            "log_name": self._log_path.name,
            "log_sha256": self._log.sha256,
            "log_size_bytes": self._log.size_bytes,
        }

    def _begin(self) -> None:
        if not self._is_begun:
            self._is_begun = True
            self._film.write(matroska.opening(datetime.fromtimestamp(self._since, UTC)))

    def _blocks(self, frames: list[tuple[int, EncodedFrame]]) -> Iterator[matroska.Block]:
        """A frame that is not after its track's last is moved there: a corrected clock may set it back."""
        since, last = self._since, self._last
        for track, frame in frames:
            at_ms = round((frame.at_seconds - since) * 1000)
            if at_ms <= last.get(track, -1):
                at_ms = last.get(track, -1) + 1
            last[track] = at_ms
            yield matroska.Block(at_ms, track, frame.key, frame.data)

    def abandon(self) -> None:
        self._film.abandon()
        self._log.abandon()

    def _chain(self, entry: dict[str, object]) -> None:
        """Each line names the digest of the line before: none can be taken out or changed unseen."""
        first = self._open if self._lines == 0 else {}
        line = json.dumps(
            {"n": self._lines, **first, **entry, "previous": self._previous}, sort_keys=True
        ).encode()
        self._previous = hashlib.sha256(line).hexdigest()
        self._lines += 1
        self._log.write(line + b"\n")


def _finish(done: "asyncio.Future[_Closed]", facts: _Closed) -> None:
    if not done.done():
        done.set_result(facts)


def _next_part(folder: Path, call_id: int) -> int:
    """The first number that no file of the call has: a part is never continued, nor overwritten."""
    part = 1
    while (folder / f"{call_id}-{part}.mkv.sealed").exists():
        part += 1
    return part


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, UTC).isoformat()
