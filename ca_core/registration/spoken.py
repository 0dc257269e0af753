"""IIN and phone as the caller said them, typed blind by the agent, compared by the server (F2, R1, R3).

The agent sees "agrees" or not, never the values to copy: an IIN misread in one digit passes its own check
digit one time in eleven, so three sources must say the same.
"""

from dataclasses import dataclass
from datetime import datetime

from ca_core import audit, roles
from ca_core.call import Gate, Outcome
from ca_core.errors import Refusal
from ca_core.identifiers import Iin, Phone
from ca_core.ports import Work
from ca_core.registration import bmg, checklist
from ca_core.registration import call as calls


class ReadingFirst(Refusal):
    """The document is read before what is said can be compared with it."""

    code = "spoken.reading_first"


@dataclass(frozen=True, slots=True)
class Agreement:
    """What agrees. The document's IIN agreed with the typed one when its reading passed."""

    iin: bool
    phone: bool


def compare(
    work: Work, *, actor: roles.Actor, call_id: int, iin: Iin, phone: Phone, now: datetime
) -> Agreement:
    """Raises ReadingFirst, PhoneOfAnother and as `call.on_the_line`."""
    found = calls.on_the_line(work, actor=actor, call_id=call_id)
    latest = checklist.newest(work.checks.of_call(call_id))
    if Gate.READING not in latest or latest[Gate.READING].outcome is not Outcome.PASSED:
        raise ReadingFirst
    agreement = Agreement(iin=iin == found.iin, phone=phone == found.phone)
    if agreement.phone:
        bmg.require_free(work, phone=phone, iin=found.iin)
    both = agreement.iin and agreement.phone
    facts = {"iin": str(agreement.iin), "phone": str(agreement.phone)}
    outcome = Outcome.PASSED if both else Outcome.FAILED
    checklist.note(
        work, actor=actor, call_id=call_id, gate=Gate.SPOKEN, outcome=outcome, facts=facts, now=now
    )
    work.audit.add(
        audit.Entry(
            now, actor, "spoken:compare:done", f"call/{call_id}", to_state=outcome.value, details=facts
        )
    )
    return agreement
