"""What is told to whom, when and by which channel. Sends nothing: a notice is a row in the outbox.

Messages ask for nothing (R13). Every issuance, hold and revocation tells the owner (R10, R10a, R14).
"""

from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from ca_core.identifiers import Phone
from ca_core.subscriber import Subscriber


class NoticeKind(StrEnum):
    CODE = "code"
    ISSUED = "issued"
    NOT_ISSUED = "not_issued"
    APPLICATION_EXPIRED = "application_expired"
    RENEWAL_OPENED = "renewal_opened"
    REVOKED = "revoked"
    HELD = "held"
    RELEASED = "released"
    REISSUE_REQUESTED = "reissue_requested"
    PHONE_REGISTERED = "phone_registered"
    PHONE_REPLACED = "phone_replaced"
    REGISTRATION_REFUSED = "registration_refused"
    CALL_BACK = "call_back"
    REVIEW_PASSED = "review_passed"
    REVIEW_REJECTED = "review_rejected"
    NEW_PHOTO = "new_photo"


class Medium(StrEnum):
    SMS = "sms"
    EMAIL = "email"


@dataclass(frozen=True, slots=True)
class Notice:
    """One message to one address. `secret` words are wiped from the outbox once delivered."""

    kind: NoticeKind
    medium: Medium
    recipient: str
    # Who registers a phone need not be a subscriber yet.
    subscriber_id: int | None
    language: str
    at: datetime
    words: dict[str, str] = field(default_factory=dict)
    secret: bool = False


def to_owner(
    subscriber: Subscriber, *, phone: Phone | None, kind: NoticeKind, words: dict[str, str], now: datetime
) -> list[Notice]:
    """By SMS to the owner's phone in the BMG, if any, and by e-mail where one was given."""
    addresses = [
        (Medium.SMS, phone.digits if phone else ""),
        (Medium.EMAIL, subscriber.email),
    ]
    return [
        Notice(
            kind=kind,
            medium=medium,
            recipient=recipient,
            subscriber_id=subscriber.subscriber_id,
            language=subscriber.language,
            at=now,
            words=words,
        )
        for medium, recipient in addresses
        if recipient
    ]


def to_phone(
    phone: Phone, *, kind: NoticeKind, language: str, words: dict[str, str], now: datetime
) -> Notice:
    """To a phone that is being registered, was replaced, or asked to be called back."""
    return Notice(
        kind=kind,
        medium=Medium.SMS,
        recipient=phone.digits,
        subscriber_id=None,
        language=language,
        at=now,
        words=words,
    )
