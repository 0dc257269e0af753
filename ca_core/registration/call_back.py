""" "Call me back": the place in the queue is kept, and an SMS invites when an agent is free.

The message asks for nothing and nobody is rung up: the citizen opens the page and calls (R13).
"""

import secrets
from dataclasses import replace
from datetime import datetime, timedelta

from ca_core import audit, notices, roles
from ca_core.call import CallBack, DeskState
from ca_core.errors import Refusal
from ca_core.identifiers import Phone
from ca_core.lifecycle import CallState
from ca_core.ports import Work
from ca_core.registration.ticket import digest

# One transaction erases no more: others wait for it.
ERASED_AT_ONCE = 500
_SECRET_BYTES = 18
# A complaint about an invitation, or about one that never came, is answered within a month.
_KEPT_FOR = timedelta(days=30)


class CallBackUnknown(Refusal):
    """No invitation of ours had this link, or it was used, or its time is over."""

    code = "call_back.unknown"


def ask(work: Work, *, phone: Phone, language: str, now: datetime) -> CallBack:
    """Kept once a phone and day, invited or not: asking again keeps the first place, and nobody is written to twice."""
    known = work.call_backs.living_of_phone(phone, since=now - work.policy.calls.call_back)
    if known is not None:
        return known
    wish = CallBack(digest(secrets.token_urlsafe(_SECRET_BYTES)), phone, language, now)
    wish_id = work.call_backs.add(wish)
    work.audit.add(audit.Entry(now, roles.OWNER, "call_back:ask:done", f"call_back/{wish_id}"))
    return replace(wish, call_back_id=wish_id)


def invite(work: Work, *, actor: roles.Actor, now: datetime) -> int:
    """As many invitations as agents are free while nobody waits; their number. Raises NotAllowed."""
    roles.require_system(actor)
    if any(call.state is CallState.QUEUED for call in work.calls.living()):
        return 0
    free = [desk for desk in work.desks.all() if desk.state is DeskState.AVAILABLE]
    invited = 0
    for wish in work.call_backs.waiting(20, since=now - work.policy.calls.call_back):
        speaker = next((desk for desk in free if wish.language in desk.languages), None)
        if speaker is None:
            continue
        free.remove(speaker)
        _invite(work, actor, wish, now)
        invited += 1
    return invited


def _invite(work: Work, actor: roles.Actor, wish: CallBack, now: datetime) -> None:
    # The secret exists in the message alone: a fresh one takes the place of the one that nobody knows.
    secret = secrets.token_urlsafe(_SECRET_BYTES)
    work.call_backs.renew(wish, token_digest=digest(secret), invited_at=now)
    words = {"token": secret}
    work.outbox.add(
        [
            replace(
                notices.to_phone(
                    wish.phone,
                    kind=notices.NoticeKind.CALL_BACK,
                    language=wish.language,
                    words=words,
                    now=now,
                ),
                secret=True,
            )
        ]
    )
    work.audit.add(audit.Entry(now, actor, "call_back:invite:done", f"call_back/{wish.call_back_id}"))


def place_kept(work: Work, *, secret: str, now: datetime) -> datetime:
    """The place that the invitation keeps; uses it up. Raises CallBackUnknown."""
    found = work.call_backs.by_digest(digest(secret))
    if found is None or found.invited_at is None or now >= found.invited_at + work.policy.calls.call_back:
        raise CallBackUnknown
    if not work.call_backs.spend(found.token_digest, now=now):
        raise CallBackUnknown
    return found.asked_at


def erase_old(work: Work, *, actor: roles.Actor, now: datetime) -> bool:
    """The phone is forgotten a month after the link was used, or after its time was over (R14).

    True while there may be more. Raises NotAllowed.
    """
    roles.require_system(actor)
    kept_since = now - _KEPT_FOR
    erased = work.call_backs.erase(
        used_before=kept_since, asked_before=kept_since - work.policy.calls.call_back, limit=ERASED_AT_ONCE
    )
    if erased:
        details = {"erased": str(erased)}
        work.audit.add(audit.Entry(now, actor, "call_back:erase:done", "call_back", details=details))
    return erased == ERASED_AT_ONCE
