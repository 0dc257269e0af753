"""A supervisor speaks into a call at the gateway: who may, who is told, who may hear it, and how it ends (R14)."""

import pytest

from ca_core import roles
from tests.video.gateway.conftest import Page, Supervisor, World, talk
from video.engine import EventKind, Role

Pair = tuple[Page, Page, int]


def voice_of(desk: Page) -> object:
    return desk.now["call"]["voice"]


def speak(page: Page, speech: str) -> None:
    page.send("speak", speech=speech, sdp="v=0")
    assert page.of("voice")["sdp"] == "answer to v=0"


def test_a_whisper_is_told_and_given_to_the_agent_alone(world: World, marat: Supervisor, pair: Pair) -> None:
    citizen, desk, call_id = pair
    page = marat.listen(call_id)
    assert page.now["voice"] is None
    speak(page, "whisper")
    by = {"by": marat.actor.staff_id, "speech": "whisper"}
    page.until(lambda told: told["voice"] == {**by, "heard_by": []})
    desk.until(lambda told: told["call"]["voice"] is not None)
    assert desk.now["call"]["voice"]["speech"] == "whisper"
    desk.send("hear", sdp="v=0")
    assert desk.of("voice")["sdp"] == "answer to v=0"
    page.until(lambda told: told["voice"] == {**by, "heard_by": ["agent"]})
    world.worker.tell(call_id, EventKind.OBSERVER_UNHEARD, Role.AGENT, observer=marat.actor.staff_id)
    page.until(lambda told: told["voice"] == {**by, "heard_by": []})
    citizen.quiet(0.3)
    assert citizen.now["voice"] is None
    citizen.send("hear", sdp="v=0")
    assert citizen.refusal("hear") == "media.nobody_speaks"
    with world.service.look() as work:
        entry = work.audit_pages.newest(f"call/{call_id}", ["call:whisper:begun"])
    assert entry is not None
    assert (entry.role, entry.staff_id) == (roles.Role.SUPERVISOR, marat.actor.staff_id)


def test_who_joins_is_given_to_both_and_a_new_voice_has_a_new_number(
    world: World,
    marat: Supervisor,
    pair: Pair,
) -> None:
    citizen, desk, call_id = pair
    page = marat.listen(call_id)
    speak(page, "join")
    told = citizen.until(lambda told: told["voice"] is not None)["voice"]
    assert told["speech"] == "join"
    citizen.send("hear", sdp="v=0")
    citizen.of("voice")
    speak(page, "whisper")
    citizen.until(lambda told: told["voice"] is None)
    desk.until(lambda now: now["call"]["voice"] and now["call"]["voice"]["number"] > told["number"])
    page.send("fall_quiet")
    page.until(lambda told: told["voice"] is None)
    desk.until(lambda told: told["call"]["voice"] is None)
    assert world.worker.made[call_id].voice is None


def test_one_speaks_at_a_time(world: World, marat: Supervisor, pair: Pair) -> None:
    page = marat.listen(pair[2])
    other = world.supervisor("other").listen(pair[2])
    speak(page, "join")
    other.send("speak", speech="join", sdp="v=0")
    assert other.refusal("speak") == "media.voice_taken"
    other.send("fall_quiet")
    other.quiet(0.3)
    assert other.now["voice"]["by"] == marat.actor.staff_id


def test_a_voice_ends_with_the_page_and_with_the_worker(
    world: World,
    marat: Supervisor,
    pair: Pair,
) -> None:
    _, desk, call_id = pair
    page = marat.listen(call_id)
    speak(page, "whisper")
    desk.until(lambda told: told["call"]["voice"] is not None)
    page.close()
    desk.until(lambda told: told["call"]["voice"] is None)
    again = marat.listen(call_id)
    speak(again, "whisper")
    desk.until(lambda told: told["call"]["voice"] is not None)
    world.worker.die()
    desk.until(lambda told: told["call"]["voice"] is None, seconds=12)


@pytest.mark.parametrize(
    "body",
    [{"speech": "shout", "sdp": "v=0"}, {"speech": "join"}, {"sdp": "v=0"}, {"speech": 1, "sdp": "v=0"}],
)
def test_what_is_no_speech_closes_the_page(marat: Supervisor, pair: Pair, body: dict[str, object]) -> None:
    page = marat.listen(pair[2])
    page.send("speak", **body)
    assert page.end() == 4400


def test_who_may_listen_alone_does_not_speak(
    monkeypatch: pytest.MonkeyPatch,
    world: World,
    marat: Supervisor,
    pair: Pair,
) -> None:
    page = marat.listen(pair[2])
    without = roles.GRANTS[roles.Role.SUPERVISOR] - {roles.Permission.SPEAK_IN}
    monkeypatch.setitem(roles.GRANTS, roles.Role.SUPERVISOR, without)
    page.send("speak", speech="join", sdp="v=0")
    assert page.refusal("speak") == "role.not_allowed"
    assert world.worker.made[pair[2]].voice is None


def test_a_voice_is_of_one_call(world: World, marat: Supervisor, pair: Pair) -> None:
    other_citizen, other_desk = world.caller(language="ru").open(), world.agent("berik", "ru").sit()
    talk(other_citizen, other_desk)
    page = marat.listen(pair[2])
    speak(page, "join")
    pair[1].until(lambda told: told["call"]["voice"] is not None)
    for side in (other_citizen, other_desk):
        side.send("hear", sdp="v=0")
        assert side.refusal("hear") == "media.nobody_speaks"
    assert world.worker.made[pair[2]].voice == (marat.actor.staff_id, frozenset(Role))
