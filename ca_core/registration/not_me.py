"""The owner's answer "it was not me" to a message about an issuance (R14, R10a).

A link of the message is the proof: whoever reads the owner's messages may stop the certificate, and can do
nothing else with it. The link's secret is kept as a digest, works once, and ends with its time.
"""

import hashlib
import secrets
from datetime import datetime, timedelta

from ca_core.consent import OwnerConsent
from ca_core.errors import Refusal
from ca_core.identifiers import Serial
from ca_core.ports import StoredLink, Work

VALID_FOR = timedelta(days=7)
# The name under which `revocation.hold` demands this consent; the two rooms may not import each other.
PURPOSE = "not_me"
_SECRET_BYTES = 24


class LinkUnknown(Refusal):
    """No message of ours had this link."""

    code = "not_me.unknown"


class LinkExpired(Refusal):
    """The link's time is over; the hotline helps."""

    code = "not_me.expired"


class LinkUsed(Refusal):
    """The link was used already."""

    code = "not_me.used"


def make(work: Work, *, serial: Serial, now: datetime) -> str:
    """A fresh link's secret for one message; only its digest is kept."""
    token = secrets.token_urlsafe(_SECRET_BYTES)
    work.not_me_links.add(StoredLink(_digest(token), serial, now + VALID_FOR))
    return token


def about(work: Work, *, token: str, now: datetime) -> Serial:
    """The certificate that the link speaks of. Raises LinkUnknown, LinkUsed, LinkExpired."""
    return _live(work, token, now).serial


def confirm(work: Work, *, token: str, now: datetime) -> OwnerConsent:
    """The owner's consent to a hold; uses the link up. Raises LinkUnknown, LinkUsed, LinkExpired."""
    link = _live(work, token, now)
    if not work.not_me_links.spend(link.token_digest, now=now):
        raise LinkUsed
    return OwnerConsent(purpose=PURPOSE, subject=link.serial.hex, given_at=now, by="link in a message")


def _live(work: Work, token: str, now: datetime) -> StoredLink:
    link = work.not_me_links.by_digest(_digest(token))
    if link is None:
        raise LinkUnknown
    if link.used_at is not None:
        raise LinkUsed
    if now >= link.expires_at:
        raise LinkExpired
    return link


def _digest(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()
