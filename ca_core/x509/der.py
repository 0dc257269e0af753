"""The few DER encodings that cryptography has no builder for (X.690)."""

from datetime import UTC, datetime

from cryptography.x509 import ObjectIdentifier

SEQUENCE = 0x30
OCTET_STRING = 0x04
BIT_STRING = 0x03
ENUMERATED = 0x0A
NULL = b"\x05\x00"


def tlv(tag: int, *content: bytes) -> bytes:
    """Tag, length, value."""
    return header(tag, sum(map(len, content))) + b"".join(content)


def header(tag: int, length: int) -> bytes:
    """Tag and length alone, for content that is too large to copy."""
    if length < 0x80:
        return bytes((tag, length))
    octets = length.to_bytes((length.bit_length() + 7) // 8, "big")
    return bytes((tag, 0x80 | len(octets))) + octets


def sequence(*content: bytes) -> bytes:
    return tlv(SEQUENCE, *content)


def explicit(number: int, *content: bytes) -> bytes:
    """A constructed, context-specific tag around whole elements."""
    return tlv(0xA0 | number, *content)


def integer(value: int) -> bytes:
    """A non-negative INTEGER; the extra bit keeps it from reading as negative."""
    return tlv(0x02, value.to_bytes(value.bit_length() // 8 + 1, "big"))


def enumerated(value: int) -> bytes:
    return bytes((ENUMERATED, 1, value))


def octets(value: bytes) -> bytes:
    return tlv(OCTET_STRING, value)


def bits(value: bytes) -> bytes:
    return tlv(BIT_STRING, b"\x00", value)


def oid(identifier: ObjectIdentifier) -> bytes:
    first, second, *rest = map(int, identifier.dotted_string.split("."))
    return tlv(0x06, *map(_base128, (first * 40 + second, *rest)))


def _base128(arc: int) -> bytes:
    groups = [arc & 0x7F]
    while arc := arc >> 7:
        groups.append(0x80 | arc & 0x7F)
    return bytes(reversed(groups))


def extension(identifier: ObjectIdentifier, value: bytes) -> bytes:
    """A non-critical Extension whose value is already DER."""
    return sequence(oid(identifier), octets(value))


def generalized_time(instant: datetime) -> bytes:
    """RFC 5280, 4.1.2.5.2: seconds, no fraction, Zulu."""
    return tlv(0x18, instant.astimezone(UTC).strftime("%Y%m%d%H%M%SZ").encode())


def time(instant: datetime) -> bytes:
    """RFC 5280, 4.1.2.5: UTCTime through 2049, GeneralizedTime from 2050 on."""
    utc = instant.astimezone(UTC)
    if utc.year >= 2050:
        return generalized_time(utc)
    return tlv(0x17, utc.strftime("%y%m%d%H%M%SZ").encode())
