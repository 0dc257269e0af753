"""What a citizen's camera shows in a browser test: a rendered person, the specimen held up, the moves of the face."""

import base64
import functools
import json
from pathlib import Path

from playwright.sync_api import Page

from ca_core.face_attempt import Move
from runtime.demo import rendered
from runtime.demo.rendered import RenderedPerson, drawing, render, specimens
from runtime.demo.rendered.specimens import Fault
from tests import posing

TONE_HERTZ = 660
_SCRIPT = Path(__file__).with_name("camera.js")
_POSES = Path(__file__).with_name("poses.js")
_REFUSED_ONCE = """() => {
  const devices = navigator.mediaDevices, allowed = devices.getUserMedia;
  devices.getUserMedia = async () => {
    devices.getUserMedia = allowed;
    throw new DOMException("", "NotAllowedError");
  };
}"""


@functools.cache
def script(who: RenderedPerson, *faults: Fault, other: RenderedPerson | None = None) -> str:
    """An init script for the citizen's context: "face", a good "document", and what is wrong by the fault's name."""
    pictures = {
        "face": _encoded(drawing.camera(who.look).frame(1.0)),
        "document": _encoded(specimens.held_up(who)),
        **{fault.value: _encoded(specimens.held_up(who, fault, other=other)) for fault in faults},
    }
    given = f"window.__pictures = {json.dumps(pictures)}; window.__tone = {TONE_HERTZ};\n"
    return given + _SCRIPT.read_text(encoding="utf-8")


@functools.cache
def face(who: RenderedPerson) -> str:
    """An init script: this person before the camera, who does what the face check asks for."""
    poses = {"rest": posing.frame(who.name)} | {
        f"{move.value}-{number}": posing.frame(who.name, move, way)
        for move in Move
        for number, way in enumerate(posing.WAYS, 1)
    }
    encoded = {pose: base64.b64encode(jpeg).decode() for pose, jpeg in poses.items()}
    return f"window.__poses = {json.dumps(encoded)};\n{_POSES.read_text(encoding='utf-8')}"


@functools.cache
def whole_way(who: RenderedPerson) -> str:
    """An init script for both: in the call the document is held up, elsewhere the face does what is asked."""
    return f'if (location.pathname.startsWith("/call")) {{\n{script(who)}\n}} else {{\n{face(who)}\n}}'


def refuse_once(page: Page) -> None:
    """The person presses "Block" when the browser asks; the next time, "Allow"."""
    page.evaluate(_REFUSED_ONCE)


def _encoded(picture: drawing.Picture) -> str:
    return base64.b64encode(render.jpeg(picture, 92)).decode()


def another(who: RenderedPerson) -> RenderedPerson:
    return next(one for one in rendered.PEOPLE if one is not who)
