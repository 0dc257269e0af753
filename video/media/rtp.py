"""RTP packets as bytes: the few things a translator reads and writes in them (RFC 3550, RFC 4588, RFC 7741)."""

from struct import Struct
from typing import Final

HEADER_BYTES: Final = 12
SHORT: Final = Struct("!H")
LONG: Final = Struct("!L")


class Malformed(ValueError):
    """A packet whose own lengths do not agree with its size."""


def header_bytes(packet: bytes) -> int:
    """Where the payload begins (RFC 3550, 5.1 and 5.3.1). Raises Malformed."""
    size = HEADER_BYTES + 4 * (packet[0] & 15)
    if packet[0] & 16:
        if size + 4 > len(packet):
            raise Malformed
        size += 4 + 4 * (packet[size + 2] << 8 | packet[size + 3])
    if size > len(packet):
        raise Malformed
    return size


def payload(packet: bytes) -> bytes:
    """Without header and padding; empty for padding alone. Raises Malformed."""
    begins, ends = header_bytes(packet), len(packet)
    if packet[0] & 32:
        ends -= packet[-1]
        if not packet[-1] or ends < begins:
            raise Malformed
    return packet[begins:ends]


def number(packet: bytes) -> int:
    return packet[2] << 8 | packet[3]


def timestamp(packet: bytes) -> int:
    return int(LONG.unpack_from(packet, 4)[0])


def rebuilt(
    packet: bytes, *, payload_type: int, seq: int, at: int, ssrc: bytes, prefix: bytes = b""
) -> bytes:
    """The same payload under another header, without extensions: an old abs-send-time would read as delay."""
    head = bytes((0x80 | packet[0] & 32, packet[1] & 128 | payload_type))
    return head + SHORT.pack(seq) + LONG.pack(at) + ssrc + prefix + packet[header_bytes(packet) :]


def unwrapped(packet: bytes, *, payload_type: int, ssrc: bytes) -> bytes | None:
    """The packet that a retransmission carries (RFC 4588, 4); None for padding alone. Raises Malformed."""
    body = payload(packet)
    if len(body) < 2:
        return None
    head = bytes((0x80, packet[1] & 128 | payload_type))
    return head + body[:2] + packet[4:8] + ssrc + body[2:]


def vp8_frame_part(data: bytes) -> tuple[bool, bytes]:
    """Whether a VP8 payload begins a frame, and its part of the frame (RFC 7741, 4.2). Raises Malformed."""
    if not data:
        return False, b""
    begins, size = data[0] & 0x17 == 0x10, 1
    try:
        if data[0] & 0x80:
            more = data[1]
            size = 2
            if more & 0x80:
                size += 2 if data[size] & 0x80 else 1
            size += bool(more & 0x40) + bool(more & 0x30)
    except IndexError:
        raise Malformed from None
    if size > len(data):
        raise Malformed
    return begins, data[size:]


def begins_keyframe(packet: bytes) -> bool:
    """Whether this packet is the first of a VP8 keyframe (RFC 6386, 9.1)."""
    try:
        begins, part = vp8_frame_part(payload(packet))
    except Malformed:
        return False
    return begins and len(part) >= 10 and not part[0] & 1
