"""From told lives to records of the core: applications and certificates, numbered as the database would."""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from ca_core import certificate, statistics
from ca_core.application import Application
from ca_core.certificate import Certificate, Channel, Facets, Purpose
from ca_core.identifiers import Serial
from ca_core.lifecycle import ApplicationState, CertificateState
from ca_core.policy import Policy
from ca_core.roles import Actor
from ca_core.subscriber import Person, Subscriber
from ca_core.x509 import build
from runtime.demo import dice
from runtime.demo.lives import Issuance, Life
from runtime.demo.people import Citizen

_LABELS = ("", "", "", "", "", "", "", "", "", "", "", "", "e-procurement", "tax cabinet", "land cadastre")


@dataclass(frozen=True, slots=True)
class Desk:
    """The officers who did what only officers do."""

    officers: tuple[Actor, ...]

    def of(self, one: Issuance) -> Actor:
        return self.officers[dice.mixed(one.number.number) % len(self.officers)]

    def other(self, one: Issuance) -> Actor:
        """The second of two."""
        return self.officers[(dice.mixed(one.number.number) + 1) % len(self.officers)]


@dataclass(frozen=True, slots=True)
class Recorded:
    """One issuance as it stands in the database. The certificate lacks its key until it is signed."""

    life: Life
    issuance: Issuance
    subscriber: Subscriber
    certificate: Certificate
    application: Application


class Ledger:
    """Gives out the keys in order of time."""

    def __init__(self, *, seed: int, policy: Policy, desk: Desk) -> None:
        self._seed = seed
        self._policy = policy
        self._desk = desk
        self._certificates: dict[tuple[int, int], int] = {}
        self._subscribers: dict[int, Subscriber] = {}
        self._people: list[tuple[Subscriber, Person]] = []

    def recorded(self, lives: Sequence[Life]) -> list[Recorded]:
        places = [(life, place) for life in lives for place in range(len(life.issuances))]
        places.sort(key=lambda at: (at[0].issuances[at[1]].issued_at, at[0].citizen.index, at[1]))
        return [self._record(life, place) for life, place in places]

    def subscriber(self, citizen: Citizen, *, has_phone: bool) -> Subscriber:
        """The same one each time it is asked for."""
        if citizen.index not in self._subscribers:
            person = citizen.person
            made = Subscriber(
                subscriber_id=len(self._subscribers) + 1,
                iin=person.iin,
                surname=person.surname,
                given_name=person.given_name,
                patronymic=person.patronymic,
                born_on=person.born_on,
                sex=person.sex,
                region=person.region,
                language=person.language,
                phone=citizen.phone if has_phone else None,
                email=citizen.email,
            )
            self._subscribers[citizen.index] = made
            self._people.append((made, person))
        return self._subscribers[citizen.index]

    def enrolled(self) -> list[tuple[Subscriber, Person]]:
        """Everybody who applied, with the register's entry, in order of their keys."""
        return self._people

    def _record(self, life: Life, place: int) -> Recorded:
        one = life.issuances[place]
        subscriber = self.subscriber(life.citizen, has_phone=life.has_phone)
        index, key = life.citizen.index, len(self._certificates) + 1
        self._certificates[index, place] = key
        previous_id = None if one.previous is None else self._certificates[index, one.previous]
        return Recorded(
            life,
            one,
            subscriber,
            self._certificate(one, subscriber, key, previous_id),
            self._application(one, subscriber, previous_id),
        )

    def _certificate(
        self, one: Issuance, subscriber: Subscriber, key: int, previous_id: int | None
    ) -> Certificate:
        held_at = lasting_hold(one)
        limit = self._policy.certificates.hold_at_most
        return Certificate(
            certificate_id=key,
            serial=_serial(self._seed, one),
            subscriber_id=subscriber.subscriber_id,
            application_id=one.number.number,
            purpose=Purpose.SIGNING,
            facets=Facets(
                kind=one.kind,
                channel=one.channel,
                storage=one.storage,
                region=one.region,
                method=one.method,
                age_band=certificate.age_band(subscriber.born_on, statistics.local_day(one.issued_at)),
            ),
            mobile_only=one.mobile_only,
            state=_state(one),
            not_before=one.issued_at,
            not_after=one.not_after,
            policy_version=self._policy.version,
            key_id=b"",
            fingerprint=b"",
            previous_id=previous_id,
            issued_at=one.issued_at,
            accepted_at=one.accepted_at,
            lost_reported_at=one.lost_at,
            held_at=held_at,
            hold_until=min(held_at + limit, one.not_after) if held_at else None,
            revoked_at=one.revocation.at if one.revocation else None,
            reason=int(one.revocation.reason) if one.revocation else None,
        )

    def _application(self, one: Issuance, subscriber: Subscriber, previous_id: int | None) -> Application:
        at_counter = one.channel is Channel.COUNTER
        return Application(
            number=one.number,
            subscriber_id=subscriber.subscriber_id,
            kind=one.kind,
            purpose=Purpose.SIGNING,
            channel=one.channel,
            storage=one.storage,
            method=one.method,
            region=one.region,
            state=ApplicationState.ACCEPTED if one.accepted_at else ApplicationState.ISSUED,
            opened_at=one.opened_at,
            changed_at=one.accepted_at or one.issued_at,
            policy_version=self._policy.version,
            opened_by=self._desk.of(one).name if at_counter else "",
            label=_LABELS[dice.mixed(one.number.number) % len(_LABELS)] if not at_counter else "",
            mobile_only=one.mobile_only,
            previous_certificate_id=previous_id,
        )


def lasting_hold(one: Issuance) -> datetime | None:
    """Since when it is on hold, if it is."""
    return one.hold.held_at if one.hold and one.hold.ended_at is None else None


def _state(one: Issuance) -> CertificateState:
    if one.revocation:
        return CertificateState.REVOKED
    if lasting_hold(one):
        return CertificateState.ON_HOLD
    return CertificateState.ACCEPTED if one.accepted_at else CertificateState.ISSUED


def _serial(seed: int, one: Issuance) -> Serial:
    digest = hashlib.sha256(f"qoltanba demo serial {seed} {one.number.digits}".encode()).digest()
    return Serial.of(build.new_serial(lambda size: digest[:size]))
