"""The gateway in figures, as Prometheus reads them."""

from collections import Counter
from collections.abc import Iterable

from ca_core.call import DeskState, Leg
from ca_core.lifecycle import CallState
from ca_core.registration import dispatch
from video.gateway.gateway import Gateway


def text(gateway: Gateway) -> str:
    scene = gateway.scene
    calls = Counter(call.state.name.lower() for call in scene.calls) if scene else Counter[str]()
    desks = Counter(desk.state.value for desk in scene.desks) if scene else Counter[str]()
    living = [state.name.lower() for state in CallState if state is not CallState.ENDED]
    live = gateway.workers.live()
    lines = [
        *_gauge("queue_length", [("", len(dispatch.queue(scene.calls)) if scene else 0)]),
        *_gauge("calls", [(f'state="{state}"', calls[state]) for state in living]),
        *_gauge("agents", [(f'state="{state}"', desks[state.value]) for state in DeskState]),
        *_gauge("pages", [(f'side="{leg}"', len(gateway.pages.numbers(leg))) for leg in Leg]),
        *_gauge("media_worker_up", [(f'worker="{name}"', name in live) for name in gateway.workers.links]),
        *_gauge("media_has_room", [("", gateway.workers.has_room)]),
        *_counter("offers_total", [("", gateway.counts.offers)]),
        *_counter("calls_sealed_total", [("", gateway.counts.sealed)]),
        *_counter("refusals_total", [(f'code="{code}"', n) for code, n in gateway.counts.refusals.items()]),
    ]
    return "\n".join(lines) + "\n"


def _gauge(name: str, values: Iterable[tuple[str, int]]) -> list[str]:
    return _family(name, "gauge", values)


def _counter(name: str, values: Iterable[tuple[str, int]]) -> list[str]:
    return _family(name, "counter", values)


def _family(name: str, kind: str, values: Iterable[tuple[str, int]]) -> list[str]:
    full = f"qoltanba_video_{name}"
    rows = [
        f"{full}{{{labels}}} {int(value)}" if labels else f"{full} {int(value)}" for labels, value in values
    ]
    return [f"# TYPE {full} {kind}", *rows]
