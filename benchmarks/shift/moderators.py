"""A moderator's session through the console's doors: claim, say that one is there, decide, sometimes take it back."""

import random
import time
from typing import Any

from benchmarks.shift.asking import Asking, BrokeOff, Weather
from benchmarks.shift.ledger import Decided, Ledger
from benchmarks.shift.stock import Colleague
from ca_core.review import Decision
from runtime.settings import Settings

PACE_SECONDS = 6.0
"""A decision takes a moderator about as long; slower than anybody works, and every hand of the house is used."""
_UNDONE = 1 / 6
_ACTS: tuple[tuple[Decision, dict[str, Any]], ...] = (
    (Decision.APPROVE, {"same": 5, "live": True, "usable": True}),
    (Decision.REJECT, {"same": 1, "live": True, "usable": True, "reason": "another_person"}),
    (Decision.NEW_PHOTO, {"same": 3, "live": True, "usable": False, "reason": "blurred"}),
)


async def work(chosen: Settings, who: Colleague, ledger: Ledger, weather: Weather) -> None:
    """Until the shift is over."""
    asking = Asking(chosen, who, ledger, weather)
    await weather.sleep(random.uniform(0, PACE_SECONDS))
    while not weather.is_over.is_set():
        try:
            item = await asking.post("/reviews/next")
            if item is None:
                await weather.sleep(1)
                continue
            await _judge(asking, item, who, ledger, weather)
        except BrokeOff:
            continue
    await asking.close()


async def _judge(
    asking: Asking, item: dict[str, Any], who: Colleague, ledger: Ledger, weather: Weather
) -> None:
    await weather.sleep(PACE_SECONDS / 3)
    await asking.post(f"/reviews/{item['review_id']}/present", {"fence": item["fence"]})
    await weather.sleep(PACE_SECONDS / 3)
    decided = await _decide(asking, item, who, ledger)
    await weather.sleep(PACE_SECONDS / 3)
    if decided is not None and random.random() < _UNDONE:
        again = await asking.post(f"/reviews/{decided.review_id}/undo")
        if again is not None:
            ledger.undone.append(decided)
            await _decide(asking, again, who, ledger)


async def _decide(asking: Asking, item: dict[str, Any], who: Colleague, ledger: Ledger) -> Decided | None:
    decision, said = random.choice(_ACTS)
    began = time.perf_counter()
    told = await asking.post(
        f"/reviews/{item['review_id']}/decision",
        {**said, "fence": item["fence"], "decision": decision.name.lower()},
    )
    if told is None:
        return None
    ledger.decision_seconds.append(time.perf_counter() - began)
    decided = Decided(item["review_id"], who.staff_id, decision)
    ledger.decided.append(decided)
    return decided
