"""What the doors are handed for a call: stills, readings, comparisons, and looking at sealed evidence.

Nothing of the outside is called within a transaction: first the core is asked whether it may be, then the media
worker or the reader is, then the core writes down what came of it.
"""

import asyncio
import contextlib
import hashlib
import json
import secrets
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, timedelta
from pathlib import Path
from typing import BinaryIO

from ca_core import call as calls
from ca_core import retention, roles
from ca_core.call import Evidence, EvidenceKind, Outcome, Side
from ca_core.documents import mrz
from ca_core.documents.mrz import Mrz, MrzUnreadable
from ca_core.errors import GatewayRejected, GatewayUnavailable, Refusal
from ca_core.registration import call, evidence, face, passport, settle
from ca_core.registration.passport import Verdict
from ca_core.roles import Actor
from data.work import Work
from runtime import settings, spool
from runtime.service import Service
from video import engine, inspection, playback
from video import evidence as sealed
from video.media.client import MediaClient
from video.media.wire import KeptStill
from video.vision import wire
from video.vision.client import VisionClient
from video.vision.wire import Comparison, Reading, Role

STILL_AT_MOST = timedelta(seconds=8)
_LOG_SUFFIX = ".log.sealed"
_SOURCES: dict[Side, engine.Source] = {
    Side.CITIZEN: engine.Role.CITIZEN,
    Side.AGENT: engine.Role.AGENT,
    Side.OBSERVER: engine.OBSERVER,
}
_NOT_BAD = (inspection.Found.UNCHANGED, inspection.Found.NO_DIGEST, inspection.Found.ERASED)


class MediaUnavailable(Refusal):
    """The media worker of this call did not answer, or the caller sends no picture."""

    code = "media.unavailable"


class VisionUnavailable(Refusal):
    """Nobody reads documents or compares faces at the moment: a check that was not done is not good."""

    code = "vision.unavailable"


class EvidenceBroken(Refusal):
    """The sealed file is missing or was changed."""

    code = "evidence.broken"


class EvidenceErased(Refusal):
    """The term for which it is kept was over (R14)."""

    code = "evidence.erased"


@dataclass(frozen=True, slots=True)
class Read:
    """A reading and the verdict that follows from it."""

    verdict: Verdict
    reading: Reading


@dataclass(frozen=True, slots=True)
class CheckedFile:
    """A sealed file, and what came of comparing it with its digest."""

    evidence: Evidence
    found: inspection.Found

    @property
    def is_unchanged(self) -> bool:
        return self.found is inspection.Found.UNCHANGED

    @property
    def is_bad(self) -> bool:
        """Neither unchanged, nor still being written, nor erased when its term was over."""
        return self.found not in _NOT_BAD


def vision_client(service: Service) -> VisionClient:
    return VisionClient(
        f"http://127.0.0.1:{service.settings.vision_port}", settings.media_secret(service.settings).encode()
    )


def take_still(service: Service, *, actor: Actor, call_id: int, kind: EvidenceKind) -> Evidence:
    """The server takes it from the caller's uplink at full size. Raises MediaUnavailable and as
    `evidence.took_still`.
    """
    with service.look() as work:
        found = evidence.require_takeable(work, actor=actor, call_id=call_id, kind=kind)
    still_id = f"{call_id}-{kind.value}-{secrets.token_hex(4)}"
    try:
        taken = asyncio.run(_still(service, found.worker, call_id, still_id))
    except (GatewayUnavailable, GatewayRejected, Refusal, TimeoutError) as problem:
        raise MediaUnavailable from problem
    still = Evidence(
        call_id=call_id,
        kind=kind,
        name=taken.name,
        sha256=bytes.fromhex(taken.sha256),
        size_bytes=(service.settings.evidence_dir / taken.name).stat().st_size,
        taken_at=taken.taken_at.replace(microsecond=0),
        asked_by=actor.name,
        width_px=taken.width_px,
        height_px=taken.height_px,
    )
    with service.work(by=actor, on=f"call/{call_id}") as work:
        evidence_id = evidence.took_still(work, actor=actor, still=still, now=service.now())
        stored = work.evidence.by_id(evidence_id)
    assert stored is not None
    return stored


async def _still(service: Service, worker: str, call_id: int, still_id: str) -> KeptStill:
    client = MediaClient(worker, settings.media_secret(service.settings))
    async with asyncio.timeout(STILL_AT_MOST.total_seconds()), client:
        return await client.still(call_id, engine.Role.CITIZEN, still_id)


def read_document(service: Service, *, actor: Actor, call_id: int, evidence_id: int) -> Read:
    """Reads the zone on a still of the agent's own call. Raises VisionUnavailable, EvidenceBroken and as
    `passport.record`.
    """
    with service.look() as work:
        call.on_the_line(work, actor=actor, call_id=call_id)
    reading = _read(service, _piece(service, evidence_id))
    zone = _zone(reading, service.now().date())
    with service.work(by=actor, on=f"call/{call_id}") as work:
        verdict = passport.record(
            work, actor=actor, call_id=call_id, evidence_id=evidence_id, zone=zone,
            sure=reading.is_accepted, now=service.now(),
        )  # fmt: skip
    return Read(verdict, reading)


def reread(service: Service, *, actor: Actor, call_id: int, evidence_id: int, reason: str) -> Read:
    """The same over stored evidence, after the call. Raises as `read_document` and `passport.reexamine`."""
    evidence.require_reason(actor, reason)
    reading = _read(service, _piece(service, evidence_id))
    zone = _zone(reading, service.now().date())
    with service.work(by=actor, on=f"call/{call_id}") as work:
        verdict = passport.reexamine(
            work, actor=actor, call_id=call_id, evidence_id=evidence_id, zone=zone,
            sure=reading.is_accepted, reason=reason, now=service.now(),
        )  # fmt: skip
    return Read(verdict, reading)


def _read(service: Service, content: bytes) -> Reading:
    try:
        with contextlib.closing(vision_client(service)) as client:
            return client.read_document(content)
    except (GatewayUnavailable, GatewayRejected) as problem:
        raise VisionUnavailable from problem


def _zone(reading: Reading, today: date) -> Mrz | None:
    if not reading.lines:
        return None
    try:
        return mrz.parse(reading.lines, today=today, repaired=reading.repaired)
    except MrzUnreadable:
        return None


def compare_faces(service: Service, *, actor: Actor, call_id: int) -> Outcome:
    """The newest face against the newest document's portrait and the register's.

    Raises VisionUnavailable, EvidenceBroken, FaceStillMissing and as `face.compared`.
    """
    with service.look() as work:
        found = call.on_the_line(work, actor=actor, call_id=call_id)
        stills = {item.kind: item for item in work.evidence.of_call(call_id)}
        registered = work.portraits.of_iin(found.iin)
    live, document = stills.get(EvidenceKind.FACE), stills.get(EvidenceKind.DOCUMENT_FRONT)
    if live is None or document is None:
        raise face.FaceStillMissing
    try:
        with contextlib.closing(vision_client(service)) as client:
            compared = client.compare(
                live=_content(service, live), document=_content(service, document), portrait=registered
            )
    except (GatewayUnavailable, GatewayRejected) as problem:
        raise VisionUnavailable from problem
    with service.work(by=actor, on=f"call/{call_id}") as work:
        return face.compared(
            work,
            actor=actor,
            call_id=call_id,
            measured=_measured(compared),
            stills=(live.evidence_id, document.evidence_id),
            now=service.now(),
        )


def _measured(compared: Comparison) -> tuple[face.Measured, ...]:
    def against(role: Role, distance: float | None) -> face.Measured:
        sides = (compared.side(Role.LIVE), compared.side(role))
        widths = [side.faces[0].size_px if side is not None and side.faces else 0 for side in sides]
        return face.Measured(role.value, distance if _is_one_face(compared) else None, min(widths))

    return (
        against(Role.DOCUMENT, compared.live_document),
        against(Role.PORTRAIT, compared.live_portrait),
    )


def _is_one_face(compared: Comparison) -> bool:
    """A second face in the caller's picture: nobody knows whose it is."""
    live = compared.side(Role.LIVE)
    return live is not None and len(live.faces) == 1 and wire.Flaw.SEVERAL_FACES not in live.flaws


def open_still(service: Service, *, actor: Actor, evidence_id: int, reason: str) -> bytes:
    """One audited look. Raises EvidenceBroken, NoStill and as `evidence.open_`."""
    found = _looked_at(service, actor=actor, evidence_id=evidence_id, reason=reason)
    if found.kind not in calls.STILLS:
        raise evidence.NoStill
    return _content(service, found)


def _looked_at(service: Service, *, actor: Actor, evidence_id: int, reason: str) -> Evidence:
    """The one audited look. Raises EvidenceErased and as `evidence.open_`."""
    with service.work(by=actor, on=f"evidence/{evidence_id}") as work:
        found = evidence.open_(work, actor=actor, evidence_id=evidence_id, reason=reason, now=service.now())
        if _is_erased(service, work, found):
            raise EvidenceErased
    return found


def _is_erased(service: Service, work: Work, found: Evidence) -> bool:
    """By its term, which is over, with its tombstone: whoever takes a file away can make neither."""
    is_over = found.taken_at < service.now() - service.policy.retention.evidence
    return is_over and retention.is_erased(work.audit_pages, f"call/{found.call_id}")


def open_recording(service: Service, *, actor: Actor, evidence_id: int, reason: str, side: Side) -> BinaryIO:
    """One party's picture and sound, or what a supervisor said to them, as WebM, copied without transcoding into a
    file that has no name and is gone when it is closed: an hour of film needs no hour of memory. Raises EvidenceBroken
    and as `evidence.open_`.
    """
    found = _looked_at(service, actor=actor, evidence_id=evidence_id, reason=reason)
    with contextlib.ExitStack() as files:
        made = files.enter_context(spool.file(service.settings))
        with spool.file(service.settings) as film:
            film.writelines(_pieces(service, found, EvidenceKind.RECORDING))
            film.seek(0)
            try:
                playback.one_side(film, side=_SOURCES[side], into=made)
            except playback.RecordingUnreadable as problem:
                raise EvidenceBroken from problem
        files.pop_all()
    return made


def event_log(service: Service, *, actor: Actor, evidence_id: int, reason: str) -> list[dict[str, object]]:
    """The lines that the media worker wrote during the call. Raises EvidenceBroken and as `evidence.open_`."""
    found = _looked_at(service, actor=actor, evidence_id=evidence_id, reason=reason)
    content = b"".join(_pieces(service, found, EvidenceKind.LOG))
    # After the last line's end there is nothing, or what a killed worker had begun to write.
    return [json.loads(line) for line in content.split(b"\n")[:-1]]


def check_files(service: Service, *, actor: Actor, call_id: int, reason: str) -> tuple[CheckedFile, ...]:
    """Every sealed file of the call against its stored digest, an event log's chain too; one audit entry.

    Shows nothing of them. Raises as `evidence.to_check`.
    """
    with service.work(by=actor, on=f"call/{call_id}") as work:
        listed = evidence.to_check(work, actor=actor, call_id=call_id, reason=reason)
        erased = {item.evidence_id for item in listed if _is_erased(service, work, item)}
    checked = tuple(
        CheckedFile(
            item, inspection.Found.ERASED if item.evidence_id in erased else _inspected(service, item)
        )
        for item in listed
    )
    found = {one.evidence.evidence_id: one.found.value for one in checked}
    with service.work(by=actor, on=f"call/{call_id}") as work:
        evidence.files_checked(
            work, actor=actor, call_id=call_id, reason=reason, found=found, now=service.now()
        )
    return checked


def _inspected(service: Service, item: Evidence) -> inspection.Found:
    is_log = item.kind is EvidenceKind.LOG
    return inspection.inspect(
        _path(service, item),
        _secret(service),
        sha256=item.sha256,
        must_be_closed=item.kind in calls.STILLS,
        chain=inspection.Chain(item.name.removesuffix(_LOG_SUFFIX)) if is_log else None,
    )


def portrait(service: Service, *, actor: Actor, call_id: int, reason: str = "") -> bytes | None:
    """The register's portrait of the caller; an audited look. The agent on the line needs no reason.

    Raises as `passport.portrait`, for other roles as `settle.portrait`.
    """
    now = service.now()
    with service.work(by=actor, on=f"call/{call_id}") as work:
        if roles.may(actor, roles.Permission.TAKE_CALLS):
            return passport.portrait(work, actor=actor, call_id=call_id, now=now)
        return settle.portrait(work, actor=actor, call_id=call_id, reason=reason, now=now)


def _piece(service: Service, evidence_id: int) -> bytes:
    with service.look() as work:
        found = work.evidence.by_id(evidence_id)
    if found is None:
        raise evidence.EvidenceUnknown
    if found.kind not in calls.STILLS:
        raise evidence.NoStill
    return _content(service, found)


def _content(service: Service, found: Evidence) -> bytes:
    """The whole of a still, whose digest is the one that was stored. Raises EvidenceBroken."""
    try:
        content = sealed.whole(_path(service, found), _secret(service))
    except (OSError, Refusal) as problem:
        raise EvidenceBroken from problem
    if hashlib.sha256(content).digest() != found.sha256:
        raise EvidenceBroken
    return content


def _pieces(service: Service, found: Evidence, kind: EvidenceKind) -> Iterator[bytes]:
    """What is in a file of this kind. Nothing of it may be shown before it came to its end: only there is it known
    whether the digest is the one that was stored. Raises EvidenceBroken.

    A worker that was killed left its file unclosed, and the digest of what is in it was stored when the call was
    sealed: so it is the digest, and not the file's end, that tells whether something was cut off. While a file is
    being written no digest is stored.
    """
    if found.kind is not kind:
        raise EvidenceBroken
    digest = hashlib.sha256()
    try:
        for piece in sealed.read(_path(service, found), _secret(service)):
            digest.update(piece)
            yield piece
    except (OSError, Refusal) as problem:
        raise EvidenceBroken from problem
    is_stored = found.closed or bool(found.sha256)
    if is_stored and digest.digest() != found.sha256:
        raise EvidenceBroken


def _path(service: Service, found: Evidence) -> Path:
    return service.settings.evidence_dir / found.name


def _secret(service: Service) -> bytes:
    return settings.evidence_secret(service.settings)
