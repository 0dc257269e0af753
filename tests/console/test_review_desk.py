"""The moderator's desk: who sees it, what it is handed, and that it shows no rule of its own."""

import base64
import json
import re
from collections.abc import Callable
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from ca_core import roles
from ca_core.face_attempt import Band, Flag
from ca_core.registration import review, review_rules
from ca_core.review import Answers, Decision, Reason, Risk, Round
from ca_core.roles import Role
from console import review_routes, words
from console.components import review_desk
from console.language import LANGUAGES
from runtime.service import Service
from tests import builders, flagged
from tests.console.conftest import person

ASSETS = Path(review_routes.__file__).parent / "assets" / "review_desk"


def _script() -> None:
    import streamlit as st

    from console.screens import reviews

    reviews.show(st.session_state["service"], st.session_state["actor"])


Draw = Callable[..., AppTest]


@pytest.fixture
def draw(service: Service) -> Draw:
    def drawn(actor: roles.Actor, language: str = "en") -> AppTest:
        test = AppTest.from_function(_script, default_timeout=20)
        for name, value in (("service", service), ("actor", actor), ("language", language)):
            test.session_state[name] = value
        return test.run()

    return drawn


@pytest.fixture
def flagged_id(service: Service) -> int:
    owner = builders.register(service)
    with service.work() as work:
        return flagged.flag(work, owner, service.now())


def handed(test: AppTest) -> dict[str, Any]:
    """What the desk was given; the page has nothing else."""
    (desk,) = test.get("bidi_component")
    found: dict[str, Any] = json.loads(desk.proto.json)
    return found


def decide(service: Service, actor: roles.Actor) -> None:
    now = service.now()
    with service.work() as work:
        item = review.claim_next(work, actor=actor, now=now)
        assert item is not None
        review.decide(
            work,
            actor=actor,
            review_id=item.review_id,
            fence=item.fence,
            answers=flagged.IN_ORDER,
            decision=Decision.APPROVE,
            now=now,
        )


@pytest.mark.parametrize("language", LANGUAGES)
def test_moderator_sees_the_desk_and_no_list(
    service: Service, draw: Draw, flagged_id: int, language: str
) -> None:
    """Nobody picks their photo: the desk is told how many wait, not which."""
    test = draw(person(service, Role.MODERATOR).actor(), language)
    assert not test.exception
    assert handed(test)["waiting"] == 1
    assert not test.title
    assert not test.dataframe


def test_who_watches_over_it_sees_the_list_and_no_desk(service: Service, draw: Draw, flagged_id: int) -> None:
    test = draw(person(service, Role.SUPERVISOR).actor())
    assert not test.exception
    assert test.title
    assert len(test.dataframe[0].value) == 1
    assert not test.get("bidi_component")


def test_desk_is_handed_nothing_of_the_machines_opinion(
    service: Service, draw: Draw, flagged_id: int
) -> None:
    given = handed(draw(person(service, Role.MODERATOR).actor()))
    said = json.dumps({name: value for name, value in given.items() if name != "words"})
    assert "distance" not in said
    assert set(given) == {
        "next_path", "reviews_path", "waiting", "waiting_words", "today_words", "last", "watermark", "rules",
        "citizen", "words",
    }  # fmt: skip


def test_watermark_names_the_viewer(service: Service, draw: Draw) -> None:
    """R14: a photograph of the screen says who took it."""
    moderator = person(service, Role.MODERATOR)
    drawing = re.search(r"base64,([^']+)'", handed(draw(moderator.actor()))["watermark"])
    assert drawing is not None
    assert f"{moderator.staff_id} · " in base64.b64decode(drawing.group(1)).decode()


def test_page_that_was_loaded_anew_can_still_undo(service: Service, draw: Draw, flagged_id: int) -> None:
    actor = person(service, Role.MODERATOR).actor()
    assert handed(draw(actor))["last"] is None
    decide(service, actor)
    last = handed(draw(actor))["last"]
    assert (last["review_id"], last["decision"]) == (flagged_id, "approve")
    assert 0 < last["undo_seconds"] <= 10


def test_decision_of_long_ago_is_not_offered_for_undoing(
    service: Service, draw: Draw, flagged_id: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    actor = person(service, Role.MODERATOR).actor()
    decide(service, actor)
    later = service.now() + timedelta(seconds=11)
    monkeypatch.setattr(service, "now", lambda: later)
    assert handed(draw(actor))["last"] is None


def test_desk_lets_through_what_the_core_lets_through() -> None:
    """Every way to answer, every act: the table says what `require_consistent` says."""
    fits: Any = review_desk.rules()["fits"]
    for place, (same, live, usable) in enumerate(product(range(1, 6), (False, True), (False, True))):
        for act, row in fits.items():
            decision, _, reason = act.partition(".")
            try:
                review_rules.require_consistent(
                    turn=Round.FIRST,
                    answers=Answers(same, live, usable),
                    decision=Decision[decision.upper()],
                    reason=Reason(reason) if reason else None,
                    note="a sentence",
                )
            except review_rules.AnswersContradict:
                assert row[place] == "0", (act, same, live, usable)
            else:
                assert row[place] == "1", (act, same, live, usable)
    assert fits["approve"].count("1") == 2


def test_remark_is_asked_for_where_the_core_demands_it() -> None:
    assert review_desk.rules()["remark"] == ["reject.other", "new_photo.other", "second_moderator"]


@pytest.mark.parametrize("language", LANGUAGES)
def test_whatever_the_machine_says_has_its_words(language: str) -> None:
    known = words.entries(language)
    wanted = {f"flag_{flag.value}" for flag in Flag} | {f"band_{band.value}" for band in Band}
    wanted |= {f"risk_{risk.name.lower()}" for risk in Risk} | {f"reason_{reason.value}" for reason in Reason}
    wanted |= {f"{part}_{one.name.lower()}" for one in Decision for part in ("act", "done")}
    assert {f"review_desk.{name}" for name in wanted} - known.keys() == set()


def test_every_word_that_the_script_asks_for_is_there() -> None:
    script = "\n".join(path.read_text("utf-8") for path in sorted(ASSETS.glob("*.js")))
    asked = set(re.findall(r"\bwords\.(\w+)", script))
    assert len(asked) > 40
    assert {f"review_desk.{name}" for name in asked} - words.entries("en").keys() == set()


def test_desk_asks_the_routes_that_are_there(service: Service) -> None:
    made = {route.path for route in review_routes.ReviewRoutes(service).make()}
    one = "/reviews/{review_id:int}"
    wanted = {"present", "decision", "undo", "release", "live", "portrait", "revealed", "frames/{place:int}"}
    assert made == {review_routes.NEXT} | {f"{one}/{what}" for what in wanted}
