"""Sealed files: nothing in them can be changed, moved or left out without being noticed."""

import hashlib
import os
import stat
import struct
from pathlib import Path

import pytest

from tests.servers import disks
from video import evidence

SECRET = bytes(range(32))
CONTENT = os.urandom(3 * evidence.CHUNK_BYTES + 1000)


def sealed(path: Path, content: bytes = CONTENT) -> Path:
    evidence.keep(path, SECRET, "test", content)
    return path


def regions(raw: bytes) -> tuple[bytes, list[bytes]]:
    """Header and chunks (length included) of a sealed file of kind `test`."""
    position = 6 + len("test") + 16
    header, chunks = raw[:position], []
    while position < len(raw):
        length = 4 + (struct.unpack_from(">I", raw, position)[0] & 0x7FFFFFFF)
        chunks.append(raw[position : position + length])
        position += length
    return header, chunks


def test_what_was_written_is_read(tmp_path: Path) -> None:
    reader = evidence.read(sealed(tmp_path / "a"), SECRET)
    assert b"".join(reader) == CONTENT
    assert (reader.is_closed, reader.kind, reader.sha256) == (
        True,
        "test",
        hashlib.sha256(CONTENT).hexdigest(),
    )


def test_an_empty_file_is_closed_and_empty(tmp_path: Path) -> None:
    assert evidence.whole(sealed(tmp_path / "a", b""), SECRET) == b""


def test_content_is_not_in_the_file(tmp_path: Path) -> None:
    assert b"passport" not in sealed(tmp_path / "a", b"passport" * 9).read_bytes()


def test_only_the_owner_reads_and_nobody_overwrites(tmp_path: Path) -> None:
    path = sealed(tmp_path / "a")
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    with pytest.raises(evidence.EvidenceNotKept) as failed:
        evidence.Writer(path, SECRET, "test")
    assert failed.value.facts == {"reason": "EEXIST"}


@pytest.mark.parametrize("region", ["magic", "version", "kind", "file id", "length", "flag", "body", "tag"])
def test_each_region_is_protected(tmp_path: Path, region: str) -> None:
    raw = bytearray(sealed(tmp_path / "a").read_bytes())
    header = 6 + 4
    first = header + 16
    place = {
        "magic": 0,
        "version": 4,
        "kind": 7,
        "file id": header + 3,
        "length": first + 3,
        "flag": first,
        "body": first + 40,
        "tag": first + 4 + evidence.CHUNK_BYTES + 3,
    }[region]
    raw[place] ^= 0x80 if region == "flag" else 0x01
    (tmp_path / "b").write_bytes(raw)
    with pytest.raises(evidence.EvidenceDamaged):
        b"".join(evidence.read(tmp_path / "b", SECRET))


@pytest.mark.parametrize(
    ("order", "damaged_at"),
    [([1, 0, 2, 3], 0), ([0, 2, 3], 1), ([0, 1, 1, 2, 3], 2), ([0, 1, 3, 2], 2), ([0, 1, 2, 3, 0], 4)],
)
def test_chunks_are_neither_moved_nor_dropped_nor_added(
    tmp_path: Path, order: list[int], damaged_at: int
) -> None:
    header, chunks = regions(sealed(tmp_path / "a").read_bytes())
    (tmp_path / "b").write_bytes(header + b"".join(chunks[place] for place in order))
    with pytest.raises(evidence.EvidenceDamaged) as damaged:
        b"".join(evidence.read(tmp_path / "b", SECRET))
    assert damaged.value.facts == {"chunk": damaged_at}


def test_a_cut_file_cannot_be_made_to_look_closed(tmp_path: Path) -> None:
    """Whether a chunk is the last is sealed with it, not only written before it."""
    header, chunks = regions(sealed(tmp_path / "a").read_bytes())
    flagged = bytes([chunks[1][0] | 0x80]) + chunks[1][1:]
    (tmp_path / "b").write_bytes(header + chunks[0] + flagged)
    with pytest.raises(evidence.EvidenceDamaged):
        b"".join(evidence.read(tmp_path / "b", SECRET))


def test_a_chunk_of_another_file_is_refused(tmp_path: Path) -> None:
    header, chunks = regions(sealed(tmp_path / "a").read_bytes())
    _, others = regions(sealed(tmp_path / "b").read_bytes())
    (tmp_path / "c").write_bytes(header + chunks[0] + others[1] + chunks[2] + chunks[3])
    with pytest.raises(evidence.EvidenceDamaged):
        b"".join(evidence.read(tmp_path / "c", SECRET))


def test_another_secret_opens_nothing(tmp_path: Path) -> None:
    with pytest.raises(evidence.EvidenceDamaged):
        b"".join(evidence.read(sealed(tmp_path / "a"), bytes(32)))


def test_a_file_that_was_never_closed_reads_to_its_last_flush(tmp_path: Path) -> None:
    """A crash loses what was not flushed, and the reader says that the file was never closed."""
    writer = evidence.Writer(tmp_path / "a", SECRET, "test")
    writer.write(b"kept")
    writer.flush()
    writer.write(b"lost")
    writer.abandon()
    reader = evidence.read(tmp_path / "a", SECRET)
    assert b"".join(reader) == b"kept"
    assert not reader.is_closed
    with pytest.raises(evidence.EvidenceDamaged):
        evidence.whole(tmp_path / "a", SECRET)


@pytest.mark.parametrize("cut", [1, 10, 1000, 20_000])
def test_a_half_written_end_is_left_out(tmp_path: Path, cut: int) -> None:
    path = sealed(tmp_path / "a")
    path.write_bytes(path.read_bytes()[:-cut])
    reader = evidence.read(path, SECRET)
    content = b"".join(reader)
    assert CONTENT.startswith(content)
    assert len(content) >= 2 * evidence.CHUNK_BYTES
    assert not reader.is_closed


def test_a_full_disk_is_a_failure_with_a_name() -> None:
    with pytest.raises(evidence.EvidenceNotKept) as failed:
        evidence.Writer(os.open("/dev/full", os.O_WRONLY), SECRET, "test")
    assert failed.value.facts == {"reason": "ENOSPC"}


@pytest.mark.parametrize("room_bytes", [0, 8192])
def test_a_piece_that_found_no_room_leaves_no_half_and_is_kept_once_there_is(
    tmp_path: Path, room_bytes: int
) -> None:
    """Not even the file's name, where nothing of it could be written."""
    with disks.small(tmp_path / "disk", size="256k") as folder:
        before = evidence.keep(folder / "before", SECRET, "test", b"kept")
        ballast = disks.fill(folder, leave_bytes=room_bytes)
        with pytest.raises(evidence.EvidenceNotKept) as failed:
            evidence.keep(folder / "still", SECRET, "test", b"x" * 100_000)
        assert failed.value.facts == {"reason": "ENOSPC"}
        assert sorted(path.name for path in folder.iterdir()) == ["ballast", "before"]
        with pytest.raises(evidence.EvidenceNotKept):
            evidence.keep(folder / "before", SECRET, "test", b"another")
        assert evidence.whole(folder / "before", SECRET) == b"kept"
        assert before == hashlib.sha256(b"kept").hexdigest()
        ballast.unlink()
        evidence.keep(folder / "still", SECRET, "test", b"x" * 100_000)
        assert evidence.whole(folder / "still", SECRET) == b"x" * 100_000


def test_nothing_is_written_after_a_failure(tmp_path: Path) -> None:
    """What follows a hole could not be read, so the writer stays failed."""
    end, other = os.pipe()
    writer = evidence.Writer(other, SECRET, "test")
    os.close(end)
    for _ in range(2):
        writer.write(b"more")
        with pytest.raises(evidence.EvidenceNotKept):
            writer.flush()
    writer.abandon()


def test_a_short_secret_is_a_mistake(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="too short"):
        evidence.Writer(tmp_path / "a", b"short", "test")
