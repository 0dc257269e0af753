"""What happened to a fictitious person's certificates, under the rules of the core (R5-R12).

A life is a row of issuances, each with what became of it; the records and tables are made from it elsewhere.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import Enum, auto

from ca_core.certificate import Channel, Kind, Method, StorageKind
from ca_core.identifiers import ApplicationId
from ca_core.policy import Certificates as Terms
from ca_core.revocation.reasons import Reason
from runtime.demo import keys, people
from runtime.demo.calendar import Calendar
from runtime.demo.dice import Dice, mixed
from runtime.demo.people import Citizen

_MINUTE, _HOUR, _DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)
_LONGEST_CHAIN = 8

_CHANNELS = (
    (Channel.EGOV, 36), (Channel.PKI, 8), (Channel.MOBILE, 30), (Channel.CLOUD, 9), (Channel.COUNTER, 17),
)  # fmt: skip
_ON_COMPUTER = (
    (StorageKind.FILE, 76), (StorageKind.ID_CARD, 9), (StorageKind.USB_TOKEN, 9), (StorageKind.SMART_CARD, 4),
    (StorageKind.SIM, 2),
)  # fmt: skip
_AT_COUNTER = (
    (StorageKind.ID_CARD, 34), (StorageKind.FILE, 28), (StorageKind.SIM, 14), (StorageKind.USB_TOKEN, 13),
    (StorageKind.SMART_CARD, 11),
)  # fmt: skip
# R6: the mobile flow's key lives in the phone, the cloud's in the hardware module.
_STORAGES = {
    Channel.EGOV: _ON_COMPUTER,
    Channel.PKI: _ON_COMPUTER,
    Channel.MOBILE: ((StorageKind.MOBILE_APP, 1),),
    Channel.CLOUD: ((StorageKind.CLOUD, 1),),
    Channel.COUNTER: _AT_COUNTER,
}
_REMOTELY = ((Method.AUTOMATIC_FACE, 72), (Method.MODERATOR, 19), (Method.VIDEO_CALL, 9))
_METHODS = {
    Channel.EGOV: _REMOTELY,
    Channel.PKI: _REMOTELY,
    Channel.MOBILE: ((Method.AUTOMATIC_FACE, 85), (Method.MODERATOR, 15)),
    Channel.CLOUD: _REMOTELY,
    Channel.COUNTER: ((Method.COUNTER, 1),),
}
_ENDS = (
    (Reason.KEY_COMPROMISE, 30), (Reason.CESSATION_OF_OPERATION, 34), (Reason.AFFILIATION_CHANGED, 14),
    (Reason.UNSPECIFIED, 12), (Reason.SUPERSEDED, 10),
)  # fmt: skip
_BY_LAW = ((Reason.CESSATION_OF_OPERATION, 45), (Reason.PRIVILEGE_WITHDRAWN, 40), (Reason.KEY_COMPROMISE, 15))


class Next(Enum):
    """What a holder does after a certificate."""

    RENEW = auto()
    REISSUE = auto()
    ANOTHER = auto()
    AFTER_END = auto()
    NOTHING = auto()


_NEXT = (
    (Next.RENEW, 30), (Next.REISSUE, 16), (Next.ANOTHER, 17), (Next.AFTER_END, 15), (Next.NOTHING, 22),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Hold:
    """R10a. `ended_at` None: it still lasts."""

    held_at: datetime
    ended_at: datetime | None
    by_owner: bool


@dataclass(frozen=True, slots=True)
class Revocation:
    at: datetime
    reason: Reason
    by_law: bool = False


@dataclass(frozen=True, slots=True)
class Issuance:
    """One certificate, how it came, and what became of it. `previous` is a place in the same life."""

    number: ApplicationId
    kind: Kind
    channel: Channel
    storage: StorageKind
    method: Method
    region: int
    opened_at: datetime
    issued_at: datetime
    not_after: datetime
    mobile_only: bool
    previous: int | None = None
    accepted_at: datetime | None = None
    lost_at: datetime | None = None
    hold: Hold | None = None
    revocation: Revocation | None = None
    last_seen_on: date | None = None


@dataclass(frozen=True, slots=True)
class Life:
    citizen: Citizen
    has_phone: bool
    issuances: tuple[Issuance, ...]


def numbers(seed: int) -> Iterator[ApplicationId]:
    """Numbers of first applications; each renewal's follows from its original's (`keys.renewal_of`)."""
    start = mixed(seed + 1) % keys.BODIES
    # A prime that does not divide the range: every number comes once.
    step = 2_654_435_761
    for place in range(keys.BODIES):
        yield ApplicationId.form(keys.FIRST_BODY + (place * step + start) % keys.BODIES)


class Telling:
    """Tells lives, one after the other; equal seeds and calendars tell the same ones."""

    def __init__(self, seed: int, calendar: Calendar, terms: Terms) -> None:
        self._seed = seed
        self._calendar = calendar
        self._terms = terms
        self.numbers = numbers(seed)

    def life(self, citizen: Citizen) -> Life:
        dice = Dice(self._seed + 2, citizen.index)
        # Without a phone in the BMG there is no way in but the counter (R4).
        has_phone = not dice.chance(0.015)
        channel = dice.weighted(_CHANNELS) if has_phone else Channel.COUNTER
        current = self._new(dice, citizen, channel, self._calendar.some_day(dice))
        told: list[Issuance] = []
        while True:
            step, at = self._next(dice, current, has_phone)
            told.append(self._finish(dice, current, step, at))
            if step is Next.NOTHING or len(told) == _LONGEST_CHAIN:
                return Life(citizen, has_phone, tuple(told))
            current = self._successor(dice, citizen, told, step, at, has_phone)

    def _next(self, dice: Dice, current: Issuance, has_phone: bool) -> tuple[Next, datetime]:
        """The next step and its day; NOTHING where the rules or the calendar leave no room for it."""
        step = dice.weighted(_NEXT)
        begin, end = current.issued_at, current.not_after
        at = {
            Next.RENEW: begin + dice.span(200 * _DAY, 363 * _DAY),
            Next.REISSUE: begin + dice.span(10 * _DAY, 330 * _DAY),
            Next.ANOTHER: begin + dice.span(5 * _DAY, 450 * _DAY),
            Next.AFTER_END: end + dice.span(1 * _DAY, 120 * _DAY),
            Next.NOTHING: end,
        }[step]
        allowed = {
            # R8: once, and only with the key in hand.
            Next.RENEW: current.kind is not Kind.RENEWAL and current.accepted_at is not None,
            # R4: the owner's code goes to the BMG phone.
            Next.REISSUE: has_phone,
        }.get(step, True)
        # A day is left for the hours in which it happens.
        return (step, at) if allowed and at + _DAY <= self._calendar.end else (Next.NOTHING, end)

    def _successor(
        self,
        dice: Dice,
        citizen: Citizen,
        told: Sequence[Issuance],
        step: Next,
        at: datetime,
        has_phone: bool,
    ) -> Issuance:
        before, place, day = told[-1], len(told) - 1, at.date()
        if step is Next.RENEW:
            return self._renewal(dice, before, place, day)
        if step is Next.REISSUE:
            channel = Channel.COUNTER if dice.chance(0.4) else before.channel
            return replace(self._new(dice, citizen, channel, day), kind=Kind.REISSUE, previous=place)
        channel = dice.weighted(_CHANNELS) if has_phone else Channel.COUNTER
        return self._new(dice, citizen, channel, day)

    def _new(self, dice: Dice, citizen: Citizen, channel: Channel, day: date) -> Issuance:
        counter = channel is Channel.COUNTER
        issued_at = self._calendar.at(day, dice, counter=counter)
        method = dice.weighted(_METHODS[channel])
        # At a counter the office's region counts, and some go to one elsewhere (R12).
        elsewhere = counter and dice.chance(0.07)
        return self._accepted(
            dice,
            Issuance(
                number=next(self.numbers),
                kind=Kind.NEW,
                channel=channel,
                storage=dice.weighted(_STORAGES[channel]),
                method=method,
                region=dice.weighted(people.REGIONS) if elsewhere else citizen.person.region,
                opened_at=issued_at - _taken(dice, channel, method),
                issued_at=issued_at,
                not_after=issued_at + self._terms.validity,
                mobile_only=channel is Channel.MOBILE,
            ),
        )

    def _renewal(self, dice: Dice, before: Issuance, place: int, day: date) -> Issuance:
        """R8: the same key, the old end and a year."""
        opened = dice.chance(0.25)
        issued_at = self._calendar.at(day, dice, counter=opened)
        return replace(
            before,
            number=keys.renewal_of(before.number),
            kind=Kind.RENEWAL,
            # An officer may only open it; in the cabinet the owner does all alone.
            channel=Channel.COUNTER if opened else before.channel,
            opened_at=issued_at - dice.span(_MINUTE, 20 * _HOUR),
            issued_at=issued_at,
            not_after=before.not_after + self._terms.validity,
            previous=place,
            accepted_at=min(issued_at + dice.span(_MINUTE, 30 * _MINUTE), self._calendar.end),
            lost_at=None,
            hold=None,
            revocation=None,
            last_seen_on=None,
        )

    def _accepted(self, dice: Dice, issuance: Issuance) -> Issuance:
        """Some never come back to take theirs."""
        soon = issuance.issued_at + dice.span(2 * _MINUTE, 40 * _MINUTE)
        if dice.chance(0.045):
            return issuance
        return replace(issuance, accepted_at=min(soon, self._calendar.end))

    def _finish(self, dice: Dice, current: Issuance, step: Next, at: datetime) -> Issuance:
        """What became of it by the time of the next step, or by the end of the calendar."""
        if step is Next.REISSUE:
            current = self._given_up(dice, current, at)
        elif step is Next.NOTHING and dice.chance(0.055):
            current = self._revoked(dice, current)
        elif step is Next.NOTHING and dice.chance(0.012):
            current = self._held_once(dice, current)
        return replace(current, last_seen_on=self._last_seen(dice, current))

    def _given_up(self, dice: Dice, current: Issuance, at: datetime) -> Issuance:
        """R11: the owner is asked, and often lets the old certificate run; lost ones are lost all the same."""
        # A counter may have been closed on the day itself: the new certificate can be two days early.
        asked_at = at - 3 * _DAY - dice.span(_MINUTE, 6 * _HOUR)
        lost = dice.chance(0.68)
        end = Revocation(asked_at, Reason.KEY_COMPROMISE if lost else Reason.SUPERSEDED)
        return replace(
            current,
            lost_at=asked_at if lost else None,
            revocation=end if dice.chance(0.45 if lost else 0.3) else None,
        )

    def _revoked(self, dice: Dice, current: Issuance) -> Issuance:
        by_law = dice.chance(0.06)
        at = current.issued_at + dice.span(_DAY, 340 * _DAY)
        reason = dice.weighted(_BY_LAW if by_law else _ENDS)
        lost = reason is Reason.KEY_COMPROMISE and not by_law and dice.chance(0.8)
        if at > self._calendar.end:
            return current
        return replace(current, revocation=Revocation(at, reason, by_law), lost_at=at if lost else None)

    def _held_once(self, dice: Dice, current: Issuance) -> Issuance:
        """A hold of the past: lifted by the owner, by time, or ended by a revocation."""
        held_at = current.issued_at + dice.span(_HOUR, 200 * _DAY)
        ended_at = held_at + dice.span(_HOUR, self._terms.hold_at_most)
        revoked = dice.chance(0.3)
        if ended_at > self._calendar.end:
            return current
        end = Revocation(ended_at, Reason.KEY_COMPROMISE) if revoked else None
        return replace(current, hold=Hold(held_at, ended_at, dice.chance(0.7)), revocation=end)

    def _last_seen(self, dice: Dice, current: Issuance) -> date | None:
        """When somebody last asked for its status: mostly lately, sometimes long ago, sometimes never."""
        share, never = dice.share(), dice.chance(0.13)
        if current.accepted_at is None or never:
            return None
        ended = current.revocation.at if current.revocation else current.not_after
        last = min(ended, self._calendar.end)
        first = min(current.accepted_at, last)
        seen_at: datetime = first + (last - first) * share**0.35
        return seen_at.date()


def _taken(dice: Dice, channel: Channel, method: Method) -> timedelta:
    """From the opened application to the certificate."""
    if method in (Method.MODERATOR, Method.VIDEO_CALL):
        return dice.span(40 * _MINUTE, 9 * _HOUR)
    if channel is Channel.MOBILE:
        return dice.span(3 * _MINUTE, 5 * _MINUTE)
    return dice.span(8 * _MINUTE, 45 * _MINUTE)


def hold_some(lives: Sequence[Life], *, wanted: int, calendar: Calendar, seed: int) -> list[Life]:
    """Puts the last certificate of some lives on hold within the last day and a half: those holds still last."""
    held, left = list(lives), wanted
    for place in range(0, len(lives), max(1, len(lives) // (3 * wanted))):
        life = lives[place]
        dice = Dice(seed + 3, life.citizen.index)
        at = calendar.end - dice.span(_HOUR, 36 * _HOUR)
        if left and _holdable(life.issuances[-1], at):
            last = replace(life.issuances[-1], hold=Hold(at, None, dice.chance(0.7)))
            held[place] = replace(life, issuances=(*life.issuances[:-1], last))
            left -= 1
    return held


def _holdable(last: Issuance, at: datetime) -> bool:
    live = last.issued_at < at - _DAY and last.not_after > at + 30 * _DAY
    return live and last.hold is None and last.revocation is None
