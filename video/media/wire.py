"""What goes over the control connection of a worker, both ways: values, and how they become JSON.

The refusals of the engine travel by their code and are raised again as themselves at the other end.
"""

import json
from collections.abc import Mapping
from dataclasses import asdict, dataclass, fields
from datetime import datetime
from typing import Any

from ca_core.errors import Refusal
from video import engine
from video.engine import CallStats, Event, EventKind, LegStats, Role


class RequestNotUnderstood(Refusal):
    """The body is not the JSON that the route takes."""

    code = "media.request_not_understood"


class StillNotKept(Refusal):
    """The still was taken and could not be written; nothing of it is kept."""

    code = "media.still_not_kept"


STATUS: dict[type[Refusal], int] = {
    RequestNotUnderstood: 400,
    engine.CallNotKnown: 404,
    engine.LegNotKnown: 404,
    engine.NoPicture: 409,
    engine.RoleNotKnown: 422,
    engine.OfferNotUnderstood: 422,
    engine.NobodySpeaks: 409,
    engine.VoiceTaken: 409,
    engine.ObserversBusy: 503,
    engine.ProbesBusy: 503,
    StillNotKept: 507,
}
_BY_CODE = {kind.code: kind for kind in STATUS}


@dataclass(frozen=True, slots=True)
class KeptStill:
    """A still as it lies in the evidence folder; the SHA-256 is the picture's, before sealing."""

    name: str
    sha256: str
    width_px: int
    height_px: int
    taken_at: datetime
    took_ms: int


@dataclass(frozen=True, slots=True)
class ProbeAnswer:
    probe_id: int
    sdp: str


@dataclass(frozen=True, slots=True)
class NumberedEvent:
    """Numbers grow by one from 1 in a run of the worker."""

    number: int
    event: Event


@dataclass(frozen=True, slots=True)
class Heartbeat:
    """Each second: the worker lives. `run` changes when it was started anew; `number` is the last event's. One that
    drains takes no further call. `delay_ms`: how late its event loop comes to what is due, the median of seconds."""

    run: str
    number: int
    cpu_percent: float
    calls: int
    legs: int
    is_draining: bool = False
    delay_ms: float = 0.0


@dataclass(frozen=True, slots=True)
class Gone:
    """Nobody listens at the worker's address: its process ended. Told by our end of the connection."""


def event_json(numbered: NumberedEvent) -> str:
    event = numbered.event
    body = {
        "number": numbered.number,
        "call_id": event.call_id,
        "role": event.role,
        "kind": event.kind,
        "at": event.at.isoformat(),
        "facts": dict(event.facts),
    }
    return json.dumps({"event": body})


def heartbeat_json(heartbeat: Heartbeat) -> str:
    return json.dumps({"heartbeat": asdict(heartbeat)})


def message(text: str | bytes) -> NumberedEvent | Heartbeat:
    """Read what `event_json` or `heartbeat_json` wrote."""
    told: dict[str, Any] = json.loads(text)
    if "heartbeat" in told:
        return Heartbeat(**told["heartbeat"])
    body = told["event"]
    role = None if body["role"] is None else Role(body["role"])
    at = datetime.fromisoformat(body["at"])
    event = Event(body["call_id"], role, EventKind(body["kind"]), at, body["facts"])
    return NumberedEvent(body["number"], event)


def stats_json(stats: CallStats) -> dict[str, object]:
    return asdict(stats)


def read_stats(body: Mapping[str, Any]) -> CallStats:
    legs = tuple(LegStats(**{**leg, "role": Role(leg["role"])}) for leg in body["legs"])
    observers = tuple(body["observers"])
    return CallStats(body["call_id"], body["is_held"], body["is_recording"], legs, observers, body["speaker"])


def still_json(still: KeptStill) -> dict[str, object]:
    return {**asdict(still), "taken_at": still.taken_at.isoformat()}


def read_still(body: Mapping[str, Any]) -> KeptStill:
    known = {field.name: body[field.name] for field in fields(KeptStill)}
    return KeptStill(**{**known, "taken_at": datetime.fromisoformat(body["taken_at"])})


def refusal_json(refusal: Refusal) -> dict[str, object]:
    facts = {name: value for name, value in refusal.facts.items() if isinstance(value, str | int | float)}
    return {"code": refusal.code, "facts": facts}


def refusal(code: str, facts: Mapping[str, object]) -> Refusal | None:
    """The refusal that a worker told, or None for a code that is not known here."""
    kind = _BY_CODE.get(code)
    return kind(**facts) if kind is not None else None
