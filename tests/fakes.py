"""In-memory stand-ins for `ca_core.ports` and `ca_core.staff`: the same promises as `data`, without a database.

`House` is the door of the tests: `with house.work() as work` commits at a clean exit; after a Refusal it puts
everything back and then writes what must survive it, as `runtime.service` does.
"""

import copy
import hashlib
import hmac
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

from ca_core import certificate as certificates
from ca_core import statistics
from ca_core.application import Application
from ca_core.approval import Proposal, ProposalClosed, ProposalState
from ca_core.audit import Entry
from ca_core.certificate import Certificate, Kind
from ca_core.errors import Refusal
from ca_core.identifiers import ApplicationId, Iin, Phone, Serial, fold_name
from ca_core.lifecycle import ApplicationState, CertificateState
from ca_core.notices import Notice
from ca_core.owner_session import OwnerSession
from ca_core.policy import Policy
from ca_core.ports import (
    Command,
    Criteria,
    Found,
    HistoryLine,
    Position,
    SentNotice,
    StoredCode,
    StoredLink,
    View,
)
from ca_core.records import ChangedMeanwhile, PhoneOfAnother
from ca_core.roles import Role
from ca_core.staff import Account, Session
from ca_core.staff_enrolment import Enrolment
from ca_core.statistics import Delta
from ca_core.subscriber import MobileRegistration, PastRegistration, Person, Subscriber
from tests import audit_events, fake_calls, fake_dossiers, fake_faces, fake_reviews

_NEVER_OUT = (CertificateState.RESERVED, CertificateState.PREPARED, CertificateState.ABANDONED)
_NOT_ENDED = (
    ApplicationState.STARTED,
    ApplicationState.IDENTIFIED,
    ApplicationState.IN_REVIEW,
    ApplicationState.AGREED,
)


@dataclass(frozen=True, slots=True)
class Told:
    """One line of a certificate's history."""

    certificate_id: int
    at: datetime
    event: str
    by: str
    note: str


@dataclass
class Memory(
    fake_calls.CallMemory, fake_dossiers.DossierMemory, fake_faces.FaceMemory, fake_reviews.ReviewMemory
):
    """Everything that is stored. A copy of it is a savepoint: the values in it never change."""

    certificates: dict[int, Certificate] = field(default_factory=dict)
    prepared: dict[int, bytes] = field(default_factory=dict)
    ders: dict[int, bytes] = field(default_factory=dict)
    crl_entries: dict[int, bytes] = field(default_factory=dict)
    told: list[Told] = field(default_factory=list)
    applications: dict[str, Application] = field(default_factory=dict)
    subscribers: dict[int, Subscriber] = field(default_factory=dict)
    persons: dict[Iin, Person] = field(default_factory=dict)
    bmg: dict[Iin, MobileRegistration] = field(default_factory=dict)
    past: dict[Iin, tuple[PastRegistration, ...]] = field(default_factory=dict)
    codes: dict[int, StoredCode] = field(default_factory=dict)
    spent: set[int] = field(default_factory=set)
    links: dict[bytes, StoredLink] = field(default_factory=dict)
    notices: list[Notice] = field(default_factory=list)
    audit: list[Entry] = field(default_factory=list)
    figures: Counter[tuple[object, ...]] = field(default_factory=Counter)
    counted_holders: set[int] = field(default_factory=set)
    cover: dict[int, datetime | None] = field(default_factory=dict)
    commands: dict[str, Command] = field(default_factory=dict)
    proposals: dict[int, Proposal] = field(default_factory=dict)
    accounts: dict[int, Account] = field(default_factory=dict)
    sessions: dict[bytes, Session] = field(default_factory=dict)
    enrolments: dict[int, Enrolment] = field(default_factory=dict)
    owner_sessions: dict[bytes, OwnerSession] = field(default_factory=dict)
    nonces: dict[bytes, datetime] = field(default_factory=dict)

    def savepoint(self) -> dict[str, Any]:
        return {name: copy.copy(value) for name, value in vars(self).items()}

    def put_back(self, saved: dict[str, Any]) -> None:
        vars(self).update(saved)


class Certificates:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def _where(self, condition: Callable[[Certificate], bool]) -> list[Certificate]:
        return [c for c in self._memory.certificates.values() if condition(c)]

    def by_serial(self, serial: Serial) -> Certificate | None:
        return next(iter(self._where(lambda c: c.serial == serial)), None)

    def by_id(self, certificate_id: int) -> Certificate | None:
        return self._memory.certificates.get(certificate_id)

    def of_subscriber(self, subscriber_id: int) -> list[Certificate]:
        found = self._where(lambda c: c.subscriber_id == subscriber_id)
        return sorted(found, key=lambda c: c.not_before, reverse=True)

    def of_application(self, number: ApplicationId) -> Certificate | None:
        return next(iter(self._where(lambda c: c.application_id == number.number)), None)

    def with_key(self, key_id: bytes) -> list[Certificate]:
        return self._where(lambda c: c.key_id == key_id)

    def following(self, certificate_id: int) -> list[Certificate]:
        return self._where(lambda c: c.previous_id == certificate_id)

    def reserve(self, certificate: Certificate) -> int:
        if self.by_serial(certificate.serial) or self.of_application(
            ApplicationId.of(certificate.application_id)
        ):
            raise ValueError("serial or application is taken")
        certificate_id = len(self._memory.certificates) + 1
        self._memory.certificates[certificate_id] = replace(certificate, certificate_id=certificate_id)
        return certificate_id

    def save(self, certificate: Certificate, *, expected: Certificate) -> None:
        stored = self._memory.certificates.get(expected.certificate_id)
        if stored is None or stored.state is not expected.state:
            raise ChangedMeanwhile
        self._memory.certificates[expected.certificate_id] = certificate

    def keep_prepared(self, certificate_id: int, to_be_signed: bytes) -> None:
        self._memory.prepared[certificate_id] = to_be_signed

    def prepared(self, certificate_id: int) -> bytes | None:
        return self._memory.prepared.get(certificate_id)

    def keep_der(self, certificate_id: int, der: bytes) -> None:
        self._memory.ders[certificate_id] = der
        self._memory.prepared.pop(certificate_id, None)

    def der(self, certificate_id: int) -> bytes | None:
        return self._memory.ders.get(certificate_id)

    def keep_crl_entry(self, certificate_id: int, entry: bytes | None) -> None:
        self._memory.crl_entries.pop(certificate_id, None)
        if entry is not None:
            self._memory.crl_entries[certificate_id] = entry

    def holds_due(self, now: datetime, limit: int) -> list[Certificate]:
        held = self._where(lambda c: c.state is CertificateState.ON_HOLD)
        return [c for c in held if c.hold_until is not None and c.hold_until <= now][:limit]

    def unfinished(self) -> list[Certificate]:
        return self._where(lambda c: c.state in (CertificateState.RESERVED, CertificateState.PREPARED))

    def tell(self, certificate_id: int, *, at: datetime, event: str, by: str, note: str = "") -> None:
        assert event in audit_events.HISTORY, f"{event} is missing in tests/audit_events.py"
        self._memory.told.append(Told(certificate_id, at, event, by, note))


class Applications:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def _where(self, condition: Callable[[Application], bool]) -> list[Application]:
        found = [a for a in self._memory.applications.values() if condition(a)]
        return sorted(found, key=lambda a: a.opened_at)

    def by_number(self, number: ApplicationId) -> Application | None:
        return self._memory.applications.get(number.digits)

    def add(self, application: Application) -> None:
        if application.number.digits in self._memory.applications:
            raise ValueError("application number is taken")
        self._memory.applications[application.number.digits] = application

    def save(self, application: Application, *, expected: Application) -> None:
        stored = self._memory.applications.get(expected.number.digits)
        if stored is None or stored.state is not expected.state:
            raise ChangedMeanwhile
        self._memory.applications[expected.number.digits] = application

    def open_for_certificate(self, certificate_id: int, kind: Kind) -> Application | None:
        under_way = (*_NOT_ENDED, ApplicationState.SUBMITTED)
        found = self._where(lambda a: a.previous_certificate_id == certificate_id and a.kind is kind)
        return next((a for a in found if a.state in under_way), None)

    def of_subscriber(self, subscriber_id: int) -> list[Application]:
        return self._where(lambda a: a.subscriber_id == subscriber_id)[::-1]

    def with_key(self, key_id: bytes) -> list[Application]:
        return self._where(lambda a: a.key_id == key_id)

    def open_before(self, instant: datetime, limit: int) -> list[Application]:
        return self._where(lambda a: a.state in _NOT_ENDED and a.opened_at < instant)[:limit]


class Subscribers:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def by_id(self, subscriber_id: int) -> Subscriber | None:
        return self._memory.subscribers.get(subscriber_id)

    def by_iin(self, iin: Iin) -> Subscriber | None:
        return next((s for s in self._memory.subscribers.values() if s.iin == iin), None)

    def add(self, person: Person, *, phone: Phone | None, email: str) -> Subscriber:
        added = Subscriber(
            subscriber_id=len(self._memory.subscribers) + 1,
            iin=person.iin,
            surname=person.surname,
            given_name=person.given_name,
            patronymic=person.patronymic,
            born_on=person.born_on,
            sex=person.sex,
            region=person.region,
            language=person.language,
            phone=phone,
            email=email.lower(),
        )
        self._memory.subscribers[added.subscriber_id] = added
        return added

    def refresh(self, known: Subscriber, person: Person, *, phone: Phone | None) -> Subscriber:
        fresh = replace(
            known,
            surname=person.surname,
            given_name=person.given_name,
            patronymic=person.patronymic,
            region=person.region,
            language=person.language,
            phone=phone,
        )
        self._memory.subscribers[known.subscriber_id] = fresh
        return fresh

    def set_email(self, known: Subscriber, email: str) -> Subscriber:
        told = replace(known, email=email.lower())
        self._memory.subscribers[known.subscriber_id] = told
        return told


class StateRegister:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def person(self, iin: Iin) -> Person | None:
        return self._memory.persons.get(iin)


class MobileBase:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def of_iin(self, iin: Iin) -> MobileRegistration | None:
        return self._memory.bmg.get(iin)

    def of_phone(self, phone: Phone) -> MobileRegistration | None:
        return next((r for r in self._memory.bmg.values() if r.phone == phone), None)

    def enter(self, registration: MobileRegistration, *, call_id: int | None) -> None:
        iin, since = registration.iin, registration.since
        holder = self.of_phone(registration.phone)
        if holder is not None and holder.iin != iin:
            raise PhoneOfAnother
        before, lines = self.of_iin(iin), self._memory.past.get(iin, ())
        if before is not None:
            # An entry from before the history was kept gets its line now.
            lines = lines or (PastRegistration(before.phone, before.since, before.registered_by, None),)
            ended = replace(lines[-1], until=since, ended_by=registration.registered_by)
            lines = (*lines[:-1], ended)
        current = PastRegistration(registration.phone, since, registration.registered_by, call_id)
        self._memory.bmg[iin] = registration
        self._memory.past[iin] = (*lines, current)

    def history(self, iin: Iin) -> list[PastRegistration]:
        return list(self._memory.past.get(iin, ()))[::-1]


class Codes:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def latest(self, *, purpose: str, subject: str) -> StoredCode | None:
        found = [c for c in self._memory.codes.values() if (c.purpose, c.subject) == (purpose, subject)]
        if not found:
            return None
        newest = found[-1]
        return replace(newest, tries_left=0) if newest.code_id in self._memory.spent else newest

    def sent_since(self, phone: Phone, instant: datetime) -> int:
        return sum(c.phone == phone and c.sent_at > instant for c in self._memory.codes.values())

    def last_sent_at(self, phone: Phone, *, purpose: str) -> datetime | None:
        unused = [c for c in self._memory.codes.values() if c.code_id not in self._memory.spent]
        return max((c.sent_at for c in unused if (c.phone, c.purpose) == (phone, purpose)), default=None)

    def add(self, code: StoredCode) -> None:
        code_id = len(self._memory.codes) + 1
        self._memory.codes[code_id] = replace(code, code_id=code_id)

    def spend(self, code_id: int) -> bool:
        if code_id in self._memory.spent:
            return False
        self._memory.spent.add(code_id)
        return True

    def take_try(self, code_id: int) -> bool:
        code = self._memory.codes[code_id]
        if code_id in self._memory.spent or code.tries_left <= 0:
            return False
        self._memory.codes[code_id] = replace(code, tries_left=code.tries_left - 1)
        return True


class CodeSeal:
    def seal(self, code: str, binding: str) -> bytes:
        return hmac.new(b"the key of the tests", f"{binding}|{code}".encode(), hashlib.sha256).digest()


class NotMeLinks:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def add(self, link: StoredLink) -> None:
        self._memory.links[link.token_digest] = link

    def by_digest(self, token_digest: bytes) -> StoredLink | None:
        return self._memory.links.get(token_digest)

    def spend(self, token_digest: bytes, *, now: datetime) -> bool:
        link = self._memory.links.get(token_digest)
        if link is None or link.used_at is not None:
            return False
        self._memory.links[token_digest] = replace(link, used_at=now)
        return True


class Outbox:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def add(self, notices: Iterable[Notice]) -> None:
        self._memory.notices.extend(notices)


class AuditLog:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def add(self, entry: Entry) -> None:
        assert entry.event in audit_events.KNOWN, f"{entry.event} is missing in tests/audit_events.py"
        self._memory.audit.append(entry)


class Rollups:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def apply(self, deltas: Sequence[Delta]) -> None:
        for delta in deltas:
            self._memory.figures[delta.day, delta.measure, delta.facets, delta.reason] += delta.n

    def holder_was_issued(self, certificate: Certificate) -> bool:
        first = certificate.subscriber_id not in self._memory.counted_holders
        self._memory.counted_holders.add(certificate.subscriber_id)
        return first

    def cover_until(self, subscriber_id: int) -> datetime | None:
        return self._memory.cover.get(subscriber_id)

    def set_cover_until(self, subscriber_id: int, until: datetime | None) -> None:
        if subscriber_id in self._memory.counted_holders:
            self._memory.cover[subscriber_id] = until


class Commands:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def add(self, command: Command, *, now: datetime) -> None:
        self._memory.commands.setdefault(command.idempotency_key, command)


class Proposals:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def by_id(self, proposal_id: int) -> Proposal | None:
        return self._memory.proposals.get(proposal_id)

    def open_for(self, subjects: Sequence[str], now: datetime) -> list[Proposal]:
        found = [p for p in self._memory.proposals.values() if p.subject in subjects]
        return [p for p in found if p.state is ProposalState.OPEN and p.expires_at > now]

    def open_of_staff(self, now: datetime) -> list[Proposal]:
        return self.open_for([p.subject for p in self._memory.proposals.values() if p.is_about_staff], now)

    def add(self, proposal: Proposal) -> int:
        proposal_id = len(self._memory.proposals) + 1
        self._memory.proposals[proposal_id] = replace(proposal, proposal_id=proposal_id)
        return proposal_id

    def close(self, proposal: Proposal) -> None:
        if self._memory.proposals[proposal.proposal_id].state is not ProposalState.OPEN:
            raise ProposalClosed(state=proposal.state.name)
        self._memory.proposals[proposal.proposal_id] = proposal


class Finder:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def page(
        self, criteria: Criteria, *, now: datetime, after: Position | None, size: int
    ) -> Sequence[Found]:
        newest_first = sorted(self._matching(criteria, now), key=_key, reverse=True)
        if after is not None:
            start = (after.not_before, after.certificate_id)
            newest_first = [f for f in newest_first if _key(f) < start]
        return newest_first[:size]

    def count_up_to(self, criteria: Criteria, *, now: datetime, limit: int) -> int:
        return min(len(self._matching(criteria, now)), limit)

    def _matching(self, criteria: Criteria, now: datetime) -> list[Found]:
        out = [c for c in self._memory.certificates.values() if c.state not in _NEVER_OUT]
        both = [Found(c, self._memory.subscribers[c.subscriber_id]) for c in out]
        return [f for f in both if _has_key(f, criteria) and _passes(f.certificate, criteria, now)]


def _key(found: Found) -> tuple[datetime, int]:
    return (found.certificate.not_before, found.certificate.certificate_id)


def _has_key(found: Found, criteria: Criteria) -> bool:
    c, s = found.certificate, found.subscriber
    folded = fold_name(s.surname, s.given_name, s.patronymic)
    return all(
        (
            c.serial.hex.startswith(criteria.serial_prefix),
            not criteria.fingerprint or c.fingerprint == criteria.fingerprint,
            criteria.application is None or c.application_id == criteria.application.number,
            criteria.iin is None or s.iin == criteria.iin,
            criteria.phone is None or s.phone == criteria.phone,
            not criteria.email or s.email == criteria.email,
            folded.startswith(criteria.name_prefix),
        )
    )


def _passes(c: Certificate, criteria: Criteria, now: datetime) -> bool:
    day = statistics.local_day(c.not_before)
    chosen = (
        (criteria.statuses, certificates.status(c, now)),
        (criteria.channels, c.facets.channel),
        (criteria.storages, c.facets.storage),
        (criteria.methods, c.facets.method),
        (criteria.kinds, c.facets.kind),
        (criteria.regions, c.facets.region),
        (criteria.reasons, c.reason),
    )
    return (
        all(not wanted or value in wanted for wanted, value in chosen)
        and (not criteria.lost or c.lost_reported_at is not None)
        and (criteria.issued_from is None or day >= criteria.issued_from)
        and (criteria.issued_to is None or day <= criteria.issued_to)
    )


class Dossiers:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def history(self, subscriber_id: int, limit: int) -> list[HistoryLine]:
        serials = {
            c.certificate_id: c.serial.hex
            for c in self._memory.certificates.values()
            if c.subscriber_id == subscriber_id
        }
        lines = [
            HistoryLine(t.at, serials[t.certificate_id], t.event, t.by, t.note)
            for t in self._memory.told
            if t.certificate_id in serials
        ]
        return lines[::-1][:limit]

    def notices(self, subscriber_id: int, limit: int) -> list[SentNotice]:
        sent = [n for n in self._memory.notices if n.subscriber_id == subscriber_id]
        shown = [SentNotice(n.at, n.kind.value, n.medium.value, n.recipient, "waiting") for n in sent]
        return shown[::-1][:limit]

    def looks(self, iin: Iin, events: Sequence[str], limit: int) -> list[View]:
        own = {f"subscriber/{s.subscriber_id}" for s in self._memory.subscribers.values() if s.iin == iin}
        own |= {f"call/{c.call_id}" for c in self._memory.calls.values() if c.iin == iin}
        return self._views([e for e in self._memory.audit if e.subject in own and e.event in events], limit)

    def views(self, subscriber_id: int, limit: int) -> list[View]:
        of_subscriber = f"subscriber/{subscriber_id}"
        return self._views([e for e in self._memory.audit if e.subject == of_subscriber], limit)

    def _views(self, seen: Sequence[Entry], limit: int) -> list[View]:
        shown = [
            View(e.at, e.actor.name, e.actor.role.value if e.actor.role else "", e.event, e.reason)
            for e in seen
        ]
        return shown[::-1][:limit]


class Accounts:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def by_login(self, login: str) -> Account | None:
        return next((a for a in self._memory.accounts.values() if a.login == login), None)

    def by_id(self, staff_id: int) -> Account | None:
        return self._memory.accounts.get(staff_id)

    def add(self, account: Account) -> int:
        staff_id = len(self._memory.accounts) + 1
        self._memory.accounts[staff_id] = replace(account, staff_id=staff_id)
        return staff_id

    def take_step(self, account: Account, step: int, *, now: datetime) -> bool:
        stored = self._open(account.staff_id, now)
        if stored is None or stored.totp_secret != account.totp_secret or stored.last_step >= step:
            return False
        self._change(account.staff_id, last_step=step, wrong_tries=0, locked_until=None)
        return True

    def count_wrong_try(self, staff_id: int, *, limit: int, now: datetime, locked_until: datetime) -> bool:
        stored = self._open(staff_id, now)
        if stored is None:
            return False
        locked = stored.wrong_tries + 1 >= limit
        if locked:
            self._change(staff_id, wrong_tries=0, locked_until=locked_until)
        else:
            self._change(staff_id, wrong_tries=stored.wrong_tries + 1, locked_until=None)
        return locked

    def set_language(self, staff_id: int, language: str) -> None:
        self._change(staff_id, language=language)

    def set_secrets(self, staff_id: int, *, password_hash: str, totp_secret: str) -> None:
        self._change(
            staff_id, password_hash=password_hash, totp_secret=totp_secret, wrong_tries=0, locked_until=None
        )

    def disable(self, staff_id: int, *, at: datetime) -> None:
        self._change(staff_id, disabled_at=at)

    def all(self) -> list[Account]:
        return sorted(self._memory.accounts.values(), key=lambda account: account.staff_id)

    def enable(self, staff_id: int) -> None:
        self._change(staff_id, disabled_at=None)

    def unlock(self, staff_id: int) -> None:
        self._change(staff_id, wrong_tries=0, locked_until=None)

    def set_role(self, staff_id: int, role: Role) -> None:
        self._change(staff_id, role=role)

    def active_with_role(self, role: Role) -> frozenset[int]:
        found = self._memory.accounts.values()
        return frozenset(
            a.staff_id for a in found if a.role is role and a.disabled_at is None and a.is_enrolled
        )

    def enrol(self, staff_id: int, *, password_hash: str, totp_secret: str, step: int) -> bool:
        stored = self._memory.accounts[staff_id]
        if stored.is_enrolled or stored.disabled_at is not None:
            return False
        self._change(staff_id, password_hash=password_hash, totp_secret=totp_secret, last_step=step)
        return True

    def _open(self, staff_id: int, now: datetime) -> Account | None:
        stored = self._memory.accounts.get(staff_id)
        return None if stored is None or stored.disabled_at or stored.is_locked(now) else stored

    def _change(self, staff_id: int, **columns: Any) -> None:
        self._memory.accounts[staff_id] = replace(self._memory.accounts[staff_id], **columns)


class Sessions:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def by_digest(self, token_digest: bytes) -> Session | None:
        return self._memory.sessions.get(token_digest)

    def add(self, session: Session) -> None:
        self._memory.sessions[session.token_digest] = session

    def touch(self, token_digest: bytes, at: datetime) -> None:
        self._memory.sessions[token_digest] = replace(self._memory.sessions[token_digest], seen_at=at)

    def end(self, token_digest: bytes) -> None:
        self._memory.sessions.pop(token_digest, None)

    def live(self, token_digests: Collection[bytes]) -> list[Session]:
        found = [s for d, s in self._memory.sessions.items() if d in token_digests]
        return [s for s in found if self._memory.accounts[s.staff_id].disabled_at is None]

    def end_all(self, staff_id: int) -> int:
        theirs = [d for d, s in self._memory.sessions.items() if s.staff_id == staff_id]
        for token_digest in theirs:
            self.end(token_digest)
        return len(theirs)


class Enrolments:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def by_code(self, code_digest: bytes) -> Enrolment | None:
        return self._one(lambda e: e.code_digest == code_digest)

    def by_token(self, token_digest: bytes) -> Enrolment | None:
        return self._one(lambda e: e.token_digest == token_digest)

    def _one(self, condition: Callable[[Enrolment], bool]) -> Enrolment | None:
        return next((e for e in self._memory.enrolments.values() if condition(e)), None)

    def put(self, enrolment: Enrolment) -> None:
        self._memory.enrolments[enrolment.staff_id] = enrolment

    def take(self, enrolment: Enrolment) -> bool:
        stored = self._memory.enrolments.get(enrolment.staff_id)
        if stored is None or stored.token_digest != enrolment.token_digest:
            return False
        self.void(enrolment.staff_id)
        return True

    def void(self, staff_id: int) -> None:
        self._memory.enrolments.pop(staff_id, None)


class OwnerSessions:
    def __init__(self, memory: Memory) -> None:
        self._memory = memory

    def by_digest(self, token_digest: bytes) -> OwnerSession | None:
        return self._memory.owner_sessions.get(token_digest)

    def add(self, session: OwnerSession) -> None:
        self._memory.owner_sessions[session.token_digest] = session

    def touch(self, token_digest: bytes, *, at: datetime) -> None:
        session = self._memory.owner_sessions[token_digest]
        self._memory.owner_sessions[token_digest] = replace(session, seen_at=at)

    def end(self, token_digest: bytes) -> None:
        self._memory.owner_sessions.pop(token_digest, None)

    def forget(self, *, started_by: datetime, seen_by: datetime, now: datetime) -> int:
        self._memory.nonces = {known: at for known, at in self._memory.nonces.items() if at >= now}
        kept = self._memory.owner_sessions.values()
        over = [s.token_digest for s in kept if s.started_at <= started_by or s.seen_at <= seen_by]
        for token_digest in over:
            self.end(token_digest)
        return len(over)

    def spend_nonce(self, digest: bytes, *, expires_at: datetime, now: datetime) -> bool:
        living = {known: until for known, until in self._memory.nonces.items() if until >= now}
        self._memory.nonces = {digest: expires_at, **living}
        return digest not in living


class PlainHasher:
    """Hashes nothing: what matters to the core is that it asks."""

    def hash(self, password: str) -> str:
        return f"plain:{password}"

    def matches(self, password_hash: str, password: str) -> bool:
        return password_hash == f"plain:{password}"


class Work:
    """A unit of work on the memory."""

    def __init__(self, memory: Memory, policy: Policy) -> None:
        self.memory = memory
        self.policy = policy
        self.certificates = Certificates(memory)
        self.applications = Applications(memory)
        self.subscribers = Subscribers(memory)
        self.register = StateRegister(memory)
        self.bmg = MobileBase(memory)
        self.portraits = fake_calls.Portraits(memory)
        self.calls = fake_calls.Calls(memory)
        self.desks = fake_calls.Desks(memory)
        self.checks = fake_calls.Checks(memory)
        self.evidence = fake_calls.EvidenceList(memory)
        self.tickets = fake_calls.Tickets(memory)
        self.call_backs = fake_calls.CallBacks(memory)
        self.codes = Codes(memory)
        self.code_seal = CodeSeal()
        self.not_me_links = NotMeLinks(memory)
        self.outbox = Outbox(memory)
        self.audit = AuditLog(memory)
        self.rollups = Rollups(memory)
        self.commands = Commands(memory)
        self.proposals = Proposals(memory)
        self.finder = Finder(memory)
        self.dossiers = Dossiers(memory)
        self.accounts = Accounts(memory)
        self.sessions = Sessions(memory)
        self.enrolments = Enrolments(memory)
        self.owner_sessions = OwnerSessions(memory)
        self.face_attempts = fake_faces.FaceAttempts(memory)
        self.face_challenges = fake_faces.FaceChallenges(memory)
        self.reviews = fake_reviews.Reviews(memory)
        self.own_dossiers = fake_dossiers.OwnDossiers(memory)
        self.look_ups = fake_dossiers.LookUps(memory)
        self.kept: list[Callable[[Any], None]] = []

    def after_refusal(self, write: Callable[[Any], None]) -> None:
        self.kept.append(write)

    def after_staff_refusal(self, write: Callable[[Any], None]) -> None:
        self.kept.append(write)


class House:
    """The door: one memory, one clock, and units of work on them."""

    def __init__(self, policy: Policy, now: datetime) -> None:
        self.memory = Memory()
        self.policy = policy
        self.now = now

    def later(self, **span: float) -> datetime:
        """Lets time pass, and says what time it is."""
        self.now += timedelta(**span)
        return self.now

    @contextmanager
    def work(self) -> Iterator[Work]:
        saved = self.memory.savepoint()
        work = Work(self.memory, self.policy)
        try:
            yield work
        except Refusal:
            self.memory.put_back(saved)
            for write in work.kept:
                write(Work(self.memory, self.policy))
            raise
