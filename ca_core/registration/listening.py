"""A supervisor listens in on a call: sees and hears both parties, unseen, and says why first (R14).

They are unheard until they speak: to the agent alone, or to both. Either is written down before a word is heard.
"""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from ca_core import audit, records, roles
from ca_core.audit import Recorded
from ca_core.call import CONNECTED, Call, Leg
from ca_core.ports import Work
from ca_core.registration import call as calls
from ca_core.registration import evidence, ticket


class Pages(Protocol):
    def newest(self, subject: str, events: Sequence[str]) -> Recorded | None: ...


class Read(Protocol):
    """The part of a unit of work that is used for looking back."""

    @property
    def audit_pages(self) -> Pages: ...


class Speech(StrEnum):
    """What a supervisor does who speaks into a call, named as contact centres do."""

    # The agent alone hears it.
    WHISPER = "whisper"
    # The caller hears it too.
    JOIN = "join"

    @property
    def audience(self) -> frozenset[Leg]:
        return frozenset({Leg.AGENT}) if self is Speech.WHISPER else frozenset(Leg)


def begin(
    work: Work, *, actor: roles.Actor, call_id: int, reason: str, session_digest: bytes, now: datetime
) -> str:
    """A pass to the gateway, bound to the call and to the session that asked; each is one audit entry.

    Raises NotAllowed, EvidenceReasonMissing, CallUnknown, NotConnected.
    """
    roles.require(actor, roles.Permission.LISTEN_IN)
    written = evidence.require_reason(actor, reason)
    found = on_the_line(work, call_id)
    work.audit.add(
        audit.Entry(
            now, actor, "call:listen:begun", f"call/{call_id}", found.state.name, reason=written,
        )
    )  # fmt: skip
    return ticket.for_observer(
        work, staff_id=actor.staff_id or 0, call_id=call_id, session_digest=session_digest, now=now
    )


def on_the_line(work: Work, call_id: int) -> Call:
    """Of two who talk, or did a moment ago. Raises CallUnknown, NotConnected."""
    found = records.call(work, call_id)
    if found.state not in CONNECTED:
        raise calls.NotConnected(state=found.state.name)
    return found


def speak(work: Work, *, actor: roles.Actor, call_id: int, speech: Speech, now: datetime) -> None:
    """One audit entry; whoever may hear it is `speech.audience`. Raises NotAllowed, CallUnknown, NotConnected."""
    roles.require(actor, roles.Permission.SPEAK_IN)
    found = on_the_line(work, call_id)
    work.audit.add(audit.Entry(now, actor, _begun(speech), f"call/{call_id}", found.state.name))


def was_spoken_into(work: Read, *, call_id: int) -> bool:
    """Whether somebody besides the two parties may be heard in its recording."""
    return work.audit_pages.newest(f"call/{call_id}", [_begun(speech) for speech in Speech]) is not None


def _begun(speech: Speech) -> str:
    return f"call:{speech.value}:begun"
