"""What is opened for looking at is one file, whatever it says of others."""

import io
from pathlib import Path

import av
import numpy as np
import pytest

from video import playback
from video.engine import Role


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
        playback.one_party(film, party=Role.CITIZEN, into=io.BytesIO())
    with pytest.raises(playback.RecordingUnreadable):
        playback.one_party(
            io.BytesIO(b"ffconcat version 1.0\nfile other.mkv\n"), party=Role.CITIZEN, into=io.BytesIO()
        )
