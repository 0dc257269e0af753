"""Who is offered whom (F2): the longest-waiting caller, a random free agent of the language, and nobody picks."""

import random
from collections import Counter
from collections.abc import Sequence
from datetime import timedelta

from hypothesis import given, settings
from hypothesis import strategies as st

from ca_core.call import Call, Desk, DeskState
from ca_core.lifecycle import CallState
from ca_core.registration import dispatch
from tests import builders
from tests.core.lines import AT

LANGUAGES = ("kk", "ru", "en")


def caller(number: int, *, waited: int = 0, **different: object) -> Call:
    return builders.call(AT, call_id=number, queued_at=AT - timedelta(seconds=waited), **different)


def agent(number: int, *languages: str, **different: object) -> Desk:
    return builders.desk(AT, staff_id=number, languages=languages or ("ru",), **different)


def first(able: Sequence[Desk]) -> Desk:
    return able[0]


def pairs(calls: Sequence[Call], desks: Sequence[Desk], **different: object) -> list[tuple[int, int]]:
    choices = {"missed": {}, "choose": first, **different}
    found = dispatch.pair(calls, desks, **choices)  # type: ignore[arg-type]  # a dict of both
    return [(call.call_id, desk.staff_id) for call, desk in found]


@st.composite
def halls(draw: st.DrawFn) -> tuple[list[Call], list[Desk], dict[int, set[int]]]:
    """Some callers, some agents, and who let whom pass."""
    calls = [
        caller(
            number,
            waited=draw(st.integers(0, 5)),
            language=draw(st.sampled_from(LANGUAGES)),
            state=draw(st.sampled_from(list(CallState))),
            absent_since=draw(st.sampled_from([None, None, AT])),
        )
        for number in range(1, draw(st.integers(0, 8)) + 1)
    ]
    desks = [
        agent(
            number,
            *draw(st.sets(st.sampled_from(LANGUAGES), min_size=1)),
            state=draw(st.sampled_from([DeskState.AVAILABLE, *DeskState])),
            absent_since=draw(st.sampled_from([None, None, AT])),
        )
        for number in range(1, draw(st.integers(0, 6)) + 1)
    ]
    missed = {call.call_id: draw(st.sets(st.integers(1, 6))) for call in calls}
    return calls, desks, missed


@settings(deadline=None)
@given(halls(), st.randoms(use_true_random=False))
def test_every_offer_is_a_lawful_one(
    hall: tuple[list[Call], list[Desk], dict[int, set[int]]], dice: random.Random
) -> None:
    calls, desks, missed = hall
    found = dispatch.pair(calls, desks, missed=missed, choose=dice.choice)
    assert len({call.call_id for call, _ in found}) == len({desk.staff_id for _, desk in found}) == len(found)
    for call, desk in found:
        assert call.state is CallState.QUEUED
        assert call.absent_since is None
        assert (desk.state, desk.absent_since) == (DeskState.AVAILABLE, None)
        assert call.language in desk.languages


@settings(deadline=None)
@given(halls(), st.randoms(use_true_random=False))
def test_nobody_overtakes_within_a_language(
    hall: tuple[list[Call], list[Desk], dict[int, set[int]]], dice: random.Random
) -> None:
    """Whoever is served was not preceded by one of the same language who waits on, page open."""
    calls, desks, missed = hall
    served = {call.call_id for call, _ in dispatch.pair(calls, desks, missed=missed, choose=dice.choice)}
    present = [call for call in dispatch.queue(calls) if call.absent_since is None]
    for language in LANGUAGES:
        waits = [call.call_id in served for call in present if call.language == language]
        assert waits == sorted(waits, reverse=True)


@settings(deadline=None)
@given(halls(), st.randoms(use_true_random=False))
def test_no_agent_is_left_idle_while_a_caller_of_their_language_waits(
    hall: tuple[list[Call], list[Desk], dict[int, set[int]]], dice: random.Random
) -> None:
    calls, desks, missed = hall
    found = dispatch.pair(calls, desks, missed=missed, choose=dice.choice)
    served, busy = {call.call_id for call, _ in found}, {desk.staff_id for _, desk in found}
    waiting = [c for c in dispatch.queue(calls) if c.absent_since is None and c.call_id not in served]
    free = [
        d
        for d in desks
        if d.state is DeskState.AVAILABLE and d.absent_since is None and d.staff_id not in busy
    ]
    assert not any(call.language in desk.languages for call in waiting for desk in free)


def test_the_longest_waiting_caller_comes_first() -> None:
    calls = [caller(1, waited=10), caller(2, waited=30), caller(3, waited=20)]
    assert pairs(calls, [agent(1), agent(2)]) == [(2, 1), (3, 2)]


def test_of_two_who_came_at_once_the_earlier_number_is_first() -> None:
    assert pairs([caller(2), caller(1)], [agent(1)]) == [(1, 1)]


def test_a_caller_whose_page_is_away_keeps_the_place_and_is_passed_over() -> None:
    calls = [caller(1, waited=30, absent_since=AT), caller(2, waited=10)]
    assert pairs(calls, [agent(1)]) == [(2, 1)]
    assert dispatch.position(calls, 1) == 1


def test_an_agent_whose_page_is_gone_is_offered_nobody() -> None:
    assert pairs([caller(1)], [agent(1, absent_since=AT)]) == []


def test_who_speaks_another_language_holds_up_nobody() -> None:
    calls = [caller(1, waited=30, language="kk"), caller(2, waited=10)]
    assert pairs(calls, [agent(1)]) == [(2, 1)]


def test_one_who_did_not_accept_is_asked_last() -> None:
    desks = [agent(1), agent(2)]
    assert pairs([caller(1)], desks, missed={1: [1]}) == [(1, 2)]
    # Only for that caller.
    assert pairs([caller(2)], desks, missed={1: [1]}) == [(2, 1)]
    # Better somebody who once let the call pass than nobody.
    assert pairs([caller(1)], desks, missed={1: [1, 2]}) == [(1, 1)]


def test_the_choice_is_among_the_free_agents_of_the_language_only() -> None:
    offered: list[list[int]] = []

    def spy(able: Sequence[Desk]) -> Desk:
        offered.append([desk.staff_id for desk in able])
        return able[-1]

    desks = [agent(1), agent(2, "kk"), agent(3, state=DeskState.PAUSED), agent(4, "ru", "kk"), agent(5)]
    calls = [caller(1, waited=9), caller(2, waited=5, language="kk"), caller(3)]
    assert pairs(calls, desks, choose=spy) == [(1, 5), (2, 4), (3, 1)]
    assert offered == [[1, 4, 5], [2, 4], [1]]


def test_over_two_thousand_draws_every_free_agent_gets_an_equal_share() -> None:
    dice = random.Random(3)
    desks = [agent(number) for number in range(1, 6)]
    drawn = Counter(pairs([caller(1)], desks, choose=dice.choice)[0][1] for _ in range(2_000))
    # 400 each; five standard deviations are 90.
    assert set(drawn) == {1, 2, 3, 4, 5}
    assert all(310 <= n <= 490 for n in drawn.values()), drawn


def test_the_place_in_the_queue_counts_those_who_wait() -> None:
    calls = [
        caller(1, waited=50, state=CallState.ACTIVE),
        caller(2, waited=20),
        caller(3, waited=40),
    ]
    assert [dispatch.position(calls, number) for number in (1, 2, 3, 4)] == [0, 2, 1, 0]


def test_an_honest_wait_is_none_while_nobody_is_at_work() -> None:
    span = timedelta(minutes=4)
    assert dispatch.wait(1, agents=0, handling=span) is None
    assert dispatch.wait(1, agents=2, handling=span) == span
    assert dispatch.wait(2, agents=2, handling=span) == span
    assert dispatch.wait(3, agents=2, handling=span) == 2 * span


def test_agents_at_work_are_those_who_take_calls_in_the_language() -> None:
    desks = [agent(n, "kk", state=state) for n, state in enumerate(DeskState)]
    assert dispatch.agents_at_work(desks, "kk") == 4
    assert dispatch.agents_at_work(desks, "ru") == 0


def test_the_handling_time_is_measured_once_three_calls_are_over() -> None:
    default = timedelta(minutes=6)

    def over(minutes: int) -> Call:
        return caller(1, accepted_at=AT, ended_at=AT + timedelta(minutes=minutes))

    assert dispatch.handling([over(1), over(2)], default=default) == default
    assert dispatch.handling([over(1), over(2), over(6)], default=default) == timedelta(minutes=3)
    nobody_spoke = [caller(n, ended_at=AT) for n in range(5)]
    assert dispatch.handling(nobody_spoke, default=default) == default
