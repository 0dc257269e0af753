"""The proof at the end of a shift can fail: each thing that was acknowledged and is not there once is named."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import delete, insert, select

from benchmarks.shift import proof, stock
from benchmarks.shift.ledger import Decided, Ledger
from benchmarks.shift.stock import Stock
from ca_core import roles
from ca_core.registration import review
from ca_core.review import Answers, Decision
from data import schema
from data.review_schema import review_opinion
from runtime import settings, wiring
from runtime.service import Service


@pytest.fixture
def prepared(tmp_path: Path) -> Iterator[tuple[Service, Stock]]:
    chosen = settings.load({"var_dir": str(tmp_path / "var")})
    made = stock.prepare(chosen, agents=1, moderators=1, reviews=1)
    service = wiring.make_service(chosen)
    yield service, made
    service.close()


def decided(service: Service, made: Stock) -> Decided:
    """By the shift's own moderator, as the door would have it."""
    who = roles.Actor("moderator", roles.Role.MODERATOR, roles.Door.CONSOLE, made.moderators[0].staff_id)
    with service.work() as work:
        item = review.claim_next(work, actor=who, now=service.now())
        assert item is not None
        review.decide(
            work,
            actor=who,
            review_id=item.review_id,
            fence=item.fence,
            answers=Answers(5, True, True),
            decision=Decision.APPROVE,
            now=service.now(),
        )
    return Decided(item.review_id, made.moderators[0].staff_id, Decision.APPROVE)


def test_what_was_acknowledged_and_is_not_there_is_named(prepared: tuple[Service, Stock]) -> None:
    service, made = prepared
    assert proof.problems(service, Ledger()) == []
    lost = Ledger(
        submitted=[100_000_000_007],
        decided=[Decided(1, made.moderators[0].staff_id, Decision.REJECT)],
        undone=[Decided(1, made.moderators[0].staff_id, Decision.REJECT)],
        opened=[made.applicants[0].number],
        accepted=[(1, made.agents[0].staff_id)],
    )
    found = proof.problems(service, lost)
    assert [problem.partition(" ")[0] for problem in found] == [
        "application",
        "decided,",
        "undone,",
        "a",
        "call",
    ]


def test_a_decision_without_its_effect_or_its_audit_entry_is_named(prepared: tuple[Service, Stock]) -> None:
    service, made = prepared
    one = decided(service, made)
    assert proof.waiting(service) == 1
    assert proof.problems(service, Ledger(decided=[one])) == [
        f"review {one.review_id} was decided and never applied"
    ]
    with service.work() as work:
        work.connection.execute(delete(schema.audit).where(schema.audit.c.event == "review:approve:done"))
    assert f"review {one.review_id}: 1 decisions, 0 audit entries" in proof.problems(service, Ledger())


def test_a_decision_that_is_stored_twice_is_named(prepared: tuple[Service, Stock]) -> None:
    service, made = prepared
    one = decided(service, made)
    with service.work() as work:
        (row,) = work.connection.execute(select(review_opinion)).mappings()
        again = {name: value for name, value in row.items() if name != "opinion_id"}
        work.connection.execute(insert(review_opinion).values(again))
    assert f"review {one.review_id}: 2 decisions stand" in proof.problems(service, Ledger(decided=[one]))
