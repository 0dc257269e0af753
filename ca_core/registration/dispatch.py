"""Who is offered whom: a pure function, its randomness injected (F2).

The longest-waiting caller first; a random one of the free agents who speak the caller's language. Nobody picks.
"""

from collections.abc import Callable, Collection, Mapping, Sequence
from datetime import timedelta

from ca_core.call import Call, Desk, DeskState
from ca_core.lifecycle import CallState

Choose = Callable[[Sequence[Desk]], Desk]


def queue(calls: Sequence[Call]) -> list[Call]:
    """Those who wait, in their order."""
    waiting = (call for call in calls if call.state is CallState.QUEUED)
    return sorted(waiting, key=lambda call: (call.queued_at, call.call_id))


def pair(
    calls: Sequence[Call],
    desks: Sequence[Desk],
    *,
    missed: Mapping[int, Collection[int]],
    choose: Choose,
) -> list[tuple[Call, Desk]]:
    """Offers to make now. `missed`: which agents did not accept which call; they are asked again last.

    A caller whose page is away keeps the place and is passed over. A caller for whom no free agent speaks the
    language does not hold up those behind.
    """
    free = [desk for desk in desks if desk.state is DeskState.AVAILABLE and desk.absent_since is None]
    pairs = []
    for call in queue(calls):
        if call.absent_since is not None:
            continue
        able = [desk for desk in free if call.language in desk.languages]
        fresh = [desk for desk in able if desk.staff_id not in missed.get(call.call_id, ())]
        if not able:
            continue
        chosen = choose(fresh or able)
        free.remove(chosen)
        pairs.append((call, chosen))
    return pairs


def position(calls: Sequence[Call], call_id: int) -> int:
    """1 for the next in turn; 0 for one who does not wait."""
    order = [call.call_id for call in queue(calls)]
    return order.index(call_id) + 1 if call_id in order else 0


def wait(place: int, *, agents: int, handling: timedelta) -> timedelta | None:
    """An honest guess for this place: None while no agent is at work, for nobody knows then."""
    if agents == 0:
        return None
    rounds = -(-place // agents)
    return rounds * handling


def agents_at_work(desks: Sequence[Desk], language: str) -> int:
    """Agents of this language who take calls now, busy ones too."""
    working = (DeskState.AVAILABLE, DeskState.OFFERED, DeskState.IN_CALL, DeskState.WRAP_UP)
    return sum(desk.state in working and language in desk.languages for desk in desks)


def handling(ended: Sequence[Call], *, default: timedelta) -> timedelta:
    """What a call took of late, from acceptance to its end; the default until there are three."""
    spans = [
        call.ended_at - call.accepted_at
        for call in ended
        if call.ended_at is not None and call.accepted_at is not None
    ]
    return sum(spans, timedelta()) / len(spans) if len(spans) >= 3 else default
