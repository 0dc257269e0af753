"""The entry script mounts the call dock in every run, before anything that may stop or fail; a call depends on it."""

import json
import re
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from ca_core import staff
from ca_core.call import EndCause, Need
from ca_core.roles import Role
from console import call_routes, navigation, words
from console.components import call_dock
from console.language import LANGUAGES
from console.screens import calls
from data.work import Store
from runtime import wiring
from runtime.service import Service
from tests import builders
from tests.console.conftest import Person, person

DESK = Path(call_routes.__file__).with_name("desk.py")
ASSETS = DESK.parent / "assets" / "call_dock"


@pytest.fixture
def run(service: Service, monkeypatch: pytest.MonkeyPatch) -> Callable[..., AppTest]:
    """The entry script as the gate would run it for this member of staff."""
    monkeypatch.setattr(wiring, "service", lambda: service)

    def ran(who: Person | None, **state: Any) -> AppTest:
        test = AppTest.from_file(str(DESK), default_timeout=20)
        if who is not None:
            test.user = {"sub": str(who.staff_id)}
        for name, value in state.items():
            test.session_state[name] = value
        return test.run()

    return ran


def mounted(test: AppTest) -> list[str]:
    """Keys of the components, in the order of the page."""
    protos = [element.proto for element in test.main.children.values() if element.type == "bidi_component"]
    return [proto.id.rsplit("-", 1)[-1] for proto in protos]


def data(test: AppTest) -> dict[str, Any]:
    dock = [element.proto for element in test.main.children.values() if element.type == "bidi_component"][1]
    found: dict[str, Any] = json.loads(dock.json)
    return found


def test_guard_speaks_the_language_of_the_account_from_the_first_run(
    service: Service, run: Callable[..., AppTest]
) -> None:
    """While the server is away nothing can be asked of it any more."""
    agent = person(service, Role.CALL_AGENT)
    with service.work() as work:
        staff.set_language(work, by=agent.actor(), language="kk", now=service.now())
    (guard, *_) = (json.loads(drawn.proto.json) for drawn in run(agent).get("bidi_component"))
    assert guard["away"] == words.say("kk", "frame.away")


def test_every_run_says_which_language_is_chosen(service: Service, run: Callable[..., AppTest]) -> None:
    """What a first run says is lost when a click follows before the browser has it."""
    test = run(person(service, Role.CALL_AGENT))
    for _ in range(2):
        choice = test.button_group(key="language_choice")
        assert [choice.proto.options[index].content for index in choice.proto.default] == ["Рус"]
        test.run()


@pytest.mark.parametrize("role", list(Role))
def test_dock_is_mounted_beside_the_guard_for_every_role(
    service: Service, run: Callable[..., AppTest], role: Role
) -> None:
    """Hidden where the role takes no calls: a change of role must not tear a call down."""
    test = run(person(service, role))
    assert mounted(test)[:2] == ["session_guard", "call_dock"]
    assert data(test)["enabled"] is (role is Role.CALL_AGENT)


def test_dock_is_mounted_after_the_session_has_ended(run: Callable[..., AppTest]) -> None:
    test = run(None)
    assert mounted(test)[:2] == ["session_guard", "call_dock"]
    assert test.error


def test_dock_stays_what_it_was_while_the_database_is_away(
    service: Service, run: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    """The media flow on; a run that cannot ask who this is must not end the call."""
    test = run(person(service, Role.CALL_AGENT))

    def away(*_: object, **__: object) -> None:
        raise OSError("the database is away")

    monkeypatch.setattr(Store, "read", away)
    test.run()
    assert test.exception
    assert mounted(test)[:2] == ["session_guard", "call_dock"]
    assert data(test)["enabled"] is True


def test_dock_speaks_the_language_of_the_account_and_knows_the_agents_number(
    service: Service, run: Callable[..., AppTest]
) -> None:
    agent = person(service, Role.CALL_AGENT)
    told = data(run(agent))
    assert told["number"] == f"{agent.staff_id:03}"
    with service.look() as work:
        language = work.accounts.by_login(agent.login)
    assert language is not None
    assert told["words"]["take_calls"] == words.say(language.language, "call_dock.take_calls")
    assert told["ticket_path"] == call_routes.TICKET


def test_an_order_of_a_page_reaches_the_dock(service: Service, run: Callable[..., AppTest]) -> None:
    order = {"n": 3, "op": "show", "what": "document"}
    test = run(person(service, Role.CALL_AGENT), **{call_dock.COMMAND: order})
    assert data(test)["command"] == order


def script_parts() -> dict[str, str]:
    return {path.stem: path.read_text("utf-8") for path in sorted(ASSETS.glob("*.js"))}


def test_every_part_of_the_script_is_in_it_once_and_only_the_last_exports() -> None:
    parts = script_parts()
    joined = call_dock.script()
    assert {name for name, text in parts.items() if joined.count(text.strip()) == 1} == set(parts)
    assert joined.count("\nexport ") == 1
    assert "\nimport " not in joined


@pytest.mark.parametrize("language", LANGUAGES)
def test_every_word_the_script_asks_for_is_there(language: str) -> None:
    """A word that is missing would be an empty place in the dock, and no test of pages would see it."""
    asked = set(re.findall(r"\bwords\.(\w+)", call_dock.script()))
    kinds = {
        "desk_": ("offline", "available", "offered", "in_call", "wrap_up", "paused", "not_responding"),
        "line_": ("good", "fair", "poor", "none"),
        "show_": ("document", "document_back", "face"),
        "lost_": ("page_closed", "silent", "worker_gone", "line_failed"),
        "devices_": ("no_camera", "no_microphone", "none"),
        "need_": tuple(need.value for need in Need if need.value),
        "cause_": tuple(cause.name.lower() for cause in EndCause),
        "language_": LANGUAGES,
    }
    asked |= {prefix + name for prefix, names in kinds.items() for name in names}
    known = {
        key.removeprefix("call_dock.") for key in words.entries(language) if key.startswith("call_dock.")
    }
    assert asked - known - {"refused_desk_language_missing"} == set()


def title_of(test: AppTest) -> str:
    return test.title[0].value if test.title else ""


def test_accepting_a_call_leads_to_its_checklist(
    service: Service, run: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = person(service, Role.CALL_AGENT)
    home = run(agent)
    shown = title_of(home)
    mount = call_dock.mount
    monkeypatch.setattr(call_dock, "mount", lambda: mount() or True)
    home.run()
    assert title_of(home) == shown, "no call yet"
    builders.on_the_line(service, agent=agent.actor())
    home.run()
    assert not home.exception
    assert home.session_state["desk.opening_for"] is not None
    assert title_of(home) != shown


def test_the_way_to_the_checklist_outlives_what_the_browser_said_meanwhile(
    service: Service, run: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A trigger that was under way carries the address of the former page, and stops the drawing of the new one."""
    agent = person(service, Role.CALL_AGENT)
    home = run(agent)
    builders.on_the_line(service, agent=agent.actor())
    mount, show = call_dock.mount, calls.show
    said = [True, False]
    monkeypatch.setattr(call_dock, "mount", lambda: mount() or (said.pop(0) if said else False))
    brought_back: list[bool] = []

    def once_brought_back(*of: Any) -> None:
        if not brought_back:
            brought_back.append(True)
            navigation.go("policy")
        show(*of)

    monkeypatch.setattr(calls, "show", once_brought_back)
    home.run()
    assert not home.exception
    assert brought_back
    assert title_of(home) != words.say("ru", "page.policy")


def test_a_page_loaded_anew_in_the_middle_of_a_call_stays(
    service: Service, run: Callable[..., AppTest], monkeypatch: pytest.MonkeyPatch
) -> None:
    agent = person(service, Role.CALL_AGENT)
    call = builders.on_the_line(service, agent=agent.actor())
    with service.work() as work:
        here = work.desks.by_id(agent.staff_id)
        assert here is not None
        work.desks.save(replace(here, since=call.opened_at - timedelta(minutes=2)), expected=here)
    mount = call_dock.mount
    monkeypatch.setattr(call_dock, "mount", lambda: mount() or True)
    assert "desk.opening_for" not in run(agent).session_state
