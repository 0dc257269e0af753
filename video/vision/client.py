"""How the rest of the house asks the vision service."""

from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypeVar

import httpx

from ca_core.errors import GatewayRejected, GatewayUnavailable
from video.vision import clip_wire, wire
from video.vision.clip_wire import Burst, Plan, Verified
from video.vision.wire import Comparison, Faces, Json, Readiness, Reading, Role

# Longer than the service takes to give up, so that its own answer is heard.
TIMEOUT = timedelta(seconds=25)
_CONNECT_SECONDS = 2.0
_SERVER_ERRORS = 500
_CHECK_IS_OFF = 501

T = TypeVar("T")
Files = list[tuple[str, tuple[str, bytes]]]
"""Parts of a form: each one's name, then its file's name and content."""


class VisionClient:
    """Safe to share between threads. Each call raises GatewayUnavailable (try again) or GatewayRejected (don't)."""

    def __init__(self, base_url: str, secret: bytes, *, timeout: timedelta = TIMEOUT) -> None:
        self._http = httpx.Client(
            base_url=base_url,
            headers={"Authorization": f"Bearer {secret.decode()}"},
            timeout=httpx.Timeout(timeout.total_seconds(), connect=_CONNECT_SECONDS),
            trust_env=False,
        )

    def read_document(self, image: bytes) -> Reading:
        """The zone of a document's still. An undecodable picture is rejected."""
        return self._ask(wire.reading_from_json, "POST", "/documents", content=image)

    def find_faces(self, image: bytes, *, role: Role) -> Faces:
        """The faces in one picture and what is wrong with it, for a hint while somebody still holds still."""
        return self._ask(wire.faces_from_json, "POST", "/faces", content=image, params={"role": role.value})

    def compare(
        self, *, live: bytes | None = None, document: bytes | None = None, portrait: bytes | None = None
    ) -> Comparison:
        """Distances between the faces of two or three pictures."""
        given = {Role.LIVE: live, Role.DOCUMENT: document, Role.PORTRAIT: portrait}
        files = [(role.value, (role.value, image)) for role, image in given.items() if image is not None]
        return self._ask(wire.comparison_from_json, "POST", "/comparisons", files=files)

    def align(self, image: bytes) -> bytes:
        """The largest face as JPEG, its eyes where every aligned face has them. One without a face is rejected."""
        return self._answer("POST", "/aligned", content=image).content

    def glance(self, frames: Sequence[bytes]) -> Burst:
        """Where the face is in each frame, while somebody is before the camera."""
        files = [("frame", ("frame", frame)) for frame in frames]
        return self._ask(clip_wire.burst_from_json, "POST", "/bursts", files=files)

    def verify(self, frames: Sequence[bytes], plan: Plan, *, portrait: bytes | None) -> Verified:
        """What all frames of a verification show."""
        files = [("frame", ("frame", frame)) for frame in frames]
        if portrait is not None:
            files.append(("portrait", ("portrait", portrait)))
        return self._ask(
            clip_wire.verified_from_json,
            "POST",
            "/clips",
            files=files,
            data={"plan": clip_wire.plan_to_text(plan)},
        )

    def readiness(self) -> Readiness:
        """Which checks are on; unavailable while the models load."""
        return self._ask(wire.readiness_from_json, "GET", "/ready")

    def close(self) -> None:
        self._http.close()

    def _ask(
        self,
        understand: Callable[[Json], T],
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        params: dict[str, str] | None = None,
        files: Files | None = None,
        data: dict[str, str] | None = None,
    ) -> T:
        answer = self._answer(method, path, content=content, params=params, files=files, data=data)
        try:
            return understand(answer.json())
        except (ValueError, KeyError, TypeError) as error:
            raise GatewayRejected("vision.malformed") from error

    def _answer(
        self,
        method: str,
        path: str,
        *,
        content: bytes | None = None,
        params: dict[str, str] | None = None,
        files: Files | None = None,
        data: dict[str, str] | None = None,
    ) -> httpx.Response:
        try:
            answer = self._http.request(method, path, content=content, params=params, files=files, data=data)
        except httpx.HTTPError as error:
            raise GatewayUnavailable("vision") from error
        if answer.is_success:
            return answer
        if answer.status_code >= _SERVER_ERRORS and answer.status_code != _CHECK_IS_OFF:
            raise GatewayUnavailable("vision")
        try:
            raise GatewayRejected(str(answer.json()["code"]))
        except (ValueError, KeyError, TypeError) as error:
            raise GatewayRejected("vision.malformed") from error
