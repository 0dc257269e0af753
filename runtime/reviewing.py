"""What the doors are handed for the photo review: pictures for the eyes of whoever holds it; and what the job does.

Nothing of the outside is called within a transaction: first the core notes the look, then the sealed file is opened
and the vision service asked to put the eyes in their place.
"""

import contextlib
import hashlib
import logging

from ca_core.errors import GatewayRejected, GatewayUnavailable, Refusal
from ca_core.face_attempt import StoredPicture
from ca_core.registration import review_effect, review_look
from ca_core.roles import Actor
from runtime import calling, settings
from runtime.calling import EvidenceBroken
from runtime.service import Service
from video import evidence as sealed

log = logging.getLogger(__name__)

# What one round takes back; the rest follows in the next.
_AT_ONCE = 50


def live(service: Service, *, actor: Actor, review_id: int) -> bytes:
    """The flagged photo, the eyes in their place where they were found. Raises EvidenceBroken and as
    `review_look.live`.
    """
    with service.work(by=actor, on=f"review/{review_id}") as work:
        picture = review_look.live(work, actor=actor, review_id=review_id, now=service.now())
    return _aligned(service, _content(service, picture))


def frame(service: Service, *, actor: Actor, review_id: int, place: int) -> bytes:
    """One of the other pictures, the eyes in their place where they were found. Raises EvidenceBroken and as
    `review_look.frame`.
    """
    with service.work(by=actor, on=f"review/{review_id}") as work:
        picture = review_look.frame(work, actor=actor, review_id=review_id, place=place, now=service.now())
    return _aligned(service, _content(service, picture))


def portrait(service: Service, *, actor: Actor, review_id: int) -> bytes:
    """The register's portrait, the eyes in their place where they were found. Raises as `review_look.portrait`."""
    with service.work(by=actor, on=f"review/{review_id}") as work:
        jpeg = review_look.portrait(work, actor=actor, review_id=review_id, now=service.now())
    return _aligned(service, jpeg)


def _aligned(service: Service, jpeg: bytes) -> bytes:
    """The picture itself where no model finds eyes in it, or nobody looks for them at the moment."""
    try:
        with contextlib.closing(calling.vision_client(service)) as client:
            return client.align(jpeg)
    except (GatewayUnavailable, GatewayRejected) as problem:
        log.info("picture not aligned", extra={"problem": str(problem)})
        return jpeg


def _content(service: Service, picture: StoredPicture) -> bytes:
    """The whole of a picture, whose digest is the one that was stored. Raises EvidenceBroken."""
    path = service.settings.evidence_dir / picture.name
    try:
        content = sealed.whole(path, settings.evidence_secret(service.settings))
    except (OSError, Refusal) as problem:
        raise EvidenceBroken from problem
    if hashlib.sha256(content).digest() != picture.sha256:
        raise EvidenceBroken
    return content


def apply(service: Service, *, actor: Actor, review_id: int) -> None:
    """A stored decision takes effect, in one transaction with its messages. Raises as `review_effect.apply`."""
    with service.work() as work:
        review_effect.apply(work, actor=actor, review_id=review_id, now=service.now())


def withdraw_stale(service: Service, *, actor: Actor) -> bool:
    """Takes reviews back whose application was withdrawn or has expired; whether there were any."""
    with service.look() as work:
        stale = work.reviews.stale(_AT_ONCE)
    for found in stale:
        try:
            with service.work() as work:
                review_effect.withdraw(work, actor=actor, review_id=found.review_id, now=service.now())
        except Refusal as refusal:
            log.info("review moved meanwhile", extra={"refusal": refusal.code})
    return bool(stale)
