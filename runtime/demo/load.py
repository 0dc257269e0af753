"""Fills an empty database with the demo: people, two years of certificates, what is under way.

Everything is told and signed in memory and stored in one transaction: an interrupted load leaves nothing.
"""

import time
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import IntEnum
from itertools import islice

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from ca_core import roles, staff, statistics
from ca_core.lifecycle import ApplicationState
from ca_core.subscriber import MobileRegistration, Person
from ca_core.x509 import build
from data.demo import Showcases
from runtime import settings as configuration
from runtime.demo import accounts, lives, pending, people, photos, signing, store
from runtime.demo.calendar import Calendar
from runtime.demo.dice import Dice
from runtime.demo.lives import Life, Telling
from runtime.demo.people import Citizen
from runtime.demo.records import Desk, Ledger
from runtime.demo.signing import Signed
from runtime.demo.store import Demo, Watch
from runtime.service import Service
from runtime.settings import SettingRefused

_BYSTANDERS_OF = 6
_LASTING_HOLDS_OF = 1500


@dataclass(frozen=True, slots=True)
class Report:
    """What was made, in numbers."""

    seconds: float
    people: int
    holders: int
    certificates: int
    by_state: dict[str, int]
    by_kind: dict[str, int]
    by_channel: dict[str, int]
    by_storage: dict[str, int]


@dataclass(frozen=True, slots=True)
class _Cast:
    """Who plays: those with certificates, those who applied lately, those whom the register merely knows."""

    lives: list[Life]
    applicants: list[Citizen]
    bystanders: list[Citizen]


def ensure(service: Service, *, issuer: build.Issuer, out: Console) -> Report | None:
    """Loads the demo of the settings up to yesterday, with progress bars; None where anybody is there already."""
    with service.look() as work:
        if not Showcases(work.connection).is_empty():
            return None
    columns = (TextColumn("{task.description}"), BarColumn(), MofNCompleteColumn(), TimeElapsedColumn())
    with Progress(*columns, console=out) as bars:
        tasks: dict[str, TaskID] = {}

        def watch(what: str, done: int, total: int) -> None:
            if what not in tasks:
                tasks[what] = bars.add_task(what, total=total)
            bars.update(tasks[what], completed=done, total=total)

        report = load(
            service,
            issuer=issuer,
            count=service.settings.demo_certificates,
            seed=service.settings.demo_seed,
            until=statistics.local_day(service.now()) - timedelta(days=1),
            watch=watch,
        )
    out.print(
        f"{report.certificates} certificates of {report.holders} fictitious holders in {report.seconds:.0f} s"
    )
    return report


def load(
    service: Service, *, issuer: build.Issuer, count: int, seed: int, until: date, watch: Watch
) -> Report:
    """Raises SettingRefused outside demo mode or on a database that is not empty, OutlivesIssuer."""
    configuration.refuse_printed_codes(service.settings)
    started = time.monotonic()
    with service.look() as work:
        if not Showcases(work.connection).is_empty():
            raise SettingRefused("database_url", "demo data goes into an empty database only.")
    desk = _desk(service)
    calendar = Calendar(until)
    demo = _made(service, desk, calendar, issuer=issuer, count=count, seed=seed, watch=watch)
    with service.work() as work:
        store.store(work, demo, desk=desk, settings=service.settings, end=calendar.end, watch=watch)
    return _report(demo, time.monotonic() - started)


def _desk(service: Service) -> Desk:
    """The officers who are said to have done it are those who can sign in."""
    accounts.ensure(service)
    officers = [a.login for a in accounts.ACCOUNTS if a.role is roles.Role.RA_OFFICER]
    with service.look() as work:
        found = [work.accounts.by_login(login) for login in officers]
    return Desk(tuple(staff.actor(account) for account in found if account is not None))


def _made(
    service: Service,
    desk: Desk,
    calendar: Calendar,
    *,
    issuer: build.Issuer,
    count: int,
    seed: int,
    watch: Watch,
) -> Demo:
    policy, now = service.policy, service.now()
    telling = Telling(seed, calendar, policy.certificates)
    cast = _cast(telling, calendar, count=count, seed=seed, watch=watch)
    ledger = Ledger(seed=seed, policy=policy, desk=desk)
    records = ledger.recorded(cast.lives)
    signed: list[Signed] = []
    for record in records:
        signed.append(signing.sign(record, seed=seed, issuer=issuer))
        if len(signed) % 250 == 0 or len(signed) == len(records):
            watch("signing", len(signed), len(records))
    applicants = [ledger.subscriber(citizen, has_phone=True) for citizen in cast.applicants]
    numbers = list(islice(telling.numbers, len(applicants)))
    waiting = pending.dossiers(applicants, numbers, seed=seed, policy=policy, now=now)
    return Demo(
        people=[life.citizen.person for life in cast.lives]
        + [citizen.person for citizen in cast.applicants]
        + [_fate(citizen.person, seed, calendar.until) for citizen in cast.bystanders],
        registrations=_registrations(cast, seed, calendar.end),
        subscribers=ledger.enrolled(),
        records=records,
        signed=signed,
        pending=waiting + pending.renewals(signed, desk=desk, policy=policy, now=now),
        photos=photos.taken(
            [one for one in waiting if one.state is ApplicationState.IN_REVIEW],
            applicants,
            seed=seed,
            policy=policy,
            folder=service.settings.evidence_dir,
            secret=configuration.evidence_secret(service.settings),
        ),
    )


def _cast(telling: Telling, calendar: Calendar, *, count: int, seed: int, watch: Watch) -> _Cast:
    """As many lives as have the wanted number of certificates together."""
    everybody = people.citizens(seed, until=calendar.until)
    told: list[Life] = []
    certificates = 0
    while certificates < count:
        told.append(telling.life(next(everybody)))
        certificates += len(told[-1].issuances)
        if len(told) % 250 == 0:
            watch("telling lives", min(certificates, count), count)
    watch("telling lives", count, count)
    wanted = max(3, count // _LASTING_HOLDS_OF)
    return _Cast(
        lives=lives.hold_some(told, wanted=wanted, calendar=calendar, seed=seed),
        applicants=list(islice(everybody, pending.APPLICANTS)),
        bystanders=list(islice(everybody, count // _BYSTANDERS_OF)),
    )


def _registrations(cast: _Cast, seed: int, end: datetime) -> list[MobileRegistration]:
    """The BMG: before the first application, by the way in that there was."""
    first = [(life.citizen, life.issuances[0].opened_at) for life in cast.lives if life.has_phone]
    first += [(citizen, end - timedelta(days=150)) for citizen in cast.applicants]
    first += [(citizen, end) for citizen in cast.bystanders if citizen.index % 5]
    registered = []
    for citizen, before in first:
        dice = Dice(seed + 5, citizen.index)
        by = dice.weighted((("bank partners", 45), ("mobile flow", 30), ("video call", 17), ("counter", 8)))
        since = before - dice.span(timedelta(minutes=5), timedelta(days=900))
        registered.append(MobileRegistration(citizen.person.iin, citizen.phone, since, by))
    return registered


def _fate(person: Person, seed: int, until: date) -> Person:
    """Among those who never applied are some who could not: no valid document, or deceased (R2)."""
    dice = Dice(seed + 6, person.iin.number)
    ago = timedelta(days=dice.whole(1, 900))
    if dice.chance(0.05):
        return replace(person, document_expires_on=until - ago)
    return replace(person, deceased_on=until - ago) if dice.chance(0.02) else person


def _report(demo: Demo, seconds: float) -> Report:
    facets = [one.certificate.facets for one in demo.signed]
    return Report(
        seconds=seconds,
        people=len(demo.people),
        holders=len({one.certificate.subscriber_id for one in demo.signed}),
        certificates=len(demo.signed),
        by_state=_counted(one.certificate.state for one in demo.signed),
        by_kind=_counted(facet.kind for facet in facets),
        by_channel=_counted(facet.channel for facet in facets),
        by_storage=_counted(facet.storage for facet in facets),
    )


def _counted(values: Iterable[IntEnum]) -> dict[str, int]:
    return {value.name: number for value, number in sorted(Counter(values).items())}
