"""A citizen without a browser, who goes the citizen's real way: forms, ticket, socket, media (F2). Demo mode only.

Answers when it rings, shows what the agent asks for, and types the code that came to the phone.
"""

import asyncio
import random
import ssl

import httpx
from websockets.asyncio.client import connect
from websockets.exceptions import ConnectionClosed, InvalidHandshake

from runtime.demo.caller_talk import Caller, Ended, ReadCodes, Talk, Tell

_PAUSES_SECONDS = (0.5, 1.0, 2.0, 4.0)
_OVER = ("call.ended", "call.unknown")
_CLOSED_ENDED, _CLOSED_REPLACED = 4410, 4409


class TurnedAway(Exception):
    """The portal did not let the caller go on; the text names the step and the answer."""


class _CallOver(Exception):
    """There is no call any more that a ticket could be for."""


async def call(
    portal_url: str,
    caller: Caller,
    *,
    read_codes: ReadCodes,
    tell: Tell,
    trusted: ssl.SSLContext | None = None,
) -> Ended:
    """From "I am not in the BMG" to the decision. Raises TurnedAway, httpx.HTTPError."""
    headers = {"Accept-Language": caller.language}
    verify: ssl.SSLContext | bool = trusted or True
    async with httpx.AsyncClient(base_url=portal_url, headers=headers, verify=verify, timeout=20) as portal:
        await _into_the_queue(portal, caller)
        tell("in the queue")
        talk = Talk(caller, read_codes, tell)
        try:
            return await _stay_on_the_line(portal, talk, trusted)
        finally:
            await talk.close()


async def _into_the_queue(portal: httpx.AsyncClient, caller: Caller) -> None:
    person, phone = caller.who.person, caller.who.phone
    await _form(portal, "/bmg", 200, iin=person.iin.digits)
    await _form(portal, "/call/start", 303, step="ready", who="myself", need="")
    await _form(portal, "/call/start", 303, step="you", iin=person.iin.digits, phone=phone.digits)
    await _form(portal, "/call/start", 303, step="devices", need="")
    opened = await _form(portal, "/call", 303, consent="yes")
    if opened.headers["location"] != "/call":
        raise TurnedAway(f"the call was not opened: {opened.headers['location']}")


async def _form(portal: httpx.AsyncClient, path: str, expected: int, **fields: str) -> httpx.Response:
    answer = await portal.post(path, data=fields)
    if answer.status_code != expected:
        raise TurnedAway(f"{path} {fields.get('step', '')}: {answer.status_code}")
    return answer


async def _stay_on_the_line(portal: httpx.AsyncClient, talk: Talk, trusted: ssl.SSLContext | None) -> Ended:
    """After any break a fresh ticket and a new socket, until the call is over."""
    failures = 0
    while not talk.is_over:
        try:
            secret, address = await _ticket(portal)
            secure = trusted if address.startswith("wss:") else None
            async with connect(address, ssl=secure) as socket:
                await talk.listen(socket, secret)
            failures = 0
        except _CallOver:
            break
        except ConnectionClosed as closed:
            code = closed.rcvd.code if closed.rcvd else None
            if code in (_CLOSED_ENDED, _CLOSED_REPLACED):
                break
            # Whoever was welcomed begins again with the shortest pause.
            failures = 0 if talk.was_welcomed else failures + 1
        except (OSError, InvalidHandshake, TimeoutError, httpx.TransportError):
            failures += 1
        if not talk.is_over:
            talk.tell("the line to the gateway broke, trying again")
            await asyncio.sleep(_PAUSES_SECONDS[min(failures, 3)] * random.uniform(0.7, 1.3))
    return talk.ended


async def _ticket(portal: httpx.AsyncClient) -> tuple[str, str]:
    """Raises _CallOver, TurnedAway."""
    answer = await portal.post("/call/ticket")
    if answer.status_code != 200:
        code = str(answer.json().get("code", "")) if "json" in answer.headers.get("content-type", "") else ""
        if code in _OVER:
            raise _CallOver
        raise TurnedAway(f"no ticket: {answer.status_code} {code}")
    told = answer.json()
    # http becomes ws, https wss.
    return str(told["ticket"]), str(told["address"]).replace("http", "ws", 1)
