"""Everything that pages are told about, read in one look at the database."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from ca_core.call import Call, Desk, DeskState, Gate, Outcome
from ca_core.lifecycle import CallState
from ca_core.policy import Calls as Rules
from ca_core.registration import checklist, dispatch, phone_code
from ca_core.registration.sms_code import CodePurpose
from video.gateway.service import Service, Work

# What a call takes, until there are calls to learn it from.
USUAL_HANDLING = timedelta(minutes=6)

_RECENT = 50


class CodeState(StrEnum):
    NONE = "none"
    ASKED = "asked"
    WRONG = "wrong"
    RIGHT = "right"


@dataclass(frozen=True, slots=True)
class Code:
    """How the phone's one-time code stands: right or wrong, never a digit (R4)."""

    state: CodeState = CodeState.NONE
    tries_left: int = 0


@dataclass(frozen=True, slots=True)
class Scene:
    """`calls`: those that live, in the queue's order; `ended`: those that open pages and desks are still about."""

    now: datetime
    rules: Rules
    calls: tuple[Call, ...]
    ended: tuple[Call, ...]
    desks: tuple[Desk, ...]
    codes: dict[int, Code]
    handling: timedelta

    def call(self, call_id: int | None) -> Call | None:
        return next((call for call in (*self.calls, *self.ended) if call.call_id == call_id), None)

    def desk(self, staff_id: int) -> Desk:
        """An agent who never sat down is offline."""
        offline = Desk(staff_id, DeskState.OFFLINE, (), self.now)
        return next((desk for desk in self.desks if desk.staff_id == staff_id), offline)

    def is_wrapped_up(self, call: Call) -> bool:
        desk = self.desk(call.agent_id or 0)
        return not (desk.state is DeskState.WRAP_UP and desk.call_id == call.call_id)


def read(service: Service, *, citizens: list[int], agents: list[int], lines: list[int]) -> Scene:
    """`citizens`: calls with an open page; `agents`: staff with one; `lines`: calls whose media are known."""
    with service.look() as work:
        now = service.now()
        calls = tuple(work.calls.living())
        desks = _desks(work, agents)
        living = {call.call_id for call in calls}
        about = {*citizens, *lines, *(desk.call_id for desk in desks if desk.call_id is not None)}
        ended = (work.calls.by_id(call_id) for call_id in sorted(about - living))
        return Scene(
            now=now,
            rules=work.policy.calls,
            calls=calls,
            ended=tuple(call for call in ended if call is not None),
            desks=desks,
            codes={
                call.call_id: _code(work, call, now)
                for call in calls
                if call.connected_at is not None and call.call_id in citizens
            },
            handling=dispatch.handling(_recent(work), default=USUAL_HANDLING),
        )


def _desks(work: Work, agents: list[int]) -> tuple[Desk, ...]:
    seated = work.desks.all()
    known = {desk.staff_id for desk in seated}
    others = (work.desks.by_id(staff_id) for staff_id in agents if staff_id not in known)
    return (*seated, *(desk for desk in others if desk is not None))


def _recent(work: Work) -> list[Call]:
    return [call for call in work.calls.latest(_RECENT) if call.state is CallState.ENDED]


def _code(work: Work, call: Call, now: datetime) -> Code:
    newest = checklist.newest(work.checks.of_call(call.call_id)).get(Gate.CODE)
    if newest is not None and newest.outcome is Outcome.PASSED:
        return Code(CodeState.RIGHT)
    sent = work.codes.latest(purpose=CodePurpose.REGISTER.value, subject=phone_code.subject(call.call_id))
    if sent is None or now >= sent.expires_at:
        return Code()
    is_wrong = newest is not None and newest.outcome is Outcome.FAILED and newest.at >= sent.sent_at
    return Code(CodeState.WRONG if is_wrong else CodeState.ASKED, sent.tries_left)
