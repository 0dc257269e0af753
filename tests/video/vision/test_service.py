"""The contract: our client against the real service, with real pictures."""

import time
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import numpy as np
import pytest

from ca_core.errors import GatewayRejected, GatewayUnavailable
from ca_core.face_attempt import Move
from runtime.demo import rendered
from tests import posing
from tests.video.vision import samples, servers
from video.vision import aligning, picture
from video.vision import app as vision
from video.vision.client import VisionClient
from video.vision.wire import SIZE_LIMIT_BYTES, Flaw, Outcome, Readiness, Role

pytestmark = pytest.mark.slow

SECRET = b"a secret of these tests"
FIN, UTO = "pe_100_pass-fin.png", "pe_100_pass-uto.jpg"


@dataclass(frozen=True, slots=True)
class Served:
    base_url: str
    client: VisionClient


@pytest.fixture(scope="module")
def served() -> Iterator[Served]:
    app = vision.make_app(secret=SECRET, workers=1)
    with servers.serving(app) as base_url:
        client = VisionClient(base_url, SECRET)
        _until_ready(client)
        yield Served(base_url, client)
        client.close()


def _until_ready(client: VisionClient) -> None:
    deadline = time.monotonic() + 60
    while True:
        try:
            client.readiness()
            return
        except GatewayUnavailable:
            assert time.monotonic() < deadline
            time.sleep(0.1)


def data(name: str) -> bytes:
    return samples.sample(name).data


def test_every_check_is_on(served: Served) -> None:
    assert served.client.readiness() == Readiness(documents=True, faces=True)


def test_a_document_is_read(served: Served) -> None:
    reading = served.client.read_document(data(FIN))
    assert reading.outcome is Outcome.READ
    assert reading.lines == samples.sample(FIN).lines
    assert len(reading.box) == 4
    assert reading.flaws == ()


def test_faces_are_found_and_judged(served: Served) -> None:
    found = served.client.find_faces(data(FIN), role=Role.LIVE)
    assert [face.size_px > 60 for face in found.faces] == [True]
    assert Flaw.FACE_TOO_SMALL in found.flaws


def test_faces_are_compared_and_no_embedding_leaves(served: Served) -> None:
    same = served.client.compare(live=data(FIN), document=data(FIN), portrait=data(UTO))
    assert same.live_document == 0
    assert same.live_portrait is not None
    assert same.live_portrait > 0.6
    assert same.document_portrait == same.live_portrait
    assert [side.role for side in same.sides] == [Role.LIVE, Role.DOCUMENT, Role.PORTRAIT]
    raw = httpx.post(
        f"{served.base_url}/comparisons",
        headers={"Authorization": f"Bearer {SECRET.decode()}"},
        files={"live": data(FIN), "portrait": data(UTO)},
        timeout=30,
    )
    assert len(raw.content) < 600


def test_a_picture_without_a_face_has_no_distance(served: Served) -> None:
    """The small American card: its portrait is a drawing."""
    compared = served.client.compare(live=data(UTO), document=data("pe_100_id-usa.jpg"))
    assert compared.live_document is None
    side = compared.side(Role.DOCUMENT)
    assert side is not None
    assert side.flaws == (Flaw.NO_FACE,)
    assert compared.side(Role.PORTRAIT) is None


def test_what_is_no_picture_is_rejected(served: Served) -> None:
    with pytest.raises(GatewayRejected, match=r"vision\.picture_undecodable"):
        served.client.read_document(b"no picture")


def test_one_picture_cannot_be_compared(served: Served) -> None:
    with pytest.raises(GatewayRejected, match=r"vision\.pictures"):
        served.client.compare(live=data(FIN))


def test_too_much_is_rejected_unread(served: Served) -> None:
    with pytest.raises(GatewayRejected, match=r"vision\.too_large"):
        served.client.read_document(b"\0" * (SIZE_LIMIT_BYTES + 1))


def test_a_picture_too_large_among_others_is_rejected(served: Served) -> None:
    with pytest.raises(GatewayRejected, match=r"vision\.too_large"):
        served.client.compare(live=b"\0" * (SIZE_LIMIT_BYTES + 1), document=b"\0")


@pytest.mark.parametrize(
    ("path", "method"),
    [
        ("/ready", "GET"),
        ("/documents", "POST"),
        ("/faces?role=live", "POST"),
        ("/comparisons", "POST"),
        ("/bursts", "POST"),
        ("/clips", "POST"),
    ],
)
@pytest.mark.parametrize("shown", [None, "Bearer another", "a secret of these tests", "Bearer қ"])
def test_everything_but_health_demands_the_secret(
    served: Served, path: str, method: str, shown: str | None
) -> None:
    headers = {} if shown is None else {"Authorization": shown.encode()}
    answer = httpx.request(method, served.base_url + path, headers=headers)
    assert (answer.status_code, answer.json()) == (401, {"code": "vision.unauthorized"})


def test_health_tells_nothing_and_demands_nothing(served: Served) -> None:
    answer = httpx.get(f"{served.base_url}/health")
    assert (answer.status_code, answer.json()) == (200, {"alive": True})


@pytest.mark.parametrize(
    ("path", "content", "code"),
    [
        ("/faces", b"x", "vision.role"),
        ("/faces?role=holder", b"x", "vision.role"),
        ("/comparisons", b"x", "vision.pictures"),
        ("/bursts", b"x", "vision.frames"),
        ("/clips", b"x", "vision.frames"),
        ("/documents", iter([b"x"]), "vision.length"),
    ],
)
def test_what_was_not_agreed_is_refused_with_a_code(
    served: Served, path: str, content: object, code: str
) -> None:
    answer = httpx.post(
        served.base_url + path,
        content=content,  # type: ignore[arg-type]
        headers={"Authorization": f"Bearer {SECRET.decode()}"},
    )
    assert answer.json() == {"code": code}
    assert 400 <= answer.status_code < 500


def test_frames_are_glanced_at_and_judged_and_no_embedding_leaves(served: Served) -> None:
    film = posing.film("marina", Move.TURN_LEFT)
    seen = served.client.glance(film.frames[:3])
    assert [(one.faces, len(one.points)) for one in seen.frames] == [(1, 5)] * 3
    found = served.client.verify(film.frames, film.plan, portrait=rendered.PEOPLE[0].portrait())
    assert found.faults == ()
    assert found.distance is not None
    (shown,) = found.keys
    assert film.frames[shown] == film.frames[-1]


@pytest.mark.parametrize(
    "plan",
    ["", "[]", "{}", '{"moves": ["jump"], "prompts_ms": [0], "least_reaction_ms": 250, "frames": [[0, 0]]}',
     '{"moves": [], "prompts_ms": [0], "least_reaction_ms": 250, "frames": []}'],
)  # fmt: skip
def test_frames_without_a_plan_for_them_are_refused(served: Served, plan: str) -> None:
    answer = httpx.post(
        f"{served.base_url}/clips",
        data={"plan": plan},
        files={"frame": posing.frame("marina")},
        headers={"Authorization": f"Bearer {SECRET.decode()}"},
    )
    assert (answer.status_code, answer.json()) == (400, {"code": "vision.plan"})


def test_a_face_is_aligned_and_a_picture_without_one_is_rejected(served: Served) -> None:
    portrait = rendered.PEOPLE[0].portrait()
    shown = picture.decode(served.client.align(portrait))
    assert shown.shape == (aligning.HEIGHT_PX, aligning.WIDTH_PX, 3)
    with pytest.raises(GatewayRejected, match=r"vision\.no_face"):
        served.client.align(aligning.as_jpeg(np.full((200, 200, 3), 127, np.uint8)))


def test_without_the_service_it_is_unavailable() -> None:
    client = VisionClient("http://127.0.0.1:9", SECRET)
    with pytest.raises(GatewayUnavailable):
        client.read_document(b"")
    client.close()
