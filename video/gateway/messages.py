"""What pages and gateway say to each other: JSON objects with a `type`, at most 64 KiB each."""

import json
from dataclasses import dataclass
from datetime import datetime

from ca_core.call import Leg
from ca_core.errors import Refusal
from video.gateway import limits
from video.gateway.turn import IceServer

BAD_MESSAGE = 4400
TICKET_REFUSED = 4401
ORIGIN_REFUSED = 4403
NO_HELLO = 4408
REPLACED = 4409
CALL_ENDED = 4410
TOO_MANY_MESSAGES = 4429
# RFC 6455, 7.4.1, and its registry: the server ends; it could not go on; try again later.
GOING_AWAY, INTERNAL_ERROR, TRY_AGAIN = 1001, 1011, 1013

Json = dict[str, object]


class BadMessage(Exception):
    """Not a message of this protocol: the socket is closed."""


class MessageUnknown(Refusal):
    """No such message on this side."""

    code = "gateway.message_unknown"


class TextTooLong(Refusal):
    """A line of the chat has 500 characters at most. Facts: most."""

    code = "gateway.text_too_long"


class TooOften(Refusal):
    """More of this than any page needs: it is not done, and the socket stays."""

    code = "gateway.too_often"


@dataclass(frozen=True, slots=True)
class Message:
    """One message; each reader demands its type, so that nothing unchecked goes further."""

    kind: str
    body: Json

    def text(self, name: str) -> str:
        value = self.body.get(name)
        if not isinstance(value, str):
            raise BadMessage(name)
        return value

    def number(self, name: str) -> int:
        value = self.body.get(name)
        if not isinstance(value, int) or isinstance(value, bool) or not 0 < value < 2**53:
            raise BadMessage(name)
        return value

    def words(self, name: str) -> tuple[str, ...]:
        value = self.body.get(name)
        if not isinstance(value, list) or not all(isinstance(word, str) for word in value):
            raise BadMessage(name)
        return tuple(value)

    def flag(self, name: str) -> bool | None:
        value = self.body.get(name)
        return value if isinstance(value, bool) else None


def parse(text: str) -> Message:
    """Raises BadMessage."""
    if len(text.encode("utf-8", "replace")) > limits.MESSAGE_BYTES:
        raise BadMessage("size")
    try:
        body = json.loads(text)
    except (ValueError, RecursionError) as problem:
        raise BadMessage("json") from problem
    if not isinstance(body, dict) or not isinstance(body.get("type"), str):
        raise BadMessage("type")
    return Message(body["type"], body)


def refused(of: str, refusal: Refusal) -> Json:
    facts = {
        name: value for name, value in refusal.facts.items() if isinstance(value, str | int | float | bool)
    }
    return {"type": "refused", "of": of, "code": refusal.code, "facts": facts}


def failed(of: str, incident: str) -> Json:
    """A bug of ours: the id under which the log has it."""
    return {"type": "refused", "of": of, "code": "gateway.failed", "facts": {"id": incident}}


def welcome(*, role: str, language: str, servers: list[IceServer], relay_only: bool) -> Json:
    return {
        "type": "welcome",
        "role": role,
        "language": language,
        "ice_servers": [server.as_json() for server in servers],
        "relay_only": relay_only,
    }


def join(servers: list[IceServer]) -> Json:
    """With fresh credentials: an agent's socket outlives those of the welcome."""
    return {"type": "join", "ice_servers": [server.as_json() for server in servers]}


def sdp(answer: str) -> Json:
    return {"type": "sdp", "sdp": answer}


def sdp_of(party: Leg, answer: str) -> Json:
    """An observer has two connections."""
    return {"type": "sdp", "party": party.value, "sdp": answer}


def voice(answer: str) -> Json:
    """The answer to who speaks into a call, or hears that."""
    return {"type": "voice", "sdp": answer}


def said(by: str, text: str, at: datetime) -> Json:
    return {"type": "said", "from": by, "text": text, "at": instant(at)}


def spoken(message: Message) -> str:
    """A line of the chat as it goes on. Raises BadMessage, TextTooLong."""
    text = message.text("text").strip()
    if len(text) > limits.SAID_CHARACTERS:
        raise TextTooLong(most=limits.SAID_CHARACTERS)
    return "".join(letter for letter in text if letter == "\n" or letter.isprintable())


def instant(at: datetime | None) -> str | None:
    return at.strftime("%Y-%m-%dT%H:%M:%SZ") if at is not None else None
