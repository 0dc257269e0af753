"""Specimen documents as pictures, and how a person holds one before the camera. Each says SPECIMEN."""

import functools
import io
from collections.abc import Sequence
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum
from pathlib import Path

import numpy as np
from PIL import Image, ImageDraw, ImageFont

from ca_core.subscriber import Person
from runtime.demo.rendered import RenderedPerson, drawing, machine_zone
from runtime.demo.rendered.drawing import HEIGHT_PX, WIDTH_PX, Picture

# Doc 9303-4, 4: 125 by 88 mm, of which the zone takes the lowest 23; ten pixels a millimetre. TD1: 85.6 by 54.
_MM = 10
_PASSPORT_MM, _CARD_MM = (125.0, 88.0), (85.6, 54.0)
# OCR-B of that size has a pitch of 2.54 mm.
_PITCH = 2.54 * _MM
_INK, _PAPER, _ZONE = (28, 32, 44), (226, 236, 240), (246, 247, 244)
_FONTS = ("DejaVuSansMono.ttf", "LiberationMono-Regular.ttf", "NotoSansMono-Regular.ttf")


class Fault(StrEnum):
    """What may be wrong with what somebody holds up."""

    GOOD = "good"
    WRONG_DIGIT = "wrong_digit"
    EXPIRED = "expired"
    FOREIGN = "foreign"
    UPSIDE_DOWN = "upside_down"
    HALF_COVERED = "half_covered"
    NONE = "none"
    ANOTHER_PERSON = "another_person"
    TWO_FACES = "two_faces"


@functools.cache
def _font(size: int) -> ImageFont.FreeTypeFont | ImageFont.ImageFont:
    """A monospaced font of the machine; Pillow's own where there is none."""
    for name in _FONTS:
        found = next(iter(Path("/usr/share/fonts").rglob(name)), None)
        if found is not None:
            return ImageFont.truetype(str(found), size)
    return ImageFont.load_default(size)


def passport(person: Person, portrait: bytes, zone: Sequence[str]) -> Image.Image:
    """The data page: portrait left, fields right, two lines of zone below."""
    width, height = (round(side * _MM) for side in _PASSPORT_MM)
    page = Image.new("RGB", (width, height), _PAPER)
    draw = ImageDraw.Draw(page)
    _guilloche(draw, width, height)
    draw.rectangle((0, height - 24 * _MM, width, height), fill=_ZONE)
    page.paste(Image.open(io.BytesIO(portrait)).resize((330, 440)), (50, 130))
    draw.text((50, 40), "QAZAQSTAN  SPECIMEN", fill=_INK, font=_font(44))
    for row, (name, value) in enumerate(_fields(person)):
        draw.text((430, 130 + row * 68), name, fill=(96, 104, 116), font=_font(20))
        draw.text((430, 152 + row * 68), value, fill=_INK, font=_font(32))
    draw.text((930, 560), "SPECIMEN", fill=(170, 60, 60), font=_font(44))
    _write_zone(draw, zone, left=round((width - 44 * _PITCH) / 2), top=height - 19 * _MM)
    return page


def id_card_back(zone: Sequence[str]) -> Image.Image:
    """The back of an ID card: three lines of zone."""
    width, height = (round(side * _MM) for side in _CARD_MM)
    card = Image.new("RGB", (width, height), _PAPER)
    draw = ImageDraw.Draw(card)
    _guilloche(draw, width, height)
    draw.rectangle((0, height - 25 * _MM, width, height), fill=_ZONE)
    draw.text((40, 40), "QAZAQSTAN  SPECIMEN", fill=_INK, font=_font(40))
    _write_zone(draw, zone, left=round((width - 30 * _PITCH) / 2), top=height - 22 * _MM)
    return card


def _fields(person: Person) -> tuple[tuple[str, str], ...]:
    return (
        ("SURNAME", person.surname_latin),
        ("GIVEN NAMES", person.given_name_latin),
        ("DATE OF BIRTH", f"{person.born_on:%d.%m.%Y}"),
        ("SEX", person.sex.value),
        ("IIN", person.iin.digits),
        ("DATE OF EXPIRY", f"{person.document_expires_on:%d.%m.%Y}"),
        ("PASSPORT No.", person.document_number),
    )


def _guilloche(draw: ImageDraw.ImageDraw, width: int, height: int) -> None:
    """Fine waves, as such paper has them."""
    across = np.arange(0, width + 8, 8)
    for row in range(0, height, 18):
        points = [(int(x), int(row + 7 * np.sin(x / 37 + row / 50))) for x in across]
        draw.line(points, fill=(206, 222, 228), width=2)


def _write_zone(draw: ImageDraw.ImageDraw, zone: Sequence[str], *, left: int, top: int) -> None:
    font = _font(40)
    for row, line in enumerate(zone):
        for column, character in enumerate(line):
            at = (left + round((column + 0.5) * _PITCH), top + row * round(6.35 * _MM))
            draw.text(at, character, fill=_INK, font=font, anchor="ma")


def held_up(
    who: RenderedPerson, fault: Fault = Fault.GOOD, *, other: RenderedPerson | None = None
) -> Picture:
    """The camera's picture, 1280x720, with the document before the person. Nothing held up: the person alone.

    `other` is whose document it is (ANOTHER_PERSON), or who looks over the shoulder (TWO_FACES).
    """
    alone = drawing.camera(who.look).open_eyes
    if fault is Fault.NONE:
        return alone
    if fault is Fault.TWO_FACES:
        beside = drawing.camera((other or who).look).open_eyes
        half = WIDTH_PX // 2
        return np.ascontiguousarray(
            np.hstack([alone[:, half // 2 : half // 2 + half], beside[:, half // 2 : half // 2 + half]])
        )
    document = _document(other if other is not None and fault is Fault.ANOTHER_PERSON else who, fault)
    frame = Image.fromarray(alone)
    scale = 0.965 * HEIGHT_PX / document.height
    held = document.resize(
        (round(document.width * scale), round(document.height * scale)), Image.Resampling.LANCZOS
    )
    if fault is Fault.UPSIDE_DOWN:
        held = held.rotate(180)
    tilted = held.convert("RGBA").rotate(1.2, expand=True, resample=Image.Resampling.BICUBIC)
    frame.paste(tilted, ((WIDTH_PX - tilted.width) // 2, (HEIGHT_PX - tilted.height) // 2), tilted)
    if fault is Fault.HALF_COVERED:
        thumb = (WIDTH_PX // 2 - 60, HEIGHT_PX - 190, WIDTH_PX, HEIGHT_PX)
        ImageDraw.Draw(frame).ellipse(thumb, fill=(196, 150, 122))
    return np.asarray(frame, np.uint8)


def _document(holder: RenderedPerson, fault: Fault) -> Image.Image:
    person = holder.person
    if fault is Fault.EXPIRED:
        person = replace(person, document_expires_on=person.document_expires_on - timedelta(days=11 * 365))
    zone = machine_zone.passport(person, state="UTO" if fault is Fault.FOREIGN else machine_zone.STATE)
    if fault is Fault.WRONG_DIGIT:
        place = 4
        wrong = str((int(zone[1][place]) + 3) % 10)
        zone = (zone[0], zone[1][:place] + wrong + zone[1][place + 1 :])
    return passport(person, holder.portrait(), zone)
