"""A search's filters as an address and back: deep links hold filters and ids, never a personal key (R14)."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import IntEnum

from ca_core.certificate import Channel, Kind, Method, Status, StorageKind
from ca_core.ports import Criteria

REGIONS = tuple(range(1, 21))
STATUSES = (Status.VALID, Status.ON_HOLD, Status.REVOKED, Status.EXPIRED)


@dataclass(frozen=True, slots=True)
class Filters:
    """What the filter widgets hold: names of members, and days as people write them."""

    status: tuple[str, ...] = ()
    channel: tuple[str, ...] = ()
    storage: tuple[str, ...] = ()
    method: tuple[str, ...] = ()
    kind: tuple[str, ...] = ()
    region: tuple[str, ...] = ()
    issued_from: date | None = None
    issued_to: date | None = None
    lost: bool = False

    @property
    def count(self) -> int:
        """How many are set beside the status, which is always in view."""
        lists = (self.channel, self.storage, self.method, self.kind, self.region)
        return sum(map(bool, lists)) + sum(map(bool, (self.issued_from, self.issued_to, self.lost)))


def _names(members: type[IntEnum]) -> tuple[str, ...]:
    return tuple(member.name.lower() for member in members)


OPTIONS: dict[str, tuple[str, ...]] = {
    "status": tuple(status.value for status in STATUSES),
    "channel": _names(Channel),
    "storage": _names(StorageKind),
    "method": _names(Method),
    "kind": _names(Kind),
    "region": tuple(str(region) for region in REGIONS),
}


def from_query(query: Mapping[str, str]) -> Filters:
    """What an address asks for; values that are none of ours are passed over."""
    chosen = {
        name: tuple(value for value in query.get(name, "").split(",") if value in options)
        for name, options in OPTIONS.items()
    }
    return Filters(
        **chosen,
        issued_from=_day(query.get("from", "")),
        issued_to=_day(query.get("to", "")),
        lost=query.get("lost") == "1",
    )


def ignored(query: Mapping[str, str]) -> list[str]:
    """What an address asks for and nobody here knows: `status=good`."""
    return [
        f"{name}={value}"
        for name, values in query.items()
        for value in values.split(",")
        if not _known(name, value)
    ]


def _known(name: str, value: str) -> bool:
    if name in OPTIONS:
        return value in OPTIONS[name]
    return (name == "lost" and value == "1") or (name in ("from", "to") and _day(value) is not None)


def to_query(filters: Filters) -> dict[str, str]:
    query = {name: ",".join(getattr(filters, name)) for name in OPTIONS if getattr(filters, name)}
    if filters.issued_from:
        query["from"] = filters.issued_from.isoformat()
    if filters.issued_to:
        query["to"] = filters.issued_to.isoformat()
    if filters.lost:
        query["lost"] = "1"
    return query


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None


def typed_day(text: str) -> date | None:
    """A day as people type it: 22.11.2026, also 22/11/2026 and 2026-11-22. None for an empty field.

    Raises ValueError for what is no day.
    """
    written = text.strip().replace("/", ".")
    if not written:
        return None
    form = "%Y-%m-%d" if "-" in written else "%d.%m.%Y"
    return datetime.strptime(written, form).date()  # noqa: DTZ007 - a day has no zone


def narrowed(key: Criteria, filters: Filters) -> Criteria:
    """The key from the box together with the filters."""
    return replace(
        key,
        statuses=filters.status,
        channels=tuple(int(Channel[name.upper()]) for name in filters.channel),
        storages=tuple(int(StorageKind[name.upper()]) for name in filters.storage),
        methods=tuple(int(Method[name.upper()]) for name in filters.method),
        kinds=tuple(int(Kind[name.upper()]) for name in filters.kind),
        regions=tuple(int(region) for region in filters.region),
        issued_from=filters.issued_from,
        issued_to=filters.issued_to,
        lost=filters.lost,
    )
