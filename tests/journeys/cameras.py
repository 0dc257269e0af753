"""What a citizen's camera shows in a browser test: a rendered person, and the specimen that is held up."""

import base64
import functools
import json
from pathlib import Path

from runtime.demo import rendered
from runtime.demo.rendered import RenderedPerson, drawing, render, specimens
from runtime.demo.rendered.specimens import Fault

TONE_HERTZ = 660
_SCRIPT = Path(__file__).with_name("camera.js")


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


def _encoded(picture: drawing.Picture) -> str:
    return base64.b64encode(render.jpeg(picture, 92)).decode()


def another(who: RenderedPerson) -> RenderedPerson:
    return next(one for one in rendered.PEOPLE if one is not who)
