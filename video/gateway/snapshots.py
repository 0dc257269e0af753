"""The whole truth for one page, as the protocol writes it. Pure: from the scene and the lines, nothing else.

The agent is told no name, no IIN and no phone; the citizen nothing about other callers but their number.
"""

from datetime import datetime, timedelta

from ca_core.call import Call, Desk, DeskState, Leg
from ca_core.lifecycle import CallState
from ca_core.registration import deadlines, dispatch
from ca_core.registration.listening import Speech
from video.gateway.lines import Line, Shown, Voice
from video.gateway.messages import Json, instant
from video.gateway.scene import Code, Scene

# How long the oldest waits is told in steps, or every page would be told something each second.
_STEP_SECONDS = 10


def of_citizen(scene: Scene, call: Call, line: Line | None) -> Json:
    place = _place(scene, call)
    agents = dispatch.agents_at_work(scene.desks, call.language)
    wait = dispatch.wait(place, agents=agents, handling=scene.handling) if place else None
    code = scene.codes.get(call.call_id, Code())
    return {
        "type": "call",
        "state": _state(call),
        "position": place,
        "wait_seconds": int(wait.total_seconds()) if wait is not None else None,
        "agents": agents,
        "phrase": call.phrase,
        "agent_number": str(call.agent_id) if call.agent_id and call.accepted_at else None,
        "until": instant(_until(scene, call)),
        "talk_until": instant(_talk_until(scene, call)),
        "recording": _records(call),
        "code": code.state.value,
        "tries_left": code.tries_left,
        "show": (line.shown if line is not None else Shown.NONE).value,
        "cause": _cause(call),
        "lost": call.lost_leg.value if call.lost_leg is not None else None,
        "decision": call.decision.name.lower() if call.decision is not None else None,
        "reason": call.decision_reason,
        "need": call.need.value,
        "voice": _voice(line, Leg.CITIZEN),
    }


def of_observer(scene: Scene, call: Call, line: Line | None) -> Json:
    """`line` is another one when the call was placed elsewhere: what is seen there must be asked for again. `voice`
    says who speaks, by the number of the account, to whom, and who of them hears it by now."""
    voice = line.voice if line is not None else None
    return {
        "type": "observed",
        "call_id": call.call_id,
        "state": _state(call),
        "since": instant(call.connected_at),
        "lost": call.lost_leg.value if call.lost_leg is not None else None,
        "recording": _records(call),
        "line": call.worker,
        "cause": _cause(call),
        "voice": _own_voice(voice) if voice is not None else None,
    }


def is_last(scene: Scene, call: Call) -> bool:
    """Nothing will change any more: over, and the agent has decided or can no longer."""
    if call.state is not CallState.ENDED:
        return False
    return call.connected_at is None or call.decided_at is not None or scene.is_wrapped_up(call)


def of_agent(scene: Scene, desk: Desk, line: Line | None) -> Json:
    return {
        "type": "desk",
        "state": desk.state.value,
        "languages": list(desk.languages),
        "since": instant(desk.since),
        "pause_next": desk.pause_next,
        "wrap_up_until": instant(desk.wrap_up_until),
        "wrap_up_extended": desk.wrap_up_extended,
        "offer": _offer(scene, desk),
        "call": _call(scene, desk, line),
        "queue": _queue(scene),
    }


def _state(call: Call) -> str:
    if call.state is not CallState.RINGING:
        return call.state.name.lower()
    if call.accepted_at is None:
        return "queued"
    return "ringing" if call.answered_at is None else "connecting"


def _place(scene: Scene, call: Call) -> int:
    """1 for the caller who is being offered to an agent, too; 0 for one who does not wait."""
    is_offered = call.state is CallState.RINGING and call.accepted_at is None
    return 1 if is_offered else dispatch.position(scene.calls, call.call_id)


def _until(scene: Scene, call: Call) -> datetime | None:
    rules = scene.rules
    if call.state is CallState.RINGING and call.accepted_at is not None:
        if call.answered_at is None:
            return call.accepted_at + rules.ring
        return call.answered_at + rules.connect
    if call.state is CallState.RECONNECTING:
        return _after(call.lost_at, rules.come_back)
    return _after(call.held_at, rules.hold_at_most) if call.state is CallState.HELD else None


def _talk_until(scene: Scene, call: Call) -> datetime | None:
    return deadlines.talk_ends_at(call, rules=scene.rules, now=scene.now)


def _after(since: datetime | None, span: timedelta) -> datetime | None:
    return since + span if since is not None else None


def _records(call: Call) -> bool:
    is_on = call.state in (CallState.ACTIVE, CallState.HELD, CallState.RECONNECTING)
    return is_on and call.recording_since is not None and not call.recording_problem


def _cause(call: Call) -> str | None:
    return call.cause.name.lower() if call.cause is not None else None


def _offer(scene: Scene, desk: Desk) -> Json | None:
    call = scene.call(desk.call_id)
    if desk.state is not DeskState.OFFERED or call is None or call.offered_at is None:
        return None
    return {
        "call_id": call.call_id,
        "language": call.language,
        "waited_seconds": int((call.offered_at - call.queued_at).total_seconds()),
        "attempt": call.attempt,
        "need": call.need.value,
        "until": instant(call.offered_at + scene.rules.offer),
        "lasts_seconds": int(scene.rules.offer.total_seconds()),
    }


def _call(scene: Scene, desk: Desk, line: Line | None) -> Json | None:
    call = scene.call(desk.call_id)
    if desk.state not in (DeskState.IN_CALL, DeskState.WRAP_UP) or call is None:
        return None
    return {
        "call_id": call.call_id,
        "state": _state(call),
        "phrase": call.phrase,
        "language": call.language,
        "since": instant(call.connected_at or call.accepted_at),
        "until": instant(_until(scene, call)),
        "talk_until": instant(_talk_until(scene, call)),
        "lost": call.lost_leg.value if call.lost_leg is not None else None,
        "lost_why": call.lost_why,
        "recording": _records(call),
        "recording_problem": call.recording_problem,
        "line": _quality(line),
        "sound_only": line is not None and line.is_sound_only,
        "show": (line.shown if line is not None else Shown.NONE).value,
        "cause": _cause(call),
        "need": call.need.value,
        "voice": _voice(line, Leg.AGENT),
    }


def _voice(line: Line | None, leg: Leg) -> Json | None:
    """What that side is to hear beside the other party: a voice of another number is another voice."""
    voice = line.voice if line is not None else None
    if voice is None or leg not in voice.audience:
        return None
    return {"number": voice.number, "speech": _speech(voice)}


def _own_voice(voice: Voice) -> Json:
    return {"by": voice.observer, "speech": _speech(voice), "heard_by": sorted(voice.heard_by)}


def _speech(voice: Voice) -> str:
    return Speech.JOIN if Leg.CITIZEN in voice.audience else Speech.WHISPER


def _quality(line: Line | None) -> str:
    """Of the caller's line. Few packets are lost where few are sent: one without a picture is poor."""
    if line is None:
        return "none"
    return "poor" if line.is_sound_only else line.ends[Leg.CITIZEN].quality


def _queue(scene: Scene) -> Json:
    waiting = dispatch.queue(scene.calls)
    oldest = int((scene.now - waiting[0].queued_at).total_seconds()) if waiting else 0
    free = [desk for desk in scene.desks if desk.state is DeskState.AVAILABLE and desk.absent_since is None]
    return {
        "waiting": len(waiting),
        "oldest_seconds": oldest // _STEP_SECONDS * _STEP_SECONDS,
        "free_agents": len(free),
    }
