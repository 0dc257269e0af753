"""What an agent's page shows, read in one look: the desk, the call on it, its checklist and evidence."""

from dataclasses import dataclass
from datetime import datetime

from ca_core import overview, records, roles
from ca_core.call import STILLS, Call, Check, Desk, DeskState, Evidence, EvidenceKind, Gate, Outcome
from ca_core.lifecycle import CallState
from ca_core.overview import QueueNow
from ca_core.ports import StoredCode, Work
from ca_core.registration import checklist, desk, phone_code
from ca_core.registration.sms_code import CodePurpose
from runtime.service import Service


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`call` is the agent's own; `queue` is read only while there is none on the line."""

    service: Service
    staff: roles.Actor
    now: datetime
    desk: Desk
    call: Call | None = None
    checks: tuple[Check, ...] = ()
    evidence: tuple[Evidence, ...] = ()
    # The caller's holder page: once they are identified, and if they have certificates.
    holder_id: int | None = None
    identified: bool = False
    code: StoredCode | None = None
    queue: QueueNow | None = None

    @property
    def is_before_the_line(self) -> bool:
        """Offered or ringing: nothing was heard or seen yet."""
        call = self.call
        return call is not None and call.connected_at is None

    @property
    def newest(self) -> dict[Gate, Check]:
        return checklist.newest(self.checks)

    @property
    def missing(self) -> tuple[Gate, ...]:
        return checklist.missing(self.checks)

    def passed(self, gate: Gate) -> bool:
        found = self.newest.get(gate)
        return found is not None and found.outcome is Outcome.PASSED

    def still(self, kind: EvidenceKind) -> Evidence | None:
        """The newest of its kind."""
        return next((item for item in reversed(self.evidence) if item.kind is kind), None)

    @property
    def stills(self) -> tuple[Evidence, ...]:
        return tuple(item for item in self.evidence if item.kind in STILLS)

    @property
    def mark(self) -> tuple[str, int, int]:
        """What changes when anything about desk or call does."""
        return self.desk.state.value, self.desk.version, self.call.version if self.call else 0


def take(service: Service, staff: roles.Actor) -> Snapshot:
    """Raises NotAllowed."""
    now = service.now()
    with service.look() as work:
        place = desk.of(work, actor=staff, now=now)
        found = work.calls.by_id(place.call_id) if place.call_id is not None else None
        if found is None or found.agent_id != staff.staff_id or found.connected_at is None:
            queue = overview.queue_now(work, actor=staff, now=now)
            return Snapshot(service, staff, now, place, _own(found, staff), queue=queue)
        return _in_a_call(work, service, staff, now, place, found)


def _own(found: Call | None, staff: roles.Actor) -> Call | None:
    return found if found is not None and found.agent_id == staff.staff_id else None


def _in_a_call(
    work: Work, service: Service, staff: roles.Actor, now: datetime, place: Desk, found: Call
) -> Snapshot:
    checks = tuple(checklist.of_call(work, actor=staff, call_id=found.call_id))
    caller = records.caller_of(work, staff)
    owner = work.subscribers.by_iin(caller) if caller is not None else None
    code = work.codes.latest(purpose=CodePurpose.REGISTER.value, subject=phone_code.subject(found.call_id))
    return Snapshot(
        service, staff, now, place, found, checks, tuple(work.evidence.of_call(found.call_id)),
        owner.subscriber_id if owner is not None else None, caller is not None, code,
    )  # fmt: skip


def is_on_the_line(call: Call) -> bool:
    """On hold nothing is seen, said or recorded: no gate can be passed then."""
    return call.state is CallState.ACTIVE


def is_wrapping_up(place: Desk) -> bool:
    return place.state is DeskState.WRAP_UP
