"""Calls, their offers and the agents' desks. A change is written only where nobody else changed the row meanwhile."""

import contextlib
from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update
from sqlalchemy.exc import IntegrityError

from ca_core.call import (
    Call,
    Decision,
    Desk,
    DeskState,
    EndCause,
    Leg,
    LineQuality,
    Need,
    Offer,
    OfferOutcome,
    Settlement,
)
from ca_core.identifiers import Iin, Phone
from ca_core.lifecycle import CallState
from ca_core.records import ChangedMeanwhile
from data.call_schema import agent_desk, call_offer, call_quality, call_settlement
from data.call_schema import call as table

_LIVES = table.c.state != int(CallState.ENDED)
_QUEUE = (table.c.queued_at, table.c.call_id)


def _of_row(row: Row[Any]) -> Call:
    values = dict(row._mapping)
    return Call(
        **{
            **values,
            "state": CallState(row.state),
            "iin": Iin.of(row.iin),
            "phone": Phone.of(row.phone),
            "page_digest": bytes(row.page_digest),
            "need": Need(row.need),
            "lost_leg": Leg(row.lost_leg) if row.lost_leg else None,
            "cause": EndCause(row.cause) if row.cause else None,
            "decision": Decision(row.decision) if row.decision else None,
            "seal": bytes(row.seal),
        }
    )


def _to_row(call: Call) -> dict[str, object]:
    values: dict[str, object] = {item.name: getattr(call, item.name) for item in fields(call)}
    del values["call_id"]
    return values | {
        "state": int(call.state),
        "iin": call.iin.number,
        "phone": call.phone.number,
        "need": call.need.value,
        "lost_leg": call.lost_leg.value if call.lost_leg else None,
        "cause": int(call.cause) if call.cause else None,
        "decision": int(call.decision) if call.decision else None,
    }


class Calls:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def _list(self, *conditions: Any, order: Any = _QUEUE, limit: int | None = None) -> list[Call]:
        query = select(table).where(*conditions).order_by(*order).limit(limit)
        return [_of_row(row) for row in self._connection.execute(query)]

    def by_id(self, call_id: int) -> Call | None:
        return next(iter(self._list(table.c.call_id == call_id)), None)

    def add(self, call: Call) -> int:
        try:
            with self._connection.begin_nested():
                done = self._connection.execute(insert(table).values(_to_row(call)))
        except IntegrityError as error:
            # The same page opened its call a moment ago.
            raise ChangedMeanwhile from error
        return int(done.inserted_primary_key[0])  # type: ignore[index]  # one row has one

    def save(self, call: Call, *, expected: Call) -> Call:
        saved = replace(call, version=expected.version + 1)
        done = self._connection.execute(
            update(table)
            .where(table.c.call_id == expected.call_id, table.c.version == expected.version)
            .values(_to_row(saved))
        )
        if done.rowcount != 1:
            raise ChangedMeanwhile
        return saved

    def living(self) -> list[Call]:
        return self._list(_LIVES)

    def living_of_page(self, page_digest: bytes) -> Call | None:
        return next(iter(self._list(_LIVES, table.c.page_digest == page_digest)), None)

    def latest_of_page(self, page_digest: bytes) -> Call | None:
        newest = (table.c.call_id.desc(),)
        return next(iter(self._list(table.c.page_digest == page_digest, order=newest, limit=1)), None)

    def living_of_iin(self, iin: Iin) -> list[Call]:
        return self._list(_LIVES, table.c.iin == iin.number)

    def opened_since(self, iin: Iin, instant: datetime) -> int:
        query = select(func.count()).where(table.c.iin == iin.number, table.c.opened_at >= instant)
        return int(self._connection.scalar(query) or 0)

    def ended_unsealed(self, limit: int) -> list[Call]:
        return self._list(table.c.state == int(CallState.ENDED), table.c.sealed_at.is_(None), limit=limit)

    def latest(self, limit: int) -> list[Call]:
        return self._list(order=(table.c.call_id.desc(),), limit=limit)

    def add_offer(self, offer: Offer) -> None:
        self._connection.execute(
            insert(call_offer).values(
                call_id=offer.call_id,
                staff_id=offer.staff_id,
                offered_at=offer.offered_at,
                outcome=offer.outcome.value,
                ended_at=offer.ended_at,
            )
        )

    def close_offer(self, call_id: int, staff_id: int, *, outcome: OfferOutcome, at: datetime) -> None:
        self._connection.execute(
            update(call_offer)
            .where(
                call_offer.c.call_id == call_id,
                call_offer.c.staff_id == staff_id,
                call_offer.c.outcome == OfferOutcome.OPEN.value,
            )
            .values(outcome=outcome.value, ended_at=at)
        )

    def offers(self, call_id: int) -> list[Offer]:
        query = select(call_offer).where(call_offer.c.call_id == call_id).order_by(call_offer.c.offer_id)
        return [
            Offer(
                call_id=row.call_id,
                staff_id=row.staff_id,
                offered_at=row.offered_at,
                outcome=OfferOutcome(row.outcome),
                ended_at=row.ended_at,
                offer_id=row.offer_id,
            )
            for row in self._connection.execute(query)
        ]

    def settle(self, settlement: Settlement) -> None:
        values = {item.name: getattr(settlement, item.name) for item in fields(settlement)}
        try:
            with self._connection.begin_nested():
                self._connection.execute(
                    insert(call_settlement).values(values | {"decision": int(settlement.decision)})
                )
        except IntegrityError as error:
            # Another supervisor settled it a moment ago.
            raise ChangedMeanwhile from error

    def settlement(self, call_id: int) -> Settlement | None:
        query = select(call_settlement).where(call_settlement.c.call_id == call_id)
        row = self._connection.execute(query).one_or_none()
        if row is None:
            return None
        return Settlement(**{**row._mapping, "decision": Decision(row.decision)})

    def add_quality(self, quality: LineQuality) -> None:
        values = {item.name: getattr(quality, item.name) for item in fields(quality)}
        # Several gateways hear it, and one hears it again.
        with contextlib.suppress(IntegrityError), self._connection.begin_nested():
            self._connection.execute(insert(call_quality).values(values | {"leg": quality.leg.value}))

    def qualities(self, call_id: int) -> list[LineQuality]:
        kept = call_quality.c
        query = select(call_quality).where(kept.call_id == call_id).order_by(kept.began_at, kept.leg)
        return [
            LineQuality(**{**row._mapping, "leg": Leg(row.leg)}) for row in self._connection.execute(query)
        ]


def _desk_of_row(row: Row[Any]) -> Desk:
    return Desk(
        staff_id=row.staff_id,
        state=DeskState(row.state),
        languages=tuple(row.languages.split()),
        since=row.since,
        call_id=row.call_id,
        pause_next=bool(row.pause_next),
        wrap_up_until=row.wrap_up_until,
        wrap_up_extended=bool(row.wrap_up_extended),
        absent_since=row.absent_since,
        version=row.version,
    )


def _desk_to_row(desk: Desk) -> dict[str, object]:
    return {
        "staff_id": desk.staff_id,
        "state": desk.state.value,
        "languages": " ".join(desk.languages),
        "since": desk.since,
        "call_id": desk.call_id,
        "pause_next": int(desk.pause_next),
        "wrap_up_until": desk.wrap_up_until,
        "wrap_up_extended": int(desk.wrap_up_extended),
        "absent_since": desk.absent_since,
        "version": desk.version,
    }


class Desks:
    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def by_id(self, staff_id: int) -> Desk | None:
        query = select(agent_desk).where(agent_desk.c.staff_id == staff_id)
        row = self._connection.execute(query).one_or_none()
        return _desk_of_row(row) if row is not None else None

    def all(self) -> list[Desk]:
        query = (
            select(agent_desk)
            .where(agent_desk.c.state != DeskState.OFFLINE.value)
            .order_by(agent_desk.c.staff_id)
        )
        return [_desk_of_row(row) for row in self._connection.execute(query)]

    def add(self, desk: Desk) -> None:
        try:
            with self._connection.begin_nested():
                self._connection.execute(insert(agent_desk).values(_desk_to_row(desk)))
        except IntegrityError as error:
            # The agent sat down on another page a moment ago.
            raise ChangedMeanwhile from error

    def save(self, desk: Desk, *, expected: Desk) -> Desk:
        saved = replace(desk, version=expected.version + 1)
        done = self._connection.execute(
            update(agent_desk)
            .where(agent_desk.c.staff_id == expected.staff_id, agent_desk.c.version == expected.version)
            .values(_desk_to_row(saved))
        )
        if done.rowcount != 1:
            raise ChangedMeanwhile
        return saved
