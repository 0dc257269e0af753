"""The ledger against the database: what was acknowledged is there, nothing is there twice, nothing was left behind."""

from collections import Counter
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, func, select

from benchmarks.shift.ledger import Decided, Ledger
from ca_core.call import OfferOutcome
from ca_core.lifecycle import ApplicationState, CertificateState, ReviewState
from ca_core.notices import NoticeKind
from ca_core.review import Decision
from data import schema
from data.call_schema import call, call_offer
from data.commands import DONE
from data.outbox import SENT
from data.review_schema import review, review_opinion
from runtime.service import Service

_DECIDED_EVENTS = tuple(f"review:{decision.name.lower()}:done" for decision in Decision)
_REVIEW_NOTICES = (NoticeKind.REVIEW_PASSED, NoticeKind.REVIEW_REJECTED, NoticeKind.NEW_PHOTO)


def waiting(service: Service) -> int:
    """How much the job runner and the sending have before them."""
    with service.look() as work:
        return _left(work.connection)


def problems(service: Service, ledger: Ledger) -> list[str]:
    """Everything that does not agree; nothing when all is well."""
    with service.look() as work:
        connection = work.connection
        return [
            *_certificates(connection, ledger),
            *_decisions(connection, ledger),
            *_effects(connection),
            *_calls(connection, ledger),
            *_whole(connection),
        ]


def issued_between(service: Service, began: Any, ended: Any) -> int:
    with service.look() as work:
        column = schema.certificate.c.issued_at
        query = select(func.count()).where(column >= began, column < ended)
        return int(work.connection.scalar(query) or 0)


def _left(connection: Connection) -> int:
    commands = select(func.count()).where(schema.command.c.state != DONE)
    notices = select(func.count()).where(schema.outbox.c.state != SENT)
    return int(connection.scalar(commands) or 0) + int(connection.scalar(notices) or 0)


def _certificates(connection: Connection, ledger: Ledger) -> Iterator[str]:
    table = schema.certificate
    made = Counter(
        connection.scalars(
            select(table.c.application_number).where(table.c.state == int(CertificateState.ISSUED))
        )
    )
    yield from (f"application {n}: {made[n]} certificates" for n in ledger.submitted if made[n] != 1)
    issued = select(func.count()).where(schema.application.c.state == int(ApplicationState.ISSUED))
    if connection.scalar(issued) != made.total():
        yield f"{connection.scalar(issued)} applications were issued, {made.total()} certificates are there"
    told = select(func.count()).where(
        schema.outbox.c.kind == NoticeKind.ISSUED.value, schema.outbox.c.medium == "sms"
    )
    if connection.scalar(told) != made.total():
        yield f"{connection.scalar(told)} owners were told of {made.total()} certificates (R14)"


def _decisions(connection: Connection, ledger: Ledger) -> Iterator[str]:
    table = review_opinion
    rows = connection.execute(
        select(table.c.review_id, table.c.staff_id, table.c.decision, table.c.undone_at)
    ).all()
    said = [Decided(row.review_id, row.staff_id, Decision(row.decision)) for row in rows]
    stored = Counter(said)
    undone = Counter(one for one, row in zip(said, rows, strict=True) if row.undone_at is not None)
    for name, acknowledged, found in (
        ("decided", ledger.decided, stored),
        ("undone", ledger.undone, undone),
    ):
        for one, times in Counter(acknowledged).items():
            if found[one] < times:
                yield f"{name}, but not stored: {one}"
    standing = Counter(row.review_id for row in rows if row.undone_at is None)
    yield from (f"review {n}: {times} decisions stand" for n, times in standing.items() if times > 1)
    noted = Counter(
        connection.scalars(select(schema.audit.c.subject).where(schema.audit.c.event.in_(_DECIDED_EVENTS)))
    )
    for number, times in Counter(row.review_id for row in rows).items():
        if noted[f"review/{number}"] != times:
            yield f"review {number}: {times} decisions, {noted[f'review/{number}']} audit entries"


def _effects(connection: Connection) -> Iterator[str]:
    """A decision that stands took effect once, and its applicant was told once."""
    table = review
    decided = connection.scalars(
        select(table.c.review_id).where(table.c.state == int(ReviewState.DECIDED))
    ).all()
    yield from (f"review {number} was decided and never applied" for number in decided)
    applied = select(func.count()).where(
        table.c.state == int(ReviewState.APPLIED), table.c.recheck_of.is_(None)
    )
    told = select(func.count()).where(
        schema.outbox.c.kind.in_([kind.value for kind in _REVIEW_NOTICES]), schema.outbox.c.medium == "sms"
    )
    if connection.scalar(applied) != connection.scalar(told):
        yield f"{connection.scalar(applied)} decisions applied, {connection.scalar(told)} applicants told"


def _calls(connection: Connection, ledger: Ledger) -> Iterator[str]:
    opened = Counter(connection.scalars(select(call.c.iin)))
    yield from (f"a caller has {opened[iin]} calls" for iin in ledger.opened if opened[iin] != 1)
    taken = Counter(
        (row.call_id, row.staff_id)
        for row in connection.execute(
            select(call_offer.c.call_id, call_offer.c.staff_id).where(
                call_offer.c.outcome == OfferOutcome.ACCEPTED.value
            )
        )
    )
    for pair in set(ledger.accepted):
        if taken[pair] != 1:
            yield f"call {pair[0]} was taken by agent {pair[1]} {taken[pair]} times"


def _whole(connection: Connection) -> Iterator[str]:
    found = connection.exec_driver_sql("PRAGMA integrity_check").scalar()
    if found != "ok":
        yield f"the database is damaged: {found}"
    if connection.exec_driver_sql("PRAGMA foreign_key_check").first() is not None:
        yield "a row refers to one that is not there"
