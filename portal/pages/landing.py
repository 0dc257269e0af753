"""The first page: what is here; and the statement of practice that every certificate points to."""

from starlette.requests import Request
from starlette.responses import Response

from portal import parts, rendering


def show(request: Request) -> Response:
    return rendering.page(request, "landing.html")


def practice(request: Request) -> Response:
    """The address in the certificates' policy (RFC 5280, 4.2.1.4): the rules in force, from the policy itself."""
    policy = parts.of(request).service.policy
    facts = {
        "validity_days": policy.certificates.validity.days,
        "hold_hours": int(policy.certificates.hold_at_most.total_seconds()) // 3600,
        "list_minutes": int(policy.publication.crl_at_most_every.total_seconds()) // 60,
        "kept_days": policy.retention.revoked_certificates.days,
    }
    return rendering.page(request, "practice.html", facts=facts, version=policy.version)
