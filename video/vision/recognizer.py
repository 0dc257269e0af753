"""Where text stands in a picture, and which characters a strip of it holds.

RapidOCR finds the boxes; its recogniser's model is run here directly, because a zone needs what its text output
leaves out: how sure each character is, what else it could be, and where on the line it stands.
"""

import itertools
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
import numpy.typing as npt
import onnxruntime
import rapidocr

from ca_core.documents import mrz
from video.vision.picture import Pixels

Quad = npt.NDArray[np.float32]
"""Four corners of a line of text: its beginning above, its end above, its end below, its beginning below."""

_MODEL = "PP-OCRv6_rec_small.onnx"
_HEIGHT_PX = 48
_LONGEST_PX = 2400
# What the model writes for one filler, in a line of little else also the Greek letter; and for two close together.
_FILLERS = "<‹＜〈くㄑ≺Λ∧"
_DOUBLE_FILLERS = "«《≪"
# Above this side a picture is shrunk before boxes are looked for; strips are cut from the whole picture.
_SEARCH_SIDE_PX = 1280
_KEPT = 5


@dataclass(frozen=True, slots=True)
class Glyph:
    """One character: `place` along the strip from 0 to 1, and what it may be, with probabilities."""

    character: str
    place: float
    masses: tuple[tuple[str, float], ...]

    @property
    def probability(self) -> float:
        return dict(self.masses).get(self.character, 0.0)


class Recognizer:
    """Loaded once a process: about 0.7 s and 0.5 GB."""

    def __init__(self) -> None:
        cv2.setNumThreads(1)
        self._finder = rapidocr.RapidOCR(
            params={
                "EngineConfig.onnxruntime.intra_op_num_threads": 1,
                "EngineConfig.onnxruntime.inter_op_num_threads": 1,
                "Global.max_side_len": _SEARCH_SIDE_PX,
                "Global.log_level": "error",
            }
        )
        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = options.inter_op_num_threads = 1
        model = Path(rapidocr.__file__).parent / "models" / _MODEL
        self._session = onnxruntime.InferenceSession(str(model), options, providers=["CPUExecutionProvider"])
        self._input = self._session.get_inputs()[0].name
        written = self._session.get_modelmeta().custom_metadata_map["character"].split("\n")
        # The network's first class says "nothing here", its last one is the blank between words.
        self._characters = ["", *written, " "]
        self._symbols = sorted(mrz.ALPHABET)
        self._columns = [self._written_as(symbol) for symbol in self._symbols]

    def boxes(self, picture: Pixels) -> list[Quad]:
        """Every line of text, or piece of one, as it was found."""
        found = self._finder(picture, use_det=True, use_cls=False, use_rec=False)
        boxes = getattr(found, "boxes", None)
        return [] if boxes is None else [np.asarray(box, np.float32) for box in boxes]

    def read(self, strip: Pixels) -> list[Glyph]:
        """The characters of a strip that holds one line, left to right, in the alphabet of a zone."""
        height, width = strip.shape[:2]
        scaled = cv2.resize(
            strip, (int(np.clip(round(_HEIGHT_PX * width / height), 64, _LONGEST_PX)), _HEIGHT_PX)
        )
        batch = (scaled.astype(np.float32) / 127.5 - 1).transpose(2, 0, 1)[None]
        likely = np.asarray(self._session.run(None, {self._input: batch})[0][0], np.float32)
        glyphs: list[Glyph] = []
        for first, last, index in _runs(likely.argmax(axis=1)):
            place = ((first + last) / 2 + 0.5) / len(likely)
            best = first + int(likely[first : last + 1, index].argmax())
            glyphs += self._glyphs(likely[best], self._characters[index], place, 0.5 / len(likely))
        return glyphs

    def _glyphs(
        self, likely: npt.NDArray[np.float32], character: str, place: float, step: float
    ) -> list[Glyph]:
        if not character.strip():
            return []
        if character in _DOUBLE_FILLERS:
            sure = ((mrz.FILLER, float(likely.max())),)
            return [Glyph(mrz.FILLER, place - step, sure), Glyph(mrz.FILLER, place + step, sure)]
        sums = np.array([likely[columns].sum() for columns in self._columns])
        order = np.argsort(-sums)[:_KEPT]
        symbol = mrz.FILLER if character in _FILLERS else character.upper()
        # A character that no zone has (a smudge) stands for the likeliest that one may have, and is not trusted.
        if symbol not in mrz.ALPHABET:
            symbol = self._symbols[order[0]]
        return [Glyph(symbol, place, tuple((self._symbols[n], float(sums[n])) for n in order))]

    def _written_as(self, symbol: str) -> list[int]:
        ways = _FILLERS if symbol == mrz.FILLER else {symbol, symbol.lower()}
        return [index for index, character in enumerate(self._characters) if character and character in ways]


def cut(picture: Pixels, quad: Quad) -> Pixels:
    """The strip that these corners enclose, made straight."""
    width = max(np.linalg.norm(quad[1] - quad[0]), np.linalg.norm(quad[2] - quad[3]))
    height = max(np.linalg.norm(quad[3] - quad[0]), np.linalg.norm(quad[2] - quad[1]))
    size = (max(2, round(float(width))), max(2, round(float(height))))
    target = np.array([[0, 0], [size[0], 0], size, [0, size[1]]], np.float32)
    straight = cv2.warpPerspective(
        picture,
        cv2.getPerspectiveTransform(quad, target),
        size,
        flags=cv2.INTER_CUBIC,
        borderMode=cv2.BORDER_REPLICATE,
    )
    return straight.astype(np.uint8, copy=False)


def _runs(best: npt.NDArray[np.intp]) -> list[tuple[int, int, int]]:
    """Connectionist temporal classification: steps that say the same are one character, class 0 is none."""
    edges = [0, *(np.flatnonzero(np.diff(best)) + 1).tolist(), len(best)]
    return [(first, end - 1, int(best[first])) for first, end in itertools.pairwise(edges) if best[first]]
