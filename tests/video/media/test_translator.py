"""What only the engine that forwards can do: nothing of a packet changes but its addressee, and losses are mended."""

import asyncio
import io
import logging
import random
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import numpy as np
import pytest
from PIL import Image

from tests.video.media.parties import BLUE, RED, Party, Room, room, until
from video.engine import EngineKind, EventKind, NoPicture, Role
from video.media import rtp, stills, translator, translator_frames, translator_leg, translator_seams
from video.media.relay import RelayEngine
from video.media.translator import TranslatorEngine
from video.media.translator_rtcp import Reports
from video.media.translator_streams import Downlink, Lane, Uplink

CALL = 21


class Tape:
    """What a party's transport sent and received, before encryption and after decryption."""

    def __init__(self, party: Party) -> None:
        self.transport: Any = party.connection.getTransceivers()[0].sender.transport
        self.sent: list[bytes] = []
        self.came: list[bytes] = []
        self.reports: list[bytes] = []
        self._send, self._receive = self.transport._send_rtp, self.transport._handle_rtp_data
        self._report = self.transport._handle_rtcp_data
        self.transport._send_rtp, self.transport._handle_rtp_data = self._on_send, self._on_rtp
        self.transport._handle_rtcp_data = self._on_rtcp

    async def _on_send(self, data: bytes) -> None:
        self.sent.append(data)
        await self._send(data)

    async def _on_rtp(self, data: bytes, arrival_time_ms: int) -> None:
        self.came.append(data)
        await self._receive(data, arrival_time_ms=arrival_time_ms)

    async def _on_rtcp(self, data: bytes) -> None:
        self.reports.append(data)
        await self._report(data)

    def media(self, packets: list[bytes]) -> list[bytes]:
        return [packet for packet in packets if not 191 < packet[1] < 224]


@asynccontextmanager
async def taped() -> AsyncIterator[tuple[Room, Party, Party, Tape, Tape]]:
    async with room(TranslatorEngine) as made:
        await made.engine.create_call(CALL)
        citizen, agent = Party(RED, 440), Party(BLUE, 880)
        await citizen.join(lambda offer: made.engine.join(CALL, Role.CITIZEN, offer))
        await agent.join(lambda offer: made.engine.join(CALL, Role.AGENT, offer))
        tapes = Tape(citizen), Tape(agent)
        await until(lambda: agent.shows(RED) and citizen.shows(BLUE))
        try:
            yield made, citizen, agent, *tapes
        finally:
            await asyncio.gather(citizen.close(), agent.close())


def leg(made: Room, role: Role) -> Any:
    return made.engine._calls[CALL].legs[role]


def test_nothing_of_a_packet_changes_but_its_ssrc() -> None:
    """RFC 3550, 7.1: numbers, timestamps, extensions (abs-send-time among them) and payload bit for bit; reports
    and estimates of either party reach the other under the SSRCs that it knows."""

    async def journey() -> None:
        async with taped() as (made, citizen, agent, mine, theirs):
            ssrc = {down.ssrc for down in leg(made, Role.AGENT).downlinks.values()}
            del mine.sent[:], theirs.came[:]
            await asyncio.sleep(2.5)
            stop = len(theirs.came)
            sent = {packet[:8] + packet[12:] for packet in mine.media(mine.sent)}
            came = theirs.media(theirs.came[:stop])
            assert len(came) > 100
            assert {packet[8:12] for packet in came} == ssrc
            strangers = [packet for packet in came[5:] if packet[:8] + packet[12:] not in sent]
            assert not strangers
            assert any(packet[0] & 16 for packet in came), "extensions are passed on"
            kinds = {report[1] for report in mine.reports}
            assert {200, 201} <= kinds or 201 in kinds
            assert (await made.engine.stats(CALL)).legs[0].rtt_seconds is not None
            assert citizen.pictures
            assert agent.pictures

    asyncio.run(journey())


def test_the_ring_mends_five_percent_loss_on_the_way_down() -> None:
    """Asked for by the viewer, answered by the worker: the sender hears nothing of it."""

    async def journey() -> None:
        async with taped() as (made, citizen, agent, mine, theirs):
            down = leg(made, Role.AGENT).downlinks["video"]
            dice, send = random.Random(3), down.wire.send_rtp
            lost = [0]

            def lossy(packet: bytes) -> bool:
                if packet[8:12] == down.ssrc and dice.random() < 0.05:
                    lost[0] += 1
                    return True
                return bool(send(packet))

            down.wire.send_rtp = lossy
            before, told = agent.pictures, len(mine.reports)
            citizen.camera.fps = 60
            await until(lambda: lost[0] >= 5)
            await asyncio.sleep(0.5)
            again = [packet for packet in theirs.came if packet[8:12] == down.rtx_ssrc]
            assert len(again) >= lost[0] - 1
            assert agent.pictures > before + 20
            assert not [report for report in mine.reports[told:] if report[1] == 205]

    asyncio.run(journey())


def test_a_still_is_the_forwarded_keyframe_bit_for_bit() -> None:
    """The picture without loss, and in the same file the frame as it came, which anybody may decode again."""

    async def journey() -> None:
        async with taped() as (made, citizen, _, _, theirs):
            tap = await made.engine.tap(CALL, Role.CITIZEN)
            del theirs.came[:]
            still = await made.engine.still(CALL, Role.CITIZEN)
            received = stills.received(still.png)
            assert received is not None
            async for frame in tap:
                if frame.kind == "video" and frame.key and frame.data == received.payload:
                    break
            tap.close()
            source = leg(made, Role.AGENT).downlinks["video"]
            parts = [
                rtp.vp8_frame_part(rtp.payload(packet))[1]
                for packet in theirs.came
                if packet[8:12] == source.ssrc and rtp.timestamp(packet) == received.timestamp
            ]
            assert b"".join(parts) == received.payload, "what the agent's browser was sent"
            decoded = translator_leg._decoded(received.payload).to_ndarray(format="rgb24")
            assert np.array_equal(np.array(Image.open(io.BytesIO(still.png))), decoded)
            assert (still.width_px, still.height_px) == citizen.camera.size

    asyncio.run(journey())


@pytest.mark.parametrize("data", [b"", b"\xff\xd8\xff", b"GIF89a"])
def test_what_is_no_png_is_no_still(data: bytes) -> None:
    with pytest.raises(ValueError, match="no PNG"):
        stills.received(data)


def test_a_picture_loss_is_told_to_the_sender_and_a_third_stream_dropped() -> None:
    async def journey() -> None:
        async with taped() as (made, _, _, mine, theirs):
            down = leg(made, Role.AGENT).downlinks["video"]
            source = leg(made, Role.CITIZEN).uplinks["video"]
            told = len(mine.reports)
            await theirs.transport._send_rtp(b"\x81\xce\0\2\0\0\0\1" + down.ssrc)
            await until(lambda: any(report[1] == 206 for report in mine.reports[told:]), seconds=2)
            asked = next(report for report in mine.reports[told:] if report[1] == 206)
            assert asked[8:12] == source.ssrc
            third = b"\x80" + bytes((source.lane.payload_type,)) + bytes(6) + b"\x7f\x01\x02\x03" + bytes(20)
            dropped = leg(made, Role.CITIZEN).dropped
            await mine.transport._send_rtp(third)
            await until(lambda: leg(made, Role.CITIZEN).dropped > dropped, seconds=2)
            assert not [packet for packet in theirs.came if packet.endswith(third[12:])]

    asyncio.run(journey())


def test_a_wild_number_is_noise_until_the_next_one_follows_it() -> None:
    """RFC 3550, A.1. A sender that began anew is passed on from a keyframe, numbered from the last."""

    async def journey() -> None:
        async with taped() as (made, _, _, mine, theirs):
            up = leg(made, Role.CITIZEN).uplinks["video"]
            sent = [one for one in mine.media(mine.sent) if one[8:12] == up.ssrc]
            last = [one for one in sent if not rtp.begins_keyframe(one)][-1]
            begun = rtp.number(last)

            def take(number: int) -> None:
                up.take(last[:2] + rtp.SHORT.pack(number & 0xFFFF) + last[4:])

            take(begun + 9000)
            # Late ones of before may still be on their way.
            assert (up.newest - begun + 50) & 0xFFFF < 150, "left out"
            assert up.down.source is up
            take(begun + 20_000)
            take(begun + 20_001)
            assert up.newest == (begun + 20_001) & 0xFFFF
            assert up.down.source is None, "a keyframe is waited for"
            came = len(theirs.came)
            await until(lambda: len(theirs.came) > came + 60, seconds=30)
            assert up.down.source is up

    asyncio.run(journey())


def test_malformed_packets_by_the_hundred_thousand_change_nothing() -> None:
    """Authenticated ones of a hostile party, and noise from the network: the call goes on."""

    async def journey() -> None:
        async with taped() as (made, _, _, mine, theirs):
            hostile: Any = leg(made, Role.CITIZEN)
            dice = random.Random(5)
            whole = [*mine.media(mine.sent)[-20:], b"\x81\xc9\0\7" + bytes(28), b"\x8f\xce\0\5" + bytes(20)]
            wire = next(iter(hostile._wires.values()))
            socket = wire._connection._protocols[0]
            for count in range(100_000):
                spoilt = bytearray(dice.choice(whole))
                for _ in range(dice.randint(1, 6)):
                    spoilt[dice.randrange(len(spoilt))] = dice.randrange(256)
                spoilt = spoilt[: dice.randint(12, len(spoilt))]
                if count % 2:
                    spoilt[0] = 0x80 | spoilt[0] & 0x3F
                    socket.datagram_received(bytes(spoilt), ("127.0.0.1", 9))
                elif 191 < spoilt[1] < 224:
                    hostile.on_rtcp(bytes(spoilt))
                elif hostile.knows(bytes(spoilt)):
                    hostile.on_rtp(bytes(spoilt))
                if count % 500 == 0:
                    await asyncio.sleep(0)
            assert wire.refused > 1000, "what is not authentic goes no further"
            assert len(hostile._up) <= 2
            # Whatever numbers it was made to believe, what follows is passed on in order.
            came = len(theirs.came)
            await until(lambda: len(theirs.came) > came + 60, seconds=30)
            assert not made.told(EventKind.LEG_FAILED)

    asyncio.run(journey())


@pytest.mark.parametrize("asked", ["translator", "relay"])
def test_an_aiortc_that_does_not_fit_is_told_loudly_and_relayed(
    asked: EngineKind, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """The next release may keep its sessions elsewhere: the worker starts, on the relay."""

    async def open_one() -> type[RelayEngine]:
        made = await translator.opened(asked, lambda event: None)
        await made.shut()
        return type(made)

    kept = TranslatorEngine if asked == "translator" else RelayEngine
    assert asyncio.run(open_one()) is kept
    assert not caplog.records
    monkeypatch.setattr(translator_seams, "_session", lambda direction: object())
    assert asyncio.run(open_one()) is RelayEngine
    loud = [record for record in caplog.records if record.levelno >= logging.ERROR]
    assert bool(loud) == (asked == "translator")


class _Wire:
    def __init__(self) -> None:
        self.rtp: list[bytes] = []
        self.rtcp: list[bytes] = []

    def send_rtp(self, packet: bytes) -> bool:
        self.rtp.append(packet)
        return True

    def send_rtcp(self, compound: bytes) -> bool:
        self.rtcp.append(compound)
        return True


class _Owner:
    wishes: tuple[list[Any], ...] = ()

    def on_picture(self, packet: bytes, now: float) -> None: ...

    def on_media(self) -> None: ...

    def on_frame(self, kind: str, timestamp: int, data: bytes, key: bool) -> None: ...


def _packet(seq: int, at: int, *, key: bool = True, ssrc: bytes = b"SRC1") -> bytes:
    frame = (b"\x10" if key else b"\x11") + bytes(5) + b"\x40\x01\xb4\x00" + bytes(4)
    return b"\x80\xe0" + rtp.SHORT.pack(seq) + rtp.LONG.pack(at) + ssrc + b"\x10" + frame


def _stream(lane: Lane, wire: Any, ssrc: bytes = b"SRC1") -> Uplink:
    owner: Any = _Owner()
    return Uplink(lane, ssrc, None, wire, owner)


def test_another_source_goes_on_where_the_last_one_ended_and_begins_with_a_keyframe() -> None:
    """A party that joins again has new numbers; its far party sees one stream, and reports are mapped back."""
    lane, wire = Lane("video", "1", 96, None), _Wire()
    down = Downlink(lane, 7, 8, wire)  # type: ignore[arg-type] # a wire without a network
    first, second = _stream(lane, wire), _stream(lane, wire, b"SRC2")
    first.down = second.down = down
    for count in range(3):
        first.take(_packet(65_534 + count & 0xFFFF, 1000 + count * 3000))
    second.take(_packet(500, 9_000_000, key=False, ssrc=b"SRC2"))
    second.take(_packet(501, 9_003_000, ssrc=b"SRC2"))
    second.take(_packet(502, 9_006_000, key=False, ssrc=b"SRC2"))
    assert [rtp.number(packet) for packet in wire.rtp] == [65_534, 65_535, 0, 1, 2]
    stamps = [rtp.timestamp(packet) for packet in wire.rtp]
    assert stamps == sorted(stamps)
    assert stamps[4] - stamps[3] == 3000
    assert {packet[8:12] for packet in wire.rtp} == {rtp.LONG.pack(7)}
    reports = Reports({}, {down.ssrc: down}, lambda uplink, at, seconds: None)
    lacking = b"\x81\xcd\0\3\0\0\0\1" + down.ssrc + rtp.SHORT.pack(2) + b"\0\0"
    assert list(reports.take(lacking)) == []
    assert rtp.number(wire.rtp[-1]) == 2, "the second source's 502, from its ring"
    block = down.ssrc + bytes(4) + rtp.LONG.pack(2) + bytes(12)
    ((target, told),) = reports.take(b"\x81\xc9\0\7\0\0\0\1" + block)
    assert target is second
    assert (told[8:12], rtp.LONG.unpack_from(told, 16)[0] & 0xFFFF) == (b"SRC2", 502)


def test_frames_are_joined_in_order_and_withheld_after_a_hole() -> None:
    made: list[tuple[int, bool]] = []
    holes: list[int] = []
    frames = translator_frames.Frames(
        "video", lambda at, data, key: made.append((at, key)), lambda: holes.append(1)
    )
    for seq in (1, 3, 2):
        frames.add(_packet(seq, seq, key=seq == 1))
    assert made == [(1, True), (2, False), (3, False)]
    for seq in range(5, 5 + 66):
        frames.add(_packet(seq, seq, key=seq == 40))
    assert holes == [1]
    assert made[3:] == [(seq, seq == 40) for seq in range(40, 71)]


def test_a_retransmission_becomes_the_packet_it_was() -> None:
    """RFC 4588, 4: the original number before the payload; probes, which carry nothing, are none."""
    plain = _packet(77, 3000)
    again = rtp.rebuilt(plain, payload_type=97, seq=5, at=3000, ssrc=b"RTX1", prefix=rtp.SHORT.pack(77))
    assert rtp.unwrapped(again, payload_type=96, ssrc=b"SRC1") == plain
    padding = b"\xa0\x61\0\6" + bytes(4) + b"RTX1" + bytes(9) + b"\x0a"
    assert rtp.unwrapped(padding, payload_type=96, ssrc=b"SRC1") is None
    with pytest.raises(rtp.Malformed):
        rtp.payload(b"\xb0" + padding[1:12] + b"\xbe\xde\x7f\xff")


def test_a_keyframe_that_is_no_picture_is_no_still() -> None:
    with pytest.raises(NoPicture):
        translator_leg._decoded(b"\x10\0\0" + bytes(20))
