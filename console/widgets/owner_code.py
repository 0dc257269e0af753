"""The owner's one-time code (R4, R9): send it, see how long it is good, type what the owner says.

The page has a random token of its own, made when it is opened: a code sent from here works only here.
"""

import re
import secrets
from dataclasses import dataclass
from datetime import datetime, timedelta

import streamlit as st

from ca_core import roles
from ca_core.consent import OwnerConsent
from ca_core.errors import Refusal
from ca_core.ports import Work
from ca_core.registration import sms_code
from ca_core.registration.sms_code import CodeExpired, CodePurpose, CodeUsedUp, CodeWrong, Sent, Try
from ca_core.subscriber import Subscriber
from console import words
from console.widgets import format as formats
from console.widgets import refusals
from runtime.service import Service

_PAGE = "owner_code.page"
# Six digits, and the blanks that people put between them.
_LONGEST_TYPED = 12


@dataclass(frozen=True, slots=True)
class _Refused:
    """What became of the last code typed here."""

    refusal: CodeWrong | CodeUsedUp | CodeExpired
    typed: str

    @property
    def over(self) -> bool:
        """Nothing that is typed helps any more: a new code is needed."""
        return not isinstance(self.refusal, CodeWrong) or self.refusal.facts["tries_left"] == 0


def new_page() -> None:
    """Called when the page is opened: codes sent from an earlier visit no longer work here."""
    st.session_state[_PAGE] = secrets.token_urlsafe(16)


def _page() -> str:
    if _PAGE not in st.session_state:
        new_page()
    return str(st.session_state[_PAGE])


def _sent_key(purpose: CodePurpose, subject: str) -> str:
    return f"owner_code.sent.{_page()}.{purpose.value}.{subject}"


def _refused_key(purpose: CodePurpose, subject: str) -> str:
    return f"owner_code.refused.{_page()}.{purpose.value}.{subject}"


def _typed_key(purpose: CodePurpose, subject: str) -> str:
    return f"code_{purpose.value}_{subject}"


def draw(
    service: Service, staff: roles.Actor, *, owner: Subscriber, purpose: CodePurpose, subject: str
) -> str:
    """The box; what was typed so far, without blanks."""
    sent: Sent | None = st.session_state.get(_sent_key(purpose, subject))
    refused = _refused(purpose, subject)
    over = refused is not None and refused.over
    st.markdown(_where_to(owner, sent))
    label = words.t("owner_code.send_again" if sent else "owner_code.send")
    if st.button(label, key=f"send_{purpose.value}_{subject}", icon=":material/sms:"):
        _send(service, staff, owner=owner, purpose=purpose, subject=subject)
    typed = st.text_input(
        words.t("owner_code.typed"),
        key=_typed_key(purpose, subject),
        max_chars=_LONGEST_TYPED,
        placeholder="••••••",
        disabled=sent is None or over,
        autocomplete="off",
    )
    whole = re.sub(r"\s", "", str(typed))
    if sent is not None and not over:
        _countdown(service, sent)
    if refused is not None and (over or refused.typed == whole):
        _say(refused)
    return "" if over else whole


def is_whole(typed: str) -> bool:
    """Less than six digits is a slip of the hand, and no try."""
    return re.fullmatch(r"[0-9]{6}", typed) is not None


def show(refusal: Refusal, purpose: CodePurpose, subject: str, typed: str) -> None:
    """Where the act was refused. What is wrong with the code is said at the code, on the page drawn anew."""
    if not isinstance(refusal, CodeWrong | CodeUsedUp | CodeExpired):
        refusals.show(refusal)
        return
    st.session_state[_refused_key(purpose, subject)] = _Refused(refusal, typed)
    st.rerun()


def _refused(purpose: CodePurpose, subject: str) -> _Refused | None:
    found: _Refused | None = st.session_state.get(_refused_key(purpose, subject))
    return found


def _say(refused: _Refused) -> None:
    if isinstance(refused.refusal, CodeWrong) and refused.over:
        st.error(words.t("owner_code.no_tries"), icon=":material/block:")
    else:
        refusals.show(refused.refusal)


def _where_to(owner: Subscriber, sent: Sent | None) -> str:
    if sent is not None:
        return words.t("owner_code.sent", phone=sent.phone.masked)
    if owner.phone is not None:
        return words.t("owner_code.will_go", phone=owner.phone.masked)
    return words.t("owner_code.to_bmg_phone")


def _send(
    service: Service, staff: roles.Actor, *, owner: Subscriber, purpose: CodePurpose, subject: str
) -> None:
    try:
        with service.work(by=staff, on=subject) as work:
            sent = sms_code.send(
                work,
                actor=staff,
                owner=owner,
                purpose=purpose,
                subject=subject,
                page=_page(),
                now=service.now(),
            )
    except Refusal as refusal:
        refusals.show(refusal)
        return
    st.session_state[_sent_key(purpose, subject)] = sent
    st.session_state.pop(_refused_key(purpose, subject), None)
    st.session_state[_typed_key(purpose, subject)] = ""
    st.rerun()


@st.fragment(run_every=timedelta(seconds=1))
def _countdown(service: Service, sent: Sent) -> None:
    now = service.now()
    if now >= sent.expires_at:
        st.caption(words.t("owner_code.out_of_time"))
        return
    good_for = words.t("owner_code.good_for", left=sent.expires_at - now, at=formats.clock(sent.expires_at))
    if now < sent.resend_at:
        good_for += " " + words.t("owner_code.again_in", left=sent.resend_at - now)
    st.caption(good_for)


def take_try(service: Service, staff: roles.Actor, *, purpose: CodePurpose, subject: str) -> Try:
    """Counted before the code is compared, in a work of its own. Raises as `sms_code.take_try`."""
    with service.work(by=staff, on=subject) as work:
        return sms_code.take_try(
            work, actor=staff, purpose=purpose, subject=subject, page=_page(), now=service.now()
        )


def confirm(
    work: Work,
    staff: roles.Actor,
    *,
    attempt: Try,
    purpose: CodePurpose,
    subject: str,
    typed: str,
    now: datetime,
) -> OwnerConsent:
    """The owner's consent, for the same work as the act. Raises as `sms_code.confirm`."""
    return sms_code.confirm(
        work,
        actor=staff,
        attempt=attempt,
        purpose=purpose,
        subject=subject,
        page=_page(),
        typed=typed,
        now=now,
    )


def forget(purpose: CodePurpose, subject: str) -> None:
    """After the act: the next one needs a code of its own."""
    st.session_state.pop(_sent_key(purpose, subject), None)
    st.session_state.pop(_refused_key(purpose, subject), None)
    st.session_state.pop(_typed_key(purpose, subject), None)
