"""The parts that need no connection: sizes, times, addresses, seams, the film's form."""

import asyncio
import io
from datetime import UTC, datetime
from types import SimpleNamespace
from typing import Any

import av
import pytest
from aiortc import RTCRtpReceiver

from ca_core.errors import Refusal
from tests.video.media.parties import RED, Party
from video import engine
from video.engine import Role
from video.media import ice, matroska, seams, tracks, wire
from video.media.feed import Feed
from video.media.leg import Leg, Uplink
from video.media.timeline import Timeline


@pytest.mark.parametrize(
    ("uplink", "sent"),
    [
        ((1280, 720), (640, 360)),
        ((720, 1280), (360, 640)),
        ((640, 480), (480, 360)),
        ((320, 180), (320, 180)),
        ((1, 4000), (2, 640)),
    ],
)
def test_a_picture_is_made_smaller_in_its_own_shape(uplink: tuple[int, int], sent: tuple[int, int]) -> None:
    assert tracks.fitted(*uplink) == sent


def test_reports_bring_lips_and_voice_together() -> None:
    """Sound arrives 80 ms late through its buffer; the sender's reports say when it was spoken."""
    line = Timeline()
    assert line.at("video", 0, now=100.0) == 100.0
    assert line.at("audio", 0, now=100.08) == 100.08
    line.report("video", 90_000, 5001.0, now=101.0)
    line.report("audio", 48_000, 5001.0, now=101.1)
    assert line.at("video", 180_000, now=102.0) == pytest.approx(102.0)
    assert line.at("audio", 96_000, now=102.08) == pytest.approx(102.0)


def test_timestamps_wrap_around() -> None:
    line = Timeline()
    line.report("audio", 2**32 - 48_000, 10.0, now=10.0)
    assert line.at("audio", 48_000, now=12.0) == pytest.approx(12.0)


def test_a_senders_clock_that_lies_is_not_believed() -> None:
    line = Timeline()
    line.at("audio", 0, now=100.0)
    line.report("audio", 0, 50.0, now=100.0)
    line.report("audio", 48_000, 4_000_000.0, now=101.0)
    assert line.at("audio", 96_000, now=102.0) == 102.0
    assert line.at("audio", 144_000, now=103.1) == 103.0


def test_names_that_only_the_browser_can_resolve_are_left_out() -> None:
    async def offer() -> str:
        party = Party(RED, 440)
        try:
            return await party.offer()
        finally:
            await party.close()

    made = asyncio.run(offer())
    hidden = "a=candidate:1 1 udp 2113937151 0f5d34aa-1f0b-4f0c-9a52-5a1c6b7a2f11.local 50001 typ host\r\n"
    cleaned, kinds = ice.read_offer(made + hidden + "a=end-of-candidates\r\n")
    assert ".local" not in cleaned
    assert "end-of-candidates" not in cleaned
    assert cleaned.count("127.0.0.1") == made.count("127.0.0.1")
    assert kinds == ["audio", "video"]


def test_the_address_that_browsers_reach_is_advertised() -> None:
    line = "a=candidate:1 1 udp 2130706431 192.0.2.10 5000 typ host\r\n"
    shown = ice.IceSettings(advertised_host="198.51.100.7").shown(line)
    assert shown == line.replace("192.0.2.10", "198.51.100.7")
    with pytest.raises(ValueError, match="does not appear to be"):
        ice.IceSettings(bind_host="no address")


def test_a_worker_asks_no_public_server_for_its_address() -> None:
    """aiortc would when it is given no list; ours is empty."""
    assert ice.IceSettings().configuration().iceServers == []


def test_frames_after_a_hole_are_withheld_until_a_keyframe() -> None:
    """What refers to a lost frame would show what nobody sent."""
    key, delta = b"\x10\x00\x00\x9d\x01\x2a\x40\x01\xb4\x00", b"\x11" + bytes(9)
    taken: list[tuple[int, bool]] = []

    async def receive() -> None:
        leg = Leg(Role.CITIZEN, ice.IceSettings(), lambda leg, kind, facts: None)
        transport: Any = SimpleNamespace(state="connected")
        uplink = Uplink(leg, "video", RTCRtpReceiver("video", transport))
        leg.takers.append(lambda role, frame: taken.append((frame.timestamp, frame.key)))
        for timestamp, data in enumerate((delta, key, delta, b"", delta, key, delta)):
            if data:
                uplink.on_frame(timestamp, data)
            else:
                uplink.on_hole()
        assert leg.size == (320, 180)
        await leg.close()

    asyncio.run(receive())
    assert taken == [(1, True), (2, False), (5, True), (6, False)]


def test_another_aiortc_is_noticed_at_start(monkeypatch: pytest.MonkeyPatch) -> None:
    asyncio.run(seams.check())
    monkeypatch.delattr(RTCRtpReceiver, "_send_rtcp_pli")
    with pytest.raises(seams.SeamsChanged):
        asyncio.run(seams.check())


def test_a_film_cut_anywhere_between_clusters_opens() -> None:
    since = datetime(2030, 1, 1, tzinfo=UTC)
    blocks = [
        matroska.Block(at_ms, matroska.track(Role.AGENT, "audio"), True, b"\xf8\xff\xfe")
        for at_ms in range(0, 70_000, 20)
    ]
    parts = [matroska.opening(since), matroska.clusters(blocks[:100]), matroska.clusters(blocks[100:])]
    for count, last in ((2, 1.98), (3, 69.98)):
        container = av.open(io.BytesIO(b"".join(parts[:count])), "r")
        times = [
            float(packet.pts * packet.time_base) for packet in container.demux() if packet.pts is not None
        ]
        assert times[-1] == pytest.approx(last)
        assert len(times) == {2: 100, 3: 3500}[count]


def test_every_refusal_has_a_status_and_travels() -> None:
    named = {kind for kind in vars(engine).values() if isinstance(kind, type) and issubclass(kind, Refusal)}
    for kind in named - {Refusal}:
        assert kind in wire.STATUS
    sent = wire.refusal_json(engine.CallNotKnown(call_id=3))
    raised = wire.refusal(str(sent["code"]), {"call_id": 3})
    assert isinstance(raised, engine.CallNotKnown)
    assert raised.facts == {"call_id": 3}
    assert wire.refusal("media.unheard_of", {}) is None


def test_a_listener_that_comes_back_misses_nothing() -> None:
    feed = Feed()
    feed.number = 5
    assert feed.seen(None, "") == 5
    assert feed.seen(feed.run, "3") == 3
    assert feed.seen("another run", "3") == 0
    assert feed.seen(feed.run, "nonsense") == 0
