"""People, keys and certificates with full defaults: a test states only what differs.

Certificates are made the way the system makes them: submitted, reserved, prepared, signed, stored.
"""

import secrets
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from typing import Any

from cryptography import x509
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding
from sqlalchemy import insert

from ca_core import policy as policies
from ca_core import roles
from ca_core.application import Application
from ca_core.call import Call, Check, Desk, DeskState, Evidence, EvidenceKind, Gate, Need, Outcome
from ca_core.certificate import Certificate, Channel, Kind, Method, Purpose, StorageKind
from ca_core.consent import OwnerConsent
from ca_core.documents import mrz
from ca_core.documents.mrz import Mrz
from ca_core.identifiers import ApplicationId, Iin, Phone, Sex, iin_check_digit
from ca_core.issuance import issue, renew
from ca_core.lifecycle import ApplicationState, CallState
from ca_core.revocation import revoke
from ca_core.revocation.reasons import Reason
from ca_core.subscriber import DocumentKind, MobileRegistration, Person, Subscriber
from ca_core.x509 import csr
from data import people, schema
from runtime.service import Service
from tests.core.x509 import authorities
from tests.fakes import House

JOB = roles.Actor("issuing", None, roles.Door.JOB)
OFFICER = roles.Actor("Ainur K.", roles.Role.RA_OFFICER, roles.Door.CONSOLE, staff_id=1)
SECOND = roles.Actor("Dina S.", roles.Role.RA_OFFICER, roles.Door.CONSOLE, staff_id=2)
SUPERVISOR = roles.Actor("Marat B.", roles.Role.SUPERVISOR, roles.Door.CONSOLE, staff_id=3)
ANALYST = roles.Actor("Saule T.", roles.Role.ANALYST, roles.Door.CONSOLE, staff_id=4)
AGENT = roles.Actor("Erlan D.", roles.Role.CALL_AGENT, roles.Door.CONSOLE, staff_id=5)
SECOND_AGENT = roles.Actor("Gulnar A.", roles.Role.CALL_AGENT, roles.Door.CONSOLE, staff_id=6)
MODERATOR = roles.Actor("Timur Q.", roles.Role.MODERATOR, roles.Door.CONSOLE, staff_id=8)
SECOND_MODERATOR = roles.Actor("Aliya Z.", roles.Role.MODERATOR, roles.Door.CONSOLE, staff_id=9)
AUDITOR = roles.Actor("Botagoz N.", roles.Role.AUDITOR, roles.Door.CONSOLE, staff_id=7)
GATEWAY = roles.Actor("calls", None, roles.Door.JOB)
CALLS = policies.Calls(
    offer=timedelta(seconds=15),
    ring=timedelta(seconds=30),
    connect=timedelta(seconds=15),
    come_back=timedelta(seconds=60),
    hold_at_most=timedelta(minutes=5),
    wait_at_most=timedelta(minutes=60),
    talk_at_most=timedelta(minutes=45),
    wrap_up=timedelta(seconds=20),
    away_opens_face=timedelta(seconds=5),
    ticket=timedelta(seconds=60),
    call_back=timedelta(hours=24),
    features_of_four=3,
    face_same_below=0.45,
    face_other_above=0.60,
    face_portrait_px=48,
    face_compared_px=80,
)

VERIFICATION = policies.Verification(
    moves=3,
    challenge=timedelta(seconds=90),
    least_reaction=timedelta(milliseconds=250),
    tries=3,
    draws_per_hour=12,
)
REVIEWS = policies.Reviews(
    due_high_risk=timedelta(minutes=15),
    due_ordinary=timedelta(minutes=60),
    lease=timedelta(seconds=120),
    undo=timedelta(seconds=10),
    recheck_share=0.05,
)


def policy(**different: Any) -> policies.Policy:
    """The procedure of the article, and what differs: `certificates={"renewals": 0}`."""
    days, minutes = (lambda n: timedelta(days=n)), (lambda n: timedelta(minutes=n))
    default = policies.Policy(
        name="test",
        valid_from=date(2023, 1, 1),
        revision=1,
        codes=policies.Codes(minutes(3), 3, timedelta(seconds=60), 5, False),
        identification=policies.Identification(1, True, 20, 10),
        calls=CALLS,
        verification=VERIFICATION,
        reviews=REVIEWS,
        certificates=policies.Certificates(days(365), 1, timedelta(hours=72), False, False, days(180)),
        publication=policies.Publication(minutes(10), timedelta(hours=24), timedelta(hours=12)),
        retention=policies.Retention(days(1826), days(1826), days(1826), timedelta(hours=24)),
    )
    changed = {group: replace(getattr(default, group), **values) for group, values in different.items()}
    return replace(default, **changed)


def iin(born: date = date(1987, 3, 12), sex: Sex = Sex.MALE, number: int = 1) -> Iin:
    """The first valid IIN for this birth date from `number` on."""
    century = {1800: 1, 1900: 3, 2000: 5}[born.year // 100 * 100] + (sex is Sex.FEMALE)
    bodies = (f"{born:%y%m%d}{century}{n:04d}" for n in range(number, number + 9))
    digits = next((body, d) for body in bodies if (d := iin_check_digit(body)) is not None)
    return Iin.parse(f"{digits[0]}{digits[1]}")


def person(**different: Any) -> Person:
    """A fictitious man of 1987."""
    default = Person(
        iin=iin(),
        surname="ҮЛГІЕВ",
        given_name="ДАМИР",
        patronymic="СЫНАҚҰЛЫ",
        surname_latin="ULGIYEV",
        given_name_latin="DAMIR",
        born_on=date(1987, 3, 12),
        sex=Sex.MALE,
        region=19,
        language="ru",
        document_kind=DocumentKind.ID_CARD,
        document_number="031234567",
        document_expires_on=date(2999, 12, 31),
    )
    return replace(default, **different)


PHONE = Phone.parse("+7 701 123 45 67")


def house(**different: Any) -> House:
    """An empty house at this moment, under `policy(**different)`."""
    return House(policy(**different), authorities.NOW)


def _now(here: House | Service) -> datetime:
    return here.now if isinstance(here, House) else here.now()


def register(
    here: House | Service, *, phone: Phone | None = PHONE, email: str = "damir@example.kz", **different: Any
) -> Subscriber:
    """A person in the state register, in the BMG unless `phone` is None, and a subscriber of ours."""
    known = person(**different)
    registration = MobileRegistration(known.iin, phone, _now(here), "demo") if phone else None
    if isinstance(here, House):
        here.memory.persons[known.iin] = known
        if registration is not None:
            here.memory.bmg[known.iin] = registration
    else:
        _store(here, known, registration)
    with here.work() as work:
        return work.subscribers.add(known, phone=phone, email=email)


def _store(service: Service, known: Person, registration: MobileRegistration | None) -> None:
    with service.work() as work:
        work.connection.execute(insert(schema.person).values(people.person_row(known)))
        if registration is not None:
            work.connection.execute(
                insert(schema.bmg).values(
                    iin=known.iin.number,
                    phone=registration.phone.number,
                    since=registration.since,
                    registered_by=registration.registered_by,
                )
            )


def new_key() -> ec.EllipticCurvePrivateKey:
    return ec.generate_private_key(ec.SECP256R1())


def request(key: ec.EllipticCurvePrivateKey) -> bytes:
    """A certification request in PEM that its own key signs."""
    builder = x509.CertificateSigningRequestBuilder(x509.Name([]))
    return builder.sign(key, hashes.SHA256()).public_bytes(Encoding.PEM)


def application(
    owner: Subscriber, key: ec.EllipticCurvePrivateKey, now: datetime, **different: Any
) -> Application:
    """A submitted application for a signing certificate in a file."""
    checked = csr.check(request(key))
    default = Application(
        number=ApplicationId.form(1_000_000_000 + secrets.randbelow(6_000_000_000)),
        subscriber_id=owner.subscriber_id,
        kind=Kind.NEW,
        purpose=Purpose.SIGNING,
        channel=Channel.EGOV,
        storage=StorageKind.FILE,
        method=Method.VIDEO_CALL,
        region=owner.region,
        state=ApplicationState.SUBMITTED,
        opened_at=now,
        changed_at=now,
        policy_version="test",
        public_key=checked.public_key_der,
        key_id=checked.key_id,
    )
    return replace(default, **different)


@dataclass(frozen=True, slots=True)
class Owned:
    """A certificate and the key that its owner keeps."""

    certificate: Certificate
    key: ec.EllipticCurvePrivateKey
    owner: Subscriber


def carry_out(here: House | Service, number: ApplicationId) -> Certificate:
    """What the job runner does with one application, without the linter."""
    issuer = authorities.authority().issuing
    with here.work() as work:
        order = issue.reserve(work, actor=JOB, number=number, now=_now(here))
    content = issue.rehearse(order, issuer=issuer, linter=None)
    with here.work() as work:
        order, content = issue.prepare(work, actor=JOB, order=order, to_be_signed=content)
    signed = issue.sign(order, issuer=issuer, to_be_signed=content)
    with here.work() as work:
        return issue.store(work, actor=JOB, order=order, signed=signed, now=_now(here))


def issued(here: House | Service, owner: Subscriber | None = None, **different: Any) -> Owned:
    """A certificate that was issued just now; `different` is about its application."""
    whose = owner or _somebody(here)
    key = new_key()
    wanted = application(whose, key, _now(here), **different)
    with here.work() as work:
        work.applications.add(wanted)
    return Owned(carry_out(here, wanted.number), key, whose)


def _somebody(here: House | Service) -> Subscriber:
    """The default person, registered at first use."""
    with here.work() as work:
        known = work.subscribers.by_iin(person().iin)
    return known or register(here)


def renewed(here: House, owned: Owned) -> Owned:
    """The whole renewal: opened by an officer, signed by the owner's key, issued."""
    with here.work() as work:
        opened = renew.open_for_owner(work, actor=OFFICER, serial=owned.certificate.serial, now=here.now)
    signature = signed_number(owned, opened.number)
    with here.work() as work:
        renew.confirm(work, number=opened.number, signature=signature, now=here.now)
    return replace(owned, certificate=carry_out(here, opened.number))


def signed_number(owned: Owned, number: ApplicationId) -> bytes:
    """What the owner's key agent sends for a renewal."""
    return owned.key.sign(renew.statement(number), ec.ECDSA(hashes.SHA256()))


def consent(here: House, owned: Owned, purpose: str = "revoke") -> OwnerConsent:
    """As if the owner had just said so."""
    return OwnerConsent(
        purpose=purpose, subject=owned.certificate.serial.hex, given_at=here.now, by="sms_code"
    )


def report_key(here: House, owned: Owned, actor: roles.Actor) -> None:
    """The owner ends a certificate and says that its key is known to somebody else (R9a)."""
    with here.work() as work:
        revoke.by_owner(
            work, actor=actor, serial=owned.certificate.serial, owner=consent(here, owned),
            reason=Reason.KEY_COMPROMISE, now=here.now,
        )  # fmt: skip


def stored(here: House, owned: Owned) -> Certificate:
    """The record as it is now."""
    return here.memory.certificates[owned.certificate.certificate_id]


def codes_sent(here: House) -> Iterator[str]:
    """The one-time codes in the outbox, oldest first."""
    return (n.words["code"] for n in here.memory.notices if n.secret)


def newest_code(here: House) -> str:
    return list(codes_sent(here))[-1]


def wrong(code: str) -> str:
    """Another code than this one."""
    return f"{(int(code) + 1) % 1_000_000:06d}"


def events(here: House) -> list[str]:
    return [entry.event for entry in here.memory.audit]


def call(at: datetime, **different: Any) -> Call:
    """A caller who entered the queue at this moment, whose page is there."""
    default = Call(
        call_id=0,
        state=CallState.QUEUED,
        language="ru",
        iin=iin(),
        phone=PHONE,
        page_digest=secrets.token_bytes(32),
        need=Need.NONE,
        attempt=1,
        opened_at=at,
        queued_at=at,
        consent_at=at,
        consent_version="1",
        policy_version="test/1",
        phrase="Ақ тау 42",
    )
    return replace(default, **different)


def desk(at: datetime, **different: Any) -> Desk:
    """The first agent's, who waits for callers in two languages."""
    default = Desk(AGENT.staff_id or 0, DeskState.AVAILABLE, ("kk", "ru"), at)
    return replace(default, **different)


def on_the_line(here: House | Service, *, agent: roles.Actor = AGENT, **different: Any) -> Call:
    """A call with both sides connected, at this agent's desk; nothing of the checklist is done yet."""
    now = _now(here)
    default = call(
        now, state=CallState.ACTIVE, agent_id=agent.staff_id, offered_at=now, accepted_at=now, answered_at=now,
        connected_at=now,
    )  # fmt: skip
    with here.work() as work:
        call_id = work.calls.add(replace(default, **different))
        work.desks.add(desk(now, staff_id=agent.staff_id or 0, state=DeskState.IN_CALL, call_id=call_id))
        found = work.calls.by_id(call_id)
    assert found is not None
    return found


def checks_passed(here: House | Service, call_id: int, *gates: Gate) -> None:
    """These gates of the checklist, or all of them."""
    with here.work() as work:
        for gate in gates or tuple(Gate):
            work.checks.add(Check(call_id, gate, Outcome.PASSED, _now(here), AGENT.name))


def still(
    call_id: int, at: datetime, kind: EvidenceKind = EvidenceKind.DOCUMENT_FRONT, **different: Any
) -> Evidence:
    """A still that lies sealed under a name of its own."""
    content = secrets.token_bytes(32)
    default = Evidence(
        call_id=call_id,
        kind=kind,
        name=f"{content.hex()}.jpg",
        sha256=content,
        size_bytes=90_000,
        taken_at=at,
        asked_by=AGENT.name,
        width_px=1280,
        height_px=720,
    )
    return replace(default, **different)


def td3(whose: Person, *, state: str = "KAZ") -> tuple[str, ...]:
    """The two lines of this person's passport (ICAO 9303-4)."""
    names = f"{whose.surname_latin}<<{whose.given_name_latin}".replace(" ", "<")
    number = _with_digit(whose.document_number.ljust(9, "<"))
    birth, expiry = (_with_digit(f"{day:%y%m%d}") for day in (whose.born_on, whose.document_expires_on))
    rest = _with_digit(whose.iin.digits.ljust(14, "<"))
    composite = mrz.check_digit(number + birth + expiry + rest)
    return (
        f"P<{state}{names}".ljust(44, "<"),
        f"{number}{state}{birth}{whose.sex.value}{expiry}{rest}{composite}",
    )


def td1(whose: Person, *, state: str = "KAZ") -> tuple[str, ...]:
    """The three lines of this person's ID card (ICAO 9303-5)."""
    number = _with_digit(whose.document_number)
    birth, expiry = (_with_digit(f"{day:%y%m%d}") for day in (whose.born_on, whose.document_expires_on))
    upper = f"{number}{whose.iin.digits}".ljust(25, "<")
    composite = mrz.check_digit(f"{upper}{birth}{expiry}".ljust(50, "<"))
    names = f"{whose.surname_latin}<<{whose.given_name_latin}".replace(" ", "<")
    return (
        f"ID{state}{upper}",
        f"{birth}{whose.sex.value}{expiry}{state}{'<' * 11}{composite}",
        names.ljust(30, "<"),
    )


def _with_digit(text: str) -> str:
    return f"{text}{mrz.check_digit(text)}"


def zone(whose: Person, today: date, *, state: str = "KAZ") -> Mrz:
    """What a machine reads from this person's document."""
    lines = td3 if whose.document_kind is DocumentKind.PASSPORT else td1
    return mrz.parse(lines(whose, state=state), today=today)
