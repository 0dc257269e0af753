"""The lines that the media worker wrote during a call, in words: who connected, what was taken, when it broke."""

from collections.abc import Mapping, Sequence
from datetime import datetime

import streamlit as st

from ca_core.call import Evidence, EvidenceKind
from ca_core.errors import Refusal
from console import words
from console.screens.calls.case import File
from console.widgets import format as formats
from console.widgets import refusals, tables
from runtime import calling

Line = Mapping[str, object]

_EVENTS = "calls.file.events"
# Digests help nobody who reads this, "Check the files" compares them; a still is known by its file's name.
_UNSAID = ("sha256", "size_bytes", "still_id")


def forget() -> None:
    st.session_state.pop(_EVENTS, None)


def draw(file: File) -> None:
    st.subheader(words.t("calls.file.events"), anchor=False)
    logs = [item for item in file.evidence if item.kind is EvidenceKind.LOG]
    if not logs:
        st.info(words.t("calls.file.no_events"), icon=":material/inbox:")
        return
    if st.button(words.t("calls.file.show_events"), key="file_events", icon=":material/list:"):
        _open(file, logs)
    lines: Sequence[Line] = st.session_state.get(_EVENTS, [])
    if lines:
        tables.show(columns(lines), empty=words.t("calls.file.no_events"), key="file_event_lines")


def columns(lines: Sequence[Line]) -> dict[str, Sequence[str]]:
    """As the recorder writes them: `at`, `kind`, `role`, `facts`; its own last line says that the film is whole."""
    return {
        words.t("calls.column.at"): [_at(line) for line in lines],
        words.t("calls.column.event"): [_worded("event", str(line.get("kind", ""))) for line in lines],
        words.t("calls.column.by"): [_side(line) for line in lines],
        words.t("calls.column.facts"): [_facts(line) for line in lines],
    }


def _open(file: File, logs: Sequence[Evidence]) -> None:
    """Read once, when asked for: each reading is a look."""
    try:
        lines = [
            line
            for item in logs
            for line in calling.event_log(
                file.service, actor=file.staff, evidence_id=item.evidence_id, reason=file.reason
            )
        ]
    except Refusal as refusal:
        refusals.show(refusal)
        return
    st.session_state[_EVENTS] = lines


def _at(line: Line) -> str:
    at = line.get("at")
    return formats.clock(datetime.fromisoformat(at)) if isinstance(at, str) else ""


def _side(line: Line) -> str:
    role = line.get("role")
    return words.t(f"calls.side.{role}") if role else words.t("calls.by.calls")


def _facts(line: Line) -> str:
    given = line.get("facts")
    facts = dict(given) if isinstance(given, Mapping) else {}
    width, height = facts.pop("width_px", None), facts.pop("height_px", None)
    size = [f"{width}×{height}"] if width and height else []
    told = [
        f"{_worded('event_fact', name)}: {_value(fact)}"
        for name, fact in facts.items()
        if not name.endswith(_UNSAID)
    ]
    return ", ".join(size + told)


def _value(fact: object) -> str:
    if isinstance(fact, bool):
        return words.t("calls.event_value.true" if fact else "calls.event_value.false")
    return _worded("event_value", str(fact))


def _worded(section: str, name: str) -> str:
    """A name that a newer worker writes is shown as it is."""
    key = f"calls.{section}.{name}"
    return words.t(key) if words.has(key) else name
