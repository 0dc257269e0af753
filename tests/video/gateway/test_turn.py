"""Our credentials in the hands of coturn: they let in, and they end by themselves."""

import asyncio
import base64
import hashlib
import hmac
from datetime import UTC, datetime, timedelta

import aioice
import pytest
from aioice.ice import TransportPolicy

from tests.servers import turn as servers
from tests.servers.turn import Turn
from video.gateway import turn

SECRET = "shared with the TURN servers"


def relay_only(
    server: Turn, issued_at: datetime, *, controlling: bool, secret: str = SECRET
) -> aioice.Connection:
    username, credential = turn.credentials(secret, subject="call-7", now=issued_at)
    return aioice.Connection(
        ice_controlling=controlling,
        turn_server=(server.host, server.port),
        turn_username=username,
        turn_password=credential,
        transport_policy=TransportPolicy.RELAY,
        use_ipv6=False,
    )


async def candidates(connection: aioice.Connection) -> int:
    """How many relayed ones it got; none when the server refuses."""
    try:
        async with asyncio.timeout(10):
            await connection.gather_candidates()
        assert {each.type for each in connection.local_candidates} <= {"relay"}
        return len(connection.local_candidates)
    finally:
        await connection.close()


async def exchange(server: Turn) -> bytes:
    """What one relay-only party hears from the other."""
    now = datetime.now(UTC)
    one = relay_only(server, now, controlling=True)
    other = relay_only(server, now, controlling=False)
    try:
        async with asyncio.timeout(20):
            await asyncio.gather(one.gather_candidates(), other.gather_candidates())
            for here, there in ((one, other), (other, one)):
                for candidate in there.local_candidates:
                    await here.add_remote_candidate(candidate)
                await here.add_remote_candidate(None)
                here.remote_username, here.remote_password = there.local_username, there.local_password
            await asyncio.gather(one.connect(), other.connect())
            await one.send(b"through the relay")
            return await other.recv()
    finally:
        await asyncio.gather(one.close(), other.close())


def test_a_relay_only_party_gets_through_with_our_credentials() -> None:
    with servers.serve(SECRET) as server:
        assert asyncio.run(exchange(server)) == b"through the relay"


@pytest.mark.parametrize(
    ("age", "secret"), [(timedelta(hours=1, minutes=1), SECRET), (timedelta(), "another")]
)
def test_expired_and_foreign_credentials_are_refused(age: timedelta, secret: str) -> None:
    with servers.serve(SECRET) as server:
        late = datetime.now(UTC) - age
        connection = relay_only(server, late, controlling=True, secret=secret)
        assert asyncio.run(candidates(connection)) == 0


def test_the_password_is_the_hmac_of_name_and_time() -> None:
    now = datetime(2026, 11, 22, 10, 0, tzinfo=UTC)
    username, credential = turn.credentials(SECRET, subject="call-7", now=now)
    assert username == f"{int(now.timestamp()) + 3600}:call-7"
    expected = hmac.new(SECRET.encode(), username.encode(), hashlib.sha1).digest()
    assert base64.b64decode(credential) == expected


def test_without_turn_servers_there_are_no_credentials() -> None:
    assert turn.ice_servers((), SECRET, subject="call-7", now=datetime.now(UTC)) == []
