"""What is opened for looking at is one file, whatever it says of others."""

import io
import itertools
from datetime import UTC, datetime
from pathlib import Path

import av
import numpy as np
import pytest

from video import playback
from video.engine import OBSERVER, Role
from video.media import matroska


def recorded(into: Path) -> None:
    with av.open(str(into), "w", format="matroska") as film:
        stream = film.add_stream("libvpx", rate=10)
        stream.width = stream.height = 64
        stream.pix_fmt = "yuv420p"
        stream.metadata["title"] = "citizen-video"
        for _ in range(3):
            film.mux(stream.encode(av.VideoFrame.from_ndarray(np.zeros((64, 64, 3), np.uint8))))
        film.mux(stream.encode())


def test_a_play_list_opens_no_other_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    recorded(tmp_path / "other.mkv")
    with (tmp_path / "other.mkv").open("rb") as film:
        playback.one_side(film, side=Role.CITIZEN, into=io.BytesIO())
    with pytest.raises(playback.RecordingUnreadable):
        playback.one_side(
            io.BytesIO(b"ffconcat version 1.0\nfile other.mkv\n"), side=Role.CITIZEN, into=io.BytesIO()
        )


def _tone(seconds: float) -> list[bytes]:
    """Opus, 20 ms a packet, 440 Hz."""
    encoder = av.CodecContext.create("libopus", "w")
    encoder.sample_rate, encoder.layout, encoder.format = 48_000, "mono", "s16"
    packets: list[bytes] = []
    for count in range(int(seconds * 50)):
        at = (np.arange(960) + count * 960) / 48_000
        wave = (8000 * np.sin(2 * np.pi * 440 * at)).astype(np.int16)
        frame = av.AudioFrame.from_ndarray(wave.reshape(1, -1), format="s16", layout="mono")
        frame.sample_rate, frame.pts = 48_000, count * 960
        packets += [bytes(packet) for packet in encoder.encode(frame)]
    return packets


def _call(*, spoken_from_ms: int | None) -> io.BytesIO:
    """Six seconds of both parties' sound, four clusters a second; a supervisor speaks for a second."""
    sound = _tone(6)
    batches: dict[int, list[matroska.Block]] = {}
    for count, data in enumerate(sound):
        for source in Role:
            batches.setdefault(count * 20 // 250, []).append(
                matroska.Block(count * 20, matroska.track(source, "audio"), True, data)
            )
    for count, data in enumerate(sound[:50] if spoken_from_ms is not None else []):
        at_ms = (spoken_from_ms or 0) + count * 20
        # What is said is handed over a batch later than what was said at the same time by the parties.
        batches.setdefault(at_ms // 250 + 1, []).append(
            matroska.Block(at_ms, matroska.track(OBSERVER, "audio"), True, data)
        )
    film = matroska.opening(datetime(2026, 1, 1, tzinfo=UTC))
    return io.BytesIO(film + b"".join(matroska.clusters(batches[number]) for number in sorted(batches)))


@pytest.mark.parametrize("spoken_from_ms", [3000, None])
def test_what_a_supervisor_said_is_as_long_as_the_call_and_silent_elsewhere(
    spoken_from_ms: int | None,
) -> None:
    """A browser's clock does not pass over a hole in sound alone, and three files are played in step."""
    copy = io.BytesIO()
    playback.one_side(_call(spoken_from_ms=spoken_from_ms), side=OBSERVER, into=copy)
    copy.seek(0)
    heard: dict[int, float] = {}
    with av.open(copy, format="matroska") as made:
        (stream,) = made.streams
        times = [int(packet.pts) for packet in made.demux(stream) if packet.pts is not None]
        made.seek(0)
        for frame in made.decode(stream):
            second = int(frame.time or 0)
            heard[second] = max(heard.get(second, 0.0), float(np.abs(frame.to_ndarray()).max()))
    assert times[0] == 0
    assert times[-1] > 5900
    assert {later - earlier for earlier, later in itertools.pairwise(times)} == {20}
    loud = {second for second, level in heard.items() if level > 0.05}
    # The encoder's own delay ends in the next second.
    assert loud - {4} == ({3} if spoken_from_ms is not None else set())


def test_a_recording_of_an_earlier_version_has_no_supervisors_track(tmp_path: Path) -> None:
    recorded(tmp_path / "film.mkv")
    with (tmp_path / "film.mkv").open("rb") as film, pytest.raises(playback.RecordingUnreadable):
        playback.one_side(film, side=OBSERVER, into=io.BytesIO())
