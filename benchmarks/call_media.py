"""CPU of one two-party call on the relay, and how long a still takes.

    python -m benchmarks.call_media [--seconds 12] [--stills 20] [--json]

A worker process carries a real call on loopback: the citizen sends 1280x720 at 30 fps and 1.5 Mbit/s, the agent
640x360 at 30 fps, both Opus, encoded before the clock starts. The limit is what no relay that decodes can be under:
the same frames decoded, scaled and encoded to 640x360 at 15 fps in a bare loop, with no network and no encryption.
A still is compared with decoding one keyframe of that size and writing the JPEG, alone.
"""

import asyncio
import io
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path
from typing import Any

import numpy as np
from aiortc import MediaStreamTrack, RTCConfiguration, RTCPeerConnection, RTCSessionDescription
from aiortc.codecs.opus import OpusEncoder
from aiortc.codecs.vpx import Vp8Decoder, Vp8Encoder
from aiortc.jitterbuffer import JitterFrame
from aiortc.mediastreams import MediaStreamError
from av import AudioFrame, CodecContext, Packet, VideoFrame
from av.video.codeccontext import VideoCodecContext

from benchmarks import report
from video.engine import Role
from video.media.client import MediaClient
from video.media.stills import JPEG_QUALITY
from video.media.tracks import PICTURE_FPS, fitted

CALL = 1
PORT = 9130
FPS = 30
CLIP_SECONDS = 4
SIZES = {Role.CITIZEN: ((1280, 720), 1_500_000), Role.AGENT: ((640, 360), 500_000)}
_PICTURE_CLOCK, _SOUND_CLOCK = Fraction(1, 90_000), Fraction(1, 48_000)
_SERVE = """
import sys
from pathlib import Path
from video.media import app
app.serve(port=int(sys.argv[1]), settings=app.WorkerSettings(
    secret=sys.argv[2], evidence_dir=Path(sys.argv[3]), evidence_secret=bytes(32), engine_kind="relay"))
"""


def main() -> None:
    chosen = report.arguments(__doc__, seconds=12, stills=20)
    clips = {role: _clip(*SIZES[role]) for role in Role}
    limit = sum(_bare(clips[role]) for role in Role)
    one_still = _bare_still(clips[Role.CITIZEN][0])
    with tempfile.TemporaryDirectory() as folder:
        found = asyncio.run(_measure(Path(folder), clips, chosen.seconds, chosen.stills))
    report.show(_rows(found, limit, one_still, chosen.stills), as_json=chosen.json)


def _rows(found: dict[str, float], limit: float, one_still: float, stills: int) -> Iterator[report.Row]:
    bare = "bare decode, scale, encode"
    for figure in ("a call, 720p uplink", "the same, recorded"):
        yield report.Row(figure, "% of a core", found[figure], bare, limit, "lower", 1)
    alone = "one keyframe and JPEG alone"
    for figure in ("click to still, median", "click to still, slowest"):
        yield report.Row(figure, "ms", found[figure], alone, one_still, "lower", stills)


def _clip(size: tuple[int, int], bitrate_bps: int) -> list[bytes]:
    """VP8 frames of a picture in which something moves all the time, over some noise."""
    codec = CodecContext.create("libvpx", "w")
    assert isinstance(codec, VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt, codec.bit_rate = *size, "yuv420p", bitrate_bps
    codec.time_base, codec.gop_size = Fraction(1, FPS), 3000
    codec.options = {"cpu-used": "-6", "deadline": "realtime", "lag-in-frames": "0"}
    still = np.random.default_rng(1).integers(100, 132, (size[1], size[0], 3), np.uint8)
    made: list[bytes] = []
    for count in range(FPS * CLIP_SECONDS):
        picture = np.roll(still, count * 3, axis=1)
        left = count * 7 % (size[0] // 2)
        picture[size[1] // 4 : size[1] // 2, left : left + size[0] // 3] = (200, 120, 90)
        frame = VideoFrame.from_ndarray(picture, "rgb24").reformat(format="yuv420p")
        frame.pts = count
        made += [bytes(packet) for packet in codec.encode(frame)]
    return made


def _bare(clip: list[bytes]) -> float:
    """Percent of a core for one direction at its real speed."""
    decoder, encoder = Vp8Decoder(), Vp8Encoder()
    began = time.process_time()
    for count, data in enumerate(clip):
        for frame in decoder.decode(JitterFrame(data, count * 3000)):
            if count % (FPS // PICTURE_FPS) == 0 and isinstance(frame, VideoFrame):
                small = frame.reformat(*fitted(frame.width, frame.height), "yuv420p")
                small.pts, small.time_base = count * 3000, _PICTURE_CLOCK
                encoder.encode(small)
    return 100 * (time.process_time() - began) / (len(clip) / FPS)


def _bare_still(keyframe: bytes) -> float:
    took: list[float] = []
    for _ in range(10):
        began = time.perf_counter()
        (frame,) = Vp8Decoder().decode(JitterFrame(keyframe, 0))
        image: Any = frame
        image.to_image().save(io.BytesIO(), "JPEG", quality=JPEG_QUALITY)
        took.append(time.perf_counter() - began)
    return 1000 * statistics.median(took)


async def _measure(
    folder: Path, clips: dict[Role, list[bytes]], seconds: int, stills: int
) -> dict[str, float]:
    secret = secrets.token_hex()
    argv = [sys.executable, "-c", _SERVE, str(PORT), secret, str(folder)]
    process = await asyncio.to_thread(subprocess.Popen, argv)
    try:
        async with MediaClient(f"http://127.0.0.1:{PORT}", secret) as client:
            await _ready(client)
            await client.create_call(CALL)
            sides = [await _join(client, role, clips[role]) for role in Role]
            await asyncio.sleep(3)
            found = {"a call, 720p uplink": await _cpu(process.pid, seconds)}
            took = [await _click(client, number) for number in range(stills)]
            found |= {"click to still, median": statistics.median(took), "click to still, slowest": max(took)}
            await client.start_recording(CALL)
            found["the same, recorded"] = await _cpu(process.pid, seconds)
            await asyncio.gather(*(side.close() for side in sides))
            return found
    finally:
        process.terminate()
        await asyncio.to_thread(process.wait, 10)


async def _ready(client: MediaClient) -> None:
    for _ in range(100):
        if await client.is_ready():
            return
        await asyncio.sleep(0.1)
    raise SystemExit("the worker did not start")


async def _cpu(pid: int, seconds: int) -> float:
    def used() -> float:
        fields = Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()
        return (int(fields[11]) + int(fields[12])) / 100

    began, before = time.monotonic(), used()
    await asyncio.sleep(seconds)
    return 100 * (used() - before) / (time.monotonic() - began)


async def _click(client: MediaClient, number: int) -> float:
    began = time.perf_counter()
    await client.still(CALL, Role.CITIZEN, str(number))
    took = 1000 * (time.perf_counter() - began)
    await asyncio.sleep(0.2)
    return took


async def _join(client: MediaClient, role: Role, clip: list[bytes]) -> RTCPeerConnection:
    connection = RTCPeerConnection(RTCConfiguration(iceServers=[]))
    connection.addTrack(_Encoded("audio", _silence(), 50, _SOUND_CLOCK))
    connection.addTrack(_Encoded("video", clip, FPS, _PICTURE_CLOCK))
    connection.on("track", lambda track: asyncio.ensure_future(_swallow(track)))
    await connection.setLocalDescription(await connection.createOffer())
    answer = await client.join(CALL, role, connection.localDescription.sdp)
    await connection.setRemoteDescription(RTCSessionDescription(answer, "answer"))
    return connection


def _silence() -> list[bytes]:
    encoder = OpusEncoder()
    frame = AudioFrame("s16", "stereo", 960)
    frame.sample_rate, frame.pts, frame.time_base = 48_000, 0, _SOUND_CLOCK
    return encoder.encode(frame)[0]


async def _swallow(track: MediaStreamTrack) -> None:
    while True:
        try:
            await track.recv()
        except MediaStreamError:
            return


class _Encoded(MediaStreamTrack):
    """Frames encoded before, at their speed; the clip begins with its only keyframe and starts over."""

    def __init__(self, kind: str, frames: list[bytes], rate: int, clock: Fraction) -> None:
        super().__init__()
        self.kind = kind
        self._frames, self._rate, self._clock = frames, rate, clock
        self._count, self._began = 0, time.monotonic()

    async def recv(self) -> "Packet[Any]":
        await asyncio.sleep(max(0.0, self._began + self._count / self._rate - time.monotonic()))
        packet: Packet[Any] = Packet(self._frames[self._count % len(self._frames)])
        packet.pts, packet.time_base = int(self._count / self._rate / self._clock), self._clock
        self._count += 1
        return packet


if __name__ == "__main__":
    main()
