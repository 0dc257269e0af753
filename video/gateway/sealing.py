"""Seals what is over: every file of the call closed and listed, then one seal over files, checklist and decision.

A worker that was killed told no closing event: its files are measured here, as far as they go.
"""

import logging
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path

from anyio import to_thread

from ca_core.call import Call, Evidence, EvidenceKind
from ca_core.records import ChangedMeanwhile
from ca_core.registration import evidence
from video import evidence as sealed
from video.evidence import EvidenceDamaged
from video.gateway import media_events
from video.gateway.gateway import Gateway
from video.gateway.service import SYSTEM, Options, Service

log = logging.getLogger(__name__)

# A worker tells within moments that its files are closed; after this they are measured here.
_TOLD_BY = timedelta(seconds=15)
# A file that grew this recently is somebody's still.
_QUIET_SECONDS = 3.0
_AT_ONCE = 20
# A call whose files cannot be read now is tried again after this, and others take its place meanwhile.
_TRY_AGAIN = timedelta(seconds=30)


@dataclass(frozen=True, slots=True)
class Measured:
    sha256: str
    size_bytes: int


class Sealing:
    def __init__(self, gateway: Gateway) -> None:
        self._gateway = gateway
        self._not_before: dict[int, datetime] = {}

    async def round(self) -> None:
        """Calls whose media are still known are not over yet."""
        busy = frozenset(self._gateway.lines)
        self._gateway.counts.sealed += await to_thread.run_sync(self._round, busy)

    def _round(self, busy: frozenset[int]) -> int:
        service = self._gateway.service
        with service.look() as work:
            now = service.now()
            self._not_before = {call_id: at for call_id, at in self._not_before.items() if now < at}
            unsealed = work.calls.ended_unsealed(_AT_ONCE + len(self._not_before))
        over = [call for call in unsealed if call.call_id not in busy | self._not_before.keys()]
        return sum(self._finish(call, now) for call in over)

    def _finish(self, call: Call, now: datetime) -> bool:
        """True when the call was sealed now."""
        service = self._gateway.service
        is_late = call.ended_at is not None and now >= call.ended_at + _TOLD_BY
        try:
            if is_late and not close_what_is_left(service, self._gateway.options, call.call_id):
                self._not_before[call.call_id] = now + _TRY_AGAIN
            return _seal(service, call, is_late=is_late)
        except Exception:  # the one handler of this loop: a broken call is no other call's matter
            log.exception("a call was not sealed", extra={"call_id": call.call_id})
            self._not_before[call.call_id] = now + _TRY_AGAIN
            return False


def _seal(service: Service, call: Call, *, is_late: bool) -> bool:
    """True when it was sealed now. While a worker may still tell of a recording, one is waited for."""
    with service.look() as work:
        if not evidence.is_sealable(work, call):
            return False
        waits = call.connected_at is not None and not _has_recording(work.evidence.of_call(call.call_id))
    if waits and not is_late:
        return False
    try:
        with service.work() as work:
            evidence.seal(work, actor=SYSTEM, call_id=call.call_id, now=service.now())
    except ChangedMeanwhile:
        return False
    return True


def _has_recording(listed: list[Evidence]) -> bool:
    return any(item.kind is EvidenceKind.RECORDING for item in listed)


def close_what_is_left(service: Service, options: Options, call_id: int) -> bool:
    """Files of the call that nobody told about, or told closed. False when one of them cannot be read now."""
    with service.look() as work:
        listed = {item.name for item in work.evidence.of_call(call_id)}
    for path in _films(options.evidence_dir, call_id):
        if path.name not in listed:
            with service.work() as work:
                media_events.began(work, call_id=call_id, name=path.name, at=service.now())
    with service.look() as work:
        left = [item for item in work.evidence.of_call(call_id) if not item.closed]
    unread = 0
    for item in left:
        try:
            measured = measure(options.evidence_dir / item.name, options.evidence_secret)
        except OSError:
            log.exception("a file of evidence cannot be read", extra={"file": item.name})
            unread += 1
            continue
        if measured is not None:
            with service.work() as work:
                media_events.closed(
                    work, call_id=call_id, name=item.name, sha256=measured.sha256,
                    size_bytes=measured.size_bytes, at=service.now(),
                )  # fmt: skip
    return not unread


def _films(folder: Path, call_id: int) -> Iterator[Path]:
    yield from sorted(folder.glob(f"{call_id}-*.mkv.sealed"))


def measure(path: Path, secret: bytes) -> Measured | None:
    """SHA-256 and size of what the file holds; of nothing where there is none. None while it may still grow.

    Raises OSError for one that is there and cannot be read: that may pass, and nothing may be sealed in its place.
    """
    try:
        if time.time() - path.stat().st_mtime < _QUIET_SECONDS:
            return None
        reader = sealed.read(path, secret)
        size_bytes = sum(len(chunk) for chunk in reader)
        return Measured(reader.sha256, size_bytes)
    except FileNotFoundError:
        log.error("a file of evidence is missing", extra={"file": path.name})
    except EvidenceDamaged:
        log.error("a file of evidence is damaged", extra={"file": path.name})
    # The row stays as a trace with the digest of nothing: whoever opens it sees that it is broken.
    return Measured("", 0)
