"""One party of a recording, for looking at in a browser: picture and sound copied into WebM, nothing transcoded.

A browser plays the first picture and the first sound of a file, and a recording has two of each.
"""

import io
from pathlib import Path
from typing import Any

import av

from ca_core.errors import Refusal
from video import evidence
from video.engine import Role


class RecordingUnreadable(Refusal):
    """The sealed file opens, and what is in it is no recording of this party."""

    code = "playback.unreadable"


def one_party(path: Path, secret: bytes, *, party: Role) -> bytes:
    """WebM with an index, so that a viewer can jump. Raises EvidenceDamaged, RecordingUnreadable, OSError."""
    whole = io.BytesIO(b"".join(evidence.read(path, secret)))
    made = io.BytesIO()
    try:
        with av.open(whole) as recording, av.open(made, "w", format="webm") as copy:
            _copy(recording, copy, party)
    except av.FFmpegError as failure:
        raise RecordingUnreadable from failure
    return made.getvalue()


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
