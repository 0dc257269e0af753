"""How the parties' connections were: whether a picture was poor because the line was, or for another reason."""

from collections.abc import Callable

import streamlit as st

from ca_core.call import LineQuality
from console import words
from console.screens.calls.case import File
from console.widgets import format as formats
from console.widgets import tables

_NOT_MEASURED = "—"


def draw(file: File) -> None:
    """Nothing for a call whose lines never stood, or still stand."""
    if not file.qualities:
        return
    st.subheader(words.t("calls.line.title"), anchor=False)
    columns = {
        words.t(f"calls.line.column.{name}"): [value(quality) for quality in file.qualities]
        for name, value in _COLUMNS.items()
    }
    tables.show(columns, empty="", key="file_lines")


def _loss(quality: LineQuality) -> str:
    if quality.loss_ppm is None:
        return _NOT_MEASURED
    return f"{formats.fraction(quality.loss_ppm / 10_000)} %"


def _size(quality: LineQuality) -> str:
    return f"{quality.width_px}×{quality.height_px}" if quality.width_px else _NOT_MEASURED


def _freezes(quality: LineQuality) -> str:
    if not quality.freezes:
        return "0"
    return words.t(
        "calls.line.freezes", n=quality.freezes, seconds=formats.fraction(quality.frozen_ms / 1000)
    )


def _milliseconds(value: int | None) -> str:
    return _NOT_MEASURED if value is None else formats.number(value)


_COLUMNS: dict[str, Callable[[LineQuality], str]] = {
    "side": lambda quality: words.t(f"calls.side.{quality.leg.value}"),
    "began": lambda quality: formats.clock(quality.began_at),
    "took": lambda quality: formats.span(quality.ended_at - quality.began_at),
    "loss": _loss,
    "rtt": lambda quality: _milliseconds(quality.rtt_ms),
    "jitter": lambda quality: _milliseconds(quality.jitter_ms),
    "rate": lambda quality: formats.number(quality.kbit_per_second),
    "size": _size,
    "freezes": _freezes,
}
