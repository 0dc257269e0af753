"""What the core needs from outside, as Protocols. `data` and `runtime` fulfil them; tests have fakes.

Reads raise nothing for 'not there': they return None or an empty list, and the operation decides.
"""

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from enum import StrEnum
from typing import Protocol

from ca_core.application import Application
from ca_core.approval import Proposal
from ca_core.audit import Entry
from ca_core.call import (
    Call,
    CallBack,
    Check,
    Desk,
    Evidence,
    LineQuality,
    Offer,
    OfferOutcome,
    Settlement,
    Ticket,
)
from ca_core.certificate import Certificate, Kind
from ca_core.dossier import LookUps, OwnDossiers
from ca_core.face_attempt import FaceAttempts, FaceChallenges
from ca_core.identifiers import ApplicationId, Iin, Phone, Serial
from ca_core.notices import Notice
from ca_core.owner_session import OwnerSessions
from ca_core.policy import Policy
from ca_core.review import Reviews
from ca_core.statistics import Delta
from ca_core.subscriber import MobileRegistration, PastRegistration, Person, Subscriber


class Certificates(Protocol):
    def by_serial(self, serial: Serial) -> Certificate | None: ...
    def by_id(self, certificate_id: int) -> Certificate | None: ...
    def of_subscriber(self, subscriber_id: int) -> list[Certificate]: ...
    def of_application(self, number: ApplicationId) -> Certificate | None: ...
    def with_key(self, key_id: bytes) -> list[Certificate]: ...
    def following(self, certificate_id: int) -> list[Certificate]: ...
    def reserve(self, certificate: Certificate) -> int:
        """Stores the serial before anything is signed. A serial that exists already is an error."""
        ...

    def save(self, certificate: Certificate, *, expected: Certificate) -> None:
        """Writes the changed record. Raises ChangedMeanwhile unless the stored state is still `expected`'s."""
        ...

    def keep_prepared(self, certificate_id: int, to_be_signed: bytes) -> None: ...
    def prepared(self, certificate_id: int) -> bytes | None: ...
    def keep_der(self, certificate_id: int, der: bytes) -> None: ...
    def der(self, certificate_id: int) -> bytes | None: ...
    def keep_crl_entry(self, certificate_id: int, entry: bytes | None) -> None:
        """None takes the certificate off the next list (a released hold)."""
        ...

    def holds_due(self, now: datetime, limit: int) -> list[Certificate]: ...
    def unfinished(self) -> list[Certificate]: ...
    def tell(self, certificate_id: int, *, at: datetime, event: str, by: str, note: str = "") -> None:
        """One line of the certificate's history."""
        ...


class Applications(Protocol):
    def by_number(self, number: ApplicationId) -> Application | None: ...
    def add(self, application: Application) -> None: ...
    def save(self, application: Application, *, expected: Application) -> None: ...
    def open_for_certificate(self, certificate_id: int, kind: Kind) -> Application | None:
        """An application that would extend or replace this certificate and has not ended."""
        ...

    def of_subscriber(self, subscriber_id: int) -> list[Application]: ...
    def with_key(self, key_id: bytes) -> list[Application]: ...
    def open_before(self, instant: datetime, limit: int) -> list[Application]: ...


class Subscribers(Protocol):
    def by_id(self, subscriber_id: int) -> Subscriber | None: ...
    def by_iin(self, iin: Iin) -> Subscriber | None: ...
    def add(self, person: Person, *, phone: Phone | None, email: str) -> Subscriber: ...
    def refresh(self, known: Subscriber, person: Person, *, phone: Phone | None) -> Subscriber:
        """Takes over the register's names, region and language and the BMG's phone where they changed."""
        ...

    def set_email(self, known: Subscriber, email: str) -> Subscriber: ...


class StateRegister(Protocol):
    """The state register of persons (GBD FL)."""

    def person(self, iin: Iin) -> Person | None: ...


class MobileBase(Protocol):
    """The base of mobile citizens (BMG)."""

    def of_iin(self, iin: Iin) -> MobileRegistration | None: ...
    def of_phone(self, phone: Phone) -> MobileRegistration | None: ...
    def enter(self, registration: MobileRegistration, *, call_id: int | None) -> None:
        """The IIN's phone from now on; an earlier one moves to the history. Raises PhoneOfAnother."""
        ...

    def history(self, iin: Iin) -> list[PastRegistration]:
        """Every phone that the IIN had or has, newest first."""
        ...


class Portraits(Protocol):
    """The state register's portrait, as JPEG."""

    def of_iin(self, iin: Iin) -> bytes | None: ...


class Calls(Protocol):
    def by_id(self, call_id: int) -> Call | None: ...
    def add(self, call: Call) -> int:
        """Raises ChangedMeanwhile where the page has a living call already."""
        ...

    def save(self, call: Call, *, expected: Call) -> Call:
        """Writes the changed record with the next version. Raises ChangedMeanwhile unless `expected` is stored."""
        ...

    def living(self) -> list[Call]:
        """Every call that has not ended, in the order of the queue."""
        ...

    def living_of_page(self, page_digest: bytes) -> Call | None: ...
    def latest_of_page(self, page_digest: bytes) -> Call | None: ...
    def living_of_iin(self, iin: Iin) -> list[Call]: ...
    def opened_since(self, iin: Iin, instant: datetime) -> int: ...
    def ended_unsealed(self, limit: int) -> list[Call]: ...
    def latest(self, limit: int) -> list[Call]:
        """Newest first."""
        ...

    def add_offer(self, offer: Offer) -> None: ...
    def close_offer(self, call_id: int, staff_id: int, *, outcome: OfferOutcome, at: datetime) -> None: ...
    def offers(self, call_id: int) -> list[Offer]: ...
    def settle(self, settlement: Settlement) -> None:
        """One a call. Raises ChangedMeanwhile where there is one."""
        ...

    def settlement(self, call_id: int) -> Settlement | None: ...
    def add_quality(self, quality: LineQuality) -> None:
        """One that is known already, by its call, leg and beginning, is left as it is."""
        ...

    def qualities(self, call_id: int) -> list[LineQuality]:
        """Oldest first."""
        ...


class Desks(Protocol):
    def by_id(self, staff_id: int) -> Desk | None: ...
    def all(self) -> list[Desk]:
        """Those that are not offline."""
        ...

    def add(self, desk: Desk) -> None: ...
    def save(self, desk: Desk, *, expected: Desk) -> Desk:
        """Raises ChangedMeanwhile unless `expected` is stored."""
        ...


class Checks(Protocol):
    def of_call(self, call_id: int) -> list[Check]:
        """Oldest first."""
        ...

    def add(self, check: Check) -> None: ...


class EvidenceList(Protocol):
    def by_id(self, evidence_id: int) -> Evidence | None: ...
    def of_call(self, call_id: int) -> list[Evidence]: ...
    def add(self, evidence: Evidence) -> int: ...
    def close(self, evidence_id: int, *, sha256: bytes, size_bytes: int) -> None:
        """A recording is known when it begins, its digest when it ends."""
        ...


class Tickets(Protocol):
    def add(self, ticket: Ticket) -> None: ...
    def by_digest(self, token_digest: bytes) -> Ticket | None: ...
    def spend(self, token_digest: bytes, *, now: datetime) -> bool:
        """Uses the ticket up. False when somebody else was quicker."""
        ...

    def erase(self, *, expired_before: datetime, limit: int) -> int:
        """The number erased, used or not: a ticket that was used is not used long before its end."""
        ...


class CallBacks(Protocol):
    def add(self, wish: CallBack) -> int: ...
    def by_digest(self, token_digest: bytes) -> CallBack | None: ...
    def waiting(self, limit: int, *, since: datetime) -> list[CallBack]:
        """Asked since then and not invited yet, oldest first."""
        ...

    def living_of_phone(self, phone: Phone, *, since: datetime) -> CallBack | None:
        """Asked since then and not used yet."""
        ...

    def renew(self, wish: CallBack, *, token_digest: bytes, invited_at: datetime) -> None: ...
    def erase(self, *, used_before: datetime, asked_before: datetime, limit: int) -> int:
        """Those used, and those not used though asked for, before then; the number erased."""
        ...

    def spend(self, token_digest: bytes, *, now: datetime) -> bool: ...


@dataclass(frozen=True, slots=True)
class StoredCode:
    """A one-time code as it rests: its seal, never its digits (R4)."""

    code_id: int
    purpose: str
    subject: str
    page: str
    phone: Phone
    seal: bytes
    sent_at: datetime
    expires_at: datetime
    tries_left: int


class Codes(Protocol):
    def latest(self, *, purpose: str, subject: str) -> StoredCode | None: ...
    def sent_since(self, phone: Phone, instant: datetime) -> int: ...
    def last_sent_at(self, phone: Phone, *, purpose: str) -> datetime | None:
        """Of this purpose's codes that were not used: another purpose, or what comes after a used one, is no
        resending.
        """
        ...

    def add(self, code: StoredCode) -> None: ...
    def spend(self, code_id: int) -> bool:
        """Uses the code up. False when somebody else was quicker."""
        ...

    def take_try(self, code_id: int) -> bool:
        """Counts one try. False when none is left or the code was used."""
        ...


class CodeSeal(Protocol):
    """HMAC over a code and what it is bound to, with a key that the database does not hold."""

    def seal(self, code: str, binding: str) -> bytes: ...


@dataclass(frozen=True, slots=True)
class StoredLink:
    """A "not me" link as it rests: the digest of its secret (R14)."""

    token_digest: bytes
    serial: Serial
    expires_at: datetime
    used_at: datetime | None = None


class NotMeLinks(Protocol):
    def add(self, link: StoredLink) -> None: ...
    def by_digest(self, token_digest: bytes) -> StoredLink | None: ...
    def spend(self, token_digest: bytes, *, now: datetime) -> bool:
        """Uses the link up. False when somebody else was quicker."""
        ...


class Outbox(Protocol):
    def add(self, notices: Iterable[Notice]) -> None: ...


class AuditLog(Protocol):
    def add(self, entry: Entry) -> None: ...


class Rollups(Protocol):
    def apply(self, deltas: Sequence[Delta]) -> None: ...
    def holder_was_issued(self, certificate: Certificate) -> bool:
        """Notes the certificate under its holder; True for the holder's first one."""
        ...

    def cover_until(self, subscriber_id: int) -> datetime | None: ...
    def set_cover_until(self, subscriber_id: int, until: datetime | None) -> None: ...


class CommandKind(StrEnum):
    ISSUE = "issue"
    PUBLISH_CRL = "publish_crl"
    APPLY_REVIEW = "apply_review"


@dataclass(frozen=True, slots=True)
class Command:
    """Work for the job runner, stored with the change that asks for it."""

    kind: CommandKind
    subject: str
    idempotency_key: str
    due_at: datetime | None = None


class Commands(Protocol):
    def add(self, command: Command, *, now: datetime) -> None:
        """Storing the same idempotency key twice stores it once."""
        ...


class Proposals(Protocol):
    def by_id(self, proposal_id: int) -> Proposal | None: ...
    def open_for(self, subjects: Sequence[str], now: datetime) -> list[Proposal]: ...
    def add(self, proposal: Proposal) -> int: ...
    def close(self, proposal: Proposal) -> None: ...


@dataclass(frozen=True, slots=True)
class Criteria:
    """A search as the certificate list understands it. At most one of the exact keys is given."""

    serial_prefix: str = ""
    fingerprint: bytes = b""
    iin: Iin | None = None
    phone: Phone | None = None
    email: str = ""
    application: ApplicationId | None = None
    name_prefix: str = ""
    statuses: tuple[str, ...] = ()
    channels: tuple[int, ...] = ()
    storages: tuple[int, ...] = ()
    methods: tuple[int, ...] = ()
    kinds: tuple[int, ...] = ()
    regions: tuple[int, ...] = ()
    issued_from: date | None = None
    issued_to: date | None = None
    reasons: tuple[int, ...] = field(default=())
    lost: bool = False


@dataclass(frozen=True, slots=True)
class Position:
    """Where a page begins: after this certificate in the order newest first."""

    not_before: datetime
    certificate_id: int


@dataclass(frozen=True, slots=True)
class Found:
    certificate: Certificate
    subscriber: Subscriber


class Finder(Protocol):
    """The read side of the certificate search."""

    def page(
        self, criteria: Criteria, *, now: datetime, after: Position | None, size: int
    ) -> Sequence[Found]: ...
    def count_up_to(self, criteria: Criteria, *, now: datetime, limit: int) -> int: ...


@dataclass(frozen=True, slots=True)
class HistoryLine:
    at: datetime
    serial: str
    event: str
    by: str
    note: str


@dataclass(frozen=True, slots=True)
class SentNotice:
    at: datetime
    kind: str
    medium: str
    recipient: str
    state: str


@dataclass(frozen=True, slots=True)
class View:
    """Who looked at the person, and why (R14)."""

    at: datetime
    by: str
    role: str
    event: str
    reason: str


class Dossiers(Protocol):
    """The read side of the holder page; each list newest first, at most `limit` lines."""

    def history(self, subscriber_id: int, limit: int) -> list[HistoryLine]: ...
    def notices(self, subscriber_id: int, limit: int) -> list[SentNotice]: ...
    def views(self, subscriber_id: int, limit: int) -> list[View]: ...
    def looks(self, iin: Iin, events: Sequence[str], limit: int) -> list[View]:
        """These events about the person as a subscriber, and about their calls."""
        ...


class Work(Protocol):
    """One unit of work: what it gathers is committed together, by the door, or not at all."""

    @property
    def certificates(self) -> Certificates: ...
    @property
    def applications(self) -> Applications: ...
    @property
    def subscribers(self) -> Subscribers: ...
    @property
    def register(self) -> StateRegister: ...
    @property
    def bmg(self) -> MobileBase: ...
    @property
    def portraits(self) -> Portraits: ...
    @property
    def calls(self) -> Calls: ...
    @property
    def desks(self) -> Desks: ...
    @property
    def checks(self) -> Checks: ...
    @property
    def evidence(self) -> EvidenceList: ...
    @property
    def tickets(self) -> Tickets: ...
    @property
    def call_backs(self) -> CallBacks: ...
    @property
    def codes(self) -> Codes: ...
    @property
    def code_seal(self) -> CodeSeal: ...
    @property
    def not_me_links(self) -> NotMeLinks: ...
    @property
    def outbox(self) -> Outbox: ...
    @property
    def audit(self) -> AuditLog: ...
    @property
    def rollups(self) -> Rollups: ...
    @property
    def commands(self) -> Commands: ...
    @property
    def proposals(self) -> Proposals: ...
    @property
    def finder(self) -> Finder: ...
    @property
    def dossiers(self) -> Dossiers: ...
    @property
    def face_attempts(self) -> FaceAttempts: ...
    @property
    def face_challenges(self) -> FaceChallenges: ...
    @property
    def reviews(self) -> Reviews: ...
    @property
    def owner_sessions(self) -> OwnerSessions: ...
    @property
    def own_dossiers(self) -> OwnDossiers: ...
    @property
    def look_ups(self) -> LookUps: ...
    @property
    def policy(self) -> Policy: ...

    def after_refusal(self, write: Callable[["Work"], None]) -> None:
        """Kept for the transaction that follows if this one is refused (a counted try, an audit entry)."""
        ...
