"""The moderator's desk: two faces, three questions and the decision, by keys alone (F3).

It works by the routes of `review_routes`; the script hears only "look again" and counts what waits. What may follow
from which answers is asked of the core, so that the page shows no rule of its own.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from itertools import product
from pathlib import Path

import streamlit as st

from ca_core.registration import review_rules
from ca_core.review import FOR_A_NEW_PHOTO, REJECTING, Answers, Decision, Reason, Round
from console import language as languages
from console import review_routes, words

KEY = "review_desk"
_PREFIX = "review_desk."
_ASSETS = Path(__file__).resolve().parent.parent / "assets"
# One module out of small ones, each resting on those before it; what the call dock does alike is the call dock's.
_PARTS = (
    "call_dock/words",
    "call_dock/keys",
    "review_desk/draw",
    "review_desk/server",
    "review_desk/zoom",
    "review_desk/blink",
    "review_desk/answers",
    "review_desk/desk_keys",
    "review_desk/paint",
    "review_desk/desk",
)
# What a moderator at the desk can meet; the words are those of the console.
_REFUSALS = (
    "review.undo_over",
    "review.answers_contradict",
    "review.reason_unfit",
    "review.note_missing",
    "review.second_decides",
    "review.nothing_to_compare",
    "review.picture_missing",
    "record.changed_meanwhile",
    "role.not_allowed",
)
_A_NOTE = "a note"
_BOTH = (False, True)
_REASONS = {Decision.REJECT: REJECTING, Decision.NEW_PHOTO: FOR_A_NEW_PHOTO}


@dataclass(frozen=True, slots=True)
class Last:
    """The moderator's newest decision while it can still be undone."""

    review_id: int
    decision: Decision
    undo_seconds: int


def script() -> str:
    return "\n".join((_ASSETS / f"{part}.js").read_text("utf-8") for part in _PARTS)


_component = st.components.v2.component(
    "qoltanba_review_desk",
    html=(_ASSETS / "review_desk" / "desk.html").read_text("utf-8"),
    css=(_ASSETS / "review_desk" / "desk.css").read_text("utf-8"),
    js=script(),
)


def mount(*, waiting: int, decided_today: int, last: Last | None, watermark: str) -> None:
    _component(
        key=KEY,
        data={
            "next_path": review_routes.NEXT,
            "reviews_path": review_routes.NEXT.rpartition("/")[0],
            "waiting": waiting,
            "waiting_words": words.t("review_desk_counts.waiting", n=waiting),
            "today_words": words.t("review_desk_counts.today", n=decided_today),
            "last": _last(last),
            "watermark": watermark,
            "rules": rules(),
            "citizen": _citizen(),
            "words": _words(),
        },
        on_look_change=_looked,
    )


def _looked() -> None:
    """The script runs again by itself; what changed stands in the database."""


def _last(last: Last | None) -> dict[str, object] | None:
    if last is None:
        return None
    return {
        "review_id": last.review_id,
        "decision": last.decision.name.lower(),
        "undo_seconds": last.undo_seconds,
    }


@functools.cache
def rules() -> dict[str, object]:
    """For each act the twenty ways to answer, with 1 where the core lets it follow; and which acts need a remark."""
    acts = [(decision, reason) for decision in Decision for reason in _REASONS.get(decision, (None,))]
    every = [Answers(same, live, usable) for same, live, usable in product(range(1, 6), _BOTH, _BOTH)]
    fits = {
        _name(*act): "".join(str(int(_follows(one, *act, note=_A_NOTE))) for one in every) for act in acts
    }
    return {
        "fits": fits,
        "reasons": {
            decision.name.lower(): [reason.value for reason in reasons]
            for decision, reasons in _REASONS.items()
        },
        "remark": [_name(*act) for act in acts if not any(_follows(one, *act, note="") for one in every)],
    }


def _name(decision: Decision, reason: Reason | None) -> str:
    return decision.name.lower() + (f".{reason.value}" if reason else "")


def _follows(answers: Answers, decision: Decision, reason: Reason | None, *, note: str) -> bool:
    try:
        review_rules.require_consistent(
            turn=Round.FIRST, answers=answers, decision=decision, reason=reason, note=note
        )
    except (review_rules.AnswersContradict, review_rules.NoteMissing):
        return False
    return True


def _citizen() -> list[dict[str, object]]:
    """What the applicant reads, the page's language first."""
    own = languages.current()
    order: Sequence[str] = [own, *(one for one in languages.LANGUAGES if one != own)]
    return [
        {
            "language": language,
            "short": words.t(f"language.short.{language}"),
            "texts": {
                reason.value: words.say(language, f"review_reason.{reason.value}") for reason in Reason
            },
        }
        for language in order
    ]


def _words() -> dict[str, str]:
    refused = {
        f"refused_{code.replace('.', '_')}": words.t(f"refusal.{code}.text")
        for code in _REFUSALS
        if words.has(f"refusal.{code}.text")
    }
    return words.under(_PREFIX) | refused
