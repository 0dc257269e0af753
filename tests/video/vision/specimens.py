"""Specimen documents of people who do not exist, as a camera would see them: for tests and benchmarks.

The fonts are whatever monospaced ones the machine has, so these pictures are kinder than a real document's OCR-B over
guilloche: they measure distortion, blur, glare and compression, not print.
"""

import random
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
from PIL import Image, ImageDraw, ImageFont

from ca_core.documents import mrz
from ca_core.identifiers import iin_check_digit

_FONTS = Path("/usr/share/fonts/truetype")
_MONO = (
    "dejavu/DejaVuSansMono.ttf",
    "dejavu/DejaVuSansMono-Bold.ttf",
    "liberation/LiberationMono-Regular.ttf",
    "liberation/LiberationMono-Bold.ttf",
)
_SURNAMES = (
    "ULGIYEV",
    "NURPEISSOVA",
    "AKHMETKALIYEV",
    "TEMIR",
    "SYZDYKBEKOVA",
    "KIM",
    "OZOD QIZI",
    "QODIROV",
)
_GIVEN = ("DAUREN", "ZHANNA", "AIGUL", "MIRAS", "LOLA", "IGOR OLEG", "SALTANAT", "ZERE", "BOBUR", "GULNARA")
_STATES = ("KAZ", "KAZ", "KAZ", "UTO", "D", "GBR", "UZB")

Pixels = npt.NDArray[np.uint8]


@dataclass(frozen=True, slots=True)
class Level:
    """How badly a document is held, lit and sent; shares are of the picture's width."""

    width_px: int
    height_px: int
    perspective: float
    degrees: float
    blur_px: float
    motion_px: int
    glare: float
    jpeg: tuple[int, int]


EASY = Level(1280, 720, 0.01, 2, 0.4, 0, 0.0, (80, 90))
HARD = Level(1280, 720, 0.06, 9, 1.1, 4, 0.5, (40, 70))
SMALL = Level(640, 360, 0.03, 4, 0.5, 0, 0.2, (60, 80))


@dataclass(frozen=True, slots=True)
class Specimen:
    lines: tuple[str, ...]
    picture: Pixels


def fonts() -> list[Path]:
    return [path for path in (_FONTS / name for name in _MONO) if path.exists()]


def specimen(seed: int, level: Level) -> Specimen:
    """The same for the same seed."""
    dice = random.Random(seed)
    lines = zone(dice)
    return Specimen(lines, _as_seen(_document(lines, dice), level, dice))


def shown(lines: tuple[str, ...], *, seed: int, level: Level) -> Pixels:
    """Any lines, right or wrong, as a camera would see them."""
    dice = random.Random(seed)
    return _as_seen(_document(lines, dice), level, dice)


def zone(dice: random.Random) -> tuple[str, ...]:
    """A passport's or an ID card's lines with right check digits."""
    state = dice.choice(_STATES)
    born = f"{dice.randint(50, 99)}{dice.randint(1, 12):02d}{dice.randint(1, 28):02d}"
    sex = dice.choice("MF")
    expires = f"{dice.randint(27, 35)}{dice.randint(1, 12):02d}{dice.randint(1, 28):02d}"
    names = f"{dice.choice(_SURNAMES)}<<{dice.choice(_GIVEN)}".replace(" ", "<")
    padded = state.ljust(3, "<")
    iin = _iin(born, sex, dice)
    if dice.random() < 0.5:
        number = f"N{_digits(dice, 8)}" if state == "KAZ" else f"{dice.choice('ACFHPXZ')}{_digits(dice, 8)}"
        personal = iin if state == "KAZ" else ""
        return (
            f"P<{padded}{names}".ljust(44, "<"),
            passport_line(number, padded, born, sex, expires, personal),
        )
    number = _digits(dice, 9)
    return _card(padded, names, number, born, sex, expires, iin if state == "KAZ" else "")


def passport_line(number: str, state: str, born: str, sex: str, expires: str, personal: str) -> str:
    """The second line of a passport with right check digits."""
    check = mrz.check_digit
    middle = f"{born}{check(born)}{sex}{expires}{check(expires)}"
    personal = personal.ljust(14, "<")
    second = f"{number}{check(number)}{state}{middle}{personal}{check(personal)}"
    return second + check(second[:10] + second[13:20] + second[21:43])


def _card(
    state: str, names: str, number: str, born: str, sex: str, expires: str, personal: str
) -> tuple[str, ...]:
    check = mrz.check_digit
    first = f"ID{state}{number}{check(number)}{personal}".ljust(30, "<")
    second = f"{born}{check(born)}{sex}{expires}{check(expires)}{state}".ljust(29, "<")
    composite = check(first[5:] + second[:7] + second[8:15] + second[18:29])
    return (first, second + composite, names.ljust(30, "<"))


def _iin(born: str, sex: str, dice: random.Random) -> str:
    while True:
        body = f"{born}{'3' if sex == 'M' else '4'}{_digits(dice, 4)}"
        digit = iin_check_digit(body)
        if digit is not None:
            return f"{body}{digit}"


def _digits(dice: random.Random, count: int) -> str:
    return "".join(dice.choice("0123456789") for _ in range(count))


def _document(lines: tuple[str, ...], dice: random.Random) -> Image.Image:
    paper = Image.new("RGB", (1250, 880), tuple(dice.randint(205, 240) for _ in range(3)))
    draw = ImageDraw.Draw(paper)
    for n in range(-900, 1250, 14):
        draw.line([(n, 0), (n + dice.randint(300, 900), 880)], fill=(185, 205, 205), width=1)
    draw.rectangle((60, 170, 390, 600), fill=(150, 150, 160))
    draw.ellipse((135, 230, 315, 470), fill=(205, 175, 150))
    label = ImageFont.truetype(str(fonts()[0]), 26)
    for n, text in enumerate(
        ("SPECIMEN / ҮЛГІ", "Surname / Тегі", "Given names / Аты", "Date of birth / Туған күні")
    ):
        draw.text((440, 60 + 110 * n), text, font=label, fill=(60, 60, 90))
    width = 1130
    face = _fitting(dice.choice(fonts()), len(lines[0]), width)
    step = round(face.size * (1.55 if len(lines) == 2 else 1.35))
    for n, line in enumerate(lines):
        draw.text((60, 850 - step * (len(lines) - n)), line, font=face, fill=(25, 25, 30))
    return paper


def _fitting(path: Path, characters: int, width: int) -> ImageFont.FreeTypeFont:
    face = ImageFont.truetype(str(path), 40)
    return ImageFont.truetype(str(path), int(40 * width / face.getlength("0" * characters)))


def _as_seen(document: Image.Image, level: Level, dice: random.Random) -> Pixels:
    width, height = level.width_px, level.height_px
    back = np.full((height, width, 3), dice.randint(60, 140), np.uint8)
    paper = np.ascontiguousarray(np.array(document)[:, :, ::-1])
    shown = np.array(_corners(paper.shape[1] / paper.shape[0], level, dice), np.float32)
    source = np.array(
        [[0, 0], [paper.shape[1], 0], [paper.shape[1], paper.shape[0]], [0, paper.shape[0]]], np.float32
    )
    matrix = cv2.getPerspectiveTransform(source, shown)
    seen = cv2.warpPerspective(
        paper, matrix, (width, height), dst=back, flags=cv2.INTER_AREA, borderMode=cv2.BORDER_TRANSPARENT
    )
    return _sent(_lit(seen.astype(np.uint8), level, dice), level, dice)


def _corners(ratio: float, level: Level, dice: random.Random) -> list[tuple[float, float]]:
    width, height = level.width_px, level.height_px
    across = min(width * dice.uniform(0.8, 0.9), height * 0.9 * ratio)
    angle = np.radians(dice.uniform(-level.degrees, level.degrees))
    across *= 1 - 0.6 * abs(np.sin(angle))
    found = []
    for x, y in ((-0.5, -0.5), (0.5, -0.5), (0.5, 0.5), (-0.5, 0.5)):
        dx, dy = x * across, y * across / ratio
        jitter = [dice.uniform(-0.5, 0.5) * level.perspective * across for _ in range(2)]
        found.append(
            (
                width / 2 + dx * np.cos(angle) - dy * np.sin(angle) + jitter[0],
                height / 2 + dx * np.sin(angle) + dy * np.cos(angle) + jitter[1],
            )
        )
    return found


def _lit(seen: Pixels, level: Level, dice: random.Random) -> Pixels:
    picture = seen.astype(np.float32)
    if level.glare and dice.random() < 0.7:
        rows, columns = np.mgrid[0 : seen.shape[0], 0 : seen.shape[1]]
        at = (dice.uniform(0.2, 0.8) * seen.shape[1], dice.uniform(0.2, 0.9) * seen.shape[0])
        spread = 0.12 * seen.shape[1]
        light = np.exp(-((columns - at[0]) ** 2 + (rows - at[1]) ** 2) / (2 * spread**2))
        picture += (level.glare * 130 * light)[:, :, None]
    picture *= dice.uniform(0.75, 1.05)
    return np.clip(picture, 0, 255).astype(np.uint8)


def _sent(seen: Pixels, level: Level, dice: random.Random) -> Pixels:
    if level.motion_px and dice.random() < 0.5:
        size = dice.randint(2, level.motion_px)
        seen = cv2.filter2D(seen, -1, np.full((1, size), 1 / size, np.float32)).astype(np.uint8)
    seen = cv2.GaussianBlur(seen, (0, 0), max(0.1, dice.uniform(0.3, 1) * level.blur_px)).astype(np.uint8)
    noise = np.random.default_rng(dice.randrange(2**32)).normal(0, 4, seen.shape)
    seen = np.clip(seen + noise, 0, 255).astype(np.uint8)
    _, coded = cv2.imencode(".jpg", seen, [cv2.IMWRITE_JPEG_QUALITY, dice.randint(*level.jpeg)])
    sent = cv2.imdecode(coded, cv2.IMREAD_COLOR)
    assert sent is not None
    return sent.astype(np.uint8)
