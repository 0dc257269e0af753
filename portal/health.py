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
    handed = parts.of(request)
    problem = _problem(handed)
    # An audit log that is not sealed, or was changed, is said; nobody is turned away from the portal for it.
    said = problem or _kinds(troubles.audit_log(handed.service))
    return JSONResponse({"ready": not problem, "problem": said}, 503 if problem else 200)


def _problem(handed: Parts) -> str:
    now = handed.service.now()
    with handed.service.look() as work:
        work.certificates.by_id(0)
    certificate = handed.responder.certificate
    if not certificate.not_valid_before_utc <= now <= certificate.not_valid_after_utc:
        return "the OCSP responder's certificate is not valid now"
    service = handed.service
    return handed.files.problem(now) or _kinds((*troubles.disks(service.settings), *troubles.clock(service)))


def _kinds(found: tuple[troubles.Trouble, ...]) -> str:
    """Everybody may ask: no folder is named."""
    return ", ".join(trouble.kind for trouble in found)
