"""The console's routes for the moderator's desk: the next review, its pictures, the decision, and taking it back.

The desk works by these and by keys, without a run of the script in between. A refusal is JSON with its code.
"""

import asyncio
import json
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from ca_core import roles
from ca_core.errors import Refusal
from ca_core.registration import review, review_look, review_rules
from ca_core.review import Answers, Decision, Item, Opinion, Reason, Revealed
from ca_core.roles import Actor
from console import own_page, sessions
from console.own_page import UNKEPT
from runtime import reviewing
from runtime.calling import EvidenceBroken
from runtime.service import Service

NEXT = "/reviews/next"
ONE = "/reviews/{review_id:int}"

_LARGEST_BODY_BYTES = 8 * 1024


class Malformed(Refusal):
    """The desk sent what no desk of ours sends."""

    code = "review.malformed"


_STATUS: dict[type[Refusal], int] = {
    Malformed: 400,
    roles.NotAllowed: 403,
    review.ReviewUnknown: 404,
    review_look.PictureMissing: 404,
    EvidenceBroken: 410,
    review_rules.AnswersMissing: 422,
    review_rules.AnswersContradict: 422,
    review_rules.ReasonUnfit: 422,
    review_rules.NoteMissing: 422,
    review_rules.NothingToCompare: 422,
    review_rules.SecondDecides: 422,
}
_guarded = own_page.guarded(_STATUS)

T = TypeVar("T")
Json = dict[str, object]


class ReviewRoutes:
    """Of one process; it remembers nothing."""

    def __init__(self, service: Service) -> None:
        self._service = service

    def make(self) -> Sequence[Route]:
        return [
            Route(NEXT, self.next, methods=["POST"]),
            Route(f"{ONE}/present", self.present, methods=["POST"]),
            Route(f"{ONE}/decision", self.decision, methods=["POST"]),
            Route(f"{ONE}/undo", self.undo, methods=["POST"]),
            Route(f"{ONE}/release", self.release, methods=["POST"]),
            Route(f"{ONE}/revealed", self.revealed, methods=["GET"]),
            Route(f"{ONE}/live", self.live, methods=["GET"]),
            Route(f"{ONE}/portrait", self.portrait, methods=["GET"]),
            Route(f"{ONE}/frames/{{place:int}}", self.frame, methods=["GET"]),
        ]

    @_guarded
    async def next(self, request: Request) -> Response:
        """204 when nothing waits for this moderator."""
        actor, now = own_page.actor(request), self._service.now()

        def claimed() -> Item | None:
            with self._service.work(by=actor, on="review/next") as work:
                return review.claim_next(work, actor=actor, now=now)

        item = await self._by_hand(request, claimed)
        return Response(status_code=204, headers=UNKEPT) if item is None else _said(_of_item(item, now))

    @_guarded
    async def present(self, request: Request) -> Response:
        """The person is still at it: the desk says so only while they are, or the lease is to run out."""
        actor, now, review_id = own_page.actor(request), self._service.now(), _review_id(request)
        fence = _whole(await _body(request), "fence")

        def kept() -> datetime | None:
            with self._service.work() as work:
                found = review.keep(work, actor=actor, review_id=review_id, fence=fence, now=now)
            return found.lease_until

        until = await asyncio.to_thread(kept)
        return _said({"lease_seconds": _left(until, now)})

    @_guarded
    async def decision(self, request: Request) -> Response:
        """The three answers and what follows from them. Says how long it can be taken back."""
        actor, now, review_id = own_page.actor(request), self._service.now(), _review_id(request)
        said = await _body(request)
        decision, reason = _decision(said), _reason(said)
        answers = Answers(_whole(said, "same"), _yes(said, "live"), _yes(said, "usable"))

        def decided() -> datetime | None:
            with self._service.work(by=actor, on=f"review/{review_id}") as work:
                found = review.decide(
                    work,
                    actor=actor,
                    review_id=review_id,
                    fence=_whole(said, "fence"),
                    answers=answers,
                    decision=decision,
                    reason=reason,
                    remark=_words(said, "remark"),
                    now=now,
                )
            return found.effective_at

        until = await self._by_hand(request, decided)
        return _said({"review_id": review_id, "undo_seconds": _left(until, now)})

    @_guarded
    async def undo(self, request: Request) -> Response:
        actor, now, review_id = own_page.actor(request), self._service.now(), _review_id(request)

        def undone() -> Item:
            with self._service.work(by=actor, on=f"review/{review_id}") as work:
                return review.undo(work, actor=actor, review_id=review_id, now=now)

        return _said(_of_item(await self._by_hand(request, undone), now))

    @_guarded
    async def release(self, request: Request) -> Response:
        actor, now, review_id = own_page.actor(request), self._service.now(), _review_id(request)
        fence = _whole(await _body(request), "fence")

        def released() -> None:
            with self._service.work(by=actor, on=f"review/{review_id}") as work:
                review.release(work, actor=actor, review_id=review_id, fence=fence, now=now)

        await self._by_hand(request, released)
        return Response(status_code=204, headers=UNKEPT)

    @_guarded
    async def revealed(self, request: Request) -> Response:
        """The machine's opinion and the colleagues', once the moderator's own stands."""
        actor, now, review_id = own_page.actor(request), self._service.now(), _review_id(request)

        def looked() -> Revealed:
            with self._service.look() as work:
                return review_look.revealed(work, actor=actor, review_id=review_id, now=now)

        return _said(_of_revealed(await asyncio.to_thread(looked)))

    @_guarded
    async def live(self, request: Request) -> Response:
        """Raises as `reviewing.live`; so do the other two as theirs."""
        return await self._picture(request, reviewing.live)

    @_guarded
    async def portrait(self, request: Request) -> Response:
        return await self._picture(request, reviewing.portrait)

    @_guarded
    async def frame(self, request: Request) -> Response:
        place: int = request.path_params["place"]

        def one(service: Service, *, actor: Actor, review_id: int) -> bytes:
            return reviewing.frame(service, actor=actor, review_id=review_id, place=place)

        return await self._picture(request, one)

    async def _picture(self, request: Request, of: Callable[..., bytes]) -> Response:
        jpeg = await asyncio.to_thread(
            of, self._service, actor=own_page.actor(request), review_id=_review_id(request)
        )
        return Response(jpeg, media_type="image/jpeg", headers=UNKEPT)

    async def _by_hand(self, request: Request, act: Callable[[], T]) -> T:
        """What a person did at the desk: their session is not idle, though no script ran."""
        signed_in = own_page.signed_in(request)

        def done() -> T:
            came_of_it = act()
            if signed_in.is_to_be_noted(self._service.now()):
                sessions.note(self._service, signed_in.token_digest)
            return came_of_it

        return await asyncio.to_thread(done)


def _said(what: Json) -> Response:
    return JSONResponse(what, headers=UNKEPT)


def _of_item(item: Item, now: datetime) -> Json:
    return {
        "review_id": item.review_id,
        "fence": item.fence,
        "application": str(item.number),
        "is_second": item.is_second,
        "language": item.language,
        "lease_seconds": _left(item.lease_until, now),
        "held_seconds": _left(item.held_until, now),
        "frames": item.frames,
        "has_portrait": item.has_portrait,
    }


def _of_revealed(shown: Revealed) -> Json:
    return {
        "review_id": shown.review_id,
        "band": shown.band,
        "distance": shown.distance,
        "flags": list(shown.flags),
        "risk": shown.risk.name.lower(),
        "is_recheck": shown.is_recheck,
        "opinions": [_of_opinion(one) for one in shown.opinions],
    }


def _of_opinion(one: Opinion) -> Json:
    return {
        "by": one.by,
        "same": one.answers.same,
        "live": one.answers.live,
        "usable": one.answers.usable,
        "decision": one.decision.name.lower(),
        "reason": one.reason.value if one.reason else "",
        "remark": one.note,
        "decided_at": one.decided_at.isoformat(),
    }


def _left(until: datetime | None, now: datetime) -> int:
    return max(0, int((until - now).total_seconds())) if until else 0


def _review_id(request: Request) -> int:
    """Raises ReviewUnknown for what no database counts to."""
    review_id: int = request.path_params["review_id"]
    if review_id >= 2**63:
        raise review.ReviewUnknown
    return review_id


async def _body(request: Request) -> Json:
    """Raises Malformed."""
    announced = request.headers.get("content-length", "")
    if not announced.isdecimal() or int(announced) > _LARGEST_BODY_BYTES:
        raise Malformed
    try:
        said = json.loads(await request.body())
    # A thousand brackets in one another.
    except (ValueError, RecursionError) as error:
        raise Malformed from error
    if not isinstance(said, dict):
        raise Malformed
    return said


def _whole(said: Json, name: str) -> int:
    value = said.get(name)
    if not isinstance(value, int) or isinstance(value, bool):
        raise Malformed
    return value


def _yes(said: Json, name: str) -> bool:
    value = said.get(name)
    if not isinstance(value, bool):
        raise Malformed
    return value


def _words(said: Json, name: str) -> str:
    value = said.get(name, "")
    # PostgreSQL refuses a text with NUL, and nobody can store half of a surrogate pair.
    if not isinstance(value, str) or "\0" in value or not _is_text(value):
        raise Malformed
    return value


def _is_text(value: str) -> bool:
    try:
        value.encode()
    except UnicodeEncodeError:
        return False
    return True


def _decision(said: Json) -> Decision:
    try:
        return Decision[_words(said, "decision").upper()]
    except KeyError as error:
        raise Malformed from error


def _reason(said: Json) -> Reason | None:
    word = _words(said, "reason")
    try:
        return Reason(word) if word else None
    except ValueError as error:
        raise Malformed from error
