"""How large a picture is, and what decoding it would take, read from its headers: judged before a pixel is decoded."""

import io
import re

from PIL import Image, UnidentifiedImageError

from video.vision.wire import PictureUndecodable

# A progressive JPEG of a camera or an editor has ten scans or so. A decoder goes through the whole picture for each,
# and an empty one takes a dozen bytes: three hundred kilobytes of them would be looked at for ten seconds.
SCANS_LIMIT = 32

_END, _SCAN = 0xD9, 0xDA
_WITHOUT_LENGTH = {0x01, *range(0xD0, 0xD9)}
# ITU-T T.81, B.1.1.5: within a scan's data an FF is followed by 00, by a restart marker or by another FF.
_MARKER = re.compile(rb"\xff([^\x00\xd0-\xd7\xff])", re.DOTALL)


def size(data: bytes, *formats: str) -> tuple[int, int]:
    """Width and height of a JPEG or PNG, or of one of the formats named. Raises PictureUndecodable."""
    try:
        with Image.open(io.BytesIO(data), formats=formats or ("JPEG", "PNG")) as header:
            found = header.size
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise PictureUndecodable("neither JPEG nor PNG") from error
    if data.startswith(b"\xff\xd8") and _scans(data) > SCANS_LIMIT:
        raise PictureUndecodable("scans")
    return found


def _scans(data: bytes) -> int:
    """How many scans a JPEG has up to its end marker, one more than the limit at most."""
    scans, at = 0, 0
    while scans <= SCANS_LIMIT and (found := _MARKER.search(data, at)):
        at, kind = found.end(), found[1][0]
        if kind == _END:
            break
        scans += kind == _SCAN
        if kind not in _WITHOUT_LENGTH:
            at += int.from_bytes(data[at : at + 2], "big")
    return scans
