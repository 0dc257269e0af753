"""Two parties through either engine: picture and sound arrive, hold and rejoin, silence and refusals."""

import asyncio
import io
from collections.abc import Callable
from typing import cast

import numpy as np
import pytest
from PIL import Image

from tests.video.media import offers
from tests.video.media.parties import BLACK, BLUE, CALL, GREEN, RED, Kind, Party, room, talking, until
from video import engine
from video.engine import EventKind, Role
from video.media import relay
from video.media.translator import TranslatorEngine


def test_picture_and_tone_arrive_on_both_sides(kind: Kind) -> None:
    """Not counters: the decoded colour and the strongest frequency, and their change."""

    async def journey() -> None:
        async with talking(kind) as (made, citizen, agent):
            await until(lambda: abs(agent.hears() - 440) <= 6 and abs(citizen.hears() - 880) <= 6)
            citizen.camera.colour = GREEN
            assert await until(lambda: agent.shows(GREEN)) < 2
            stats = await made.engine.stats(CALL)
            assert {leg.role for leg in stats.legs} == {Role.CITIZEN, Role.AGENT}
            for leg in stats.legs:
                assert leg.state == "connected"
                assert (leg.width_px, leg.height_px) == (320, 180)
                assert leg.bytes_received > 1000
                assert leg.packets_received > 20
                assert leg.packets_sent > 20
                # Fifteen are filmed; after a hold-up the next ones come at once.
                assert 5 < leg.fps < 60
                assert cast(float, leg.last_media_seconds_ago) < 1
            kinds = [(event.role, event.kind) for event in made.events]
            for role in Role:
                order = [kinds.index((role, kind)) for kind in (EventKind.LEG_CONNECTED, EventKind.LEG_MEDIA)]
                assert order == sorted(order)

    asyncio.run(journey())


def test_on_hold_both_get_black_and_silence(kind: Kind) -> None:
    """Nobody sees what is not recorded either; who joins again meanwhile is on hold too."""

    async def journey() -> None:
        async with talking(kind) as (made, citizen, agent):
            await until(lambda: citizen.hears() > 0 and agent.hears() > 0)
            await made.engine.hold(CALL, True)
            assert await until(lambda: citizen.shows(BLACK) and agent.shows(BLACK)) < 2
            await until(lambda: citizen.hears() == 0 and agent.hears() == 0)
            seen = citizen.pictures, agent.pictures
            await asyncio.sleep(1.0)
            assert citizen.pictures > seen[0], "nothing at all would look like a lost line"
            assert agent.pictures > seen[1]
            assert citizen.shows(BLACK)
            assert agent.shows(BLACK)
            assert citizen.hears() == agent.hears() == 0
            again = Party(BLUE, 880)
            await again.join(lambda offer: made.engine.join(CALL, Role.AGENT, offer))
            await until(lambda: again.shows(BLACK))
            await asyncio.sleep(0.5)
            assert again.shows(BLACK)
            await made.engine.hold(CALL, False)
            await until(lambda: citizen.shows(BLUE) and abs(citizen.hears() - 880) <= 6)
            await until(lambda: again.shows(RED) and abs(again.hears() - 440) <= 6)
            await again.close()
            assert [event.kind for event in made.events if event.role is None] == [
                EventKind.HELD,
                EventKind.RESUMED,
            ]

    asyncio.run(journey())


def test_a_leg_that_ends_tells_how_it_was(kind: Kind) -> None:
    async def journey() -> None:
        async with talking(kind) as (made, citizen, _):
            await until(lambda: citizen.hears() > 0)
            assert not made.told(EventKind.LEG_MEASURED)
            # A picture that stands still for a second; the sound goes on.
            citizen.camera.pause(1.0)
            await asyncio.sleep(2.0)
            await made.engine.close(CALL)
            told = made.told(EventKind.LEG_MEASURED)
            assert {event.role for event in told} == set(Role)
            assert len(told) == 2
            facts = next(event.facts for event in told if event.role is Role.CITIZEN)
            assert 1 < cast(float, facts["seconds"]) < 30
            assert 10 < cast(int, facts["kbit_per_second"]) < 5000
            assert (facts["width_px"], facts["height_px"], facts["loss_ppm"]) == (320, 180, 0)
            assert cast(int, facts["jitter_ms"]) >= 0
            assert cast(int, facts["freezes"]) >= 1
            assert cast(int, facts["frozen_ms"]) > 500
            kinds = [event.kind for event in made.events]
            assert kinds.index(EventKind.LEG_MEASURED) < kinds.index(EventKind.CALL_CLOSED)

    asyncio.run(journey())


def test_a_rejoin_replaces_the_leg(kind: Kind) -> None:
    async def journey() -> None:
        async with talking(kind) as (made, citizen, agent):
            again = Party(GREEN, 660)
            await again.join(lambda offer: made.engine.join(CALL, Role.CITIZEN, offer))
            await until(lambda: agent.shows(GREEN) and again.shows(BLUE) and abs(agent.hears() - 660) <= 6)
            seen = citizen.pictures
            await asyncio.sleep(0.5)
            assert citizen.pictures <= seen + 1, "the replaced leg is sent nothing more"
            assert len((await made.engine.stats(CALL)).legs) == 2
            joined = made.told(EventKind.LEG_JOINED)
            assert [event.facts["again"] for event in joined] == [False, False, True]
            await again.close()

    asyncio.run(journey())


def test_a_lost_line_is_told_within_three_seconds_and_its_return_too(kind: Kind) -> None:
    async def journey() -> None:
        async with talking(kind) as (made, citizen, agent):
            citizen.go_silent()
            took = await until(lambda: bool(made.told(EventKind.LEG_SILENT)))
            assert 1.9 < took < 3.2
            assert made.told(EventKind.LEG_SILENT)[0].role is Role.CITIZEN
            citizen.come_back()
            await until(lambda: bool(made.told(EventKind.LEG_BACK)), seconds=2)
            citizen.camera.colour = GREEN
            await until(lambda: agent.shows(GREEN))

    asyncio.run(journey())


def test_a_closed_connection_is_told_at_once(kind: Kind) -> None:
    async def journey() -> None:
        async with talking(kind) as (made, citizen, agent):
            await citizen.close()
            await until(lambda: bool(made.told(EventKind.LEG_FAILED)), seconds=2)
            assert made.told(EventKind.LEG_FAILED)[0].facts == {"cause": "closed_by_peer"}
            assert [leg.role for leg in (await made.engine.stats(CALL)).legs] == [Role.AGENT]
            await until(lambda: agent.shows((0, 0, 0)))

    asyncio.run(journey())


def test_a_still_has_the_full_size_of_the_uplink(kind: Kind) -> None:
    """Through the relay the agent sees 640x360; the still of the document is 1280x720."""

    async def journey() -> None:
        async with talking(kind, citizen_size=(1280, 720), citizen_fps=8) as (made, _, agent):
            assert agent.picture is not None
            seen = (1280, 720) if kind is TranslatorEngine else (640, 360)
            assert (agent.picture.width, agent.picture.height) == seen
            still = await made.engine.still(CALL, Role.CITIZEN)
            picture = Image.open(io.BytesIO(still.png))
            assert picture.size == (still.width_px, still.height_px) == (1280, 720)
            assert np.abs(np.array(picture)[360, 640].astype(int) - np.array(RED)).max() < 40
            assert still.took_ms < 1000

    asyncio.run(journey())


def test_a_caller_without_a_camera_is_heard_and_sees(kind: Kind) -> None:
    async def journey() -> None:
        async with room(kind) as made:
            await made.engine.create_call(CALL)
            citizen, agent = Party(RED, 440, video=False), Party(BLUE, 880)
            await citizen.join(lambda offer: made.engine.join(CALL, Role.CITIZEN, offer))
            await agent.join(lambda offer: made.engine.join(CALL, Role.AGENT, offer))
            await until(lambda: abs(agent.hears() - 440) <= 6 and abs(citizen.hears() - 880) <= 6)
            with pytest.raises(engine.NoPicture):
                await made.engine.still(CALL, Role.CITIZEN)
            await asyncio.gather(citizen.close(), agent.close())

    asyncio.run(journey())


def test_taps_give_whole_frames_that_begin_with_a_keyframe(kind: Kind) -> None:
    async def journey() -> None:
        async with talking(kind) as (made, _, _):
            tap = await made.engine.tap(CALL, Role.CITIZEN)
            await made.engine.request_keyframe(CALL, Role.CITIZEN)
            frames = []
            async with asyncio.timeout(5):
                async for frame in tap:
                    frames.append(frame)
                    if frame.kind == "video" and frame.key:
                        break
            tap.close()
            assert {frame.kind for frame in frames} == {"audio", "video"}
            times = [frame.at_seconds for frame in frames if frame.kind == "audio"]
            assert times == sorted(times)

    asyncio.run(journey())


def test_a_browser_that_hides_its_address_connects(kind: Kind) -> None:
    """Its own checks show where it is."""

    async def journey() -> None:
        async with room(kind) as made:
            await made.engine.create_call(CALL)
            party = Party(RED, 440)
            name = "0f5d34aa-1f0b-4f0c-9a52-5a1c6b7a2f11.local"

            async def ask(offer: str) -> str:
                return await made.engine.join(CALL, Role.CITIZEN, offer.replace(" 127.0.0.1 ", f" {name} "))

            await party.join(ask)
            assert await until(lambda: bool(made.told(EventKind.LEG_MEDIA))) < 3
            await party.close()

    asyncio.run(journey())


def test_an_offer_that_names_no_source_is_served(kind: Kind) -> None:
    """SSRC lines are a habit of some browsers; the first packets tell as well."""

    async def journey() -> None:
        async with room(kind) as made:
            await made.engine.create_call(CALL)
            citizen, agent = Party(RED, 440), Party(BLUE, 880)

            async def ask(offer: str) -> str:
                bare = offers.without_sources(offer)
                assert "a=ssrc" in offer
                assert "a=ssrc" not in bare
                return await made.engine.join(CALL, Role.CITIZEN, bare)

            await citizen.join(ask)
            await agent.join(lambda offer: made.engine.join(CALL, Role.AGENT, offer))
            await until(lambda: agent.shows(RED) and citizen.shows(BLUE) and abs(agent.hears() - 440) <= 6)
            await asyncio.gather(citizen.close(), agent.close())

    asyncio.run(journey())


@pytest.mark.parametrize(
    ("shape", "picture", "sound"), [(offers.as_safari, 108, 96), (offers.as_firefox, 120, 109)]
)
def test_other_browsers_offers_are_answered_with_what_both_sides_speak(
    kind: Kind, shape: Callable[[str], str], picture: int, sound: int
) -> None:
    """RFC 7742, 5 and RFC 7874, 3: every browser speaks VP8 and Opus, whatever it names first and by which number."""

    async def journey() -> None:
        async with room(kind) as made:
            await made.engine.create_call(CALL)
            party = Party(RED, 440)
            answer = await made.engine.join(CALL, Role.CITIZEN, shape(await party.offer()))
            assert offers.number_of(answer, "VP8") == [picture]
            assert offers.number_of(answer, "opus") == [sound]
            assert not offers.number_of(answer, "H264")
            # Lost sound is mended from the packet that follows.
            assert f"a=fmtp:{sound} minptime=10;useinbandfec=1\r\n" in answer
            assert len(offers.number_of(answer, "rtx")) == 1
            await party.close()

    asyncio.run(journey())


def test_a_party_who_never_connects_is_let_go(kind: Kind, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(relay, "CONNECT_SECONDS", 0.2)

    async def journey() -> None:
        async with room(kind) as made:
            await made.engine.create_call(CALL)
            party = Party(RED, 440)
            await made.engine.join(CALL, Role.CITIZEN, await party.offer())
            await until(lambda: bool(made.told(EventKind.LEG_FAILED)), seconds=2)
            assert made.told(EventKind.LEG_FAILED)[0].facts == {"cause": "not_connected"}
            assert (await made.engine.stats(CALL)).legs == ()
            await party.close()

    asyncio.run(journey())


def test_there_is_no_third_party(kind: Kind) -> None:
    async def journey() -> None:
        async with room(kind) as made:
            await made.engine.create_call(CALL)
            party = Party(RED, 440)
            with pytest.raises(engine.RoleNotKnown):
                await made.engine.join(CALL, cast(Role, "guest"), await party.offer())
            await party.close()

    asyncio.run(journey())


@pytest.mark.parametrize(
    "spoil",
    [
        lambda offer: "",
        lambda offer: "v=0\r\nnonsense",
        lambda offer: offer[: len(offer) // 2],
        lambda offer: offer.replace("VP8", "VP9"),
        lambda offer: offer.replace("opus", "speex"),
        lambda offer: offer.replace("a=fingerprint", "a=finger"),
        lambda offer: offer.replace("m=video", "m=application"),
        lambda offer: offer + offer[offer.index("m=audio") :],
        lambda offer: offer + "a=x\r\n" * 20_000,
    ],
    ids=["empty", "nonsense", "half", "vp9", "speex", "unsecured", "data", "twice", "endless"],
)
def test_an_offer_that_is_not_ours_is_refused(kind: Kind, spoil: Callable[[str], str]) -> None:
    async def journey() -> None:
        async with room(kind) as made:
            await made.engine.create_call(CALL)
            party = Party(RED, 440)
            with pytest.raises(engine.OfferNotUnderstood):
                await made.engine.join(CALL, Role.CITIZEN, spoil(await party.offer()))
            assert (await made.engine.stats(CALL)).legs == ()
            await party.close()

    asyncio.run(journey())


def test_what_is_not_there_is_refused_by_name(kind: Kind) -> None:
    async def journey() -> None:
        async with room(kind) as made:
            with pytest.raises(engine.CallNotKnown):
                await made.engine.stats(CALL)
            await made.engine.create_call(CALL)
            with pytest.raises(engine.LegNotKnown):
                await made.engine.still(CALL, Role.CITIZEN)
            await made.engine.leave(CALL, Role.CITIZEN)
            await made.engine.close(CALL)
            await made.engine.close(CALL)
            assert made.engine.call_ids == ()

    asyncio.run(journey())
