"""The owner's proven will: what lets an operation go past 'only the owner' (R9).

Only those who prove identity make one (`registration.sms_code.confirm`, a signature with the certified
key); those who act on certificates demand one. So the two rooms never import each other.
"""

from dataclasses import dataclass
from datetime import datetime

from ca_core.errors import Refusal


class ConsentMissing(Refusal):
    """The owner's consent was given for something else, or not in this step."""

    code = "consent.missing"


@dataclass(frozen=True, slots=True)
class OwnerConsent:
    purpose: str
    subject: str
    given_at: datetime
    by: str


def require(consent: OwnerConsent, *, purpose: str, subject: str, now: datetime) -> None:
    """The consent is for this act, on this object, in this very step. Raises ConsentMissing."""
    if (consent.purpose, consent.subject, consent.given_at) != (purpose, subject, now):
        raise ConsentMissing
