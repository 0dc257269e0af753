"""One party of a recording, for looking at in a browser: picture and sound copied into WebM, nothing transcoded.

A browser plays the first picture and the first sound of a file, and a recording has two of each.
"""

from typing import Any, BinaryIO

import av

from ca_core.errors import Refusal
from video.engine import Role

# Named, never guessed: a guess may end at a play-list, and that opens other files.
_RECORDED_AS = "matroska"


class RecordingUnreadable(Refusal):
    """What is in the sealed file is no recording of this party."""

    code = "playback.unreadable"


def one_party(film: BinaryIO, *, party: Role, into: BinaryIO) -> None:
    """WebM with an index, so that a viewer can jump; `film` is a recording whose digest was compared.

    Raises RecordingUnreadable.
    """
    try:
        with av.open(film, format=_RECORDED_AS) as recording, av.open(into, "w", format="webm") as copy:
            _copy(recording, copy, party)
    except av.FFmpegError as failure:
        raise RecordingUnreadable from failure
    into.flush()


def _copy(recording: Any, copy: Any, party: Role) -> None:
    wanted = {
        stream.index: copy.add_stream_from_template(stream, opaque=True)
        for stream in recording.streams
        if stream.metadata.get("title", "").startswith(f"{party}-")
    }
    if not wanted:
        raise RecordingUnreadable
    streams = [stream for stream in recording.streams if stream.index in wanted]
    for packet in recording.demux(streams):
        # The last packet of each stream is empty: it flushes decoders, and there are none.
        if packet.dts is None:
            continue
        packet.stream = wanted[packet.stream_index]
        copy.mux(packet)
