"""Evidence that is opened is what was stored: real sealed files, and what somebody may have done to them (F2, R14)."""

import hashlib
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ca_core import roles
from ca_core.call import Evidence, EvidenceKind, Leg
from ca_core.registration import evidence
from runtime import calling, settings
from runtime.service import Service
from tests import builders
from video.engine import Role
from video.evidence import Writer
from video.media import matroska

SYSTEM = roles.Actor("system", None, roles.Door.JOB)

WHY = "a complaint of the subscriber"
AT = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
SOUND = b"\xf8\xff\xfe"


class Shelf:
    """Sealed files and the rows about them, as the media worker and the gateway make them."""

    def __init__(self, service: Service) -> None:
        self.service = service
        self.secret = settings.evidence_secret(service.settings)
        self.folder = service.settings.evidence_dir
        self.folder.mkdir(parents=True, exist_ok=True)
        with service.work() as work:
            self.calls = [work.calls.add(builders.call(service.now())) for _ in range(2)]

    def keep(self, call_id: int, kind: EvidenceKind, content: bytes, *, is_closed: bool = True) -> int:
        """The row's number. `is_closed`: the worker closed the file, and was not killed."""
        suffix = "mkv" if kind is EvidenceKind.RECORDING else "log"
        name = f"{call_id}-1.{suffix}.sealed"
        writer = Writer(self.folder / name, self.secret, f"call-{kind.value}")
        writer.write(content)
        writer.flush()
        if is_closed:
            writer.close()
        else:
            writer.abandon()
        now = self.service.now()
        piece = Evidence(call_id, kind, name, b"", 0, now, SYSTEM.name)
        with self.service.work() as work:
            kept = evidence.recording_began(work, actor=SYSTEM, recording=piece, now=now)
            evidence.recording_closed(
                work, actor=SYSTEM, evidence_id=kept, sha256=hashlib.sha256(content).digest(),
                size_bytes=len(content), now=now,
            )  # fmt: skip
        return kept

    def path(self, evidence_id: int) -> Path:
        with self.service.look() as work:
            found = work.evidence.by_id(evidence_id)
        assert found is not None
        return self.folder / found.name

    def play(self, evidence_id: int) -> bytes:
        return calling.open_recording(
            self.service, actor=builders.SUPERVISOR, evidence_id=evidence_id, reason=WHY, party=Leg.CITIZEN
        )

    def lines(self, evidence_id: int) -> list[dict[str, object]]:
        return calling.event_log(self.service, actor=builders.SUPERVISOR, evidence_id=evidence_id, reason=WHY)


@pytest.fixture
def shelf(service: Service) -> Shelf:
    return Shelf(service)


def film(length: int) -> bytes:
    """Sound of the citizen alone, of so many packets."""
    blocks = [matroska.Block(Role.CITIZEN, "audio", number * 20, True, SOUND) for number in range(length)]
    return matroska.opening(AT) + matroska.clusters(blocks)


def log(call_id: int) -> bytes:
    return b"".join(json.dumps({"call_id": call_id, "n": number}).encode() + b"\n" for number in range(3))


def test_what_was_stored_is_opened(shelf: Shelf) -> None:
    one = shelf.calls[0]
    recording, events = (
        shelf.keep(one, EvidenceKind.RECORDING, film(50)),
        shelf.keep(one, EvidenceKind.LOG, log(one)),
    )
    assert shelf.play(recording)[:4] == b"\x1aE\xdf\xa3"
    assert [line["n"] for line in shelf.lines(events)] == [0, 1, 2]


def test_two_calls_whose_files_were_swapped_are_broken(shelf: Shelf) -> None:
    """Both are sealed under our own key, and neither is what its row says."""
    kept = [
        (shelf.keep(call_id, EvidenceKind.RECORDING, film(50 + call_id)),
         shelf.keep(call_id, EvidenceKind.LOG, log(call_id)))
        for call_id in shelf.calls
    ]  # fmt: skip
    for one, other in zip(*kept, strict=True):
        first, second = shelf.path(one), shelf.path(other)
        spare = first.with_suffix(".spare")
        first.rename(spare)
        second.rename(first)
        spare.rename(second)
    for recording, events in kept:
        with pytest.raises(calling.EvidenceBroken):
            shelf.play(recording)
        with pytest.raises(calling.EvidenceBroken):
            shelf.lines(events)


def test_a_file_that_was_cut_is_broken(shelf: Shelf) -> None:
    """At a chunk's end too, where it reads like one that was never closed."""
    one = shelf.calls[0]
    name = shelf.folder / f"{one}-1.mkv.sealed"
    writer = Writer(name, shelf.secret, "call-recording")
    content = film(100)
    writer.write(content[:-300])
    writer.flush()
    cut_here = name.stat().st_size
    writer.write(content[-300:])
    writer.close()
    name.rename(shelf.folder / "whole")
    recording = shelf.keep(one, EvidenceKind.RECORDING, content)
    for size in (cut_here, cut_here + 7):
        name.write_bytes((shelf.folder / "whole").read_bytes()[:size])
        with pytest.raises(calling.EvidenceBroken):
            shelf.play(recording)
    name.unlink()
    with pytest.raises(calling.EvidenceBroken):
        shelf.play(recording)


def test_what_a_killed_worker_left_is_opened_as_far_as_it_goes(shelf: Shelf) -> None:
    """It was never closed, and its digest was stored when the call was sealed."""
    one = shelf.calls[0]
    recording = shelf.keep(one, EvidenceKind.RECORDING, film(50), is_closed=False)
    events = shelf.keep(one, EvidenceKind.LOG, log(one) + b'{"n": 3, "facts": {}', is_closed=False)
    assert shelf.play(recording)
    assert [line["n"] for line in shelf.lines(events)] == [0, 1, 2]


def test_a_piece_of_another_kind_is_refused(shelf: Shelf) -> None:
    one = shelf.calls[0]
    recording = shelf.keep(one, EvidenceKind.RECORDING, film(50))
    events = shelf.keep(one, EvidenceKind.LOG, log(one))
    with pytest.raises(calling.EvidenceBroken):
        shelf.lines(recording)
    with pytest.raises(calling.EvidenceBroken):
        shelf.play(events)
