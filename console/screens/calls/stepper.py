"""The steps of the call in order, each with its state as icon and word; the current one open, each one jumpable.

What a passed step was about stands behind the caller: the first that is missing opens by itself.
"""

import streamlit as st

from ca_core.call import Check, Gate, Outcome
from console import words
from console.screens.calls.snapshot import Snapshot

DECISION = "decision"
READING = Gate.READING.value
FACE = Gate.FACE.value
STEPS = (*(gate.value for gate in Gate), DECISION)
# What came of these is to be looked at before the call goes on.
_STAYS = (READING, FACE)
_BY_THEMSELVES = (Gate.CONSENT, Gate.RECORDING)

_OPEN = "calls.open"
_ACTED = "calls.acted"
_OF_CALL = "calls.of_call"

# Icon and colour of what the newest check of a gate says; the word stands in the help text and in the step.
LOOKS = {
    Outcome.PASSED: ("✓", "green"),
    Outcome.FAILED: ("✕", "red"),
    Outcome.OPEN_AGAIN: ("↻", "orange"),
}
_NOT_YET = ("○", "gray")


def begin(call_id: int) -> bool:
    """Whether this is another call than the one drawn before: nothing of that one stays."""
    if st.session_state.get(_OF_CALL) == call_id:
        return False
    st.session_state[_OF_CALL] = call_id
    st.session_state.pop(_OPEN, None)
    st.session_state.pop(_ACTED, None)
    return True


def jump(step: str) -> None:
    st.session_state[_OPEN] = step
    st.session_state.pop(_ACTED, None)


def acted(step: str) -> None:
    """Something was done in this step: it stays open until its gate is passed."""
    st.session_state[_OPEN] = step
    st.session_state[_ACTED] = step


def go_on() -> None:
    """To the first that is missing."""
    st.session_state.pop(_OPEN, None)
    st.session_state.pop(_ACTED, None)


def current(snapshot: Snapshot) -> str:
    opened: str | None = st.session_state.get(_OPEN)
    done = opened is not None and opened == st.session_state.get(_ACTED) and opened not in _STAYS
    if done and opened and opened != DECISION and snapshot.passed(Gate(opened)):
        go_on()
        opened = None
    if opened is None:
        opened = _first(snapshot)
        # Until something is done there, a step that stays stays open when it passes.
        if opened in _STAYS:
            st.session_state[_OPEN] = opened
    return opened


def _first(snapshot: Snapshot) -> str:
    """The first that waits for the agent; consent and recording come about by themselves."""
    missing = sorted(snapshot.missing, key=lambda gate: gate in _BY_THEMSELVES)
    return missing[0].value if missing else DECISION


def draw(snapshot: Snapshot, opened: str) -> None:
    newest = snapshot.newest
    with st.container(key="call_steps", horizontal=True, gap="xxsmall"):
        for number, step in enumerate(STEPS, start=1):
            found = newest.get(Gate(step)) if step != DECISION else None
            icon, colour = _look(snapshot, step, found)
            # The open step stands on the accent, where no other colour is read well.
            mark = icon if step == opened else f":{colour}[{icon}]"
            st.button(
                f"{mark} {number} {words.t(f'calls.step.{step}')}",
                key=f"step_{step}",
                type="primary" if step == opened else "secondary",
                help=state_word(snapshot, step),
                on_click=jump,
                args=(step,),
            )


def _look(snapshot: Snapshot, step: str, found: Check | None) -> tuple[str, str]:
    if step == DECISION:
        decided = snapshot.call is not None and snapshot.call.decided_at is not None
        return LOOKS[Outcome.PASSED] if decided else _NOT_YET
    return LOOKS[found.outcome] if found is not None else _NOT_YET


def state_word(snapshot: Snapshot, step: str) -> str:
    """Passed, not passed, open again, not done yet."""
    if step == DECISION:
        return words.t("calls.step_help.decision")
    found = snapshot.newest.get(Gate(step))
    return words.t(f"calls.outcome.{found.outcome.value}" if found is not None else "calls.outcome.not_yet")
