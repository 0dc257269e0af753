"""Find and see: the one search box, the holder page, and showing personal data for a recorded reason (R14).

Exact keys are recognised by their form; anything with letters that is no serial is the beginning of a name.
"""

import re
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from ca_core import audit, records, roles
from ca_core.application import Application
from ca_core.approval import Proposal
from ca_core.certificate import Certificate
from ca_core.errors import Refusal
from ca_core.identifiers import (
    ApplicationId,
    ApplicationIdInvalid,
    Iin,
    IinInvalid,
    Phone,
    PhoneInvalid,
    fold_name,
)
from ca_core.ports import Criteria, Found, HistoryLine, Position, SentNotice, View, Work
from ca_core.subscriber import Subscriber

PAGE = 50
COUNT_LIMIT = 1000


class QueryTooShort(Refusal):
    """Three characters at least: a shorter beginning matches half the country."""

    code = "search.too_short"


class IinMistyped(Refusal):
    """Twelve digits that are no IIN: a digit is wrong or two are swapped (R1)."""

    code = "search.iin_mistyped"


class ReasonMissing(Refusal):
    """Personal data is shown for a reason that is recorded (R14)."""

    code = "reveal.reason_missing"


class RevealReason(StrEnum):
    OWNER_ON_LINE = "owner_on_line"
    OWNER_AT_COUNTER = "owner_at_counter"
    FRAUD_CASE = "fraud_case"
    COURT_ORDER = "court_order"
    COMPLAINT = "complaint"


def understand(text: str) -> Criteria:
    """What the officer typed, as a key. Raises QueryTooShort, IinMistyped."""
    typed = " ".join(text.split())
    compact = re.sub(r"[\s:-]", "", typed)
    if not typed:
        return Criteria()
    if "@" in typed:
        return Criteria(email=typed.lower())
    if len(compact) < 3:
        raise QueryTooShort
    if re.fullmatch(r"\+?[0-9]+", re.sub(r"[()]", "", compact)):
        return _number(re.sub(r"[()]", "", compact))
    if re.fullmatch(r"[0-9a-fA-F]{3,64}", compact):
        return _hexadecimal(compact.lower())
    return Criteria(name_prefix=fold_name(typed))


def _number(digits: str) -> Criteria:
    """IIN, then application number, then phone; other digits are the beginning of a serial."""
    if re.fullmatch(r"[0-9]{12}", digits):
        try:
            return Criteria(iin=Iin.parse(digits))
        except IinInvalid as error:
            raise IinMistyped from error
    with suppress(ApplicationIdInvalid):
        return Criteria(application=ApplicationId.parse(digits))
    with suppress(PhoneInvalid):
        return Criteria(phone=Phone.parse(digits))
    return _hexadecimal(digits.lstrip("+"))


def _hexadecimal(digits: str) -> Criteria:
    if len(digits) == 64:
        return Criteria(fingerprint=bytes.fromhex(digits))
    return Criteria(serial_prefix=digits[:40])


@dataclass(frozen=True, slots=True)
class Page:
    found: tuple[Found, ...]
    count: int
    more_than_counted: bool
    following: Position | None


def search(
    work: Work,
    *,
    actor: roles.Actor,
    criteria: Criteria,
    after: Position | None = None,
    now: datetime,
) -> Page:
    """One page, newest first; counted up to a bound. Raises NotAllowed."""
    roles.require(actor, roles.Permission.SEARCH_CERTIFICATES)
    rows = tuple(work.finder.page(criteria, now=now, after=after, size=PAGE + 1))
    count = work.finder.count_up_to(criteria, now=now, limit=COUNT_LIMIT + 1)
    shown = rows[:PAGE]
    last = shown[-1].certificate if len(rows) > PAGE else None
    work.audit.add(audit.Entry(now, actor, "certificate:search:done", "", details={"by": key_of(criteria)}))
    return Page(
        found=shown,
        count=min(count, COUNT_LIMIT),
        more_than_counted=count > COUNT_LIMIT,
        following=Position(last.not_before, last.certificate_id) if last else None,
    )


def key_of(criteria: Criteria) -> str:
    """Which key a search used: what the audit log may know of it."""
    keys = ("iin", "phone", "email", "application", "fingerprint", "serial_prefix", "name_prefix")
    return next((key for key in keys if getattr(criteria, key)), "filters")


@dataclass(frozen=True, slots=True)
class HolderPage:
    subscriber: Subscriber
    certificates: tuple[Certificate, ...]
    applications: tuple[Application, ...]
    proposals: tuple[Proposal, ...]
    history: tuple[HistoryLine, ...]
    notices: tuple[SentNotice, ...]
    views: tuple[View, ...]


def holder(work: Work, *, actor: roles.Actor, subscriber_id: int, opened: bool, now: datetime) -> HolderPage:
    """Everything about one person's certificates. `opened` is False when the same page is drawn again.

    Raises NotAllowed, NotTheCaller, SubscriberUnknown.
    """
    records.require_for(work, actor, roles.Permission.VIEW_HOLDER, subscriber_id=subscriber_id)
    subscriber = records.subscriber(work, subscriber_id)
    if opened:
        work.audit.add(audit.Entry(now, actor, "subscriber:view:done", _subject(subscriber_id)))
    certificates = tuple(work.certificates.of_subscriber(subscriber_id))
    return HolderPage(
        subscriber=subscriber,
        certificates=certificates,
        applications=tuple(work.applications.of_subscriber(subscriber_id)),
        proposals=tuple(work.proposals.open_for([c.serial.hex for c in certificates], now)),
        history=tuple(work.dossiers.history(subscriber_id, 200)),
        notices=tuple(work.dossiers.notices(subscriber_id, 100)),
        views=tuple(work.dossiers.views(subscriber_id, 100)),
    )


def reveal(
    work: Work,
    *,
    actor: roles.Actor,
    subscriber_id: int,
    reason: RevealReason,
    note: str,
    now: datetime,
) -> Subscriber:
    """Shows the person unmasked and writes down why. Raises NotAllowed, NotTheCaller, ReasonMissing,
    SubscriberUnknown.
    """
    records.require_for(work, actor, roles.Permission.REVEAL_PERSONAL_DATA, subscriber_id=subscriber_id)
    written = " ".join(note.split())
    if reason is not RevealReason.OWNER_ON_LINE and len(written) < 3:
        raise ReasonMissing
    subscriber = records.subscriber(work, subscriber_id)
    why = f"{reason.value}: {written}" if written else reason.value
    work.audit.add(
        audit.Entry(now, actor, "subscriber:reveal:done", _subject(subscriber_id), reason=why[:500])
    )
    return subscriber


def _subject(subscriber_id: int) -> str:
    return f"subscriber/{subscriber_id}"
