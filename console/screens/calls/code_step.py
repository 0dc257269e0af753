"""The code that proves the phone: sent to it, typed by the caller on their own page; the agent sees right or wrong.

Where the policy allows it, the caller may say the code and the agent types it, blind (R4).
"""

import re
from datetime import timedelta

import streamlit as st

from ca_core.call import Call, Gate, Outcome
from ca_core.ports import StoredCode
from ca_core.registration import phone_code
from console import words
from console.screens.calls import attempts, say
from console.screens.calls.snapshot import Snapshot
from console.widgets import format as formats

# Six digits, and the blanks that people put between them.
_LONGEST = 12


def draw(snapshot: Snapshot, call: Call) -> None:
    sent = snapshot.code
    say.sentence(call, "code" if sent else "code_before")
    living = sent is not None and snapshot.now < sent.expires_at and sent.tries_left > 0
    st.button(
        words.t("calls.code.send_again" if sent else "calls.code.send", phone=call.phone.masked),
        key="code_send",
        type="secondary" if living else "primary",
        icon=":material/sms:",
        shortcut="S",
        on_click=_send,
        args=(snapshot, call.call_id),
    )
    if sent is None:
        st.caption(words.t("calls.code.never_said"))
        return
    _state(snapshot, call, sent)
    if living and not snapshot.passed(Gate.CODE):
        _said(snapshot, call)
    st.caption(words.t("calls.code.never_said"))


def _send(snapshot: Snapshot, call_id: int) -> None:
    attempts.act(
        snapshot, call_id, Gate.CODE.value,
        lambda work: phone_code.send(work, actor=snapshot.staff, call_id=call_id, now=snapshot.service.now()),
    )  # fmt: skip


@st.fragment(run_every=timedelta(seconds=1))
def _state(snapshot: Snapshot, call: Call, sent: StoredCode) -> None:
    """Looks each second, only while somebody waits here for the caller to type."""
    with snapshot.service.look() as work:
        checks = work.checks.of_call(call.call_id)
        code = work.codes.latest(purpose=sent.purpose, subject=sent.subject) or sent
    newest = next((check for check in reversed(checks) if check.gate is Gate.CODE), None)
    if newest is not None and newest.outcome is Outcome.PASSED:
        if snapshot.passed(Gate.CODE):
            st.success(words.t("calls.code.right"), icon=":material/check_circle:")
        else:
            st.rerun(scope="app")
        return
    wrong = newest is not None and newest.outcome is Outcome.FAILED and newest.at >= code.sent_at
    _still_open(code, wrong, snapshot)


def _still_open(code: StoredCode, wrong: bool, snapshot: Snapshot) -> None:
    now = snapshot.service.now()
    if code.tries_left == 0:
        st.error(words.t("calls.code.used_up"), icon=":material/block:")
    elif now >= code.expires_at:
        st.warning(words.t("calls.code.out_of_time"), icon=":material/timer_off:")
    elif wrong:
        st.error(words.t("calls.code.wrong", n=code.tries_left), icon=":material/close:")
    else:
        st.info(words.t("calls.code.waiting", n=code.tries_left), icon=":material/hourglass_top:")
    if now < code.expires_at:
        again = code.sent_at + snapshot.service.policy.codes.resend_after
        line = words.t("calls.code.good_for", left=code.expires_at - now, at=formats.clock(code.expires_at))
        if now < again:
            line += " " + words.t("calls.code.again_in", left=again - now)
        st.caption(line)


def _said(snapshot: Snapshot, call: Call) -> None:
    """Policy `article`: the caller says it, the agent types it; it is not shown and not kept."""
    if snapshot.service.policy.codes.typed_by_caller_only:
        st.caption(words.t("calls.code.caller_only"))
        return
    with st.form(key=f"code_said_{call.call_id}", border=False):
        left, right = st.columns([2, 1], vertical_alignment="bottom")
        with left:
            st.text_input(
                words.t("calls.code.said"), key="code_said", max_chars=_LONGEST, autocomplete="off",
                placeholder="••••••",
            )  # fmt: skip
        with right:
            st.form_submit_button(
                words.t("calls.code.check"), key="code_check", on_click=_check, args=(snapshot, call.call_id)
            )


def _check(snapshot: Snapshot, call_id: int) -> None:
    typed = re.sub(r"\s", "", str(st.session_state.get("code_said", "")))
    st.session_state["code_said"] = ""
    # Less than six digits is a slip of the hand, and no try.
    if re.fullmatch(r"[0-9]{6}", typed) is None:
        return
    service, staff = snapshot.service, snapshot.staff

    def counted_then_compared() -> None:
        with service.work(by=staff, on=f"call/{call_id}") as work:
            attempt = phone_code.take_try(work, actor=staff, call_id=call_id, now=service.now())
        with service.work(by=staff, on=f"call/{call_id}") as work:
            phone_code.confirm(
                work, actor=staff, call_id=call_id, attempt=attempt, typed=typed, now=service.now()
            )

    attempts.attempt(Gate.CODE.value, counted_then_compared)
