"""/get/face over HTTP: who may be there, what a burst may hold, and what is said without a reader of pictures."""

import io
import socket
from collections.abc import Iterator
from dataclasses import dataclass

import httpx
import pytest
from PIL import Image

from ca_core.dossier import Dossier
from ca_core.face_attempt import AttemptOutcome, Flag
from ca_core.identifiers import Iin
from portal import dossier_cookie, protection
from runtime import verifying
from tests import dossiers, flagged
from tests.portal.conftest import House
from tests.portal.owners import fresh_iin
from tests.runtime.conftest import register


def jpeg(side: int = 240) -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (side, side), (120, 110, 100)).save(written, "JPEG")
    return written.getvalue()


def progressive_jpeg() -> bytes:
    written = io.BytesIO()
    Image.new("RGB", (240, 240), (120, 110, 100)).save(written, "JPEG", progressive=True)
    return written.getvalue()


@dataclass
class Applicant:
    """A browser at step 10."""

    house: House
    browser: httpx.Client
    dossier: Dossier

    def page(self, **headers: str) -> httpx.Response:
        return self.browser.get("/get/face", headers=headers)

    def post(self, path: str, **given: object) -> httpx.Response:
        return self.browser.post(f"/get/face/{path}", **given)  # type: ignore[arg-type]

    def burst(self, *frames: bytes, **different: str) -> httpx.Response:
        times = ",".join(str(100 + 160 * place) for place in range(len(frames)))
        fields = {"challenge": "x", "step": "0", "prompt_ms": "0", "times_ms": times} | different
        return self.post("burst", data=fields, files=[("frame", ("f.jpg", frame)) for frame in frames])


@pytest.fixture
def applicant(house: House, browser: httpx.Client) -> Applicant:
    whose: Iin = fresh_iin()
    register(house.service, whose, phone=77020000000 + int(whose.digits[7:11]))
    secret = dossier_cookie.fresh()
    dossier = dossiers.confirmed(house.service, whose, browser=secret)
    browser.cookies.set(dossier_cookie.COOKIE, secret)
    return Applicant(house, browser, dossier)


def test_the_page_explains_and_says_what_it_is_not(applicant: Applicant) -> None:
    answer = applicant.page(**{"accept-language": "ru"})
    assert answer.status_code == 200
    assert "10" in answer.text
    assert "не защищает от поддельного видео" in answer.text
    assert 'href="/call/start"' in answer.text
    assert 'href="tel:1414"' in answer.text
    assert '<progress class="way" max="17" value="10"' in answer.text
    assert 'href="/get/identify"' in answer.text


def test_the_camera_is_for_this_way_and_nobody_listens(applicant: Applicant) -> None:
    headers = applicant.page().headers
    assert headers["permissions-policy"].startswith("camera=(self), microphone=()")
    assert "script-src 'self'" in headers["content-security-policy"]
    elsewhere = applicant.browser.get("/status").headers["permissions-policy"]
    assert elsewhere.startswith("camera=()")


def test_who_is_elsewhere_on_the_way_is_led_there(house: House, browser: httpx.Client) -> None:
    answer = browser.get("/get/face")
    assert (answer.status_code, answer.headers["location"]) == (303, "/get")
    for path in ("draw", "judge"):
        refused = browser.post(f"/get/face/{path}")
        assert (refused.status_code, refused.json()["code"]) == (410, "dossier.unknown")


def test_while_a_moderator_looks_the_page_waits(applicant: Applicant) -> None:
    dossiers.move(applicant.house.service, applicant.dossier, "send_to_review")
    answer = applicant.page()
    assert 'data-face="review"' in answer.text
    assert "verification.js" not in answer.text
    refused = applicant.post("draw")
    assert (refused.status_code, refused.json()["code"]) == (409, "face.in_review")


@pytest.mark.parametrize("language", ["ru", "kk", "en"])
def test_after_a_moderator_the_reason_stands_on_the_page(applicant: Applicant, language: str) -> None:
    moved = dossiers.move(applicant.house.service, applicant.dossier, "send_to_review")
    dossiers.move(applicant.house.service, moved, "new_photo", reason="too_dark")
    answer = applicant.browser.get("/get/face", params={"lang": language})
    assert "data-asked-again" in answer.text


def test_without_the_reader_of_pictures_the_page_is_told_to_try_again(applicant: Applicant) -> None:
    refused = applicant.post("draw")
    assert (refused.status_code, refused.json()["code"]) == (503, "face.check_unavailable")
    assert refused.json()["next"]


@pytest.mark.parametrize(
    "different",
    [
        {"step": ""},
        {"step": "-1"},
        {"step": "٣"},
        {"prompt_ms": "1e3"},
        {"prompt_ms": "9" * 30},
        {"times_ms": ""},
        {"times_ms": "100"},
        {"times_ms": "100,x"},
        {"times_ms": "100,260,420"},
    ],
)
def test_numbers_that_are_none_are_refused(applicant: Applicant, different: dict[str, str]) -> None:
    refused = applicant.burst(jpeg(), jpeg(), **different)
    assert (refused.status_code, refused.json()["code"]) == (400, "face.frames_unfit")


@pytest.mark.parametrize("frame", [b"", b"\x1a\x45\xdf\xa3" * 99, jpeg(64), jpeg(1400)])
def test_what_is_no_frame_is_refused(applicant: Applicant, frame: bytes) -> None:
    refused = applicant.burst(frame, jpeg())
    assert (refused.status_code, refused.json()["code"]) == (400, "face.frames_unfit")


def test_a_token_of_nobody_is_refused(applicant: Applicant) -> None:
    refused = applicant.burst(jpeg(), jpeg())
    assert (refused.status_code, refused.json()["code"]) == (404, "face.challenge_unknown")
    refused = applicant.post("judge", data={"challenge": "x"})
    assert (refused.status_code, refused.json()["code"]) == (404, "face.challenge_unknown")


def test_seven_frames_are_too_many(applicant: Applicant) -> None:
    assert applicant.burst(*[jpeg()] * 7).status_code == 400


def test_a_hundred_megabytes_are_refused_before_they_are_sent(applicant: Applicant) -> None:
    """The announcement is enough: the answer is there while nothing of the body is."""
    host, _, port = applicant.house.url.removeprefix("http://").partition(":")
    with socket.create_connection((host, int(port)), timeout=10) as line:
        line.sendall(
            b"POST /get/face/burst HTTP/1.1\r\nHost: %s:%s\r\nContent-Length: 104857600\r\n"
            b"Content-Type: multipart/form-data; boundary=x\r\n\r\n" % (host.encode(), port.encode())
        )
        assert line.recv(64).startswith(b"HTTP/1.1 413")


def test_what_comes_unannounced_is_cut_off(applicant: Applicant) -> None:
    def endless() -> Iterator[bytes]:
        yield b'--x\r\nContent-Disposition: form-data; name="frame"; filename="f"\r\n\r\n'
        for _ in range(200):
            yield b"\0" * 65536

    headers = {"content-type": "multipart/form-data; boundary=x"}
    answer = applicant.browser.post("/get/face/burst", content=endless(), headers=headers)
    assert answer.status_code == 413
    assert protection.LARGER_BODIES["/get/face/burst"] < 200 * 65536


@pytest.mark.parametrize(
    ("flags", "told"),
    [
        ((Flag.TOO_DARK, Flag.MOVE_MISSING), ["too_dark", "move_missing"]),
        ((Flag.DOUBTFUL,), ["doubtful"]),
        ((Flag.FACE_DIFFERS,), ["doubtful"]),
        ((Flag.FLAT_PICTURE, Flag.ANOTHER_FACE), ["doubtful"]),
        ((Flag.TOO_DARK, Flag.FLAT_PICTURE), ["too_dark"]),
    ],
)
def test_how_near_a_false_face_came_is_not_told(
    applicant: Applicant, monkeypatch: pytest.MonkeyPatch, flags: tuple[Flag, ...], told: list[str]
) -> None:
    """A print, a stranger and somebody in poor light read the same, so that nobody tries until it is better."""
    assert applicant.dossier.number is not None
    attempt = flagged.attempt(
        applicant.dossier.number, applicant.house.service.now(), outcome=AttemptOutcome.AGAIN, flags=flags
    )
    monkeypatch.setattr(verifying, "judge", lambda *_, **__: attempt)
    answer = applicant.post("judge", data={"challenge": "x"}).json()
    assert answer == {"outcome": "again", "flags": told}
    for language in ("ru", "kk", "en"):
        words = applicant.page(**{"accept-language": language}).text
        assert all(f"hint_{flag}" in words for flag in told)


def test_a_frame_that_would_be_decoded_for_minutes_is_refused_by_its_header(applicant: Applicant) -> None:
    data = progressive_jpeg()
    again = data.rindex(b"\xff\xda")
    bomb = data[:-2] + data[again:-2] * 5000 + data[-2:]
    refused = applicant.burst(bomb)
    assert (refused.status_code, refused.json()["code"]) == (400, "face.frames_unfit")
