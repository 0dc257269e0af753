"""The call dock: camera, line and queue of an agent, beside every page and outliving every run of the script (F2).

Mounted in every run, for every role, with a fixed key: a run that left it out would end the call. It speaks to
the video gateway itself; the script hears only "look again" and reads the facts from the database.
"""

from dataclasses import dataclass
from pathlib import Path

import streamlit as st

from ca_core.roles import Actor, Permission, may
from console import call_routes, words
from console import language as languages

KEY = "call_dock"
# What a page orders of the gateway through the dock: {"n": another number each time, "op": "show", "what": ...}.
COMMAND = "call_dock.command"
_KNOWN = "call_dock.agent"
_PREFIX = "call_dock."

# One module out of small ones, each resting on those before it.
_PARTS = ("words", "seat", "signal", "media", "voice", "sound", "frame", "keys", "paint", "dock")
_ASSETS = Path(__file__).resolve().parent.parent / "assets" / "call_dock"

# Refusals of the gateway that an agent at the desk can meet; their words are those of the console.
_REFUSALS = (
    "call.not_connected",
    "call.not_yours",
    "call.offer_gone",
    "call.unknown",
    "desk.busy",
    "desk.language_missing",
    "desk.no_wrap_up",
    "life.transition_refused",
    "role.not_allowed",
    "record.changed_meanwhile",
)


@dataclass(frozen=True, slots=True)
class Agent:
    """Whose dock it is; `staff_id` is the number that the caller sees, too."""

    takes_calls: bool
    staff_id: int = 0

    @property
    def number(self) -> str:
        return f"{self.staff_id:03}"


def script() -> str:
    return "\n".join((_ASSETS / f"{part}.js").read_text("utf-8") for part in _PARTS)


_component = st.components.v2.component(
    "qoltanba_call_dock",
    html=(_ASSETS / "dock.html").read_text("utf-8"),
    css=(_ASSETS / "dock.css").read_text("utf-8"),
    js=script(),
)


def know(actor: Actor) -> None:
    """Whose page this is. Kept, so that a run that cannot find it out mounts the same dock."""
    st.session_state[_KNOWN] = Agent(may(actor, Permission.TAKE_CALLS), actor.staff_id or 0)


def mount() -> bool:
    """Whether the dock says "look again"."""
    agent = st.session_state.get(_KNOWN, Agent(takes_calls=False))
    result = _component(
        key=KEY,
        data={
            "enabled": agent.takes_calls,
            "ticket_path": call_routes.TICKET,
            "present_path": call_routes.PRESENT,
            "languages": _languages(),
            "number": agent.number,
            "words": _words(),
            "command": st.session_state.get(COMMAND),
        },
        on_look_change=_looked,
    )
    return bool(result.get("look"))


def _looked() -> None:
    """The script runs again by itself; what changed stands in the database."""


def _languages() -> list[dict[str, str]]:
    return [
        {
            "code": language,
            "short": words.t(f"language.short.{language}"),
            "name": words.t(f"call_dock.language_{language}"),
        }
        for language in languages.LANGUAGES
    ]


def _words() -> dict[str, str]:
    refused = {
        f"refused_{code.replace('.', '_')}": words.t(f"refusal.{code}.text")
        for code in _REFUSALS
        if words.has(f"refusal.{code}.text")
    }
    return words.under(_PREFIX) | refused
