"""One side of a recording, for looking at in a browser: picture and sound copied into WebM, nothing transcoded.

A browser plays the first picture and the first sound of a file, and a recording has two of each, and what a supervisor
said to them.
"""

from fractions import Fraction
from typing import Any, BinaryIO

import av

from ca_core.errors import Refusal
from video.engine import OBSERVER, Source

# Named, never guessed: a guess may end at a play-list, and that opens other files.
_RECORDED_AS = "matroska"
# 20 ms of nothing in Opus (RFC 6716, 3.1: CELT, full band, one frame, one channel).
_SILENCE = b"\xf8\xff\xfe"
_SILENCE_MS = 20
# Blocks of one recording lie no further out of their order.
_OUT_OF_ORDER_MS = 2000


class RecordingUnreadable(Refusal):
    """What is in the sealed file is no recording of this side."""

    code = "playback.unreadable"


def one_side(film: BinaryIO, *, side: Source, into: BinaryIO) -> None:
    """WebM with an index, so that a viewer can jump; `film` is a recording whose digest was compared. Files of all
    sides of a recording have one clock; what an observer said is as long as the rest, mostly silence.

    Raises RecordingUnreadable.
    """
    try:
        with av.open(film, format=_RECORDED_AS) as recording, av.open(into, "w", format="webm") as copy:
            if side == OBSERVER:
                _copy_voice(recording, copy)
            else:
                _copy(recording, copy, side)
    except av.FFmpegError as failure:
        raise RecordingUnreadable from failure
    into.flush()


def _copy(recording: Any, copy: Any, side: Source) -> None:
    streams = _streams(recording, side)
    wanted = {stream.index: copy.add_stream_from_template(stream, opaque=True) for stream in streams}
    for packet in recording.demux(streams):
        # The last packet of each stream is empty: it flushes decoders, and there are none.
        if packet.dts is None:
            continue
        packet.stream = wanted[packet.stream_index]
        copy.mux(packet)


def _copy_voice(recording: Any, copy: Any) -> None:
    """A browser's clock does not pass over a hole in sound alone: where nobody speaks is silence."""
    (said,) = _streams(recording, OBSERVER)
    wanted = copy.add_stream_from_template(said, opaque=True)
    filled_ms = 0

    def fill(until_ms: int) -> None:
        nonlocal filled_ms
        while filled_ms + _SILENCE_MS <= until_ms:
            silence: Any = av.Packet(_SILENCE)
            silence.pts = silence.dts = filled_ms
            silence.time_base, silence.stream = Fraction(1, 1000), wanted
            copy.mux(silence)
            filled_ms += _SILENCE_MS

    newest_ms = 0
    for packet in recording.demux():
        if packet.dts is None:
            continue
        at_ms = int(packet.pts * packet.time_base * 1000)
        newest_ms = max(newest_ms, at_ms)
        if packet.stream_index != said.index:
            fill(newest_ms - _OUT_OF_ORDER_MS)
        elif at_ms >= filled_ms:
            fill(at_ms)
            packet.stream = wanted
            copy.mux(packet)
            filled_ms = at_ms + _SILENCE_MS
    fill(newest_ms)


def _streams(recording: Any, side: Source) -> list[Any]:
    """Raises RecordingUnreadable; recordings of earlier versions have no observer's."""
    found = [
        stream for stream in recording.streams if stream.metadata.get("title", "").startswith(f"{side}-")
    ]
    if not found:
        raise RecordingUnreadable
    return found
