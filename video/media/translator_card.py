"""What a party is sent while there is nothing to forward: black and silence, made once."""

from functools import cache
from typing import Final

from av import CodecContext, VideoFrame
from av.video.codeccontext import VideoCodecContext

SOUND_SECONDS: Final = 0.02
# Every so many packets of silence a picture.
PICTURE_EVERY: Final = 25
# RFC 6716: 20 ms, CELT, fullband, with nothing in it.
SILENCE: Final = b"\xf8\xff\xfe"


@cache
def black() -> bytes:
    """A black VP8 keyframe in one RTP payload (RFC 7741, 4.2: the start of a frame, nothing more)."""
    frame = VideoFrame(640, 360, "yuv420p")
    for plane, level in zip(frame.planes, (16, 128, 128), strict=True):
        plane.update(bytes([level]) * plane.buffer_size)
    codec = CodecContext.create("libvpx", "w")
    assert isinstance(codec, VideoCodecContext)
    codec.width, codec.height, codec.pix_fmt = frame.width, frame.height, "yuv420p"
    codec.options = {"lag-in-frames": "0", "deadline": "realtime"}
    (packet,) = codec.encode(frame)
    return b"\x10" + bytes(packet)
