"""Whose page asks: the origin that the browser names, written in one way (RFC 6454, 4)."""

from urllib.parse import urlsplit

_DEFAULT_PORTS = {"http": ":80", "https": ":443"}


def of(header: str | None) -> str | None:
    """As a person can read and remember it; nothing for what is none ("null", a file, no header)."""
    if header is None:
        return None
    try:
        parts = urlsplit(header)
    except ValueError:
        return None
    if parts.scheme not in _DEFAULT_PORTS or not parts.hostname or parts.path or parts.query:
        return None
    return f"{parts.scheme}://{parts.netloc.lower().removesuffix(_DEFAULT_PORTS[parts.scheme])}"
