"""What the file of one call is drawn from: read once, without looking at any piece of evidence."""

from dataclasses import dataclass
from datetime import datetime

import streamlit as st

from ca_core import records, roles
from ca_core.call import CONNECTED, Call, Check, Evidence, LineQuality, Settlement
from ca_core.registration import evidence, listening
from runtime.service import Service

_REASON = "calls.file.reason"


@dataclass(frozen=True, slots=True)
class File:
    service: Service
    staff: roles.Actor
    now: datetime
    call: Call
    checks: tuple[Check, ...]
    evidence: tuple[Evidence, ...]
    agent: str
    still_sealed: bool
    settlement: Settlement | None
    qualities: tuple[LineQuality, ...]
    is_spoken_into: bool

    @property
    def is_on_the_line(self) -> bool:
        return self.call.state in CONNECTED

    @property
    def reason(self) -> str:
        """What the viewer wrote for this call; empty before."""
        of, reason = st.session_state.get(_REASON, (0, ""))
        return str(reason) if of == self.call.call_id else ""


def give_reason(call_id: int, reason: str) -> None:
    """The words go with each look to the core, which writes them down."""
    st.session_state[_REASON] = (call_id, reason)


def read(service: Service, staff: roles.Actor, call_id: int) -> File:
    """Raises NotAllowed, CallUnknown."""
    with service.look() as work:
        listed = evidence.listed(work, actor=staff, call_id=call_id)
        call = records.call(work, call_id)
        agent = work.accounts.by_id(call.agent_id) if call.agent_id is not None else None
        return File(
            service, staff, service.now(), call, tuple(work.checks.of_call(call_id)), tuple(listed),
            agent.name if agent is not None else "", evidence.still_sealed(work, call),
            work.calls.settlement(call_id), tuple(work.calls.qualities(call_id)),
            listening.was_spoken_into(work, call_id=call_id),
        )  # fmt: skip
