"""ICE's connectivity checks as bytes: STUN binding requests and their answers (RFC 8489; RFC 8445, 7).

Only messages with MESSAGE-INTEGRITY under the leg's short-term credential and with FINGERPRINT count; whatever else
arrives is read as far as the name of the leg it is for, and no further.
"""

import struct

from aioice import stun
from aioice.candidate import candidate_priority

_COOKIE = stun.COOKIE.to_bytes(4, "big")
_REQUEST = b"\0\1"
_ANSWERS = (b"\x01\x01", b"\x01\x11")
_USERNAME = 0x0006
# RFC 8489, 6.1: no message of ours or of a browser comes near a path's least MTU.
_LARGEST_BYTES = 548
_LEAST_BYTES = stun.HEADER_LENGTH + stun.INTEGRITY_LENGTH + stun.FINGERPRINT_LENGTH

Address = tuple[str, int] | tuple[str, int, int, int]


def is_request(data: bytes) -> bool:
    return data[:2] == _REQUEST and _is_stun(data)


def is_answer(data: bytes) -> bool:
    return data[:2] in _ANSWERS and _is_stun(data)


def transaction(data: bytes) -> bytes:
    return data[8:20]


def names(data: bytes) -> tuple[str, str]:
    """Our and the far end's user name fragment of a request; empty when it names none."""
    at = stun.HEADER_LENGTH
    while at + 4 <= len(data):
        kind, size = struct.unpack_from("!HH", data, at)
        if kind == _USERNAME:
            near, _, far = data[at + 4 : at + 4 + size].decode("ascii", "replace").partition(":")
            return near, far
        at += 4 + size + stun.padding_length(size)
    return "", ""


def proven(data: bytes, password: str) -> stun.Message | None:
    """The message, if who sent it knows the password."""
    try:
        message = stun.parse_message(data)
    # The parser leaves it to struct to stumble over an attribute of a wrong length.
    except (ValueError, struct.error):
        return None
    if "FINGERPRINT" not in message.attributes or not message.check_message_integrity(password.encode()):
        return None
    return message


def request(*, near: str, far: str, password: str, tie_breaker: int) -> tuple[bytes, bytes]:
    """Our own check: its transaction and its bytes. The password is the far end's."""
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes["USERNAME"] = f"{far}:{near}"
    message.attributes["PRIORITY"] = candidate_priority(1, "prflx")
    message.attributes["ICE-CONTROLLED"] = tie_breaker
    message.add_message_integrity(password.encode())
    return message.transaction_id, bytes(message)


def success(asked: stun.Message, address: Address, password: str) -> bytes:
    """The answer to a check: the address it came from (RFC 8445, 7.3.1.2)."""
    message = stun.Message(stun.Method.BINDING, stun.Class.RESPONSE, asked.transaction_id)
    message.attributes["XOR-MAPPED-ADDRESS"] = address[:2]
    message.add_message_integrity(password.encode())
    return bytes(message)


def role_conflict(asked: stun.Message, password: str) -> bytes:
    """RFC 8445, 7.3.1.1: we are controlled and stay it."""
    message = stun.Message(stun.Method.BINDING, stun.Class.ERROR, asked.transaction_id)
    message.attributes["ERROR-CODE"] = (487, "Role Conflict")
    message.add_message_integrity(password.encode())
    return bytes(message)


def _is_stun(data: bytes) -> bool:
    return _LEAST_BYTES <= len(data) <= _LARGEST_BYTES and data[4:8] == _COOKIE
