"""Step 10 behind the page: bursts against a challenge, with the real reader of pictures."""

import time
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import insert, select, update

from ca_core.dossier import Dossier, Step
from ca_core.errors import GatewayUnavailable, Refusal
from ca_core.face_attempt import AttemptOutcome, Flag, Move
from ca_core.registration import challenge
from data import face_schema, migrate, schema
from runtime import face_frames, settings, verifying, wiring
from runtime.demo import rendered
from runtime.face_frames import FaceCheckUnavailable, Sending, Sent
from runtime.service import Service
from runtime.verifying import Asked
from tests import builders, dossiers, posing
from tests.posing import Actor
from tests.video.vision import servers
from video.vision import app as vision
from video.vision.client import VisionClient

pytestmark = pytest.mark.slow

SECRET = "00" * 32
WHO, OTHER = "marina", "bolat"


@pytest.fixture(scope="module")
def vision_port() -> Iterator[int]:
    app = vision.make_app(secret=SECRET.encode(), workers=1)
    with servers.serving(app) as base_url:
        client = VisionClient(base_url, SECRET.encode())
        deadline = time.monotonic() + 180
        while True:
            try:
                client.readiness()
                break
            except GatewayUnavailable:
                assert time.monotonic() < deadline
                time.sleep(0.1)
        client.close()
        yield int(base_url.rpartition(":")[2])


def make_service(folder: Path, vision_port: int) -> Service:
    configured = settings.load({"var_dir": str(folder / "var"), "vision_port": str(vision_port)})
    migrate.upgrade(wiring.open_database(configured))
    configured.media_secret_file.parent.mkdir(parents=True, exist_ok=True)
    configured.media_secret_file.write_text(SECRET)
    return wiring.make_service(configured)


@pytest.fixture
def service(tmp_path: Path, vision_port: int) -> Iterator[Service]:
    made = make_service(tmp_path, vision_port)
    yield made
    made.close()


def arrived(service: Service, name: str = WHO, *, portrait: bool = True) -> Dossier:
    """At step 10, with this person's portrait in the register."""
    builders.register(service)
    who = rendered.by_name(name)
    assert who is not None
    if portrait:
        with service.work() as work:
            work.connection.execute(
                insert(schema.portrait).values(iin=builders.person().iin.number, jpeg=who.portrait())
            )
    return dossiers.confirmed(service)


class Page:
    """What the page does: shows the prompt, films, sends, shows the next one."""

    def __init__(self, service: Service, dossier: Dossier, name: str = WHO) -> None:
        self.service, self.digest, self.actor = service, dossier.token_digest, Actor(name)
        self.token, self.asked = verifying.begin(service, page_digest=self.digest)
        self.now_ms, self.prompt_ms = 100, 0
        self.film = self.actor.act(self.asked.move)

    def send(self, *frames: bytes, **different: Any) -> Asked:
        sent = tuple(Sent(self.now_ms + place * posing.EVERY_MS, jpeg) for place, jpeg in enumerate(frames))
        given = {"step": self.asked.step, "prompt_ms": self.prompt_ms, "burst": sent} | different
        before = self.asked
        self.asked = verifying.take_burst(
            self.service, page_digest=self.digest, token=self.token, sending=Sending(**given)
        )
        self.now_ms += len(frames) * posing.EVERY_MS + 40
        if self.asked.step != before.step:
            self.prompt_ms = self.now_ms - 10
        return self.asked

    def act(self) -> Asked:
        """The whole of what is asked."""
        while not self.asked.complete:
            before = self.asked.step
            # Bursts come faster here than a camera films: the server's clock has to catch up.
            time.sleep(0.9)
            self.send(*(next(self.film) for _ in range(5)))
            if self.asked.step != before and not self.asked.complete:
                self.film = self.actor.act(self.asked.move)
        return self.asked

    def judge(self) -> Any:
        return verifying.judge(self.service, page_digest=self.digest, token=self.token)


def step(service: Service, dossier: Dossier) -> Step:
    return dossiers.step_of(service, dossier)


def files(service: Service) -> list[Path]:
    return [path for path in (service.settings.evidence_dir / "faces").rglob("*") if path.is_file()]


def test_who_is_who_they_say_goes_on_and_leaves_the_evidence(service: Service) -> None:
    """R14: the live picture and one a move stay sealed with their digests; all other frames are erased."""
    dossier = arrived(service)
    page = Page(service, dossier)
    assert page.act().complete
    made = page.judge()
    assert (made.outcome, made.flags) == (AttemptOutcome.PASSED, ())
    assert made.distance < 0.45
    assert step(service, dossier) is Step.ACCESS
    kept = {made.live.name, *(picture.name for picture in made.frames)}
    assert len(kept) == 4
    assert {str(path.relative_to(service.settings.evidence_dir)) for path in files(service)} == kept
    assert face_frames.content(service, made.live) == posing.frame(WHO)
    raw = (service.settings.evidence_dir / made.live.name).read_bytes()
    assert posing.frame(WHO)[100:160] not in raw
    with service.look() as work:
        assert work.face_attempts.of_application(made.number) == [made]


def test_somebody_else_goes_to_a_moderator(service: Service) -> None:
    dossier = arrived(service)
    page = Page(service, dossier, OTHER)
    page.act()
    made = page.judge()
    assert (made.outcome, made.flags) == (AttemptOutcome.REVIEW, (Flag.FACE_DIFFERS,))
    assert made.distance > 0.60
    with service.look() as work:
        opened = work.reviews.open_of(made.number)
    assert opened is not None
    assert opened.attempt_id == made.attempt_id
    with pytest.raises(challenge.InReview):
        Page(service, dossier)


def test_a_still_picture_gets_nowhere_and_after_three_tries_a_moderator_looks(service: Service) -> None:
    dossier = arrived(service)
    outcomes = []
    for _ in range(3):
        page = Page(service, dossier)
        page.send(*[posing.frame(WHO)] * 5)
        while not page.asked.complete:
            time.sleep(0.8)
            page.send(*[posing.frame(WHO)] * 6)
        made = page.judge()
        outcomes.append((made.outcome.value, made.flags))
    assert outcomes == [("again", (Flag.MOVE_MISSING,))] * 2 + [("review", (Flag.MOVE_MISSING,))]


def test_what_is_not_good_enough_at_the_beginning_gets_a_hint_and_is_not_kept(service: Service) -> None:
    page = Page(service, arrived(service))
    wall = posing.render.jpeg(posing.picture(WHO)[:480, :200].repeat(2, axis=1))
    for frame, hint in (
        (posing.darkened(WHO), Flag.TOO_DARK),
        (wall, Flag.NO_FACE),
        (posing.frame(WHO, Move.TILT_LEFT), Flag.NOT_STILL),
    ):
        asked = page.send(*[frame] * 4)
        assert (asked.step, asked.hint) == (0, hint)
        page.now_ms = 100
    assert files(service) == []
    assert page.send(*[posing.frame(WHO)] * 4).step == 1


@pytest.mark.parametrize(
    "burst",
    [
        (),
        tuple(Sent(at, b"\x1a\x45\xdf\xa3 no picture") for at in (1, 2)),
        tuple(Sent(at, b"\xff\xd8\xff" + b"\0" * 400_000) for at in (1, 2)),
        tuple(Sent(at, posing.frame(WHO)) for at in range(7)),
        tuple(Sent(at, posing.frame(WHO)[:3000]) for at in (1, 2)),
    ],
    ids=["none", "no picture", "too large", "too many", "cut off"],
)
def test_a_burst_that_is_none_is_refused_and_leaves_nothing(
    service: Service, burst: tuple[Sent, ...]
) -> None:
    page = Page(service, arrived(service))
    with pytest.raises(challenge.FramesUnfit):
        page.send(burst=burst)
    assert files(service) == []
    assert page.send(*[posing.frame(WHO)] * 4).step == 1


def test_whose_move_is_too_small_hears_it_while_there_is_room_for_a_larger_one(service: Service) -> None:
    page = Page(service, arrived(service))
    while page.asked.step == 0:
        page.send(*[posing.frame(WHO)] * 5)
        time.sleep(0.9)
    hints = []
    for _ in range(4):
        hints.append(page.send(*[posing.frame(WHO)] * 5).hint)
        time.sleep(0.9)
    assert hints == [None, None, Flag.MOVE_MISSING, Flag.MOVE_MISSING]
    assert not page.asked.complete


def test_a_second_tab_ends_the_first_and_erases_its_frames(service: Service) -> None:
    dossier = arrived(service)
    first = Page(service, dossier)
    first.send(*[posing.frame(WHO)] * 4)
    assert len(files(service)) == 4
    second = Page(service, dossier)
    assert files(service) == []
    with pytest.raises(challenge.ChallengeOver):
        first.send(posing.frame(WHO))
    assert second.send(*[posing.frame(WHO)] * 4).step == 1


def test_what_nobody_finished_is_erased(service: Service) -> None:
    """R14: somebody went away in the middle of it."""
    page = Page(service, arrived(service))
    page.send(*[posing.frame(WHO)] * 4)
    assert (verifying.sweep(service), len(files(service))) == (0, 4)
    with service.work() as work:
        past = service.now() - timedelta(hours=1)
        work.connection.execute(update(face_schema.face_challenge).values(expires_at=past))
    assert (verifying.sweep(service), files(service)) == (1, [])
    assert verifying.sweep(service) == 0


def test_after_an_hour_nothing_is_left_of_a_check_but_its_evidence(service: Service) -> None:
    """R14: also not what a killed process wrote and nobody noted, nor the numbers of the face."""
    dossier = arrived(service)
    page = Page(service, dossier)
    page.act()
    made = page.judge()
    kept = {made.live.name, *(picture.name for picture in made.frames)}
    folder = (service.settings.evidence_dir / made.live.name).parent
    (folder / "left by a kill.jpg").write_bytes(b"x")
    assert verifying.sweep(service) == 0
    with service.work() as work:
        past = service.now() - timedelta(minutes=61)
        work.connection.execute(update(face_schema.face_challenge).values(drawn_at=past))
    assert verifying.sweep(service) == 1
    assert {str(path.relative_to(service.settings.evidence_dir)) for path in files(service)} == kept
    with service.look() as work:
        assert work.connection.execute(select(face_schema.face_challenge)).all() == []


def test_a_burst_sent_twice_counts_once(service: Service) -> None:
    page = Page(service, arrived(service))
    page.send(*[posing.frame(WHO)] * 4)
    page.asked = verifying.Asked(0, 3, None)
    with pytest.raises(challenge.StepDiffers):
        page.send(*[posing.frame(WHO)] * 4)
    assert len(files(service)) == 4


def test_another_browser_cannot_go_on_with_it(service: Service) -> None:
    dossier = arrived(service)
    page = Page(service, dossier)
    for digest in (b"", b"another"):
        page.digest = digest
        with pytest.raises(Refusal, match=r"dossier\.unknown"):
            page.send(posing.frame(WHO))


def test_changed_evidence_is_not_judged(service: Service) -> None:
    """Somebody put another file in its place: it can be tried again, and nothing was concluded."""
    page = Page(service, arrived(service))
    page.act()
    victim = files(service)[7]
    victim.write_bytes(victim.read_bytes()[:-1] + b"\0")
    with pytest.raises(FaceCheckUnavailable):
        page.judge()
    with service.look() as work:
        assert work.face_attempts.by_id(1) is None


def test_without_the_reader_it_says_so(tmp_path: Path) -> None:
    """Nothing listens there: trying again may help, and nobody is sent to a moderator for that."""
    service = make_service(tmp_path, 1)
    with pytest.raises(FaceCheckUnavailable):
        Page(service, arrived(service))
    service.close()
