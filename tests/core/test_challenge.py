"""The challenge: one page, one application, a minute and a half, in order and once."""

from dataclasses import replace
from typing import Any

import pytest

from ca_core.dossier import Dossier
from ca_core.errors import Refusal
from ca_core.face_attempt import TURNS, Challenge, Frame, Move, Shown
from ca_core.registration import challenge
from ca_core.registration import dossier as dossiers_
from ca_core.registration.challenge import Stage
from tests import builders, dossiers, flagged
from tests.fakes import House


def house() -> tuple[House, Dossier]:
    here = builders.house()
    builders.register(here)
    return here, dossiers.confirmed(here)


def draw(here: House, dossier: Dossier, **different: Any) -> challenge.Drawn:
    given = {"checks_on": True, "folder": "f"} | different
    with here.work() as work:
        return challenge.draw(work, dossier=dossier, now=here.now, **given)


def find(here: House, dossier: Dossier, token: str) -> Challenge:
    with here.work() as work:
        return challenge.find(work, token=token, dossier=dossier, now=here.now)


def frame(at_ms: int, step: int = 0) -> Frame:
    return Frame(step, at_ms, flagged.picture(f"faces/f/{step}-{at_ms}"))


def shown(at_ms: int, step: int = 0) -> Shown:
    return Shown(step, at_ms, 0.0, 0.6, 0.0, 100.0, 320.0, 200.0)


def send(
    here: House,
    found: Challenge,
    *times_ms: int,
    step: int = 0,
    prompt_ms: int = 0,
    stage: Stage = Stage.STAY,
) -> Challenge:
    with here.work() as work:
        return challenge.take_frames(
            work,
            found=found,
            step=step,
            prompt_ms=prompt_ms,
            frames=[frame(at, step) for at in times_ms],
            shown=[shown(at, step) for at in times_ms],
            stage=stage,
            now=here.now,
        )


@pytest.mark.parametrize("count", [1, 2, 3, 4])
def test_moves_differ_and_one_of_them_is_a_turn(count: int) -> None:
    """A flat picture can do all but a turn."""
    here = builders.house(verification={"moves": count, "draws_per_hour": 60})
    builders.register(here)
    dossier = dossiers.confirmed(here)
    drawn = [draw(here, dossier).challenge.moves for _ in range(60)]
    for moves in drawn:
        assert len(set(moves)) == len(moves) == count
        assert set(moves) & set(TURNS)
    assert len(set(drawn)) > 1


def test_nobody_can_tell_which_moves_come() -> None:
    """Three of five in any order, but for those without a turn: 54."""
    here = builders.house(verification={"draws_per_hour": 600})
    builders.register(here)
    dossier = dossiers.confirmed(here)
    assert len({draw(here, dossier).challenge.moves for _ in range(600)}) == 54


def test_without_checks_nothing_is_asked() -> None:
    here, dossier = house()
    drawn = draw(here, dossier, checks_on=False)
    assert drawn.challenge.moves == ()
    assert drawn.challenge.takes_frames
    assert not send(here, drawn.challenge, 0, 160, stage=Stage.CLOSE).takes_frames


def test_the_token_rests_as_its_seal() -> None:
    here, dossier = house()
    drawn = draw(here, dossier)
    assert drawn.token not in str(here.memory.face_challenges)
    assert find(here, dossier, drawn.token).moves == drawn.challenge.moves


def test_it_is_for_one_page_of_one_application() -> None:
    here, dossier = house()
    token = draw(here, dossier).token
    for other in (replace(dossier, token_digest=b"another browser"), replace(dossier, number=None)):
        with pytest.raises(challenge.ChallengeUnknown):
            find(here, other, token)
    with pytest.raises(challenge.ChallengeUnknown):
        find(here, dossier, "another token")


def test_a_newer_one_ends_the_earlier() -> None:
    """Two tabs: one running verification an application."""
    here, dossier = house()
    first = draw(here, dossier)
    second = draw(here, dossier)
    assert second.replaced == first.challenge
    with pytest.raises(challenge.ChallengeOver):
        find(here, dossier, first.token)
    assert find(here, dossier, second.token).ended_at is None


def test_its_time_ends() -> None:
    here, dossier = house()
    token = draw(here, dossier).token
    here.later(seconds=89)
    find(here, dossier, token)
    here.later(seconds=1)
    with pytest.raises(challenge.ChallengeOver):
        find(here, dossier, token)


def test_only_who_is_at_this_step_gets_one() -> None:
    here = builders.house()
    builders.register(here)
    dossier = dossiers.started(here)
    with pytest.raises(dossiers_.OutOfOrder):
        draw(here, dossier)


def test_while_a_moderator_looks_there_is_none() -> None:
    here, dossier = house()
    dossiers.move(here, dossier, "send_to_review")
    with pytest.raises(challenge.InReview):
        draw(here, dossier)


def test_steps_come_in_their_order() -> None:
    here, dossier = house()
    here.later(seconds=1)
    found = draw(here, dossier).challenge
    here.later(seconds=5)
    for step in (1, 2, 4):
        with pytest.raises(challenge.StepDiffers):
            send(here, found, 100, step=step, prompt_ms=50)
    found = send(here, found, 100, 260, stage=Stage.NEXT)
    assert (found.step, found.asked) == (1, found.moves[0])
    with pytest.raises(challenge.StepDiffers):
        send(here, found, 500, step=0)
    found = send(here, found, 600, 760, step=1, prompt_ms=400)
    found = send(here, found, 900, step=1, prompt_ms=9_999, stage=Stage.NEXT)
    assert found.prompts_ms == (0, 400), "a step's prompt is that of its first burst"
    for step in (2, 3):
        found = send(here, found, 1000 * step + 100, step=step, prompt_ms=1000 * step, stage=Stage.NEXT)
    assert not found.takes_frames
    with pytest.raises(challenge.StepDiffers):
        send(here, found, 4000, step=4, prompt_ms=3900)


@pytest.mark.parametrize(
    ("times_ms", "prompt_ms"),
    [
        ([], 300),
        # Not after the frames before, not after the prompt, not one after the other.
        ([240], 230),
        ([290], 300),
        ([400, 400], 300),
        ([500, 400], 300),
        ([400], 200),
        # From a time that has not come yet.
        ([6_001], 300),
        # More than a step may have.
        (list(range(400, 400 + 41)), 300),
    ],
)
def test_frames_out_of_time_are_refused(times_ms: list[int], prompt_ms: int) -> None:
    here, dossier = house()
    found = send(here, draw(here, dossier).challenge, 90, 250, stage=Stage.NEXT)
    here.later(seconds=3)
    with pytest.raises(challenge.FramesUnfit):
        send(here, found, *times_ms, step=1, prompt_ms=prompt_ms)
    send(here, found, 400, 6_000, step=1, prompt_ms=300)


def test_nothing_is_shown_before_the_challenge_begins() -> None:
    here, dossier = house()
    found = draw(here, dossier).challenge
    here.later(seconds=1)
    with pytest.raises(challenge.FramesUnfit):
        send(here, found, -1, 100)
    assert send(here, found, 0, 100).prompts_ms == (0,)


def test_frames_have_a_limit_over_all_steps() -> None:
    here, dossier = house()
    found = draw(here, dossier).challenge
    here.later(seconds=60)
    for step, first in enumerate((1000, 2000, 3000)):
        times = range(first, first + 40)
        found = send(here, found, *times, step=step, prompt_ms=first - 1, stage=Stage.NEXT)
    assert challenge.room(found, 3) == 0


def test_two_bursts_at_once_are_one() -> None:
    here, dossier = house()
    found = draw(here, dossier).challenge
    send(here, found, 100)
    with pytest.raises(Refusal, match=r"record\.changed_meanwhile"):
        send(here, found, 100)


def claimed(here: House, found: Challenge) -> Challenge:
    with here.work() as work:
        return challenge.claim(work, found=found, now=here.now)


def complete(here: House, dossier: Dossier) -> Challenge:
    return send(here, draw(here, dossier).challenge, 100, stage=Stage.CLOSE)


def test_one_request_judges() -> None:
    here, dossier = house()
    found = complete(here, dossier)
    mine = claimed(here, found)
    with pytest.raises(challenge.Judging):
        claimed(here, mine)
    with pytest.raises(Refusal, match=r"record\.changed_meanwhile"):
        claimed(here, found)


def test_nothing_is_judged_while_frames_are_asked_for() -> None:
    here, dossier = house()
    found = draw(here, dossier).challenge
    for asked in (found, send(here, found, 100)):
        with pytest.raises(challenge.StepDiffers):
            claimed(here, asked)


def test_a_new_one_does_not_undo_a_judgement_that_is_under_way() -> None:
    """Whoever expects no good of it would draw another one meanwhile, and no attempt would be counted."""
    here, dossier = house()
    mine = claimed(here, complete(here, dossier))
    with pytest.raises(challenge.Judging):
        draw(here, dossier)
    assert here.memory.face_challenges[mine.token_digest] == mine
    here.later(seconds=60)
    draw(here, dossier)


def test_whoever_died_over_it_is_waited_for_a_minute() -> None:
    here, dossier = house()
    mine = claimed(here, complete(here, dossier))
    here.later(seconds=60)
    claimed(here, mine)


def test_what_could_not_be_judged_may_be_judged_again() -> None:
    here, dossier = house()
    mine = claimed(here, complete(here, dossier))
    with here.work() as work:
        challenge.give_back(work, found=mine)
    claimed(here, here.memory.face_challenges[mine.token_digest])


def test_while_it_is_judged_no_frames_are_taken() -> None:
    here, dossier = house()
    mine = replace(claimed(here, complete(here, dossier)), step=0)
    with pytest.raises(challenge.Judging):
        challenge.require_step(mine, 0)


def test_abandoned_ones_end_and_are_named_for_erasing() -> None:
    """R14: nobody keeps pictures of somebody who went away."""
    here, dossier = house()
    found = send(here, draw(here, dossier).challenge, 100)
    for seconds, expected in ((90 + 299, []), (2, [found])):
        here.later(seconds=seconds)
        with here.work() as work:
            assert challenge.abandoned(work, now=here.now, limit=9) == expected
    with here.work() as work:
        challenge.end(work, found=found, now=here.now)
    with here.work() as work:
        assert challenge.abandoned(work, now=here.now, limit=9) == []


def test_what_is_over_is_erased_after_an_hour_but_the_evidence_of_attempts() -> None:
    """R14: nothing of a check outlives it that no attempt keeps."""
    here, dossier = house()
    first = send(here, draw(here, dossier).challenge, 100)
    draw(here, dossier)
    live = first.frames[0].picture
    with here.work() as work:
        work.face_attempts.add(flagged.attempt(first.number, here.now, live=live, frames=()))
    for minutes, expected in ((60, []), (1, [first.token_digest])):
        here.later(minutes=minutes)
        with here.work() as work:
            over = challenge.over(work, now=here.now, limit=9)
        assert [one.token_digest for one in over] == expected
    with here.work() as work:
        assert challenge.evidence_of(work, found=over[0]) == {live.name}
        challenge.erase(work, found=over[0])
    assert first.token_digest not in here.memory.face_challenges


def test_a_person_is_asked_for_so_many_moves_an_hour() -> None:
    """Whoever may draw without end waits for the moves that were filmed before; another application is no way out."""
    here, dossier = house()
    for _ in range(here.policy.verification.draws_per_hour):
        draw(here, dossier)
    with pytest.raises(challenge.TooManyChallenges):
        draw(here, dossier)
    here.later(minutes=30)
    other = dossiers.confirmed(here, browser="at home")
    with pytest.raises(challenge.TooManyChallenges):
        draw(here, other)
    here.later(minutes=31)
    draw(here, other)


def test_what_is_asked_is_the_step_s_move() -> None:
    here, dossier = house()
    found = draw(here, dossier, below=lambda _: 0).challenge
    assert found.moves == (Move.TURN_LEFT, Move.TURN_RIGHT, Move.TILT_LEFT)
    asked = [replace(found, step=step).asked for step in range(5)]
    assert asked == [None, *found.moves, None]
