"""How large a picture is, read from its header: judged before a pixel of it is decoded."""

import io

from PIL import Image, UnidentifiedImageError

from video.vision.wire import PictureUndecodable


def size(data: bytes, *formats: str) -> tuple[int, int]:
    """Width and height of a JPEG or PNG, or of one of the formats named. Raises PictureUndecodable."""
    try:
        with Image.open(io.BytesIO(data), formats=formats or ("JPEG", "PNG")) as header:
            return header.size
    except (UnidentifiedImageError, OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise PictureUndecodable("neither JPEG nor PNG") from error
