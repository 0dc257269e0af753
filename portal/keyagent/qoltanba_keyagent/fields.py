"""Reads what sites send: JSON of the right kinds, or a Malformed that names the field."""

import base64
import binascii

from qoltanba_keyagent.refusals import Malformed

Json = None | bool | int | float | str | list["Json"] | dict[str, "Json"]


def table(value: Json, field: str) -> dict[str, Json]:
    if not isinstance(value, dict):
        raise Malformed(field=field)
    return value


def text(value: Json, field: str) -> str:
    """Text that can be written: half a character (a lone surrogate, which JSON allows) cannot."""
    if not isinstance(value, str):
        raise Malformed(field=field)
    try:
        value.encode()
    except UnicodeEncodeError as error:
        raise Malformed(field=field) from error
    return value


def texts(value: Json, field: str) -> list[str]:
    if not isinstance(value, list):
        raise Malformed(field=field)
    return [text(one, field) for one in value]


def flag(value: Json, field: str, *, otherwise: bool) -> bool:
    """Some clients write "true" for true."""
    if value is None:
        return otherwise
    if isinstance(value, bool):
        return value
    if value in ("true", "false"):
        return value == "true"
    raise Malformed(field=field)


def decoded(value: str, field: str) -> bytes:
    """Base64, with the line ends that some encoders put in."""
    try:
        return base64.b64decode("".join(value.split()), validate=True)
    except (binascii.Error, ValueError) as error:
        raise Malformed(field=field) from error
