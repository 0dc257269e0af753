"""The one UDP port of a worker: whose datagram it is, who may move a call, and what strangers achieve there."""

import asyncio
import logging
import random
import re
import socket
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import aioice.ice
import pytest
from aioice import stun

from tests.servers.udp_way import Way
from tests.video.media.parties import BLUE, RED, Party, Room, room, until
from video.engine import EventKind, Role
from video.media import checks, passive
from video.media import port as media_port
from video.media.ice import IceSettings
from video.media.line import Line
from video.media.port import Port, PortTaken
from video.media.translator import TranslatorEngine

HOST = "127.0.0.1"
STRANGER = ("127.0.0.1", 9)
_CANDIDATE = re.compile(r"^a=candidate:\S+ 1 udp \d+ (\S+) (\d+) typ host", re.MULTILINE)


def port_of(made: Room) -> Port:
    port = made.engine.addresses.port
    assert port is not None
    return port


def line_of(made: Room, host: str = HOST) -> Line:
    return port_of(made)._lines[host]


def agent_of(made: Room, call_id: int, role: Role) -> Any:
    """The one that its bundle uses."""
    (agent,) = (each for each in leg(made, call_id, role)._agents if each._nominated)
    return agent


def leg(made: Room, call_id: int, role: Role) -> Any:
    return made.engine._calls[call_id].legs[role]


@asynccontextmanager
async def talking(made: Room, call_id: int) -> AsyncIterator[tuple[Party, Party]]:
    await made.engine.create_call(call_id)
    citizen, agent = Party(RED, 440), Party(BLUE, 880)
    await citizen.join(lambda offer: made.engine.join(call_id, Role.CITIZEN, offer))
    await agent.join(lambda offer: made.engine.join(call_id, Role.AGENT, offer))
    await until(lambda: agent.shows(RED) and citizen.shows(BLUE))
    try:
        yield citizen, agent
    finally:
        await asyncio.gather(citizen.close(), agent.close())


async def goes_on(*parties: Party, seconds: float = 8.0) -> float:
    before = [party.pictures for party in parties]
    return await until(
        lambda: all(party.pictures > count + 5 for party, count in zip(parties, before, strict=True)),
        seconds=seconds,
    )


class Tap:
    """Genuine checks of the parties, as they came in."""

    def __init__(self, line: Line) -> None:
        self.seen: list[tuple[bytes, Any]] = []
        take = line._on_request

        def tapped(data: bytes, address: Any) -> None:
            self.seen.append((data, address))
            take(data, address)

        line._on_request = tapped  # type: ignore[method-assign] # to look on


def test_every_leg_of_every_call_has_the_same_port_and_leaves_nothing_there() -> None:
    async def journey() -> None:
        async with room(TranslatorEngine) as made:
            port = port_of(made)
            told = []
            for call_id in (1, 2):
                await made.engine.create_call(call_id)
                for role in Role:
                    party = Party(RED, 440)
                    answer = await made.engine.join(call_id, role, await party.offer())
                    told += _CANDIDATE.findall(answer)
                    await party.close()
            assert set(told) == {(HOST, str(port.number))}
            assert len(port.tables.agents) == 4
            async with talking(made, 3):
                assert line_of(made).takers
            for call_id in (1, 2, 3):
                await made.engine.close(call_id)
            await until(lambda: not made.engine._closing)
            assert (port.tables.agents, port.tables.checks, line_of(made).takers) == ({}, {}, {})
            assert port.tables.senders == {}

    asyncio.run(journey())


def test_a_party_that_comes_to_another_address_is_followed() -> None:
    """Nobody is told: its next check carries the call there (RFC 8445, 7.3.1.4). The old address is nobody's then."""

    async def journey() -> None:
        async with room(TranslatorEngine) as made:
            port = port_of(made)
            way = Way(HOST, port.number).start()

            async def ask(offer: str) -> str:
                bare = re.sub(r"a=candidate:.*\r\n", "", offer)
                answer = await made.engine.join(1, Role.CITIZEN, bare)
                return answer.replace(f" {port.number} typ host", f" {way.port} typ host")

            await made.engine.create_call(1)
            citizen, agent = Party(RED, 440), Party(BLUE, 880)
            try:
                await citizen.join(ask)
                await agent.join(lambda offer: made.engine.join(1, Role.AGENT, offer))
                await until(lambda: agent.shows(RED) and citizen.shows(BLUE))
                before = agent_of(made, 1, Role.CITIZEN)._nominated[1]
                way.rebind()
                # aioice checks every five seconds only, and chooses nothing anew: its media are what tells.
                assert await until(lambda: port.counts.moved == 1, seconds=6) < 2.5
                # Where a hole was not repaired aiortc waits until its 128 packets are full, eight seconds here.
                await goes_on(citizen, agent, seconds=25)
                after = agent_of(made, 1, Role.CITIZEN)._nominated[1]
                assert after.remote_addr != before.remote_addr
            finally:
                await asyncio.gather(citizen.close(), agent.close())
                way.stop()

    asyncio.run(journey())


def test_a_strangers_check_moves_nothing() -> None:
    """A copy of a genuine one from elsewhere, one made without the password, an answer to a question of ours."""

    async def journey() -> None:
        async with room(TranslatorEngine) as made:
            line, port = line_of(made), port_of(made)
            tap = Tap(line)
            async with talking(made, 1) as parties:
                await until(lambda: bool(tap.seen))
                chosen = {role: agent_of(made, 1, role)._nominated[1] for role in Role}
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as thief:
                    thief.bind((HOST, 0))
                    thief.setblocking(False)
                    for data, _ in tuple(tap.seen):
                        thief.sendto(data, (HOST, port.number))
                    await asyncio.sleep(1.5)
                    came = _read(thief)
                # It is answered, for its words are genuine, and asked back: it cannot answer that.
                assert {bytes(data[:2]) for data in came} == {b"\x01\x01", b"\x00\x01"}
                for data, _ in tuple(tap.seen):
                    unproven = port.counts.unproven
                    line.datagram_received(_forged(data), STRANGER)
                    assert port.counts.unproven == unproven + 1
                    unknown = port.counts.unknown
                    line.datagram_received(_addressed("nobody:here"), STRANGER)
                    assert port.counts.unknown == unknown + 1
                agent = agent_of(made, 1, Role.CITIZEN)
                agent._check(chosen[Role.CITIZEN], nominates=False)
                transaction = list(agent._checks)[-1]
                unknown = port.counts.unknown
                line.datagram_received(
                    b"\x01\x01\0\0" + stun.COOKIE.to_bytes(4) + transaction + bytes(40), STRANGER
                )
                assert port.counts.unknown == unknown + 1
                await goes_on(*parties)
                assert {role: agent_of(made, 1, role)._nominated[1] for role in Role} == chosen
                assert port.counts.moved == 0

    asyncio.run(journey())


def test_a_party_that_floods_its_own_leg_with_addresses_keeps_sixteen() -> None:
    """It knows its password; the addresses are invented. Others' legs and its own media are not touched."""

    async def journey() -> None:
        async with room(TranslatorEngine) as made:
            line, port = line_of(made), port_of(made)
            async with talking(made, 1) as parties:
                agent = agent_of(made, 1, Role.CITIZEN)
                chosen = agent._nominated[1]
                data = _check(f"{agent.local_username}:{agent.remote_username}", agent.local_password)
                for number in range(2000):
                    line.datagram_received(data, (f"127.1.{number // 250}.{number % 250}", 1000 + number))
                assert len(agent._addresses) <= passive.ADDRESSES_A_LEG
                assert chosen in agent._addresses
                assert len(line.takers) <= 2 * passive.ADDRESSES_A_LEG
                assert len(port.tables.checks) <= 8
                await goes_on(*parties)
                assert agent._nominated[1] == chosen

    asyncio.run(journey())


def test_media_from_elsewhere_are_asked_about_and_move_nothing() -> None:
    """Whoever saw an SSRC on the way can send it: a question twice a second is all that comes of it."""

    async def journey() -> None:
        async with room(TranslatorEngine) as made:
            port = port_of(made)
            async with talking(made, 1) as parties:
                chosen = agent_of(made, 1, Role.CITIZEN)._nominated[1]
                ssrc = leg(made, 1, Role.CITIZEN).uplinks["video"].ssrc
                refused = [wire.refused for wire in leg(made, 1, Role.CITIZEN)._wires.values()]
                with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as thief:
                    thief.bind((HOST, 0))
                    thief.setblocking(False)
                    for _ in range(500):
                        thief.sendto(b"\x80\x60" + bytes(6) + ssrc + bytes(60), (HOST, port.number))
                        await asyncio.sleep(0.002)
                    came = _read(thief)
                assert 1 <= len(came) <= 5
                assert {bytes(data[:2]) for data in came} == {b"\x00\x01"}
                await goes_on(*parties)
                assert agent_of(made, 1, Role.CITIZEN)._nominated[1] == chosen
                assert port.counts.moved == 0
                assert refused == [wire.refused for wire in leg(made, 1, Role.CITIZEN)._wires.values()]

    asyncio.run(journey())


def test_nobody_takes_an_address_that_another_leg_uses() -> None:
    """A party that sends its own check with the far party's address on it is not sent the far party's media."""

    async def journey() -> None:
        async with room(TranslatorEngine) as made:
            line = line_of(made)
            async with talking(made, 1) as parties:
                mine, theirs = (agent_of(made, 1, role) for role in (Role.CITIZEN, Role.AGENT))
                address = theirs._nominated[1].remote_addr
                data = _check(f"{mine.local_username}:{mine.remote_username}", mine.local_password)
                line.datagram_received(data, address)
                await goes_on(*parties)
                assert line.takers[address] is theirs._endpoint

    asyncio.run(journey())


def test_a_hundred_thousand_datagrams_of_strangers_change_nothing() -> None:
    """STUN, DTLS, RTP, RTCP and noise, spoilt and genuine in parts, from the parties' addresses too (RFC 7983)."""

    async def journey() -> None:
        async with room(TranslatorEngine) as made:
            line, port = line_of(made), port_of(made)
            tap = Tap(line)
            async with talking(made, 1) as parties:
                await until(lambda: len(tap.seen) > 3)
                known = [agent_of(made, 1, role)._nominated[1].remote_addr for role in Role]
                genuine = [data for data, _ in tap.seen]
                before = _open_things()
                dice = random.Random(11)
                for count in range(100_000):
                    data = _noise(dice, genuine)
                    # From a party's own address everything but what only that party can have made.
                    address = (
                        dice.choice(known)
                        if count % 3 == 0
                        else (f"127.0.{count % 256}.1", dice.randrange(1, 65536))
                    )
                    line.datagram_received(data, address)
                    if count % 200 == 0:
                        await asyncio.sleep(0)
                assert port.counts.unknown > 10_000
                assert port.counts.unproven > 1000
                assert len(line.takers) <= 2 * passive.ADDRESSES_A_LEG
                assert len(port.tables.agents) == 2
                assert len(port.tables.checks) <= 8
                # Fewer, where what an earlier test has left has ended meanwhile.
                assert all(now <= then for now, then in zip(_open_things(), before, strict=True))
                await goes_on(*parties, seconds=15)
                assert not made.told(EventKind.LEG_FAILED)

    asyncio.run(journey())


def test_a_handshake_that_a_stranger_floods_ends_well() -> None:
    """Before a leg has its address nothing but STUN is looked at; after it, what is not read is bounded."""

    async def journey() -> None:
        async with room(TranslatorEngine) as made:
            line = line_of(made)
            dice = random.Random(12)
            stop = asyncio.Event()

            async def flood() -> None:
                while not stop.is_set():
                    for address in (STRANGER, *line.takers):
                        line.datagram_received(
                            bytes((dice.randrange(64, 128),)) + dice.randbytes(60), address
                        )
                    await asyncio.sleep(0.001)

            flooding = asyncio.create_task(flood())
            async with talking(made, 1) as parties:
                await goes_on(*parties)
            stop.set()
            await flooding

    asyncio.run(journey())


def test_a_browser_by_ipv6_connects(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(aioice.ice, "get_host_addresses", lambda use_ipv4, use_ipv6: ["::1"])

    async def journey() -> None:
        made = Room.__new__(Room)
        made.events = []
        made.engine = TranslatorEngine(made.events.append, settings=IceSettings(bind_host="::1 127.0.0.1"))
        await made.engine.open()
        try:
            aioice.ice.get_host_addresses = lambda use_ipv4, use_ipv6: ["::1"]
            async with talking(made, 1) as parties:
                await goes_on(*parties)
                assert agent_of(made, 1, Role.CITIZEN)._nominated[1].remote_addr[0] == "::1"
        finally:
            await made.engine.shut()

    asyncio.run(journey())


def test_consent_that_ends_closes_the_leg(monkeypatch: pytest.MonkeyPatch) -> None:
    """RFC 7675, 5.1: who does not answer is sent nothing more."""
    monkeypatch.setattr(passive, "CONSENT_SECONDS", 1.0)
    monkeypatch.setattr(passive, "_CONSENT_EVERY_SECONDS", 0.3)

    async def journey() -> None:
        async with room(TranslatorEngine) as made, talking(made, 1) as (citizen, agent):
            await asyncio.sleep(2)
            await goes_on(citizen, agent)
            citizen.go_deaf()
            await until(lambda: bool(made.told(EventKind.LEG_FAILED)), seconds=6)

    asyncio.run(journey())


def test_two_workers_cannot_have_one_port() -> None:
    async def journey() -> None:
        first = await media_port.opened(0, hosts=[HOST])
        try:
            with pytest.raises(PortTaken):
                await media_port.opened(first.number, hosts=[HOST])
            with pytest.raises(PortTaken):
                media_port.require_free(first.number, [HOST])
        finally:
            first.close()
        await asyncio.sleep(0.05)
        media_port.require_free(first.number, [HOST])

    asyncio.run(journey())


def test_what_is_advertised_is_offered_in_the_place_of_what_is_listened_on() -> None:
    async def journey() -> None:
        port = await media_port.opened(0, hosts=[HOST], advertised=["203.0.113.7", "2001:db8::7"])
        try:
            offered = [(each.host, each.port) for each in await port.candidates()]
            assert offered == [("203.0.113.7", port.number), ("2001:db8::7", port.number)]
        finally:
            port.close()

    asyncio.run(journey())


def test_an_aiortc_without_room_for_the_port_is_told_loudly_and_calls_go_on(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    """Each leg takes a free UDP port then."""

    def moved(transport: object, port: Port) -> passive.PassiveIce:
        raise AttributeError("_connection")

    monkeypatch.setattr(passive, "_seated", moved)

    async def journey() -> None:
        async with room(TranslatorEngine) as made:
            assert made.engine.addresses.port is None
            async with talking(made, 1) as parties:
                await goes_on(*parties)

    asyncio.run(journey())
    assert [record for record in caplog.records if record.levelno >= logging.ERROR]


def _read(from_socket: socket.socket) -> list[bytes]:
    came = []
    while True:
        try:
            came.append(from_socket.recv(2048))
        except BlockingIOError:
            return came


def _check(names: str, password: str, *, chooses: bool = True) -> bytes:
    message = stun.Message(stun.Method.BINDING, stun.Class.REQUEST)
    message.attributes["USERNAME"] = names
    message.attributes["PRIORITY"] = 1
    message.attributes["ICE-CONTROLLING"] = 7
    if chooses:
        message.attributes["USE-CANDIDATE"] = None
    message.add_message_integrity(password.encode())
    return bytes(message)


def _addressed(names: str) -> bytes:
    return _check(names, "a password of nobody")


def _forged(genuine: bytes) -> bytes:
    near, far = checks.names(genuine)
    return _addressed(f"{near}:{far}")


def _noise(dice: random.Random, genuine: list[bytes]) -> bytes:
    kind = dice.randrange(6)
    if kind == 0:
        return _forged(dice.choice(genuine)) if dice.random() < 0.1 else dice.randbytes(dice.randrange(0, 80))
    if kind == 1:
        spoilt = bytearray(dice.choice(genuine))
        for _ in range(dice.randint(1, 8)):
            spoilt[dice.randrange(8, len(spoilt))] = dice.randrange(256)
        return bytes(spoilt[: dice.randint(20, len(spoilt))])
    if kind == 2:
        return (
            bytes((0, dice.choice((0, 1, 0x11))))
            + dice.randbytes(2)
            + stun.COOKIE.to_bytes(4)
            + dice.randbytes(dice.randrange(0, 600))
        )
    first: Callable[[int, int], int] = dice.randrange
    limits = {3: (20, 64), 4: (128, 192), 5: (64, 128)}[kind]
    return bytes((first(*limits),)) + dice.randbytes(dice.randrange(0, 1500))


def _open_things() -> list[int]:
    """Files and threads of this process."""
    return [sum(1 for _ in Path("/proc/self", name).iterdir()) for name in ("fd", "task")]
