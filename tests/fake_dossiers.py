"""In-memory stand-ins for the dossiers of those on their way, and for the counted look-ups."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from ca_core.dossier import Acceptance, Dossier
from ca_core.identifiers import ApplicationId, Iin
from ca_core.records import ChangedMeanwhile


@dataclass
class DossierMemory:
    """What they store."""

    own_dossiers: dict[int, Dossier] = field(default_factory=dict)
    acceptances: list[Acceptance] = field(default_factory=list)
    look_ups: list[tuple[bytes, bytes, datetime]] = field(default_factory=list)
    last_dossier_id: int = 0


class OwnDossiers:
    def __init__(self, memory: DossierMemory) -> None:
        self._memory = memory

    def _all(self) -> list[Dossier]:
        return list(self._memory.own_dossiers.values())

    def by_digest(self, token_digest: bytes) -> Dossier | None:
        return next((d for d in self._all() if d.token_digest == token_digest), None)

    def by_number(self, number: ApplicationId) -> Dossier | None:
        return next((d for d in self._all() if d.number == number), None)

    def of_iin(self, iin: Iin) -> list[Dossier]:
        found = [d for d in self._all() if d.iin == iin and d.number is not None]
        return sorted(found, key=lambda d: d.dossier_id, reverse=True)

    def add(self, dossier: Dossier) -> int:
        self._require_alone(dossier)
        self._memory.last_dossier_id += 1
        dossier_id = self._memory.last_dossier_id
        self._memory.own_dossiers[dossier_id] = replace(dossier, dossier_id=dossier_id)
        return dossier_id

    def save(self, dossier: Dossier, *, expected: Dossier) -> Dossier:
        stored = self._memory.own_dossiers.get(expected.dossier_id)
        if stored is None or stored.version != expected.version:
            raise ChangedMeanwhile
        self._require_alone(dossier)
        written = replace(dossier, version=expected.version + 1)
        self._memory.own_dossiers[expected.dossier_id] = written
        return written

    def _require_alone(self, dossier: Dossier) -> None:
        others = [d for d in self._all() if d.dossier_id != dossier.dossier_id]
        if any(
            d.token_digest == dossier.token_digest or (d.number is not None and d.number == dossier.number)
            for d in others
        ):
            raise ChangedMeanwhile

    def erase(self, dossier: Dossier) -> None:
        stored = self._memory.own_dossiers.get(dossier.dossier_id)
        if stored is None or stored.version != dossier.version:
            raise ChangedMeanwhile
        del self._memory.own_dossiers[dossier.dossier_id]

    def untouched_since(self, instant: datetime, limit: int) -> list[Dossier]:
        found = [d for d in self._all() if d.changed_at <= instant]
        return sorted(found, key=lambda d: d.changed_at)[:limit]

    def accept(self, acceptance: Acceptance) -> None:
        self._memory.acceptances.append(acceptance)

    def acceptances(self, number: ApplicationId) -> Sequence[Acceptance]:
        return [a for a in self._memory.acceptances if a.number == number]


class LookUps:
    def __init__(self, memory: DossierMemory) -> None:
        self._memory = memory

    def add(self, *, subject: bytes, device: bytes, at: datetime) -> None:
        self._memory.look_ups.append((subject, device, at))

    def of_subject(self, subject: bytes, *, since: datetime) -> int:
        return sum(s == subject and at > since for s, _, at in self._memory.look_ups)

    def of_device(self, device: bytes, *, since: datetime) -> int:
        return sum(d == device and at > since for _, d, at in self._memory.look_ups)

    def forget_before(self, instant: datetime) -> None:
        self._memory.look_ups = [line for line in self._memory.look_ups if line[2] > instant]
