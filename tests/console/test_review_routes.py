"""The console's routes for the moderator's desk: who gets a photo, who sees its pictures, what is refused and how."""

import hashlib
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
import sqlalchemy as sa
from starlette.applications import Starlette
from starlette.testclient import TestClient

from ca_core.face_attempt import Flag
from ca_core.identifiers import Phone
from ca_core.registration import review
from ca_core.roles import Role
from console import review_routes, routes
from console.gate import Gate
from console.sessions import Sessions
from data import schema
from runtime import settings
from runtime.service import Service
from tests import builders, flagged
from tests.console.conftest import Person, person
from video import evidence as sealed

PHONES = {1: Phone.parse("+7 701 123 45 67"), 2: Phone.parse("+7 702 765 43 21")}
JPEG = b"\xff\xd8\xff\xe0 a photo"
OURS = {"sec-fetch-site": "same-origin"}
IN_ORDER = {"same": 5, "live": True, "usable": True, "decision": "approve"}
ANOTHER = {
    "same": 1,
    "live": True,
    "usable": True,
    "decision": "reject",
    "reason": "another_person",
}


@pytest.fixture
def client(service: Service) -> Iterator[TestClient]:
    inner = Starlette(routes=list(routes.make(service)))
    app = Gate(inner, settings=service.settings, sessions=Sessions(service), page_paths=())
    with TestClient(app, base_url="http://console.test", headers=OURS) as opened:
        yield opened


@pytest.fixture
def moderator(client: TestClient, service: Service) -> Person:
    who = person(service, Role.MODERATOR)
    client.cookies.set("qoltanba_staff", who.token())
    return who


@pytest.fixture
def flagged_id(service: Service) -> int:
    """A photo with its sealed file, and a portrait in the register."""
    owner = builders.register(service)
    path = service.settings.evidence_dir / "faces" / "x"
    path.parent.mkdir(parents=True)
    sealed.keep(path, settings.evidence_secret(service.settings), "face", JPEG)
    picture = replace(flagged.picture("faces/x"), sha256=hashlib.sha256(JPEG).digest())
    application = flagged.in_review(owner, service.now())
    with service.work() as work:
        work.applications.add(application)
        work.connection.execute(
            sa.insert(schema.portrait).values(iin=owner.iin.number, jpeg=flagged.PORTRAIT)
        )
        attempt = flagged.attempt(application.number, service.now(), live=picture, frames=(picture,))
        attempt_id = work.face_attempts.add(attempt)
        return review.open_(
            work,
            number=application.number,
            attempt_id=attempt_id,
            flags=(Flag.DOUBTFUL,),
            now=service.now(),
        )


def claimed(client: TestClient) -> dict[str, Any]:
    answer = client.post(review_routes.NEXT)
    assert answer.status_code == 200
    found: dict[str, Any] = answer.json()
    return found


def act(client: TestClient, item: dict[str, Any], what: str, **said: Any) -> Any:
    return client.post(f"/reviews/{item['review_id']}/{what}", json={"fence": item["fence"], **said})


def test_without_a_session_nothing_is_answered(client: TestClient, flagged_id: int) -> None:
    assert client.post(review_routes.NEXT).status_code == 401
    for what in ("live", "portrait", "frames/0", "revealed"):
        assert client.get(f"/reviews/{flagged_id}/{what}").status_code == 401


def test_another_site_is_refused(client: TestClient, moderator: Person, flagged_id: int) -> None:
    answer = client.post(review_routes.NEXT, headers={"sec-fetch-site": "cross-site"})
    assert (answer.status_code, answer.json()) == (403, {"code": "gate.other_site"})


@pytest.mark.parametrize("role", [Role.CALL_AGENT, Role.RA_OFFICER, Role.SUPERVISOR])
def test_other_roles_judge_nothing(client: TestClient, service: Service, flagged_id: int, role: Role) -> None:
    client.cookies.set("qoltanba_staff", person(service, role).token())
    answer = client.post(review_routes.NEXT)
    assert (answer.status_code, answer.json()) == (403, {"code": "role.not_allowed"})
    assert client.get(f"/reviews/{flagged_id}/live").status_code == 403


def test_empty_queue_is_no_error(client: TestClient, moderator: Person) -> None:
    assert client.post(review_routes.NEXT).status_code == 204


def test_item_holds_nothing_of_the_machines_opinion(
    client: TestClient, moderator: Person, flagged_id: int
) -> None:
    item = claimed(client)
    assert set(item) == {
        "review_id", "fence", "application", "is_second", "language", "lease_seconds", "held_seconds", "frames",
        "has_portrait",
    }  # fmt: skip
    assert (item["review_id"], item["lease_seconds"], item["frames"]) == (flagged_id, 120, 1)
    assert (item["language"], item["held_seconds"], item["has_portrait"]) == ("ru", 900, True)


def test_item_looks_alike_whatever_the_risk(client: TestClient, service: Service, moderator: Person) -> None:
    """Nothing that the browser is sent says how soon somebody was to look: that is the machine's opinion."""
    told = []
    for number, flag in ((1, Flag.BLURRED), (2, Flag.OTHER_PERSON_SUSPECTED)):
        owner = builders.register(service, iin=builders.iin(number=number * 50), phone=PHONES[number])
        with service.work() as work:
            flagged.flag(work, owner, service.now(), flag)
        item = claimed(client)
        told.append({**item, "review_id": 0, "application": ""})
        assert act(client, item, "decision", **ANOTHER).status_code == 200
    assert told[0] == told[1]


def test_pictures_are_for_the_holder_and_leave_no_copy(
    client: TestClient, service: Service, moderator: Person, flagged_id: int
) -> None:
    """R14: one audit entry a look, nothing kept."""
    assert client.get(f"/reviews/{flagged_id}/live").status_code == 409
    claimed(client)
    for what, content in (("live", JPEG), ("portrait", flagged.PORTRAIT), ("frames/0", JPEG)):
        answer = client.get(f"/reviews/{flagged_id}/{what}")
        assert answer.content == content
        assert answer.headers["cache-control"] == "private, no-store"
        assert answer.headers["content-type"] == "image/jpeg"
    missing = client.get(f"/reviews/{flagged_id}/frames/1")
    assert (missing.status_code, missing.json()) == (404, {"code": "review.picture_missing"})
    with service.look() as work:
        query = sa.select(schema.audit.c.actor).where(schema.audit.c.event == "review:picture:seen")
        seen = list(work.connection.scalars(query))
    assert seen == [moderator.actor().name] * 3


def test_another_moderator_sees_no_picture_of_it(
    client: TestClient, service: Service, moderator: Person, flagged_id: int
) -> None:
    claimed(client)
    client.cookies.set("qoltanba_staff", person(service, Role.MODERATOR, "second").token())
    answer = client.get(f"/reviews/{flagged_id}/live")
    assert (answer.status_code, answer.json()) == (409, {"code": "review.lease_lost"})


def test_decision_is_stored_and_can_be_taken_back(
    client: TestClient, moderator: Person, flagged_id: int
) -> None:
    item = claimed(client)
    assert act(client, item, "present").json() == {"lease_seconds": 120}
    answer = act(client, item, "decision", **IN_ORDER)
    assert answer.json() == {"review_id": flagged_id, "undo_seconds": 10}
    early = client.get(f"/reviews/{flagged_id}/revealed")
    assert (early.status_code, early.json()) == (409, {"code": "review.not_decided"})
    back = client.post(f"/reviews/{flagged_id}/undo").json()
    assert (back["review_id"], back["fence"]) == (flagged_id, item["fence"] + 1)
    late = act(client, item, "decision", **ANOTHER)
    assert (late.status_code, late.json()) == (409, {"code": "review.lease_lost"})
    assert act(client, back, "decision", **ANOTHER).status_code == 200


def test_what_stands_is_revealed(
    client: TestClient, service: Service, moderator: Person, flagged_id: int
) -> None:
    service.policy = replace(
        service.policy, reviews=replace(service.policy.reviews, undo=service.policy.reviews.undo * 0)
    )
    act(client, claimed(client), "decision", **ANOTHER)
    shown = client.get(f"/reviews/{flagged_id}/revealed").json()
    assert (shown["band"], shown["distance"], shown["flags"]) == ("doubtful", 0.52, ["doubtful"])
    assert [(one["decision"], one["reason"]) for one in shown["opinions"]] == [("reject", "another_person")]


def test_released_one_is_claimed_anew(client: TestClient, moderator: Person, flagged_id: int) -> None:
    item = claimed(client)
    assert act(client, item, "release").status_code == 204
    assert claimed(client)["fence"] == item["fence"] + 1


def test_answers_that_contradict_are_refused_by_name(
    client: TestClient, moderator: Person, flagged_id: int
) -> None:
    answer = act(client, claimed(client), "decision", **{**IN_ORDER, "same": 2})
    assert (answer.status_code, answer.json()) == (422, {"code": "review.answers_contradict"})


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"[]",
        b'"x"',
        b"{}",
        b'{"fence": "1"}',
        b'{"fence": true}',
        b'{"fence": 1, "same": 5.5, "live": true, "usable": true, "decision": "approve"}',
        b'{"fence": 1, "same": 5, "live": "yes", "usable": true, "decision": "approve"}',
        b'{"fence": 1, "same": 5, "live": true, "usable": true, "decision": "maybe"}',
        b'{"fence": 1, "same": 5, "live": true, "usable": true, "decision": "reject", "reason": "x"}',
        b'{"fence": 1, "same": 5, "live": true, "usable": true, "decision": "approve", "remark": "a\\u0000"}',
        b'{"fence": 1, "same": 5, "live": true, "usable": true, "decision": "approve", "remark": "a\\ud800b"}',
        b"[" * 5_000,
        b" " * 9_000,
    ],
)
def test_what_no_desk_of_ours_sends_is_refused(
    client: TestClient, moderator: Person, flagged_id: int, body: bytes
) -> None:
    claimed(client)
    answer = client.post(f"/reviews/{flagged_id}/decision", content=body)
    assert (answer.status_code, answer.json()) == (400, {"code": "review.malformed"})


def test_review_that_no_database_counts_to_is_unknown(client: TestClient, moderator: Person) -> None:
    for number in (404, 2**63, 10**40):
        answer = client.get(f"/reviews/{number}/live")
        assert (answer.status_code, answer.json()) == (404, {"code": "review.unknown"})


def test_who_works_by_keys_is_not_idle(
    client: TestClient, service: Service, moderator: Person, flagged_id: int
) -> None:
    """No script runs while a moderator decides; their session goes on all the same."""
    begun = service.now()
    moderator.seen_ago(client.cookies["qoltanba_staff"], timedelta(minutes=9))
    assert _seen_at(service) < begun
    claimed(client)
    assert _seen_at(service) >= begun


def test_who_was_just_noted_is_not_noted_again(
    client: TestClient, service: Service, moderator: Person, flagged_id: int
) -> None:
    """Each write stands in everybody's queue: one in 20 s is enough for a session of ten minutes."""
    moderator.seen_ago(client.cookies["qoltanba_staff"], timedelta(seconds=10))
    noted = _seen_at(service)
    claimed(client)
    assert _seen_at(service) == noted


def _seen_at(service: Service) -> Any:
    with service.look() as work:
        return work.connection.scalar(sa.select(schema.staff_session.c.seen_at))
