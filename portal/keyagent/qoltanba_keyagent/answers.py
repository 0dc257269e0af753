"""From one message of a site to one answer, in the shape that its module publishes. No answer shows a trace."""

import asyncio
import json
import logging
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from qoltanba_keyagent import enrolment, fields, published
from qoltanba_keyagent.asking import Surroundings
from qoltanba_keyagent.dialogs import Conversation, Desk, Dialog
from qoltanba_keyagent.enrolment import Enrolment
from qoltanba_keyagent.fields import Json
from qoltanba_keyagent.refusals import Cancelled, Malformed, Refused, UnknownMethod

# What NCALayer greets with; clients look whether there is a version, not which.
GREETING = json.dumps({"result": {"version": "1.4"}})

# What the dialog says at its end, where the module did not say it itself.
_ENDINGS = {"getKeyInfo": "told", "withdrawRequest": "done"}

# A list costs its sender two bytes and us some sixty: no request of a page needs that many.
_BRACKETS_AT_MOST = 1_000_000

log = logging.getLogger(__name__)

Send = Callable[[str], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Call:
    """One request, as far as it could be read."""

    module: str
    method: str
    arguments: Json


@dataclass(frozen=True, slots=True)
class Office:
    """Everything that answers requests."""

    desk: Desk
    around: Surroundings
    enrolment: Enrolment
    # The address of a dialog, and how the person comes to see one that no page of the site opens.
    address: Callable[[Dialog], str]
    open_browser: Callable[[str], object]


async def answer(message: str, *, origin: str, language: str, office: Office, send: Send) -> str:
    """The language of the next dialog: `changeLocale` and `locale` arguments set it."""
    call = Call("", "", None)
    talk = Conversation(office.desk, origin=origin, language=language, announce=_silent)
    try:
        call = _read(message)
        talk = _conversation(call, origin, language, office, send)
        body = await _carry_out(call, talk, office)
        talk.end(_ENDINGS.get(call.method, "signed"))
        reply = _success(call, body)
    except Cancelled as refused:
        talk.end("cancelled")
        reply = _cancelled(call, refused)
    except Refused as refused:
        talk.end("refused", code=refused.code)
        reply = _failure(call, refused.code, refused.facts, refused.explained)
    except Exception:
        # The one handler of this door: whatever nobody expected has an id, here and in the log.
        error_id = secrets.token_hex(4)
        log.exception("a request failed", extra={"error_id": error_id})
        talk.end("refused", code=f"agent.failed {error_id}")
        reply = _failure(call, "agent.failed", {"id": error_id})
    finally:
        talk.end("cancelled")
    await send(json.dumps(reply, ensure_ascii=False))
    return talk.language


def _read(message: str) -> Call:
    if message.count("[") + message.count("{") > _BRACKETS_AT_MOST:
        raise Malformed(field="message")
    try:
        parsed: Json = json.loads(message)
    # Deeply nested JSON makes the parser give up with a RecursionError.
    except (ValueError, RecursionError) as error:
        raise Malformed(field="message") from error
    request = fields.table(parsed, "message")
    return Call(
        fields.text(request.get("module"), "module"),
        fields.text(request.get("method"), "method"),
        request.get("args"),
    )


def _conversation(call: Call, origin: str, language: str, office: Office, send: Send) -> Conversation:
    """Our own pages open the dialog themselves; NCALayer's clients take the first message for the answer."""

    async def tell_site(dialog: Dialog) -> None:
        await send(json.dumps({"dialog": {"url": office.address(dialog)}}))

    async def tell_person(dialog: Dialog) -> None:
        await asyncio.to_thread(office.open_browser, office.address(dialog))

    announce = tell_site if call.module == enrolment.MODULE else tell_person
    return Conversation(office.desk, origin=origin, language=language, announce=announce)


async def _silent(dialog: Dialog) -> None:
    raise Malformed(field="message")


async def _carry_out(call: Call, talk: Conversation, office: Office) -> Json:
    if call.module == published.COMMON:
        return await published.common(call.method, call.arguments, talk, office.around)
    if call.module == published.BASICS:
        return await published.basics(call.method, call.arguments, talk, office.around)
    if call.module == enrolment.MODULE:
        return await office.enrolment.call(call.method, call.arguments, talk)
    raise UnknownMethod(module=call.module, method=call.method)


def _success(call: Call, body: Json) -> Json:
    if call.module == published.COMMON:
        return {"code": "200"} if body is None else {"code": "200", "responseObject": body}
    return {"status": True, "body": body}


def _cancelled(call: Call, refused: Cancelled) -> Json:
    if call.module == published.COMMON:
        return {"code": "500", "message": "action.canceled"}
    if call.module == published.BASICS:
        return {"status": True, "body": {}}
    return {"status": False, "code": refused.code, "message": refused.code}


def _failure(call: Call, code: str, facts: dict[str, str], explained: str = "") -> Json:
    told = " ".join([code, *(f"{key}={value}" for key, value in facts.items())])
    if explained:
        told = f"{told}: {explained}"
    if call.module == published.COMMON:
        return {"code": "500", "message": f"{told}. Method: {call.method}"}
    if call.module == enrolment.MODULE:
        return {"status": False, "code": code, "message": told}
    published_code = "INVOCATION_ERROR" if call.module == published.BASICS else "MODULE_NOT_FOUND"
    return {"status": False, "code": published_code, "message": "The request was refused.", "details": told}
