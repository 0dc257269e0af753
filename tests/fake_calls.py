"""In-memory stand-ins for the ports of the video call: the same promises as `data.calls` and `data.checks`."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from ca_core.call import (
    Call,
    CallBack,
    Check,
    Desk,
    DeskState,
    Evidence,
    Leg,
    LineQuality,
    Offer,
    OfferOutcome,
    Settlement,
    Ticket,
)
from ca_core.identifiers import Iin, Phone
from ca_core.lifecycle import CallState
from ca_core.records import ChangedMeanwhile


@dataclass
class CallMemory:
    """What is stored of calls. The values never change, so that a shallow copy is a savepoint."""

    calls: dict[int, Call] = field(default_factory=dict)
    offers: list[Offer] = field(default_factory=list)
    settlements: dict[int, Settlement] = field(default_factory=dict)
    qualities: dict[tuple[int, Leg, datetime], LineQuality] = field(default_factory=dict)
    desks: dict[int, Desk] = field(default_factory=dict)
    checks: list[Check] = field(default_factory=list)
    evidence: dict[int, Evidence] = field(default_factory=dict)
    tickets: dict[bytes, Ticket] = field(default_factory=dict)
    call_backs: dict[int, CallBack] = field(default_factory=dict)
    portraits: dict[Iin, bytes] = field(default_factory=dict)


class Calls:
    def __init__(self, memory: CallMemory) -> None:
        self._memory = memory

    def _where(self, condition: Callable[[Call], bool]) -> list[Call]:
        found = (call for call in self._memory.calls.values() if condition(call))
        return sorted(found, key=lambda call: (call.queued_at, call.call_id))

    def by_id(self, call_id: int) -> Call | None:
        return self._memory.calls.get(call_id)

    def add(self, call: Call) -> int:
        if call.state is not CallState.ENDED and self.living_of_page(call.page_digest):
            raise ChangedMeanwhile
        call_id = len(self._memory.calls) + 1
        self._memory.calls[call_id] = replace(call, call_id=call_id)
        return call_id

    def save(self, call: Call, *, expected: Call) -> Call:
        stored = self._memory.calls.get(expected.call_id)
        if stored is None or stored.version != expected.version:
            raise ChangedMeanwhile
        saved = replace(call, version=expected.version + 1)
        self._memory.calls[expected.call_id] = saved
        return saved

    def living(self) -> list[Call]:
        return self._where(lambda call: call.state is not CallState.ENDED)

    def living_of_page(self, page_digest: bytes) -> Call | None:
        found = (call for call in self.living() if call.page_digest == page_digest)
        return next(found, None)

    def latest_of_page(self, page_digest: bytes) -> Call | None:
        found = self._where(lambda call: call.page_digest == page_digest)
        return max(found, key=lambda call: call.call_id, default=None)

    def living_of_iin(self, iin: Iin) -> list[Call]:
        return [call for call in self.living() if call.iin == iin]

    def opened_since(self, iin: Iin, instant: datetime) -> int:
        return len(self._where(lambda call: call.iin == iin and call.opened_at >= instant))

    def ended_unsealed(self, limit: int) -> list[Call]:
        return self._where(lambda call: call.state is CallState.ENDED and call.sealed_at is None)[:limit]

    def latest(self, limit: int) -> list[Call]:
        newest_first = sorted(self._memory.calls.values(), key=lambda call: call.call_id, reverse=True)
        return newest_first[:limit]

    def add_offer(self, offer: Offer) -> None:
        self._memory.offers.append(replace(offer, offer_id=len(self._memory.offers) + 1))

    def close_offer(self, call_id: int, staff_id: int, *, outcome: OfferOutcome, at: datetime) -> None:
        for place, offer in enumerate(self._memory.offers):
            whose = (offer.call_id, offer.staff_id) == (call_id, staff_id)
            if whose and offer.outcome is OfferOutcome.OPEN:
                self._memory.offers[place] = replace(offer, outcome=outcome, ended_at=at)

    def offers(self, call_id: int) -> list[Offer]:
        return [offer for offer in self._memory.offers if offer.call_id == call_id]

    def settle(self, settlement: Settlement) -> None:
        if settlement.call_id in self._memory.settlements:
            raise ChangedMeanwhile
        self._memory.settlements[settlement.call_id] = settlement

    def settlement(self, call_id: int) -> Settlement | None:
        return self._memory.settlements.get(call_id)

    def add_quality(self, quality: LineQuality) -> None:
        key = quality.call_id, quality.leg, quality.began_at
        self._memory.qualities.setdefault(key, quality)

    def qualities(self, call_id: int) -> list[LineQuality]:
        found = (quality for quality in self._memory.qualities.values() if quality.call_id == call_id)
        return sorted(found, key=lambda quality: (quality.began_at, quality.leg))


class Desks:
    def __init__(self, memory: CallMemory) -> None:
        self._memory = memory

    def by_id(self, staff_id: int) -> Desk | None:
        return self._memory.desks.get(staff_id)

    def all(self) -> list[Desk]:
        manned = (desk for desk in self._memory.desks.values() if desk.state is not DeskState.OFFLINE)
        return sorted(manned, key=lambda desk: desk.staff_id)

    def add(self, desk: Desk) -> None:
        if desk.staff_id in self._memory.desks:
            raise ChangedMeanwhile
        self._memory.desks[desk.staff_id] = desk

    def save(self, desk: Desk, *, expected: Desk) -> Desk:
        stored = self._memory.desks.get(expected.staff_id)
        if stored is None or stored.version != expected.version:
            raise ChangedMeanwhile
        saved = replace(desk, version=expected.version + 1)
        self._memory.desks[expected.staff_id] = saved
        return saved


class Checks:
    def __init__(self, memory: CallMemory) -> None:
        self._memory = memory

    def of_call(self, call_id: int) -> list[Check]:
        return [check for check in self._memory.checks if check.call_id == call_id]

    def add(self, check: Check) -> None:
        kept = replace(check, facts=dict(check.facts), check_id=len(self._memory.checks) + 1)
        self._memory.checks.append(kept)


class EvidenceList:
    def __init__(self, memory: CallMemory) -> None:
        self._memory = memory

    def by_id(self, evidence_id: int) -> Evidence | None:
        return self._memory.evidence.get(evidence_id)

    def of_call(self, call_id: int) -> list[Evidence]:
        return [item for item in self._memory.evidence.values() if item.call_id == call_id]

    def add(self, evidence: Evidence) -> int:
        if any(item.name == evidence.name for item in self._memory.evidence.values()):
            raise ValueError("the name of a file is taken")
        evidence_id = len(self._memory.evidence) + 1
        self._memory.evidence[evidence_id] = replace(evidence, evidence_id=evidence_id)
        return evidence_id

    def close(self, evidence_id: int, *, sha256: bytes, size_bytes: int) -> None:
        found = self._memory.evidence.get(evidence_id)
        if found is not None and not found.closed:
            closed = replace(found, sha256=sha256, size_bytes=size_bytes, closed=True)
            self._memory.evidence[evidence_id] = closed


class Tickets:
    def __init__(self, memory: CallMemory) -> None:
        self._memory = memory

    def add(self, ticket: Ticket) -> None:
        self._memory.tickets[ticket.token_digest] = ticket

    def by_digest(self, token_digest: bytes) -> Ticket | None:
        return self._memory.tickets.get(token_digest)

    def spend(self, token_digest: bytes, *, now: datetime) -> bool:
        found = self._memory.tickets.get(token_digest)
        if found is None or found.used_at is not None:
            return False
        self._memory.tickets[token_digest] = replace(found, used_at=now)
        return True

    def erase(self, *, expired_before: datetime, limit: int) -> int:
        old = [key for key, item in self._memory.tickets.items() if item.expires_at < expired_before][:limit]
        for key in old:
            del self._memory.tickets[key]
        return len(old)


class CallBacks:
    def __init__(self, memory: CallMemory) -> None:
        self._memory = memory

    def _where(self, condition: Callable[[CallBack], bool]) -> list[CallBack]:
        found = (wish for wish in self._memory.call_backs.values() if condition(wish))
        return sorted(found, key=lambda wish: (wish.asked_at, wish.call_back_id))

    def add(self, wish: CallBack) -> int:
        wish_id = max(self._memory.call_backs, default=0) + 1
        self._memory.call_backs[wish_id] = replace(wish, call_back_id=wish_id)
        return wish_id

    def by_digest(self, token_digest: bytes) -> CallBack | None:
        return next(iter(self._where(lambda wish: wish.token_digest == token_digest)), None)

    def waiting(self, limit: int, *, since: datetime) -> list[CallBack]:
        return self._where(lambda wish: wish.invited_at is None and wish.asked_at >= since)[:limit]

    def living_of_phone(self, phone: Phone, *, since: datetime) -> CallBack | None:
        found = self._where(
            lambda wish: wish.phone == phone and wish.used_at is None and wish.asked_at >= since
        )
        return next(iter(found), None)

    def erase(self, *, used_before: datetime, asked_before: datetime, limit: int) -> int:
        def is_old(wish: CallBack) -> bool:
            return wish.used_at < used_before if wish.used_at else wish.asked_at < asked_before

        old = sorted(wish.call_back_id for wish in self._where(is_old))[:limit]
        for call_back_id in old:
            del self._memory.call_backs[call_back_id]
        return len(old)

    def renew(self, wish: CallBack, *, token_digest: bytes, invited_at: datetime) -> None:
        stored = self._memory.call_backs[wish.call_back_id]
        renewed = replace(stored, token_digest=token_digest, invited_at=invited_at)
        self._memory.call_backs[wish.call_back_id] = renewed

    def spend(self, token_digest: bytes, *, now: datetime) -> bool:
        found = self.by_digest(token_digest)
        if found is None or found.used_at is not None:
            return False
        self._memory.call_backs[found.call_back_id] = replace(found, used_at=now)
        return True


class Portraits:
    def __init__(self, memory: CallMemory) -> None:
        self._memory = memory

    def of_iin(self, iin: Iin) -> bytes | None:
        return self._memory.portraits.get(iin)
