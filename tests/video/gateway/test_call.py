"""A call from the queue to its seal, over the protocol of the pages."""

from ca_core.call import EndCause, EvidenceKind, Gate, Leg, LineQuality
from ca_core.lifecycle import CallState
from ca_core.registration import decide, phone_code
from tests import builders
from tests.video.gateway.conftest import World, talk


def test_a_call_goes_from_the_queue_to_its_seal(world: World) -> None:
    caller, agent = world.caller(), world.agent("aizhan")
    citizen = caller.open()
    assert citizen.now["state"] == "queued"
    assert citizen.now["position"] == 1
    assert citizen.now["wait_seconds"] is None
    desk = agent.sit()
    call_id = talk(citizen, desk)
    assert call_id == caller.call_id
    assert citizen.now["phrase"] == desk.now["call"]["phrase"] != ""
    assert citizen.now["agent_number"] == str(agent.actor.staff_id)
    citizen.until(lambda told: told["recording"])
    desk.until(lambda told: told["call"]["recording"])
    desk.send("hang_up")
    ended = citizen.state("ended")
    assert ended["cause"] == "agent_hung_up"
    desk.state("wrap_up")
    desk.send("finish_wrap_up")
    desk.state("available")
    assert citizen.end() == 4410
    world.wait(lambda: caller.stored.sealed_at is not None)
    with world.service.look() as work:
        closed = [(item.kind, item.size_bytes) for item in work.evidence.of_call(call_id) if item.closed]
    assert closed == [(EvidenceKind.RECORDING, 7), (EvidenceKind.LOG, 5)]
    assert caller.stored.state is CallState.ENDED
    assert caller.stored.cause is EndCause.AGENT_HUNG_UP


def test_the_code_is_typed_by_the_citizen_and_only_right_or_wrong_is_told(world: World) -> None:
    """R4: three tries, each counted; the page is told how many are left, the agent sees right or wrong."""
    caller, agent = world.caller(), world.agent("aizhan")
    citizen, desk = caller.open(), agent.sit()
    call_id = talk(citizen, desk)
    service = world.service
    citizen.send("code", typed="123456")
    assert citizen.refusal("code") == "sms_code.not_sent"
    builders.checks_passed(service, call_id, Gate.SPOKEN)
    with service.work() as work:
        phone_code.send(work, actor=agent.actor, call_id=call_id, now=service.now())
    assert citizen.until(lambda told: told["code"] == "asked")["tries_left"] == 3
    with service.look() as work:
        code = work.outbox.due(service.now(), 5)[0].words["code"]
    citizen.send("code", typed=builders.wrong(code))
    refused = citizen.of("refused")
    assert (refused["code"], refused["facts"]) == ("sms_code.wrong", {"tries_left": 2})
    assert citizen.until(lambda told: told["code"] == "wrong")["tries_left"] == 2
    citizen.send("code", typed=code)
    citizen.until(lambda told: told["code"] == "right")
    citizen.send("code", typed=code)
    assert citizen.refusal("code") == "sms_code.used_up"
    with service.look() as work:
        facts = [check.facts for check in work.checks.of_call(call_id) if check.gate is Gate.CODE]
    assert facts[-1] == {"typed_by": "caller"}
    assert code not in str(facts)


def test_a_decision_in_the_wrap_up_reaches_the_citizens_page(world: World) -> None:
    caller, agent = world.caller(), world.agent("aizhan")
    citizen, desk = caller.open(), agent.sit()
    call_id = talk(citizen, desk)
    desk.send("hang_up")
    assert citizen.state("ended")["decision"] == "interrupted"
    desk.send("show", what="face")
    assert desk.refusal("show") == "call.not_yours"
    with world.service.work() as work:
        decide.refuse(
            work, actor=agent.actor, call_id=call_id, reason=decide.Reason.POOR_LINE, final=False, note="",
            now=world.service.now(),
        )  # fmt: skip
    assert citizen.until(lambda told: told["decision"] == "refused_retry")["reason"] == "poor_line"
    assert citizen.end() == 4410


def test_the_agent_is_told_that_the_callers_line_carries_sound_only(world: World) -> None:
    """A page whose line is too poor rests the picture; a new connection begins with it."""
    caller, agent = world.caller(), world.agent("aizhan")
    citizen, desk = caller.open(), agent.sit()
    talk(citizen, desk)
    assert desk.now["call"]["sound_only"] is False
    citizen.send("picture", on=False)
    assert desk.until(lambda told: told["call"]["sound_only"])["call"]["line"] == "poor"
    citizen.send("picture", on=True)
    desk.until(lambda told: not told["call"]["sound_only"])
    citizen.send("picture", on=False)
    desk.until(lambda told: told["call"]["sound_only"])
    citizen.send("offer", sdp="v=0")
    desk.until(lambda told: not told["call"]["sound_only"])
    citizen.send("picture", on="no")
    assert citizen.end() == 4400


def test_how_the_lines_were_is_kept_with_the_call(world: World) -> None:
    citizen, desk = world.caller().open(), world.agent("aizhan").sit()
    call_id = talk(citizen, desk)
    desk.send("hang_up")

    def kept() -> list[LineQuality]:
        with world.service.look() as work:
            return work.calls.qualities(call_id)

    world.wait(lambda: len(kept()) == 2)
    assert {quality.leg for quality in kept()} == set(Leg)
    for quality in kept():
        assert (quality.ended_at - quality.began_at).total_seconds() == 12
        assert (quality.loss_ppm, quality.rtt_ms, quality.jitter_ms) == (1200, 40, None)
        assert (quality.kbit_per_second, quality.width_px, quality.height_px) == (612, 1280, 720)
        assert (quality.freezes, quality.frozen_ms) == (2, 1300)
