"""What the parties send: pictures encoded and cut into packets before any clock starts, and one packet of silence."""

from dataclasses import dataclass
from fractions import Fraction
from pathlib import Path
from typing import Final

import numpy as np
from aiortc.codecs.vpx import Vp8Encoder
from av import CodecContext, VideoFrame
from av.video.codeccontext import VideoCodecContext

FPS: Final = 30
SECONDS: Final = 3
# RFC 6716: 20 ms, CELT, fullband; padded to what a voice takes at 32 kbit/s.
SOUND: Final = b"\xfb\x41\x4b" + b"\xff\xfe" + bytes(75)
_LENGTH_BYTES = 4


@dataclass(frozen=True, slots=True)
class Size:
    """A picture's size and its encoder's rate."""

    name: str
    width_px: int
    height_px: int
    bitrate_bps: int


SIZES: Final = {
    size.name: size for size in (Size("480p", 640, 480, 660_000), Size("720p", 1280, 720, 1_500_000))
}


def write(size: Size, path: Path) -> None:
    """Encode the clip; its first frame is its only keyframe."""
    with path.open("wb") as file:
        for frame in _frames(size):
            file.write(len(frame).to_bytes(_LENGTH_BYTES, "big") + frame)


def read(path: Path) -> list[list[bytes]]:
    """The RTP payloads of each frame (RFC 7741)."""
    data, place = path.read_bytes(), 0
    frames: list[list[bytes]] = []
    while place < len(data):
        size = int.from_bytes(data[place : place + _LENGTH_BYTES], "big")
        place += _LENGTH_BYTES
        frames.append(Vp8Encoder._packetize(data[place : place + size], len(frames)))
        place += size
    return frames


def _frames(size: Size) -> list[bytes]:
    """A picture in which something moves all the time, over some noise that keeps the rate up."""
    codec = CodecContext.create("libvpx", "w")
    assert isinstance(codec, VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = size.width_px, size.height_px, "yuv420p"
    codec.bit_rate, codec.time_base, codec.gop_size = size.bitrate_bps, Fraction(1, FPS), 3000
    rate = str(size.bitrate_bps)
    codec.options = {
        "cpu-used": "-8",
        "deadline": "realtime",
        "lag-in-frames": "0",
        "minrate": rate,
        "maxrate": rate,
        "bufsize": rate,
    }
    dice = np.random.default_rng(1)
    ground = dice.integers(100, 132, (size.height_px, size.width_px, 3), np.uint8)
    made: list[bytes] = []
    for count in range(FPS * SECONDS):
        picture = np.roll(ground, count * 3, axis=1)
        left = count * 7 % (size.width_px // 2)
        picture[size.height_px // 4 : size.height_px // 2, left : left + size.width_px // 3] = (200, 120, 90)
        frame = VideoFrame.from_ndarray(picture, "rgb24").reformat(format="yuv420p")
        frame.pts = count
        made += [bytes(packet) for packet in codec.encode(frame)]
    return made
