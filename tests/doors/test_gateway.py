"""Which message opens what for which side of a call, each sent by the other side and by an agent without the call."""

import ast
import dataclasses
from pathlib import Path

from starlette.testclient import TestClient

from tests.video.gateway.conftest import World, migrated, passwords, world  # noqa: F401  # fixtures
from video.gateway import agent, app, citizen, observer

ANYBODYS_CALL = {"accept", "decline"}
OF_THE_CALL = {"hold", "resume", "hang_up", "offer", "hear", "say", "show"}
OF_THE_DESK = {"available", "pause", "finish_wrap_up", "extend_wrap_up"}
AGENTS = ANYBODYS_CALL | OF_THE_CALL | OF_THE_DESK
OBSERVERS = {"observe", "speak", "fall_quiet"}
CITIZENS = {"answer", "leave", "offer", "hear", "say", "code", "picture"}

_BODY = {
    "call_id": 1,
    "languages": ["kk"],
    "sdp": "v=0",
    "text": "a word",
    "what": "face",
    "typed": "123456",
    "party": "agent",
    "speech": "whisper",
}


def kinds(module: object) -> set[str]:
    """What a side's module compares a message's kind with, in its own words."""
    tree = ast.parse(Path(str(vars(module)["__file__"])).read_text(encoding="utf-8"))
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.MatchValue):
            found |= constants(node)
        elif isinstance(node, ast.Dict):
            found |= {word for key in node.keys if key for word in constants(key)}
        elif isinstance(node, ast.Compare) and "kind" in ast.unparse(node.left):
            found |= {word for side in node.comparators for word in constants(side)}
    return found


def constants(node: ast.AST) -> set[str]:
    return {
        one.value for one in ast.walk(node) if isinstance(one, ast.Constant) and isinstance(one.value, str)
    }


def test_every_message_has_its_place() -> None:
    assert kinds(agent) == AGENTS
    assert kinds(citizen) == CITIZENS
    assert kinds(observer) == OBSERVERS


def test_no_side_speaks_for_the_other(world: World) -> None:  # noqa: F811
    caller, desk = world.caller().open(), world.agent("aizhan").open()
    for kind in sorted((AGENTS | OBSERVERS) - CITIZENS):
        caller.send(kind, **_BODY)
        assert caller.refusal(kind) == "gateway.message_unknown", kind
    for kind in sorted((CITIZENS | OBSERVERS) - AGENTS):
        desk.send(kind, **_BODY)
        assert desk.refusal(kind) == "gateway.message_unknown", kind


def test_an_agent_without_the_call_acts_on_none_of_it(world: World) -> None:  # noqa: F811
    caller = world.caller()
    caller.open()
    world.agent("aizhan").sit().state("offered")
    other = world.agent("berik").sit()
    for kind in sorted(OF_THE_CALL):
        other.send(kind, **_BODY)
        assert other.refusal(kind) == "call.not_yours", kind
    for kind in sorted(ANYBODYS_CALL):
        other.send(kind, call_id=caller.call_id)
        assert other.refusal(kind) == "call.offer_gone", kind
    assert caller.stored.answered_at is None


def test_without_a_secret_nobody_reads_the_figures(world: World) -> None:  # noqa: F811
    """A gateway that was started without one is shut, not open."""
    options = dataclasses.replace(world.options, media_secret="")
    stranger = TestClient(app.make_app(world.service, options, world.workers))
    for shown in ("", "Bearer", "Bearer ", "Bearer m"):
        assert stranger.get("/metrics", headers={"authorization": shown}).status_code == 401
