"""Who gets a socket, and what ends it: tickets, origins, limits, a newer page of the same side (issue: bad input)."""

import contextlib
import json
import sqlite3
import time

from websockets.exceptions import ConnectionClosed

from ca_core import roles, staff
from ca_core.call import Need
from tests.video.gateway.conftest import COMMAND_LINE, CONSOLE, PORTAL, World, join, talk


def test_a_ticket_works_once(world: World) -> None:
    caller = world.caller()
    token = caller.ticket()
    world.connect(token, origin=PORTAL).of("call")
    assert world.connect(token, origin=PORTAL).end() == 4401


def test_a_forged_ticket_is_refused(world: World) -> None:
    assert world.connect("A" * 32, origin=PORTAL).end() == 4401


def test_a_ticket_ends_after_a_minute(world: World) -> None:
    token = world.caller().ticket()
    world.clock.forward(61)
    assert world.connect(token, origin=PORTAL).end() == 4401


def test_a_ticket_is_refused_at_the_other_sides_door(world: World) -> None:
    caller, agent = world.caller(), world.agent("aizhan")
    assert world.connect(caller.ticket(), origin=CONSOLE).end() == 4403
    assert world.connect(agent.ticket(), origin=PORTAL).end() == 4403


def test_a_foreign_origin_is_refused_before_anything_is_read(world: World) -> None:
    assert world.knock("https://evil.test").end() == 4403


def test_a_program_sends_no_origin_and_is_let_in(world: World) -> None:
    assert world.connect(world.caller().ticket()).of("welcome")["role"] == "citizen"


def test_an_agent_who_left_gets_no_socket_and_loses_the_open_one(world: World) -> None:
    agent, other = world.agent("aizhan"), world.agent("bolat")
    page = agent.open()
    token = agent.ticket()
    with world.service.work() as work:
        staff.disable(work, by=COMMAND_LINE, login="aizhan", now=world.service.now())
    assert world.connect(token, origin=CONSOLE).end() == 4401
    assert page.end(seconds=15) == 4401
    other.open()


def test_a_page_whose_session_of_the_console_ended_is_closed(world: World) -> None:
    """Signed out everywhere: its ticket opens nothing any more, its page is closed within 5 s, its call waits."""
    caller, agent, other = world.caller(), world.agent("aizhan"), world.agent("bolat")
    citizen, page = caller.open(), agent.sit()
    talk(citizen, page)
    stays = other.open()
    token = agent.ticket()
    with world.service.work() as work:
        staff.sign_out_everywhere(work, staff_id=agent.actor.staff_id or 0, now=world.service.now())
    assert world.connect(token, origin=CONSOLE).end() == 4401
    assert page.end(seconds=15) == 4401
    assert citizen.state("reconnecting")["lost"] == "agent"
    assert [order for order, _ in world.worker.orders if order.startswith("leave")] == ["leave agent"]
    stays.send("available", languages=["en"])
    stays.state("available")
    agent.sign_in()
    join(agent.open(line=False))
    citizen.state("active")


def test_a_page_in_use_elsewhere_does_not_outlive_its_own_session(world: World) -> None:
    """Idle too long in this browser, though the account is signed in in another."""
    agent = world.agent("aizhan")
    page = agent.open()
    world.clock.forward(world.options.session_idle.total_seconds())
    agent.sign_in()
    assert page.end(seconds=15) == 4401
    agent.open()


def test_a_second_page_of_the_same_side_takes_the_first_ones_place(world: World) -> None:
    caller, agent = world.caller(), world.agent("aizhan")
    citizen, desk = caller.open(), agent.open()
    again, desk_again = caller.open(), agent.open()
    assert citizen.end() == 4409
    assert desk.end() == 4409
    again.send("leave")
    assert again.end() == 4410
    desk_again.send("available", languages=["kk"])
    desk_again.state("available")
    # The page that was replaced took nobody with it.
    assert agent.desk.absent_since is None


def test_a_third_party_has_no_way_into_a_call(world: World) -> None:
    """Another caller's page and another agent's reach their own call and desk, and no other."""
    caller, stranger = world.caller(), world.caller()
    citizen, desk = caller.open(), world.agent("aizhan").sit()
    talk(citizen, desk)
    third = stranger.open()
    third.send("offer", sdp="v=0")
    assert third.refusal("offer") == "call.not_connected"
    third.send("say", text="x")
    assert third.refusal("say") == "call.not_connected"
    second = world.agent("bolat").open()
    for kind in ("offer", "hold", "resume", "hang_up", "say", "show"):
        second.send(kind, sdp="v=0", text="x", what="face", call_id=caller.call_id)
        assert second.refusal(kind) == "call.not_yours"
    second.send("accept", call_id=caller.call_id)
    assert second.refusal("accept") == "call.offer_gone"
    assert world.worker.made[caller.call_id].joins == 2


def test_no_offer_before_the_call_is_answered(world: World) -> None:
    citizen = world.caller().open()
    citizen.send("offer", sdp="v=0")
    assert citizen.refusal("offer") == "call.not_connected"


def test_what_is_no_message_closes_the_socket(world: World) -> None:
    for text in ("{", "[]", '{"type":7}', "[" * 50_000, '{"type":"say","text":"' + "x" * 66_000 + '"}'):
        page = world.caller().open()
        page.connection.send(text)
        assert page.end() == 4400, text[:20]
    page = world.caller().open()
    page.connection.send(b"\x00\x01")
    assert page.end() == 4400


def test_what_misses_its_values_closes_the_socket(world: World) -> None:
    for message in (
        {"type": "code"},
        {"type": "code", "typed": "1" * 13},
        {"type": "offer"},
        {"type": "say"},
    ):
        page = world.caller().open()
        page.connection.send(json.dumps(message))
        # `offer` and `say` ask first whether there is a call to speak in.
        if message["type"] in ("offer", "say"):
            assert page.refusal(str(message["type"])) == "call.not_connected"
        else:
            assert page.end() == 4400


def test_an_unknown_message_is_refused(world: World) -> None:
    page = world.caller().open()
    page.send("accept", call_id=1)
    assert page.refusal("accept") == "gateway.message_unknown"


def test_a_flood_closes_the_socket(world: World) -> None:
    page = world.caller().open()
    with contextlib.suppress(ConnectionClosed):  # it is closed while we still send
        for _ in range(200):
            page.connection.send('{"type":"nothing"}')
    assert page.end() == 4429


def test_a_first_message_other_than_hello_is_refused(world: World) -> None:
    page = world.knock(PORTAL)
    page.send("leave")
    assert page.end() == 4400


def test_who_says_no_hello_is_sent_away(world: World) -> None:
    began = time.monotonic()
    assert world.knock(PORTAL).end() == 4408
    assert time.monotonic() - began < 8


def test_a_ticket_of_a_call_that_ended_meanwhile_shows_its_end(world: World) -> None:
    caller = world.caller()
    citizen, token = caller.open(), caller.ticket()
    citizen.send("leave")
    citizen.end()
    late = world.connect(token, origin=PORTAL)
    assert late.of("call")["cause"] == "left_queue"
    assert late.end() == 4410


def test_the_agent_is_told_neither_name_nor_numbers(world: World) -> None:
    caller = world.caller(need=Need.SIGN_LANGUAGE)
    citizen, desk = caller.open(), world.agent("aizhan").sit()
    talk(citizen, desk)
    text = json.dumps(desk.told)
    assert caller.stored.iin.digits not in text
    assert caller.stored.phone.digits not in text
    assert desk.now["call"]["need"] == "sign_language"


def test_what_is_shown_and_said_reaches_the_other_side(world: World) -> None:
    caller = world.caller()
    citizen, desk = caller.open(), world.agent("aizhan").sit()
    talk(citizen, desk)
    desk.send("show", what="document_back")
    assert citizen.until(lambda told: told["show"] == "document_back")
    citizen.send("say", text="көрмеймін\u0000")
    assert desk.of("said")["text"] == "көрмеймін"
    citizen.send("say", text="x" * 501)
    assert citizen.refusal("say") == "gateway.text_too_long"


def test_turn_credentials_end_within_the_hour(world: World) -> None:
    page = world.connect(world.caller().ticket(), origin=PORTAL)
    (server,) = page.of("welcome")["ice_servers"]
    ends, subject = server["username"].split(":")
    assert int(ends) - world.service.now().timestamp() <= 3600
    assert subject.startswith("call-")


def test_the_device_check_is_the_portals_and_limited(world: World) -> None:
    assert world.ask("OPTIONS", "/probe", headers={"Origin": PORTAL}).status_code == 204
    answered = world.ask("POST", "/probe", json={"sdp": "v=0"}, headers={"Origin": PORTAL})
    assert answered.json() == {"sdp": "answer to v=0"}
    assert answered.headers["access-control-allow-origin"] == PORTAL
    assert world.ask("POST", "/probe", json={"sdp": "v=0"}, headers={"Origin": CONSOLE}).status_code == 403
    assert world.ask("POST", "/probe", content=b"{").status_code == 400
    codes = [world.ask("POST", "/probe", json={"sdp": "v=0"}).status_code for _ in range(8)]
    assert codes[-1] == 429
    for worker in world.workers.values():
        worker.die()


def test_figures_tell_queue_calls_agents_and_refusals(world: World) -> None:
    world.caller().open()
    world.caller(language="en").open()
    world.agent("aizhan").sit().state("offered")
    page = world.caller().open()
    page.send("answer")
    page.refusal("answer")
    assert world.ask("GET", "/metrics").status_code == 401
    assert world.ask("GET", "/metrics", headers={"Authorization": "Bearer é".encode()}).status_code == 401
    secret = {"Authorization": f"Bearer {world.options.media_secret}"}
    figures = world.ask("GET", "/metrics", headers=secret).text
    assert 'qoltanba_video_agents{state="offered"} 1' in figures
    assert "qoltanba_video_queue_length 2" in figures
    assert 'qoltanba_video_calls{state="ringing"} 1' in figures
    assert "qoltanba_video_offers_total 1" in figures
    assert 'qoltanba_video_refusals_total{code="call.offer_gone"} 1' in figures
    assert world.ask("GET", "/health").status_code == 200
    assert world.ask("GET", "/ready").json() == {"ready": True}


def test_without_a_media_worker_it_is_not_ready(world: World) -> None:
    world.wait(lambda: world.ask("GET", "/ready").status_code == 200)
    for worker in world.workers.values():
        worker.die()
    world.wait(lambda: world.ask("GET", "/ready").status_code == 503)
    assert world.ask("GET", "/ready").json() == {"ready": False}
    assert world.ask("POST", "/probe", json={"sdp": "v=0"}).status_code == 503


def test_writing_messages_of_a_citizen_have_a_bucket_of_their_own(world: World) -> None:
    """Six at once, then two a second; more is refused, and the socket stays."""
    citizen = world.caller().open()
    for _ in range(12):
        citizen.send("answer")
    codes = [citizen.refusal("answer") for _ in range(12)]
    assert codes[:6] == ["call.offer_gone"] * 6
    assert codes[-1] == "gateway.too_often"
    time.sleep(0.6)
    citizen.send("code", typed="123456")
    assert citizen.refusal("code") == "call.not_connected"


def test_media_offers_have_a_bucket_of_their_own(world: World) -> None:
    """Each makes a peer connection: four at once, then one in two seconds, from either side."""
    caller = world.caller()
    citizen, desk = caller.open(), world.agent("aizhan").sit()
    talk(citizen, desk)
    for page in (citizen, desk):
        for _ in range(8):
            page.send("offer", sdp="v=0")
        assert page.refusal("offer") == "gateway.too_often"
    assert world.worker.made[caller.call_id].joins <= 2 * 5
    citizen.send("say", text="сәлем")
    assert desk.of("said")["text"] == "сәлем"


def test_what_is_sure_to_be_refused_writes_nothing(world: World) -> None:
    """Anybody can open a call: their messages do not even wait for the database's one place to write."""
    citizen = world.caller().open()
    path = world.service.settings.database_url.removeprefix("sqlite:///")
    with contextlib.closing(sqlite3.connect(path, isolation_level=None)) as writing:
        writing.execute("BEGIN IMMEDIATE")
        citizen.send("answer")
        assert citizen.refusal("answer") == "call.offer_gone"
        citizen.send("code", typed="123456")
        assert citizen.refusal("code") == "call.not_connected"


def test_refusals_of_messages_leave_their_trace_in_the_audit(world: World) -> None:
    """Those of the staff. A citizen's code that was not sent is refused in the transaction, without an entry."""
    caller, agent = world.caller(), world.agent("aizhan")
    citizen, desk = caller.open(), agent.sit()
    talk(citizen, desk)
    citizen.send("code", typed="123456")
    assert citizen.refusal("code") == "sms_code.not_sent"
    desk.send("accept", call_id=world.caller().call_id)
    desk.refusal("accept")
    with world.service.look() as work:
        rows = work.connection.exec_driver_sql(
            "SELECT actor FROM audit WHERE event = 'operation:refused'"
        ).fetchall()
    assert rows == [("aizhan",)]
    assert agent.actor.role is roles.Role.CALL_AGENT
