"""From a told life to the records of the core: application, certificate, history, audit, messages."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

from ca_core import audit, certificate, notices, roles, statistics
from ca_core.application import Application
from ca_core.certificate import Certificate, Channel, Facets, Kind, Purpose
from ca_core.identifiers import Serial
from ca_core.lifecycle import ApplicationState, CertificateState
from ca_core.notices import Notice, NoticeKind
from ca_core.revocation.reasons import Reason
from ca_core.roles import Actor
from ca_core.subscriber import Subscriber
from ca_core.x509 import build
from data.bulk import Happened
from runtime.demo import dice
from runtime.demo.lives import Issuance, Life
from runtime.issuing import JOB

SYSTEM = Actor("jobs", None, roles.Door.JOB)
_LABELS = (("", 90), ("e-procurement", 4), ("tax cabinet", 4), ("land cadastre", 2))


@dataclass(frozen=True, slots=True)
class Desk:
    """The two officers who did what only officers do."""

    officers: tuple[Actor, Actor]

    def officer(self, one: Issuance) -> Actor:
        return self.officers[dice.mixed(one.number.number) % 2]


@dataclass(frozen=True, slots=True)
class Recorded:
    """One issuance with its keys in the database; the certificate is complete once it is signed."""

    life: Life
    issuance: Issuance
    subscriber: Subscriber
    certificate: Certificate


def recorded(
    lives: Sequence[Life], *, seed: int, policy_version: str, hold_at_most: timedelta
) -> list[Recorded]:
    """All issuances in order of time, numbered from 1 as the database would have."""
    in_time = sorted(
        ((one.issued_at, place, life) for life in lives for place, one in enumerate(life.issuances)),
        key=lambda entry: (entry[0], entry[2].citizen.index, entry[1]),
    )
    keys: dict[tuple[int, int], int] = {}
    subscribers: dict[int, Subscriber] = {}
    done = []
    for number, (_, place, life) in enumerate(in_time, start=1):
        index, one = life.citizen.index, life.issuances[place]
        keys[index, place] = number
        subscriber = subscribers.setdefault(index, enrolled(life, len(subscribers) + 1))
        previous_id = keys[index, one.previous] if one.previous is not None else None
        record = Certificate(
            certificate_id=number,
            serial=_serial(seed, one),
            subscriber_id=subscriber.subscriber_id,
            application_id=one.number.number,
            purpose=Purpose.SIGNING,
            facets=_facets(one, subscriber),
            mobile_only=one.mobile_only,
            state=_state(one),
            not_before=one.issued_at,
            not_after=one.not_after,
            policy_version=policy_version,
            previous_id=previous_id,
            issued_at=one.issued_at,
            accepted_at=one.accepted_at,
            lost_reported_at=one.lost_at,
            held_at=one.hold.held_at if _is_held(one) and one.hold else None,
            hold_until=min(one.hold.held_at + hold_at_most, one.not_after)
            if _is_held(one) and one.hold
            else None,
            revoked_at=one.revocation.at if one.revocation else None,
            reason=int(one.revocation.reason) if one.revocation else None,
        )
        done.append(Recorded(life, one, subscriber, record))
    return done
