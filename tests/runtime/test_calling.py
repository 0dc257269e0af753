"""Evidence that is opened is what was stored: real sealed files, and what somebody may have done to them (F2, R14)."""

import hashlib
import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from ca_core import roles
from ca_core.call import Evidence, EvidenceKind, Side
from ca_core.registration import evidence
from runtime import calling, settings
from runtime.service import Service
from tests import builders
from video import evidence as sealed
from video.engine import Role
from video.evidence import Writer
from video.inspection import Chain, Found
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
        with calling.open_recording(
            self.service, actor=builders.SUPERVISOR, evidence_id=evidence_id, reason=WHY, side=Side.CITIZEN
        ) as opened:
            opened.seek(0)
            return opened.read()

    def lines(self, evidence_id: int) -> list[dict[str, object]]:
        return calling.event_log(self.service, actor=builders.SUPERVISOR, evidence_id=evidence_id, reason=WHY)


@pytest.fixture
def shelf(service: Service) -> Shelf:
    return Shelf(service)


def film(length: int) -> bytes:
    """Sound of the citizen alone, of so many packets."""
    blocks = [
        matroska.Block(number * 20, matroska.track(Role.CITIZEN, "audio"), True, SOUND)
        for number in range(length)
    ]
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


def test_an_opened_recording_has_no_name_and_is_nobody_elses(shelf: Shelf) -> None:
    """R14: no copy stays behind, however the process ends."""
    recording = shelf.keep(shelf.calls[0], EvidenceKind.RECORDING, film(50))
    with calling.open_recording(
        shelf.service, actor=builders.SUPERVISOR, evidence_id=recording, reason=WHY, side=Side.CITIZEN
    ) as opened:
        status = os.fstat(opened.fileno())
        assert (status.st_nlink, status.st_mode & 0o777) == (0, 0o600)
        folder = shelf.service.settings.var_dir / "opened"
        assert (list(folder.iterdir()), folder.stat().st_mode & 0o777) == ([], 0o700)


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


def lines_of(call_id: int, *, number: int = 3) -> list[bytes]:
    """A log as the recorder chains it."""
    previous = hashlib.sha256(f"{call_id}-1".encode()).hexdigest()
    lines = []
    for n in range(number):
        lines.append(json.dumps({"n": n, "kind": "held", "previous": previous}).encode())
        previous = hashlib.sha256(lines[-1]).hexdigest()
    return lines


def joined(lines: list[bytes]) -> bytes:
    return b"".join(line + b"\n" for line in lines)


def keep_still(shelf: Shelf, call_id: int) -> int:
    name = f"{call_id}-face.sealed"
    content = b"jpeg" * 9000
    sealed.keep(shelf.folder / name, shelf.secret, "still", content)
    digest = hashlib.sha256(content).digest()
    still = builders.still(call_id, shelf.service.now(), EvidenceKind.FACE, name=name, sha256=digest)
    with shelf.service.work() as work:
        return work.evidence.add(still)


def evidence_of_one_call(shelf: Shelf) -> tuple[int, int, int]:
    one = shelf.calls[0]
    kept = shelf.keep(one, EvidenceKind.RECORDING, film(20_000))
    return kept, shelf.keep(one, EvidenceKind.LOG, joined(lines_of(one))), keep_still(shelf, one)


def checked(shelf: Shelf, actor: roles.Actor = builders.AUDITOR, reason: str = WHY) -> list[Found]:
    done = calling.check_files(shelf.service, actor=actor, call_id=shelf.calls[0], reason=reason)
    return [one.found for one in done]


def audited(shelf: Shelf) -> list[tuple[str, str, str]]:
    with shelf.service.look() as work:
        rows = work.connection.exec_driver_sql(
            "SELECT reason, to_state, details FROM audit WHERE event = 'evidence:files:checked'"
        )
        return [tuple(row) for row in rows]


def test_files_that_are_as_stored_are_unchanged_and_one_entry_says_who_looked(shelf: Shelf) -> None:
    kept = evidence_of_one_call(shelf)
    assert checked(shelf) == [Found.UNCHANGED] * 3
    ((reason, state, details),) = audited(shelf)
    assert (reason, state) == (WHY, "unchanged")
    assert json.loads(details) == {str(evidence_id): "unchanged" for evidence_id in kept}


@pytest.mark.parametrize("piece", [0, 1, 2])
@pytest.mark.parametrize("where", [0.02, 0.5, 0.98])
def test_one_flipped_bit_is_found(shelf: Shelf, piece: int, where: float) -> None:
    path = shelf.path(evidence_of_one_call(shelf)[piece])
    content = bytearray(path.read_bytes())
    content[int(len(content) * where)] ^= 1
    path.write_bytes(content)
    expected = [Found.UNCHANGED] * 3
    expected[piece] = Found.CHANGED
    assert checked(shelf) == expected
    assert audited(shelf)[0][1] == "changed, unchanged"


@pytest.mark.parametrize("piece", [0, 1, 2])
def test_a_file_that_is_gone_is_missing_and_never_good(shelf: Shelf, piece: int) -> None:
    shelf.path(evidence_of_one_call(shelf)[piece]).unlink()
    assert checked(shelf)[piece] is Found.MISSING


@pytest.mark.parametrize("piece", [0, 1, 2])
@pytest.mark.parametrize("kept", [0.0, 0.4, 0.9])
def test_a_truncated_file_is_changed(shelf: Shelf, piece: int, kept: float) -> None:
    path = shelf.path(evidence_of_one_call(shelf)[piece])
    content = path.read_bytes()
    path.write_bytes(content[: int(len(content) * kept)])
    assert checked(shelf)[piece] is Found.CHANGED


def test_a_still_whose_end_was_cut_away_is_changed_though_its_digest_agrees(shelf: Shelf) -> None:
    """All of its content is there; that it was closed is not."""
    one = shelf.calls[0]
    path = shelf.path(keep_still(shelf, one))
    path.unlink()
    unclosed = Writer(path, shelf.secret, "still")
    unclosed.write(b"jpeg" * 9000)
    unclosed.flush()
    unclosed.abandon()
    assert checked(shelf) == [Found.CHANGED]


def test_a_file_that_cannot_be_opened_is_not_called_anything_else(shelf: Shelf) -> None:
    path = shelf.path(evidence_of_one_call(shelf)[0])
    path.unlink()
    path.mkdir()
    assert checked(shelf)[0] is Found.UNREADABLE


def test_a_log_from_which_a_line_was_taken_is_no_chain(shelf: Shelf) -> None:
    """Whoever holds our key and the database may store another digest; the lines still know each other."""
    one = shelf.calls[0]
    first, _, third = lines_of(one)
    shelf.keep(one, EvidenceKind.LOG, joined([first, third]))
    assert checked(shelf) == [Found.CHAIN_BROKEN]


def test_a_log_of_another_call_is_no_chain_here(shelf: Shelf) -> None:
    one, other = shelf.calls
    shelf.keep(one, EvidenceKind.LOG, joined(lines_of(other)))
    assert checked(shelf) == [Found.CHAIN_BROKEN]


def test_a_log_is_chained_however_it_is_cut_into_pieces() -> None:
    content = joined(lines_of(7, number=40))
    for size in (1, 13, 4096, len(content)):
        chain = Chain("7-1")
        for start in range(0, len(content), size):
            chain.feed(content[start : start + size])
        assert chain.holds


def test_what_a_killed_worker_left_is_unchanged_as_far_as_it_goes(shelf: Shelf) -> None:
    one = shelf.calls[0]
    shelf.keep(one, EvidenceKind.RECORDING, film(50), is_closed=False)
    shelf.keep(one, EvidenceKind.LOG, joined(lines_of(one)) + b'{"n": 3, "facts"', is_closed=False)
    assert checked(shelf) == [Found.UNCHANGED] * 2


def test_a_file_that_is_still_written_is_not_good(shelf: Shelf) -> None:
    one = shelf.calls[0]
    name = f"{one}-1.mkv.sealed"
    writer = Writer(shelf.folder / name, shelf.secret, "call-recording")
    writer.write(film(50))
    writer.flush()
    piece = Evidence(one, EvidenceKind.RECORDING, name, b"", 0, shelf.service.now(), SYSTEM.name)
    with shelf.service.work() as work:
        evidence.recording_began(work, actor=SYSTEM, recording=piece, now=shelf.service.now())
    assert checked(shelf) == [Found.NO_DIGEST]
    writer.close()


@pytest.mark.parametrize(
    ("actor", "reason", "refusal"),
    [
        (builders.AGENT, WHY, roles.NotAllowed),
        (builders.OFFICER, WHY, roles.NotAllowed),
        (builders.SUPERVISOR, "  ", evidence.EvidenceReasonMissing),
    ],
)
def test_files_are_checked_by_who_may_see_evidence_and_for_a_reason(
    shelf: Shelf, actor: roles.Actor, reason: str, refusal: type[Exception]
) -> None:
    """R14."""
    evidence_of_one_call(shelf)
    with pytest.raises(refusal):
        checked(shelf, actor, reason)
    assert audited(shelf) == []
