"""Lists and CA certificates for everybody: RFC 5280 4.2.1.13 and 4.2.2.1, over plain http.

A cache on the way may keep a list for a minute, never past its nextUpdate: R10 gives a revocation 15 minutes
to be listed.
"""

from datetime import datetime, timedelta
from email.utils import format_datetime, parsedate_to_datetime
from pathlib import PurePosixPath

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from portal import parts
from portal.published import PublicFile

_MEDIA_TYPES = {".crl": "application/pkix-crl", ".cer": "application/pkix-cert"}
_LIST_FRESH_FOR = timedelta(minutes=1)
_CERTIFICATE_FRESH_FOR = timedelta(hours=1)


def show(request: Request) -> Response:
    """GET and HEAD of one file, with 304 for who has it already."""
    name = request.url.path.rpartition("/")[2]
    handed = parts.of(request)
    file = handed.files.get(name)
    if file is None:
        raise HTTPException(404)
    headers = {
        "ETag": file.etag,
        "Last-Modified": format_datetime(file.changed_at, usegmt=True),
        "Cache-Control": f"public, max-age={_fresh_seconds(file, handed.service.now())}",
    }
    if _has_it(request, file):
        return Response(status_code=304, headers=headers)
    return Response(file.content, headers=headers, media_type=_MEDIA_TYPES[PurePosixPath(name).suffix])


def _fresh_seconds(file: PublicFile, now: datetime) -> int:
    if file.next_update is None:
        return int(_CERTIFICATE_FRESH_FOR.total_seconds())
    return int(max(timedelta(0), min(_LIST_FRESH_FOR, file.next_update - now)).total_seconds())


def _has_it(request: Request, file: PublicFile) -> bool:
    """RFC 9110, 13.2.2: If-None-Match decides alone when it is there."""
    known = request.headers.get("if-none-match")
    if known is not None:
        return known.strip() == "*" or file.etag in [
            tag.strip().removeprefix("W/") for tag in known.split(",")
        ]
    since = request.headers.get("if-modified-since")
    if since is None:
        return False
    try:
        return file.changed_at <= parsedate_to_datetime(since)
    except (TypeError, ValueError):
        return False
