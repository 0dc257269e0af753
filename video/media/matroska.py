"""Both parties' frames, untouched, as live Matroska (RFC 9559): five tracks, one whole cluster a batch.

Nothing is transcoded: the recording is what each party sent, and what an observer said to them (that track is empty in
nearly every file: what is written is not changed when somebody begins to speak). The stream is only ever written
forwards and no cluster is ever open, so whatever of it exists can be played. A library's muxer was tried first: it
holds one party's frames back for as long as another track is silent, which a crash would then lose.
"""

import struct
from collections.abc import Iterable
from datetime import UTC, datetime
from typing import NamedTuple

from video.engine import OBSERVER, MediaKind, Role, Source

# RFC 9559, 5.1.4.1.3: an audio track's codec sees up to 80 ms before the point that was looked for.
_OPUS_PRE_ROLL_NS = 80_000_000
# RFC 7845, 5.1: version 1, two channels, no pre-skip, 48 kHz, no gain, mapping family 0.
_OPUS_HEAD = b"OpusHead" + struct.pack("<BBHIhB", 1, 2, 0, 48_000, 0, 0)
_UNKNOWN_SIZE = b"\x01" + b"\xff" * 7
_EPOCH = datetime(2001, 1, 1, tzinfo=UTC)
# A block's time is a signed 16-bit number of milliseconds from its cluster's.
_CLUSTER_MS = 30_000
# What is asked of either party; a keyframe carries its real size, and the log tells each.
_SIZES: dict[Source, tuple[int, int]] = {Role.CITIZEN: (1280, 720), Role.AGENT: (640, 360)}

_TRACKS: tuple[tuple[Source, MediaKind], ...] = (
    (Role.CITIZEN, "video"),
    (Role.CITIZEN, "audio"),
    (Role.AGENT, "video"),
    (Role.AGENT, "audio"),
    (OBSERVER, "audio"),
)


# A SimpleBlock (RFC 9559, 5.1.3.4): identity, size in four bytes, track number, time in its cluster, flags.
_BLOCK = struct.Struct(">BIBhB")
_BLOCK_HEAD_BYTES = 4
_KEY = 0x80


class Block(NamedTuple):
    """A frame of a track, and when it is shown, in milliseconds since the recording began."""

    at_ms: int
    track: int
    key: bool
    data: bytes


def track(source: Source, kind: MediaKind) -> int:
    """The number of its track. Compared, not looked up: an enumeration's hash is slow, and each frame asks."""
    if source is Role.CITIZEN:
        return 1 if kind == "video" else 2
    if source is Role.AGENT:
        return 3 if kind == "video" else 4
    return 5


def opening(since: datetime) -> bytes:
    """Header, the beginning of an endless segment, what the tracks are."""
    header = [
        _number(0x4286, 1),  # EBMLVersion
        _number(0x42F7, 1),  # EBMLReadVersion
        _number(0x42F2, 4),  # EBMLMaxIDLength
        _number(0x42F3, 8),  # EBMLMaxSizeLength
        _element(0x4282, b"matroska"),  # DocType
        _number(0x4287, 4),  # DocTypeVersion
        _number(0x4285, 2),  # DocTypeReadVersion
    ]
    info = [
        _number(0x2AD7B1, 1_000_000),  # TimestampScale: milliseconds
        _element(0x4461, struct.pack(">q", int((since - _EPOCH).total_seconds() * 1e9))),  # DateUTC
        _element(0x4D80, b"qoltanba"),  # MuxingApp
        _element(0x5741, b"qoltanba"),  # WritingApp
    ]
    tracks = [_track(track(source, kind), source, kind) for source, kind in _TRACKS]
    segment = _identity(0x18538067) + _UNKNOWN_SIZE
    return _group(0x1A45DFA3, header) + segment + _group(0x1549A966, info) + _group(0x1654AE6B, tracks)


def clusters(blocks: Iterable[Block]) -> bytes:
    """The frames in order of time, no two of a track at the same: one cluster, or more where they lie far apart."""
    made: list[bytes] = []
    start: int | None = None
    inside: list[bytes] = []
    for at_ms, number, key, data in sorted(blocks):
        if start is None or at_ms - start > _CLUSTER_MS:
            made += _closed(inside)
            start = at_ms
            inside = [_number(0xE7, start)]  # Timestamp
        size = 1 << 28 | len(data) + _BLOCK_HEAD_BYTES
        inside.append(_BLOCK.pack(0xA3, size, 0x80 | number, at_ms - start, _KEY if key else 0))
        inside.append(data)
    return b"".join([*made, *_closed(inside)])


def _closed(inside: list[bytes]) -> list[bytes]:
    return [_group(0x1F43B675, inside)] if inside else []


def _track(number: int, source: Source, kind: MediaKind) -> bytes:
    inside = [
        _number(0xD7, number),  # TrackNumber
        _number(0x73C5, number),  # TrackUID
        _number(0x9C, 0),  # FlagLacing
        _element(0x536E, f"{source}-{kind}".encode()),  # Name
    ]
    return _group(0xAE, inside + (_picture(source) if kind == "video" else _sound()))


def _picture(source: Source) -> list[bytes]:
    width, height = _SIZES[source]
    return [
        _number(0x83, 1),  # TrackType: video
        _element(0x86, b"V_VP8"),
        _group(0xE0, [_number(0xB0, width), _number(0xBA, height)]),
    ]


def _sound() -> list[bytes]:
    return [
        _number(0x83, 2),  # TrackType: audio
        _element(0x86, b"A_OPUS"),
        _element(0x63A2, _OPUS_HEAD),  # CodecPrivate
        _number(0x56BB, _OPUS_PRE_ROLL_NS),  # SeekPreRoll
        _group(0xE1, [_element(0xB5, struct.pack(">d", 48_000)), _number(0x9F, 2)]),
    ]


def _group(identity: int, inside: list[bytes]) -> bytes:
    return _element(identity, b"".join(inside))


def _number(identity: int, value: int) -> bytes:
    return _element(identity, value.to_bytes(max(1, (value.bit_length() + 7) // 8), "big"))


def _element(identity: int, content: bytes) -> bytes:
    return _identity(identity) + _size(len(content)) + content


def _identity(identity: int) -> bytes:
    return identity.to_bytes((identity.bit_length() + 7) // 8, "big")


def _size(size: int) -> bytes:
    """RFC 8794, 4: as many bytes as the marker bit says; all ones would mean unknown."""
    length = 1
    while size >= (1 << 7 * length) - 1:
        length += 1
    return (size | 1 << 7 * length).to_bytes(length, "big")
