"""The code that proves the phone being registered (R3, R4): bound to the call and to the citizen's own page.

Right or wrong is all that the agent sees. Policy `article` lets the agent type what the caller says; `2026`
lets the caller alone type it.
"""

from datetime import datetime

from ca_core import records, roles
from ca_core.call import Call, Check, Gate, Outcome
from ca_core.errors import Refusal
from ca_core.lifecycle import CallState
from ca_core.ports import Work
from ca_core.registration import bmg, checklist, sms_code
from ca_core.registration import call as calls
from ca_core.registration.sms_code import CodePurpose, CodeUsedUp, CodeWrong, Sent, Try


class SpokenFirst(Refusal):
    """The number must be the one that the caller typed and said, before a code goes to it."""

    code = "phone_code.spoken_first"


def subject(call_id: int) -> str:
    return f"call/{call_id}"


def send(work: Work, *, actor: roles.Actor, call_id: int, now: datetime) -> Sent:
    """To the phone being registered. Raises SpokenFirst, PhoneOfAnother, CodeTooSoon, TooManyCodes and as
    `call.on_the_line`.
    """
    found = calls.on_the_line(work, actor=actor, call_id=call_id)
    spoken = checklist.newest(work.checks.of_call(call_id)).get(Gate.SPOKEN)
    if spoken is None or spoken.outcome is not Outcome.PASSED:
        raise SpokenFirst
    bmg.require_free(work, phone=found.phone, iin=found.iin)
    return sms_code.dispatch(
        work,
        actor=actor,
        phone=found.phone,
        purpose=CodePurpose.REGISTER,
        subject=subject(call_id),
        page=_page(found),
        language=found.language,
        subscriber_id=None,
        now=now,
    )


def take_try(work: Work, *, actor: roles.Actor, call_id: int, now: datetime) -> Try:
    """To be committed in a work of its own. Raises NotConnected, NotYourCall and as `sms_code.take_try`."""
    found = _open_call(work, actor, call_id)
    return sms_code.take_try(
        work, actor=actor, purpose=CodePurpose.REGISTER, subject=subject(call_id), page=_page(found), now=now
    )


def confirm(work: Work, *, actor: roles.Actor, call_id: int, attempt: Try, typed: str, now: datetime) -> None:
    """By the citizen's page (`roles.OWNER`) or by the agent. Raises NotConnected, NotYourCall and as
    `sms_code.confirm`.
    """
    found = _open_call(work, actor, call_id)
    try:
        sms_code.confirm(
            work, actor=actor, attempt=attempt, purpose=CodePurpose.REGISTER, subject=subject(call_id),
            page=_page(found), typed=typed, now=now,
        )  # fmt: skip
    except (CodeWrong, CodeUsedUp) as refusal:
        facts = {"refused": refusal.code, "tries_left": str(attempt.tries_left)}
        failed = Check(call_id, Gate.CODE, Outcome.FAILED, now, actor.name, facts)
        work.after_refusal(lambda later: later.checks.add(failed))
        raise
    facts = {"typed_by": "agent" if actor.role is not None else "caller"}
    checklist.note(
        work, actor=actor, call_id=call_id, gate=Gate.CODE, outcome=Outcome.PASSED, facts=facts, now=now
    )


def _open_call(work: Work, actor: roles.Actor, call_id: int) -> Call:
    if actor != roles.OWNER:
        return calls.on_the_line(work, actor=actor, call_id=call_id)
    found = records.call(work, call_id)
    if found.state is not CallState.ACTIVE:
        raise calls.NotConnected(state=found.state.name)
    return found


def _page(found: Call) -> str:
    return found.page_digest.hex()
