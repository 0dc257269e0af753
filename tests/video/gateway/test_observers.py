"""A supervisor's page at the gateway: both parties, one call, no longer than call, role and session last (R14)."""

import pytest

from ca_core import roles, staff
from ca_core.call import Leg
from tests.video.gateway.conftest import COMMAND_LINE, CONSOLE, PORTAL, Page, Supervisor, World, talk
from video.engine import Role


def observers(world: World, call_id: int) -> dict[int, set[Role]]:
    return world.worker.made[call_id].observers


def test_a_supervisor_sees_and_hears_both_parties(
    world: World, marat: Supervisor, pair: tuple[Page, Page, int]
) -> None:
    citizen, desk, call_id = pair
    page = marat.listen(call_id)
    assert page.told[0]["role"] == "observer"
    assert observers(world, call_id) == {marat.actor.staff_id: set(Role)}
    assert page.now["state"] == "active"
    assert page.now["call_id"] == call_id
    assert {"phrase", "code", "iin", "phone"}.isdisjoint(page.now)
    for other in (citizen, desk):
        other.quiet(0.3)
        assert "observe" not in str(other.told)
    page.close()
    world.wait(lambda: not observers(world, call_id))


def test_who_listens_sees_the_end_of_the_call(marat: Supervisor, pair: tuple[Page, Page, int]) -> None:
    _, desk, call_id = pair
    page = marat.listen(call_id)
    desk.send("hang_up")
    assert page.state("ended")["cause"] == "agent_hung_up"
    assert page.end() == 4410


def test_an_observers_page_says_nothing_to_anybody(marat: Supervisor, pair: tuple[Page, Page, int]) -> None:
    citizen, desk, call_id = pair
    page = marat.listen(call_id)
    for kind in ("say", "hang_up", "hold", "offer", "show", "code", "answer", "leave"):
        page.send(kind, text="a word", sdp="v=0", what="face", typed="123456")
        assert page.refusal(kind) == "gateway.message_unknown", kind
    page.send("observe", party="observer", sdp="v=0")
    assert page.end() == 4400
    for other in (citizen, desk):
        assert "a word" not in str(other.told)


def test_no_party_observes(pair: tuple[Page, Page, int]) -> None:
    citizen, desk, _ = pair
    for page in (citizen, desk):
        page.send("observe", party="citizen", sdp="v=0")
        assert page.refusal("observe") == "gateway.message_unknown"


def test_a_pass_works_once_from_the_console_alone(
    world: World, marat: Supervisor, pair: tuple[Page, Page, int]
) -> None:
    call_id = pair[2]
    assert world.connect(marat.ticket(call_id), origin=PORTAL).end() == 4403
    secret = marat.ticket(call_id)
    world.connect(secret, origin=CONSOLE).of("observed")
    assert world.connect(secret, origin=CONSOLE).end() == 4401


def test_a_pass_for_a_call_that_ended_meanwhile_opens_nothing(
    world: World, marat: Supervisor, pair: tuple[Page, Page, int]
) -> None:
    _, desk, call_id = pair
    secret = marat.ticket(call_id)
    desk.send("hang_up")
    desk.until(lambda told: told["state"] == "wrap_up")
    assert world.connect(secret, origin=CONSOLE).end() == 4401


def test_who_signs_out_hears_nothing_more(
    world: World, marat: Supervisor, pair: tuple[Page, Page, int]
) -> None:
    call_id = pair[2]
    page = marat.listen(call_id)
    with world.service.work() as work:
        work.sessions.end_all(marat.actor.staff_id or 0)
    assert page.end(seconds=12) == 4401
    world.wait(lambda: not observers(world, call_id))


def test_who_is_no_supervisor_any_more_hears_nothing_more(
    world: World, marat: Supervisor, pair: tuple[Page, Page, int]
) -> None:
    call_id = pair[2]
    page = marat.listen(call_id)
    with world.service.work() as work:
        staff.disable(work, by=COMMAND_LINE, login="marat", now=world.service.now())
    assert page.end(seconds=12) == 4401
    world.wait(lambda: not observers(world, call_id))


def test_who_got_another_role_hears_nothing_more_and_their_pass_opens_nothing(
    world: World, marat: Supervisor, pair: tuple[Page, Page, int]
) -> None:
    page, secret = marat.listen(pair[2]), marat.ticket(pair[2])
    with world.service.work() as work:
        work.connection.exec_driver_sql("UPDATE staff SET role = 'analyst' WHERE login = 'marat'")
    assert world.connect(secret, origin=CONSOLE).end() == 4401
    assert page.end(seconds=12) == 4401
    world.wait(lambda: not observers(world, pair[2]))


def test_a_supervisor_listens_to_one_call_at_a_time(
    world: World, marat: Supervisor, pair: tuple[Page, Page, int]
) -> None:
    first, second_call = pair[2], None
    page = marat.listen(first)
    citizen, desk = world.caller(language="ru").open(), world.agent("berik", "ru").sit()
    second_call = talk(citizen, desk)
    other = marat.listen(second_call)
    assert page.end() == 4409
    world.wait(lambda: not observers(world, first))
    assert observers(world, second_call) == {marat.actor.staff_id: set(Role)}
    other.close()


def test_the_page_in_another_window_keeps_the_media_of_the_same_call(
    world: World, marat: Supervisor, pair: tuple[Page, Page, int]
) -> None:
    call_id = pair[2]
    page = marat.listen(call_id)
    again = marat.listen(call_id)
    assert page.end() == 4409
    again.quiet(0.5)
    assert observers(world, call_id) == {marat.actor.staff_id: set(Role)}


def test_a_gateway_that_was_started_anew_knows_no_observer_and_lets_none_listen(
    world: World, marat: Supervisor, pair: tuple[Page, Page, int]
) -> None:
    call_id = pair[2]
    marat.listen(call_id)
    assert world.gateway is not None
    world.gateway.kill()
    # As after kill -9: nobody was told that the page is gone.
    world.worker.made[call_id].observers[marat.actor.staff_id or 0] = set(Role)
    world.start()
    world.wait(lambda: not observers(world, call_id), seconds=10)


def test_a_page_is_shown_where_the_call_went(
    world: World, marat: Supervisor, pair: tuple[Page, Page, int]
) -> None:
    call_id = pair[2]
    page = marat.listen(call_id)
    before = page.now["line"]
    world.worker.die()
    page.until(lambda told: told["line"] not in ("", before), seconds=12)
    page.send("observe", party=Leg.CITIZEN, sdp="v=0")
    page.of("sdp", party="citizen")
    assert any(call.observers for worker in world.workers.values() for call in worker.made.values())


def test_offers_are_counted(marat: Supervisor, pair: tuple[Page, Page, int]) -> None:
    """Each makes a peer connection."""
    page = marat.listen(pair[2])
    for _ in range(4):
        page.send("observe", party="citizen", sdp="v=0")
    assert page.refusal("observe") == "gateway.too_often"


def test_an_agent_is_no_observer(world: World, pair: tuple[Page, Page, int]) -> None:
    agent = world.agent("dana")
    with pytest.raises(roles.NotAllowed):
        Supervisor(world, agent.actor, agent.session).ticket(pair[2])
