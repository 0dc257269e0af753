"""`/health`: the process is alive. `/ready`: it can do its work."""

from starlette.requests import Request
from starlette.responses import JSONResponse, Response

from portal import parts
from portal.parts import Parts
from runtime import troubles


async def health(_request: Request) -> Response:
    return JSONResponse({"alive": True})


def ready(request: Request) -> Response:
    """The database answers, the OCSP key is open and certified, the lists are there and have not lapsed, there is
    room on the disks and the clock is right.
    """
    problem = _problem(parts.of(request))
    return JSONResponse({"ready": not problem, "problem": problem}, 503 if problem else 200)


def _problem(handed: Parts) -> str:
    now = handed.service.now()
    with handed.service.look() as work:
        work.certificates.by_id(0)
    certificate = handed.responder.certificate
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        return "the OCSP responder's certificate is not valid now"
    # Everybody may ask: no folder is named.
    return handed.files.problem(now) or ", ".join(trouble.kind for trouble in troubles.of(handed.service))
